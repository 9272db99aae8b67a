/**
 * Full-size records in the chip's receive memory: TlsSocket over the driver over the simulated chip, all of whose memory one
 * socket has, against servers with their default settings. What matters besides the bytes: whenever we wait for the rest
 * of a record the sender must have room for a segment, or both would wait for ever.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer } from '../../boards/node/event-loop.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import type { Backlog } from '../../src/bytes/backlog.js';
import type { ByteRing } from '../../src/bytes/byte-ring.js';
import { connect } from '../../src/socket/connect.js';
import type { Board, ConnectOptions } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { tls13 } from '../../src/tls/profiles.js';
import { type BufferPlan, type W5500Network, w5500Network } from '../../src/w5500/network.js';
import { udpServices } from '../../src/w5500/services.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import type { Identity } from '../../tools/certificates.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { ScriptedServer } from '../peers/scripted-server.js';
import { isInstalled } from '../peers/servers.js';
import { applicationData, closeNotify, serverFlight } from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { skip } from '../skip.js';
import { MAC, STATIC, seededRandom } from '../w5500/harness.js';
import { identity, listen, NAME, type Story, serve, story, type TestServer } from './harness.js';

const MSS = 1460;
const FULL = 16384;
const ESTABLISHED = 0x17;

interface DeepRig {
  sim: SimBoard;
  network: W5500Network;
  board: Board;
  /** Polls that ended with too little room for a segment while the rest of a record was being waited for, and while not. */
  stalls: number;
  busy: number;
  /** Records that were waited for, and records whose first pass was made. */
  waits: number;
  longRecords: number;
  onLongRecord: (() => void) | undefined;
  /** Whether all of the record that begins in the ring is in ring and chip, seen from outside. */
  wholeRecord: () => boolean;
  socket: TlsSocket | undefined;
}

const open: SimBoard[] = [];
const servers: TestServer[] = [];

function makeDeepRig(plan: BufferPlan, receiveBuffer: number, options: SimBoardOptions = {}): DeepRig {
  const sim = createSimBoard(options);
  open.push(sim);
  const network = w5500Network({
    services: udpServices,
    spi: sim.spi,
    clock: nodeClock,
    random: nodeRandom,
    mac: MAC,
    address: STATIC,
    buffers: plan,
  });
  let waiting = false;
  /** Where the next byte is that the driver fetches: Sn_RX_RD before the first one, and what it has delivered since. */
  let rxRd = 0;
  const rig: DeepRig = {
    sim,
    network,
    stalls: 0,
    busy: 0,
    waits: 0,
    longRecords: 0,
    onLongRecord: undefined,
    socket: undefined,
    wholeRecord() {
      const input = rig.socket!.input as ByteRing;
      const unread = (sim.chip.sockets[0]!.rxWrite - rxRd) & 0xffff;
      return input.length + unread >= 5 + (input.byteAt(3) << 8) + input.byteAt(4);
    },
    board: {
      profile: tls13,
      network: {
        connect(host, port) {
          const transport = network.connect(host, port);
          const receive = transport.receive;
          let delivered = 0;
          transport.receive = (into, offset, length) => {
            if (delivered === 0) rxRd = sim.chip.sockets[0]!.rxRead;
            const n = receive.call(transport, into, offset, length);
            if (n > 0) {
              delivered += n;
              rxRd += n;
            }
            return n;
          };
          const backlog = transport.unreceived as Backlog;
          const { makeRoom, copy } = backlog;
          backlog.makeRoom = () => {
            if (!waiting) rig.waits++;
            waiting = true;
            makeRoom.call(backlog);
          };
          backlog.copy = (index, into, offset, length) => {
            waiting = false;
            copy.call(backlog, index, into, offset, length);
            if (length !== 16) return;
            rig.longRecords++;
            rig.onLongRecord?.();
          };
          return transport;
        },
        poll() {
          const moved = network.poll();
          const socket = sim.chip.sockets[0]!;
          if (socket.state !== ESTABLISHED || socket.rxFree >= MSS) return moved;
          if (waiting && !rig.wholeRecord()) rig.stalls++;
          else rig.busy++;
          return moved;
        },
      },
      crypto: nodeCryptoProvider,
      random: nodeRandom,
      clock: nodeClock,
      timer: nodeTimer,
      unixTime: () => Math.floor(Date.now() / 1000),
      receiveBuffer,
      recordsInChip: true,
    },
  };
  network.start();
  return rig;
}

const ONE_SOCKET: BufferPlan = { rx: [16], tx: [16] };

/** What `socket` receives must be `expected` repeated; answers its events. */
async function checked(
  socket: TlsSocket,
  expected: Buffer,
  until?: number,
): Promise<{ events: string[]; bytes: number }> {
  const events: string[] = [];
  let bytes = 0;
  await new Promise<void>(resolve => {
    socket.on('data', chunk => {
      for (let i = 0; i < chunk.length; ) {
        const at = (bytes + i) % expected.length;
        const length = Math.min(chunk.length - i, expected.length - at);
        const right = expected.compare(chunk, i, i + length, at, at + length) === 0;
        if (!right) socket.destroy(new Error(`wrong bytes near ${bytes + i}`));
        i += length;
      }
      bytes += chunk.length;
      if (bytes === until) socket.end();
    });
    socket.on('end', () => events.push('end'));
    socket.on('error', error => events.push(`error ${error.code ?? error.message}`));
    socket.on('close', () => resolve());
  });
  return { events, bytes };
}

function pattern(length: number): Buffer {
  const out = Buffer.alloc(length);
  for (let i = 0; i < length; i++) out[i] = (i * 31 + (i >> 8) * 5) & 255;
  return out;
}

function tell(rig: DeepRig, bytes: number, ms: number): void {
  const socket = rig.network.chip.spi;
  console.log(
    `      ${rig.longRecords} records in two passes, waited for ${rig.waits}, ${rig.stalls} stalls; window below a segment at ` +
      `${rig.busy} polls while at work; ${(socket.frames / (bytes / 1024)).toFixed(2)} frames per KB, ${ms} ms`,
  );
}

describe('full records in the chip', function () {
  this.timeout(60000);

  afterEach(async () => {
    const violations: string[] = [];
    for (const sim of open.splice(0)) {
      sim.close();
      violations.push(...sim.chip.violations);
    }
    for (const server of servers.splice(0)) await server.stop();
    assert.deepEqual(violations, []);
  });

  async function go(rig: DeepRig, port: number, overrides: Partial<ConnectOptions> = {}): Promise<TlsSocket> {
    const { ca } = await identity();
    const host = rig.sim.lan.publish(NAME, 443, port);
    rig.socket = connect(rig.board, { host, port: 443, servername: NAME, ca, ...overrides });
    return rig.socket;
  }

  for (const [kilobytes, ring] of [
    [16, 2048],
    [8, 10240],
  ] as const) {
    it(`10 MB from node:tls through a ring of ${ring} and ${kilobytes} KB: right bytes, no stall`, async () => {
      const rig = makeDeepRig({ rx: [kilobytes], tx: [kilobytes] }, ring);
      const page = pattern(1 << 20);
      const server = await serve(secure => {
        for (let i = 0; i < 10; i++) secure.write(page);
        secure.end();
      });
      servers.push(server);
      const began = Date.now();
      const told = await checked(await go(rig, server.port), page);
      tell(rig, told.bytes, Date.now() - began);
      assert.deepEqual(told, { events: ['end'], bytes: 10 << 20 });
      assert.equal(rig.stalls, 0);
      assert.ok(rig.longRecords >= 600, `${rig.longRecords} long records`);
    });
  }

  it('what is large and outlives a call is where the board wants it', async () => {
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const page = pattern(100000);
    const server = await serve(secure => void secure.end(page));
    servers.push(server);
    const made: Uint8Array[] = [];
    const board: Board = {
      ...rig.board,
      makeBuffer(length) {
        made.push(new Uint8Array(length));
        return made[made.length - 1]!;
      },
    };
    const socket = await go({ ...rig, board }, server.port);
    rig.socket = socket;
    assert.deepEqual(await checked(socket, page), { events: ['end'], bytes: page.length });
    const lengths = made.map(({ length }) => length);
    const { der } = socket.tls.peerPath!.path[0]!;
    // Receive ring, output ring, what is read for `data`, and for records longer than the ring a chunk and the marks.
    for (const length of [2048, 2048, 1024, 512, 256]) {
      assert.ok(lengths.includes(length), `${length} of ${lengths}`);
      lengths.splice(lengths.indexOf(length), 1);
    }
    assert.ok(made.includes(der) && made.includes((socket.input as ByteRing).bytes));
    // The handshake buffer has grown.
    assert.ok(lengths.filter(length => length !== der.length && length > 64).length >= 2, `${lengths}`);
  });

  it('1 MB in segments of any size that come when they come: each record is waited for, and no stall', async () => {
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const page = pattern(1 << 20);
    const random = seededRandom(11);
    const size = new Uint8Array(2);
    const server = await serve(secure => void secure.end(page));
    const slow = await listen(near => {
      const far = net.connect(server.port, '127.0.0.1');
      near.setNoDelay(true);
      near.pipe(far);
      far.on('error', () => near.destroy());
      const go = (): void => {
        random(size, 0, 2);
        const bytes = far.read(
          Math.min(far.readableLength, 1 + (((size[0]! << 8) | size[1]!) % 4000)),
        ) as Buffer | null;
        if (bytes) near.write(bytes);
        if (far.readableEnded) near.end();
        else setImmediate(go);
      };
      go();
    });
    servers.push(server, slow);
    const told = await checked(await go(rig, slow.port), page);
    tell(rig, told.bytes, 0);
    assert.deepEqual(told, { events: ['end'], bytes: page.length });
    assert.equal(rig.stalls, 0);
    assert.ok(rig.waits > 30, `${rig.waits} waits`);
  });

  it('10 MB from openssl s_server with default settings through a ring of 2048 and 16 KB: right bytes, no stall', async function () {
    if (!isInstalled('openssl')) skip(this, 'no openssl');
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const page = pattern(10 << 20);
    const { leaf } = await identity();
    const directory = mkdtempSync(join(tmpdir(), 'ringlet-openssl-'));
    writeFileSync(join(directory, 'page'), page);
    writeFileSync(join(directory, 'leaf.pem'), `${leaf.pem}\n${leaf.keyPem}`);
    const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', 'leaf.pem', '-WWW'], {
      cwd: directory,
    });
    try {
      const port = await new Promise<number>((resolve, reject) => {
        child.stdout.on('data', chunk => {
          const match = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(String(chunk));
          if (match) resolve(Number(match[1]));
        });
        child.on('error', reject);
        child.on('exit', code => reject(new Error(`openssl: ${code}`)));
      });
      const began = Date.now();
      const socket = await go(rig, port);
      socket.on('secureConnect', () => socket.write('GET /page HTTP/1.0\r\n\r\n'));
      const head = 'HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\n';
      const told = await checked(socket, Buffer.concat([Buffer.from(head), page]));
      tell(rig, told.bytes, Date.now() - began);
      assert.deepEqual(told, { events: ['end'], bytes: page.length + head.length });
      assert.equal(rig.stalls, 0);
      assert.ok(rig.longRecords >= 600, `${rig.longRecords} long records`);
    } finally {
      child.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  /** A scripted server behind a TCP port: `send` is called once the client's Finished is there. */
  async function scripted(send: (server: ScriptedServer, raw: net.Socket) => void): Promise<[TestServer, TrustPolicy]> {
    const leaf: Identity = await serverIdentity();
    const listening = await listen(raw => {
      const server = new ScriptedServer({ identity: leaf, flights: [serverFlight()] });
      let sent = false;
      raw.setNoDelay(true);
      raw.on('data', chunk => {
        server.receive(chunk);
        raw.write(server.take());
        if (sent || !server.client.finished) return;
        sent = true;
        send(server, raw);
      });
    });
    servers.push(listening);
    return [listening, trusting(await authority())];
  }

  async function goScripted(rig: DeepRig, port: number, trust: TrustPolicy): Promise<TlsSocket> {
    return go(rig, port, { servername: 'server.test', ca: trust.anchors });
  }

  it('a full record that comes in pieces with pauses, padded ones among them, is one record', async () => {
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const page = pattern(FULL);
    const [server, trust] = await scripted((script, raw) => {
      script.send(applicationData(page));
      script.layout.padding = FULL - 100;
      script.send(applicationData(page.subarray(0, 100)));
      script.layout.padding = 0;
      script.send(applicationData(page.subarray(100)), closeNotify);
      const bytes = script.take();
      const cuts = [1, 2047, 2048, 2049, 16000, 16405, 16406, 16407, 30000, bytes.length];
      cuts.forEach((cut, i) => void setTimeout(() => raw.write(bytes.subarray(cuts[i - 1] ?? 0, cut)), 20 * i));
    });
    const told = await checked(await goScripted(rig, server.port, trust), page);
    assert.deepEqual(told, { events: ['end'], bytes: 2 * FULL });
    assert.equal(rig.stalls, 0);
    assert.equal(rig.longRecords, 4, 'three records, of which the padded one is read once more');
  });

  it('an idle wait for the rest of a record costs few frames, and its end is noticed at once', async () => {
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const page = pattern(FULL);
    let rest: (() => number) | undefined;
    const [server, trust] = await scripted((script, raw) => {
      script.send(applicationData(page), closeNotify);
      const bytes = script.take();
      raw.write(bytes.subarray(0, 9000));
      rest = () => {
        raw.write(bytes.subarray(9000));
        return Date.now();
      };
    });
    const socket = await goScripted(rig, server.port, trust);
    let noticed = 0;
    const told = checked(socket, page);
    while (rig.sim.chip.sockets[0]!.received !== 9000 - 2048) await new Promise(resolve => setTimeout(resolve, 5));
    await new Promise(resolve => setTimeout(resolve, 100));
    const before = rig.network.chip.spi.frames;
    await new Promise(resolve => setTimeout(resolve, 1000));
    const idle = rig.network.chip.spi.frames - before;
    console.log(`      ${idle} frames in a second`);
    assert.ok(idle < 90, `${idle} frames in an idle second`);
    assert.equal(rig.longRecords, 0);
    const sent = rest!();
    socket.on('data', () => {
      noticed ||= Date.now();
    });
    assert.deepEqual(await told, { events: ['end'], bytes: FULL });
    assert.ok(noticed - sent < 100, `${noticed - sent} ms`);
  });

  it('RST between the passes: the whole record, then ERR_NET_RESET; FIN in a record: nothing of it, then truncated', async () => {
    const page = pattern(FULL);
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const [server, trust] = await scripted((script, raw) => {
      script.send(applicationData(page));
      raw.write(script.take());
      rig.onLongRecord = () => void raw.resetAndDestroy();
    });
    const socket = await goScripted(rig, server.port, trust);
    assert.deepEqual(await checked(socket, page), { events: ['error ERR_NET_RESET'], bytes: FULL });
    for (const cut of [2, 1000, 2048, 2049, 9000, 16405]) {
      const other = makeDeepRig(ONE_SOCKET, 2048);
      const [cutting, anchors] = await scripted((script, raw) => {
        script.send(applicationData(page), applicationData(page));
        raw.end(script.take().subarray(0, FULL + 22 + cut));
      });
      const told = await checked(await goScripted(other, cutting.port, anchors), page);
      assert.deepEqual(told, { events: ['error ERR_TLS_TRUNCATED'], bytes: FULL }, `at ${cut}`);
    }
  });

  it('RST in a record that is waited for: ERR_NET_RESET, and nothing of the record', async () => {
    const page = pattern(FULL);
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const [server, trust] = await scripted((script, raw) => {
      script.send(applicationData(page));
      raw.write(script.take().subarray(0, 12000));
      setTimeout(() => raw.resetAndDestroy(), 200);
    });
    const told = await checked(await goScripted(rig, server.port, trust), page);
    assert.deepEqual(told, { events: ['error ERR_NET_RESET'], bytes: 0 });
  });

  it('a paused application in the middle of the second pass costs no memory, and nothing is lost', async () => {
    const page = pattern(FULL);
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const server = await serve(secure => {
      for (let i = 0; i < 20; i++) secure.write(page);
      secure.end();
    });
    servers.push(server);
    const socket = await go(rig, server.port);
    let pauses = 0;
    socket.on('data', () => {
      if (++pauses % 50 !== 7) return;
      socket.pause();
      setTimeout(() => socket.resume(), 30);
    });
    const told = await checked(socket, page);
    assert.deepEqual(told, { events: ['end'], bytes: 20 * FULL });
    assert.ok(socket.input.peak <= 2048);
    assert.equal(rig.stalls, 0);
  });

  it('a bit that flips on the bus in one of the passes: an error with a code, and nothing that is not authentic', async () => {
    const page = pattern(FULL);
    const codes: Record<string, number> = {};
    const one = async (at: number): Promise<void> => {
      const rig = makeDeepRig(ONE_SOCKET, 2048);
      const server = await serve(secure => void secure.end(Buffer.concat([page, page, page])));
      servers.push(server);
      const socket = await go(rig, server.port);
      let reads = 0;
      let left = 1;
      rig.sim.faults.alterRead = (block, _address, value) => {
        if (block !== 3 || !rig.longRecords || left === 0 || ++reads < at * 500) return value;
        left = 0;
        return value ^ 4;
      };
      const told = await checked(socket, page);
      codes[told.events[0]!] = (codes[told.events[0]!] ?? 0) + 1;
    };
    await Promise.all(Array.from({ length: 30 }, (_, i) => one(2 * i + 1)));
    console.log(`      ${JSON.stringify(codes)}`);
    assert.ok(codes['error ERR_CHIP_MEMORY']! > 3 && codes['error ERR_TLS_BAD_RECORD_MAC']! > 3);
    assert.ok(
      Object.keys(codes).every(code => /end|ERR_CHIP_MEMORY|ERR_TLS_BAD_RECORD_MAC|RECORD_|UNEXPECTED/.test(code)),
    );
  });

  it('without the option a full record is an error that names both sizes and what to change', async () => {
    const rig = makeDeepRig(ONE_SOCKET, 2048);
    const board = { ...rig.board, recordsInChip: undefined };
    const server = await serve(secure => void secure.end(pattern(FULL)));
    servers.push(server);
    const { ca } = await identity();
    const host = rig.sim.lan.publish(NAME, 443, server.port);
    const socket = connect(board, { host, port: 443, servername: NAME, ca });
    let message = '';
    socket.on('error', error => {
      message = error.message;
    });
    const told: Story = await story(socket);
    assert.ok(told.events.includes('error ERR_TLS_RECORD_TOO_LARGE'), told.events.join());
    assert.match(message, /16406 .*2048.*receiveBuffer/);
  });
});
