/** TlsSocket over the driver over the simulated chip, against node:tls: what a person with a board would meet. */
import assert from 'node:assert/strict';
import type * as net from 'node:net';
import type * as tls from 'node:tls';
import { tlsDuplex } from '../../boards/node/duplex.js';
import { VirtualClock } from '../../boards/sim/clock.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { type ChipRig, closeChipRigs, makeChipRig } from './chip-rig.js';
import { listen, type Story, serve, story, type TestServer } from './harness.js';

const servers: TestServer[] = [];

async function served(rig: ChipRig, accept: (secure: tls.TLSSocket, raw: net.Socket) => void): Promise<string> {
  const server = await serve(accept);
  servers.push(server);
  return rig.publish(server.port);
}

/** Waits for `close` in the rig's time. */
async function ending(rig: ChipRig, socket: TlsSocket, ms?: number): Promise<Story> {
  let told: Story | undefined;
  void story(socket).then(result => {
    told = result;
  });
  await rig.until(() => told !== undefined, ms);
  return told!;
}

function bytes(length: number): Buffer {
  const out = Buffer.alloc(length);
  for (let i = 0; i < length; i++) out[i] = (i * 31 + (i >> 8)) & 255;
  return out;
}

/** Nothing is left: no hardware socket, no timer. */
async function nothingLeft(rig: ChipRig): Promise<void> {
  await rig.until(() => rig.timers.size === 0);
  assert.equal(rig.board.network.chip.inUse, 0);
}

const WHOLE = ['connect', 'secureConnect', 'data', 'end', 'close false'];

describe('TlsSocket over the chip', function () {
  this.timeout(60000);

  afterEach(async () => {
    closeChipRigs();
    for (const server of servers.splice(0)) await server.stop();
  });

  it('3b, 3f: everything before close_notify, byte by byte right, and nothing is left', async () => {
    const rig = makeChipRig();
    const page = bytes(100000);
    await served(rig, secure => secure.end(page));
    const told = await ending(rig, await rig.connect());
    assert.deepEqual(told.events, WHOLE);
    assert.ok(told.received.equals(page));
    await nothingLeft(rig);
  });

  for (const at of [0x02, 0x03, 0x20, 0x26, 0x27]) {
    it(`3e: data and FIN that land behind the reading of register 0x${at.toString(16)}`, async () => {
      const rig = makeChipRig();
      const page = bytes(20000);
      await served(rig, secure => secure.end(page));
      rig.sim.faults.deliverAfterReadOf = at;
      const told = await ending(rig, await rig.connect(), 30000);
      assert.deepEqual(told.events, WHOLE);
      assert.ok(told.received.equals(page));
      await nothingLeft(rig);
    });
  }

  it('3c: a record, five seconds, a record', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    let peer: tls.TLSSocket | undefined;
    await served(rig, secure => {
      peer = secure;
      secure.write('A');
    });
    const socket = await rig.connect();
    const told = ending(rig, socket, 60000);
    await rig.until(() => socket.authorized && peer !== undefined);
    const b = rig.sim.clock.now() + 5000;
    await rig.until(() => rig.sim.clock.now() > b);
    peer!.end('B');
    assert.deepEqual((await told).events, WHOLE);
    assert.equal((await told).received.toString(), 'AB');
  });

  it('3d: FIN without close_notify is truncated; RST is a reset; what came before is delivered', async () => {
    const rig = makeChipRig();
    await served(rig, (secure, raw) => secure.write('page', () => raw.end()));
    assert.deepEqual((await ending(rig, await rig.connect())).events, [
      'connect',
      'secureConnect',
      'data',
      'error ERR_TLS_TRUNCATED',
      'close true',
    ]);
    await served(rig, (secure, raw) => secure.write('page', () => setTimeout(() => raw.resetAndDestroy(), 50)));
    assert.deepEqual((await ending(rig, await rig.connect())).events, [
      'connect',
      'secureConnect',
      'data',
      'error ERR_NET_RESET',
      'close true',
    ]);
    await nothingLeft(rig);
  });

  it('1b, 1c: the server speaks first, though every SEND is done in part, late, and of 5 bytes', async () => {
    const rig = makeChipRig({ faults: { partialSend: 5, sendOkDelayMs: 1, ackDelayMs: 3 } });
    await served(rig, secure => secure.end('220 ready\r\n'));
    const told = await ending(rig, await rig.connect(), 30000);
    assert.deepEqual(told.events, WHOLE);
    assert.equal(told.received.toString(), '220 ready\r\n');
  });

  it('2a: 200 KB up, the caller reusing its array, SENDs partial and late', async () => {
    const rig = makeChipRig({ faults: { partialSend: 1000, sendOkDelayMs: 1 } });
    const got: Buffer[] = [];
    await served(rig, secure => {
      secure.on('data', chunk => got.push(chunk));
      secure.on('end', () => secure.end());
    });
    const socket = await rig.connect();
    const told = ending(rig, socket, 60000);
    const page = bytes(200000);
    const reused = new Uint8Array(3000);
    let sent = 0;
    const go = () => {
      while (sent < page.length) {
        const n = Math.min(3000, page.length - sent);
        reused.set(page.subarray(sent, sent + n));
        const taken = socket.write(reused, 0, n);
        reused.fill(0xee);
        sent += taken;
        if (taken < n) return;
      }
      socket.end();
    };
    socket.on('secureConnect', go);
    socket.on('drain', go);
    assert.deepEqual((await told).events, ['connect', 'secureConnect', 'end', 'close false']);
    assert.ok(Buffer.concat(got).equals(page));
    await nothingLeft(rig);
  });

  for (const ring of [4096, 16645]) {
    it(`a download with a receive ring of ${ring} costs fewer than 8 SPI frames per KB`, async () => {
      const rig = makeChipRig({ ring });
      const page = bytes(300000);
      await served(rig, secure => {
        secure.setMaxSendFragment(2048);
        secure.end(page);
      });
      const socket = await rig.connect();
      const told = ending(rig, socket, 60000);
      let before = 0;
      socket.on('secureConnect', () => {
        before = rig.sim.chip.stats.frames;
      });
      assert.ok((await told).received.equals(page));
      const perKb = (rig.sim.chip.stats.frames - before) / (page.length / 1024);
      console.log(`      ${perKb.toFixed(2)} frames per KB`);
      assert.ok(perKb < 8, `${perKb} frames per KB`);
    });
  }

  it('an idle connection costs one frame a poll, and few polls', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    await served(rig, secure => secure.write('hello'));
    const socket = await rig.connect();
    socket.on('data', () => undefined);
    await rig.until(() => socket.authorized);
    await rig.until(() => socket.bytesRead > 0);
    const start = rig.sim.clock.now() + 500;
    await rig.until(() => rig.sim.clock.now() > start);
    const frames = rig.sim.chip.stats.frames;
    await rig.until(() => rig.sim.clock.now() > start + 4000);
    const perSecond = (rig.sim.chip.stats.frames - frames) / 4;
    console.log(`      ${perSecond} frames a second`);
    assert.ok(perSecond < 85, `${perSecond} frames a second`);
    socket.destroy();
    await nothingLeft(rig);
  });

  it('100 connections, one after another, in every way of ending: nothing is left, no port is used again', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    let way = 0;
    const address = await served(rig, (secure, raw) => {
      if (way === 0) secure.end('x');
      else if (way === 1) raw.end();
      else if (way === 2) raw.resetAndDestroy();
      else secure.write('x');
    });
    const silent = await listen(raw => raw.destroy());
    servers.push(silent);
    rig.sim.lan.map(address, 444, silent.port);
    for (let i = 0; i < 100; i++) {
      way = i % 10;
      const host = i % 3 === 0 ? address : undefined;
      const options = {
        ...(host ? { host } : {}),
        ...(way === 5 ? { port: 444 } : {}),
        ...(way === 6 ? { port: 445 } : {}),
      };
      const socket = await rig.connect(options);
      const told = ending(rig, socket, 60000);
      if (way === 3) socket.on('data', () => socket.end());
      if (way === 4) socket.on('data', () => socket.destroy());
      if (way === 7) socket.destroy();
      if (way === 8) socket.on('connect', () => socket.destroy());
      if (way === 9) socket.on('secureConnect', () => socket.destroy(new Error('mine')));
      await told;
    }
    await nothingLeft(rig);
  });

  it('destroyed before the first poll: no SYN, no socket of the chip is held', async () => {
    const rig = makeChipRig();
    const address = await served(rig, secure => secure.end('x'));
    await ending(rig, await rig.connect());
    for (let i = 0; i < 9; i++) (await rig.connect({ host: address })).destroy();
    assert.deepEqual((await ending(rig, await rig.connect({ host: address }))).events, WHOLE);
    await nothingLeft(rig);
  });

  it('given up while names are being looked up: the chip has sockets left for others', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    const address = await served(rig, secure => secure.end('x'));
    await ending(rig, await rig.connect());
    rig.sim.dns.ignore = 1000;
    for (let i = 0; i < 9; i++) {
      const socket = await rig.connect({ handshakeTimeout: 100 });
      assert.deepEqual((await ending(rig, socket, 5000)).events, ['error ERR_TLS_HANDSHAKE_TIMEOUT', 'close true']);
    }
    assert.deepEqual((await ending(rig, await rig.connect({ host: address }))).events, WHOLE);
    await nothingLeft(rig);
  });

  it('the time can be asked for before any connection is made, as README does', async () => {
    const rig = makeChipRig();
    let answer: number | undefined;
    rig.board.network.queryTime('10.0.0.1', (_error, seconds) => {
      answer = seconds;
    });
    await rig.until(() => answer !== undefined, 5000);
    await rig.until(() => rig.timers.size === 0, 5000);
  });

  it('an error that nobody listens to is thrown, and the socket of the chip is given back', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    await served(rig, (_secure, raw) => raw.resetAndDestroy());
    const socket = await rig.connect();
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    let thrown: unknown;
    for (let i = 0; i < 20000 && !closed; i++) {
      try {
        rig.advance();
      } catch (error) {
        thrown = error;
      }
      await new Promise(resolve => setImmediate(resolve));
    }
    assert.match(String((thrown as { code?: string }).code), /^ERR_(NET|TLS)_/);
    assert.ok(closed, 'close follows');
    await nothingLeft(rig);
  });

  it('a write behind the peer’s end takes nothing and throws nothing', async () => {
    const rig = makeChipRig();
    await served(rig, secure => secure.end('x'));
    const socket = await rig.connect();
    let taken: number | undefined;
    socket.on('end', () => {
      taken = socket.write('late');
    });
    assert.deepEqual((await ending(rig, socket)).events, WHOLE);
    assert.equal(taken, 0);
    assert.equal(socket.write('later'), 0);
  });

  it('a paused socket that waits for drain hears of a reset', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    let raw: net.Socket | undefined;
    await served(rig, (secure, below) => {
      raw = below;
      secure.write(bytes(1000));
      secure.pause();
      below.pause();
    });
    const socket = await rig.connect();
    const told = ending(rig, socket, 120000);
    socket.on('secureConnect', () => socket.pause());
    await rig.until(() => socket.authorized && socket.input.length >= 1000);
    while (socket.write(bytes(3000)) > 0) await rig.until(() => true);
    raw!.resetAndDestroy();
    assert.deepEqual((await told).events.slice(-2), ['error ERR_NET_RESET', 'close true']);
    await nothingLeft(rig);
  });

  it('cable out for 3 s in mid-transfer, in both directions: every byte arrives', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    const page = bytes(200000);
    await served(rig, secure => secure.end(page));
    const socket = await rig.connect();
    let pulled = false;
    socket.on('data', () => {
      if (pulled || socket.bytesRead < 50000) return;
      pulled = true;
      rig.sim.chip.phy.cable(false);
      rig.sim.clock.after(3000, () => rig.sim.chip.phy.cable(true));
    });
    const told = await ending(rig, socket, 60000);
    assert.deepEqual(told.events, WHOLE);
    assert.ok(told.received.equals(page));
    assert.ok(pulled);
  });

  const disasters: [string, string, (rig: ChipRig) => void, (rig: ChipRig) => void][] = [
    ['a brown-out', 'ERR_CHIP_RESET', rig => rig.sim.chip.brownOut(), () => undefined],
    ['the cable out', 'ERR_NET_LINK_DOWN', rig => rig.sim.chip.phy.cable(false), rig => rig.sim.chip.phy.cable(true)],
    ...[0x00, 0xff].map((stuck): [string, string, (rig: ChipRig) => void, (rig: ChipRig) => void] => [
      `MISO stuck at ${stuck}`,
      'ERR_CHIP_NOT_FOUND',
      rig => {
        rig.sim.faults.misoStuck = stuck;
      },
      rig => {
        rig.sim.faults.misoStuck = undefined;
      },
    ]),
    [
      'commands stuck',
      'ERR_CHIP_STUCK',
      rig => {
        rig.sim.faults.crStuck = true;
      },
      rig => {
        rig.sim.faults.crStuck = false;
      },
    ],
  ];
  for (const [name, code, happen, mend] of disasters) {
    it(`${name} in mid-connection is ${code}, and the next connection works`, async () => {
      const rig = makeChipRig({ clock: new VirtualClock() });
      await served(rig, secure => {
        secure.write(bytes(3000));
        secure.on('data', () => secure.end('bye'));
      });
      const socket = await rig.connect();
      const told = ending(rig, socket, 60000);
      await rig.until(() => socket.authorized && socket.bytesRead > 3500);
      happen(rig);
      socket.write('x');
      const { events } = await told;
      assert.deepEqual(events.slice(-2), [`error ${code}`, 'close true']);
      mend(rig);
      const again = await rig.connect();
      const second = ending(rig, again, 60000);
      again.on('secureConnect', () => again.write('x'));
      assert.deepEqual((await second).events, WHOLE);
      await nothingLeft(rig);
    });
  }

  it('a pointer that a bad write has moved is ERR_CHIP_…, not a wait for ever', async () => {
    const rig = makeChipRig({ clock: new VirtualClock() });
    await served(rig, secure => secure.write('hello'));
    const socket = await rig.connect();
    const told = ending(rig, socket, 60000);
    await rig.until(() => socket.authorized && socket.bytesRead > 0);
    const pointer = new Uint8Array(2);
    rig.sim.spi.read(new Uint8Array([0, 0x24, 0x08]), pointer, 0, 2);
    pointer[1]! ^= 0x04;
    rig.sim.spi.write(new Uint8Array([0, 0x24, 0x0c]), pointer, 0, 2);
    socket.write('x');
    const { events } = await told;
    assert.match(events.slice(-2)[0]!, /error ERR_CHIP_/);
    await nothingLeft(rig);
  });

  it('the lease ends while connected: ERR_NET_NO_LEASE; renewed in time, nobody notices', async () => {
    const rig = makeChipRig({ clock: new VirtualClock(), leaseSeconds: 60 });
    await served(rig, secure => secure.write('hello'));
    const socket = await rig.connect();
    const told = ending(rig, socket, 400000);
    await rig.until(() => rig.sim.clock.now() > 200000, 300000);
    assert.ok(socket.authorized);
    rig.sim.lan.serve('10.0.0.1', 67, () => undefined);
    assert.deepEqual((await told).events.slice(-2), ['error ERR_NET_NO_LEASE', 'close true']);
    assert.ok(rig.sim.clock.now() < 330000);
    await rig.until(() => rig.timers.size === 0);
  });

  it('with all sockets in use that connections may have the lease is renewed, and polls stay few', async () => {
    const rig = makeChipRig({ clock: new VirtualClock(), leaseSeconds: 600 });
    const address = await served(rig, secure => secure.write('hello'));
    const sockets: TlsSocket[] = [];
    for (let i = 0; i < 7; i++) {
      const socket = await rig.connect({ host: address });
      socket.on('data', () => undefined);
      socket.on('error', () => undefined);
      await rig.until(() => socket.authorized);
      sockets.push(socket);
    }
    await rig.until(() => rig.sim.clock.now() > 320000, 400000);
    const { frames } = rig.sim.chip.stats;
    const now = rig.sim.clock.now();
    await rig.until(() => rig.sim.clock.now() > now + 1000);
    const used = rig.sim.chip.stats.frames - frames;
    assert.ok(used < 7 * 85, `${used} frames a second`);
    assert.deepEqual(rig.sim.dhcp.received, [1, 3, 3]);
    for (const socket of sockets) socket.destroy();
    await nothingLeft(rig);
  });
});

describe('tlsDuplex over the chip', function () {
  this.timeout(60000);

  afterEach(async () => {
    closeChipRigs();
    for (const server of servers.splice(0)) await server.stop();
  });

  it('a refused certificate: the server is told why', async () => {
    const rig = makeChipRig();
    let alert = '';
    await served(rig, secure =>
      secure.on('error', error => {
        alert = error.message;
      }),
    );
    const duplex = tlsDuplex(await rig.connect({ servername: 'other.test' }));
    let code: string | undefined;
    duplex.on('error', error => {
      code = (error as { code?: string }).code;
    });
    await rig.until(() => code !== undefined && alert !== '');
    assert.equal(code, 'ERR_CERT_NAME_MISMATCH');
    await nothingLeft(rig);
  });

  it('a write that the peer’s end overtakes fails; it does not hang', async () => {
    const rig = makeChipRig();
    await served(rig, secure => secure.end('x'));
    const duplex = tlsDuplex(await rig.connect());
    duplex.resume();
    let failed: Error | undefined;
    duplex.on('error', error => {
      failed = error;
    });
    duplex.on('end', () => duplex.write(bytes(100)));
    await rig.until(() => failed !== undefined && rig.timers.size === 0, 15000);
    await nothingLeft(rig);
  });

  it('a slow reader holds 300 KB back without losing any', async () => {
    const rig = makeChipRig();
    const page = bytes(300000);
    await served(rig, secure => secure.end(page));
    const duplex = tlsDuplex(await rig.connect());
    const got: Buffer[] = [];
    for await (const chunk of duplex) {
      got.push(chunk as Buffer);
      if (got.length % 50 === 0) await new Promise(resolve => setTimeout(resolve, 20));
    }
    assert.ok(Buffer.concat(got).equals(page));
    await nothingLeft(rig);
  });

  it('half-close: what the server says behind our end arrives', async () => {
    const rig = makeChipRig();
    const got: Buffer[] = [];
    await served(rig, secure => {
      secure.on('data', chunk => got.push(chunk));
      secure.on('end', () => secure.end(`${Buffer.concat(got).length}`));
    });
    const duplex = tlsDuplex(await rig.connect());
    duplex.end(bytes(50000));
    const answer: Buffer[] = [];
    for await (const chunk of duplex) answer.push(chunk as Buffer);
    assert.equal(Buffer.concat(answer).toString(), '50000');
    await nothingLeft(rig);
  });
});
