import assert from 'node:assert/strict';
import { VirtualClock } from '../../boards/sim/clock.js';
import { formatAddress } from '../../src/w5500/address.js';
import { closeRigs, codeOf, MAC, makeRig, type Rig, serve } from './harness.js';

/** A rig whose time moves only with polls, and which asks DHCP. */
function dhcpRig(options: Parameters<typeof makeRig>[0] = {}): Rig {
  return makeRig({ clock: new VirtualClock(), ...options }, { address: undefined, hostname: 'ringlet-7' });
}

function types(rig: Rig): string {
  return rig.events.map(event => event.type).join(' ');
}

describe('W5500 probe', () => {
  afterEach(closeRigs);

  it('waits for a chip that starts slowly', () => {
    makeRig({ faults: { versionWrongReads: 7 } }).network.start();
  });

  for (const stuck of [0x00, 0xff, 0x04]) {
    it(`says ERR_CHIP_NOT_FOUND, with the value seen, when MISO is always 0x${stuck.toString(16)}`, () => {
      const rig = makeRig({ faults: { misoStuck: stuck } });
      assert.equal(
        codeOf(() => rig.network.start()),
        'ERR_CHIP_NOT_FOUND',
      );
      assert.throws(() => rig.network.start(), new RegExp(`is ${stuck}, not`));
      assert.ok(rig.network.chip.spi.frames < 3000);
    });
  }

  it('does not depend on what MISO carries during the header', async () => {
    const rig = makeRig({ chip: { misoHeader: [0xff, 0xff, 0xff], resetReads: 5 } });
    rig.network.start();
    await rig.until(() => rig.network.linkUp);
  });
});

describe('W5500 DHCP', () => {
  afterEach(closeRigs);

  it('gets a lease, and gives the socket back', async () => {
    const rig = dhcpRig({ chip: { linkUpMs: 1500 } });
    rig.network.start();
    await rig.until(() => rig.network.lease !== undefined, 6000);
    const lease = rig.network.lease!;
    assert.equal(formatAddress(lease.ip), '10.0.0.100');
    assert.equal(formatAddress(lease.mask), '255.255.255.0');
    assert.equal(formatAddress(lease.gateway), '10.0.0.1');
    assert.deepEqual(lease.dns.map(formatAddress), ['10.0.0.1']);
    assert.deepEqual(lease.ntp.map(formatAddress), ['10.0.0.1']);
    assert.equal(lease.seconds, 3600);
    assert.deepEqual(rig.board.dhcp.received, [1, 3]);
    assert.deepEqual(rig.board.dhcp.rejected, []);
    assert.equal(types(rig), 'link lease');
    assert.equal(rig.network.chip.inUse, 0);
    const settings = rig.board.chip.settings();
    assert.equal(settings.address, '10.0.0.100');
    assert.equal(settings.mac, Buffer.from(MAC).toString('hex'));
    const discover = Buffer.from(rig.board.lan.sent[0]!.payload);
    assert.ok(discover.includes('ringlet-7'));
    assert.equal(discover[10], 0x80);
    assert.ok(discover.length >= 300);
  });

  it('asks again, with growing pauses, until a server answers', async () => {
    const rig = dhcpRig();
    rig.board.dhcp.ignore = 4;
    rig.network.start();
    await rig.until(() => rig.network.lease !== undefined, 60000);
    assert.deepEqual(rig.board.dhcp.received, [1, 1, 1, 1, 1, 3]);
    assert.ok(rig.board.clock.now() > 2000 + 4000 + 8000 + 16000);
  });

  it('starts over when the request is refused or lost', async () => {
    const rig = dhcpRig();
    rig.board.dhcp.refuse = true;
    rig.network.start();
    await rig.until(() => rig.board.dhcp.received.length >= 4, 20000);
    assert.deepEqual(rig.board.dhcp.received.slice(0, 4), [1, 3, 1, 3]);
    rig.board.dhcp.refuse = false;
    await rig.until(() => rig.network.lease !== undefined, 20000);
  });

  it('renews at T1 by unicast and keeps the address and its connections', async () => {
    const rig = dhcpRig({ leaseSeconds: 60 });
    rig.network.start();
    await rig.until(() => rig.network.lease !== undefined);
    await rig.run(100000);
    assert.deepEqual(rig.board.dhcp.received, [1, 3, 3, 3, 3]);
    assert.equal(rig.board.lan.sent[2]!.to.address, '10.0.0.1');
    assert.equal(rig.board.lan.sent[2]!.from.address, '10.0.0.100');
    assert.equal(rig.events.filter(event => event.type === 'lease').length, 1);
    assert.equal(rig.network.chip.inUse, 0);
  });

  it('renews at half of the lease and rebinds at seven eighths when the server names no times, RFC 2131 §4.4.5', async () => {
    const rig = dhcpRig({ leaseSeconds: 800 });
    rig.board.dhcp.tellsTimes = false;
    rig.network.start();
    await rig.until(() => rig.network.lease !== undefined);
    const { sent } = rig.board.lan;
    const bound = sent.length;
    rig.board.dhcp.ignore = 1000;
    const clock = rig.board.clock as VirtualClock;
    const asked: number[] = [];
    for (let seen = bound; clock.now() < 750000; clock.advance(50)) {
      rig.network.poll();
      for (; seen < sent.length; seen++) asked.push(Math.round(clock.now() / 1000));
    }
    assert.equal(asked[0], 400);
    const rebound = sent.findIndex(({ to }, i) => i >= bound && to.address === '255.255.255.255');
    assert.equal(asked[rebound - bound], 700);
  });

  it('rebinds at T2 by broadcast', async () => {
    const rig = dhcpRig({ leaseSeconds: 200 });
    rig.network.start();
    await rig.until(() => rig.network.lease !== undefined);
    const { sent } = rig.board.lan;
    const bound = sent.length;
    rig.board.dhcp.ignore = 1000;
    await rig.until(() => sent.slice(bound).some(({ to }) => to.address === '255.255.255.255'), 180000);
    assert.ok(rig.board.clock.now() > 174000, 'not before T2');
    assert.ok(rig.network.lease);
  });

  it('drops the address and the connections when the lease ends, and asks anew', async () => {
    const rig = dhcpRig({ leaseSeconds: 60 });
    await serve(rig, 80, () => undefined);
    rig.network.start();
    const transport = await rig.connected('peer.test', 80);
    rig.board.dhcp.ignore = 1000;
    await rig.until(() => rig.network.lease === undefined, 70000);
    assert.equal(
      codeOf(() => transport.receive(new Uint8Array(1), 0, 1)),
      'ERR_NET_NO_LEASE',
    );
    assert.equal(rig.board.chip.settings().address, '0.0.0.0');
    rig.board.dhcp.ignore = 0;
    await rig.until(() => rig.network.lease !== undefined, 100000);
  });

  it('says ERR_NET_NO_LEASE to a connection when no server answers, and ERR_NET_LINK_DOWN without a cable', async () => {
    const rig = dhcpRig();
    rig.board.dhcp.ignore = 1000;
    rig.network.start();
    const transport = rig.network.connect('10.0.0.9', 80);
    await rig.until(() => transport.closed, 31000);
    assert.equal(
      codeOf(() => transport.send(new Uint8Array(1), 0, 1)),
      'ERR_NET_NO_LEASE',
    );
    rig.board.chip.phy.cable(false);
    const second = rig.network.connect('10.0.0.9', 80);
    await rig.until(() => second.closed, 31000);
    assert.equal(
      codeOf(() => second.send(new Uint8Array(1), 0, 1)),
      'ERR_NET_LINK_DOWN',
    );
  });
});

describe('W5500 DNS', () => {
  afterEach(closeRigs);

  function lookup(rig: Rig, host: string): Promise<string> {
    let answer: string | undefined;
    rig.network.resolve(host, (error, ip) => {
      answer = error ? error.code : formatAddress(ip!);
    });
    return rig.until(() => answer !== undefined, 60000).then(() => answer!);
  }

  it('resolves names, aliases and dotted addresses', async () => {
    const rig = dhcpRig();
    rig.board.lan.zone.set('a.test', '10.0.0.55');
    rig.board.lan.zone.set('www.test', 'b.test');
    rig.board.lan.zone.set('b.test', 'a.test');
    rig.network.start();
    assert.equal(await lookup(rig, 'a.test'), '10.0.0.55');
    assert.equal(await lookup(rig, 'WWW.test.'), '10.0.0.55');
    assert.equal(await lookup(rig, '192.0.2.3'), '192.0.2.3');
    assert.equal(await lookup(rig, 'nowhere.test'), 'ERR_NET_DNS_NOT_FOUND');
    assert.equal(rig.network.chip.inUse, 0);
    const asked = rig.board.lan.sent.filter(({ to }) => to.port === 53);
    assert.equal(new Set(asked.map(({ from }) => from.port)).size, asked.length, 'a port of its own for each question');
    assert.ok(asked.every(({ from }) => from.port >= 49152));
  });

  it('asks again, and gives up with ERR_NET_DNS_TIMEOUT', async () => {
    const rig = dhcpRig();
    rig.board.lan.zone.set('a.test', '10.0.0.55');
    rig.network.start();
    rig.board.dns.ignore = 2;
    assert.equal(await lookup(rig, 'a.test'), '10.0.0.55');
    rig.board.dns.ignore = 100;
    const before = rig.board.clock.now();
    assert.equal(await lookup(rig, 'a.test'), 'ERR_NET_DNS_TIMEOUT');
    assert.ok(rig.board.clock.now() - before < 15000);
    assert.equal(rig.network.chip.inUse, 0);
  });

  it('asks the next server when one fails, and ignores answers that are not to its question', async () => {
    const silent = new Uint8Array([10, 0, 0, 99]);
    const rig = makeRig(
      { clock: new VirtualClock() },
      {
        address: {
          ip: new Uint8Array([10, 0, 0, 7]),
          mask: new Uint8Array([255, 255, 255, 0]),
          gateway: new Uint8Array([10, 0, 0, 1]),
          dns: [silent, new Uint8Array([10, 0, 0, 1])],
        },
      },
    );
    rig.board.lan.zone.set('a.test', '10.0.0.55');
    rig.network.start();
    assert.equal(await lookup(rig, 'a.test'), '10.0.0.55');
    const forgeries: ((answer: Uint8Array) => void)[] = [
      answer => answer.set([answer[0]! ^ 0x55], 0), // another id
      answer => answer.set([answer[2]! & 0x7f], 2), // a query
      answer => answer.set([0x7a], 13), // another question
    ];
    for (const forge of forgeries) {
      rig.board.dns.alter = answer => {
        const wrong = Uint8Array.from(answer);
        forge(wrong);
        return wrong;
      };
      assert.equal(await lookup(rig, 'a.test'), 'ERR_NET_DNS_TIMEOUT');
    }
    rig.board.dns.alter = answer => {
      const truncated = Uint8Array.from(answer);
      truncated[2] = truncated[2]! | 2;
      return truncated;
    };
    assert.equal(await lookup(rig, 'a.test'), 'ERR_NET_DNS_FAILED');
    rig.board.dns.alter = answer => answer.subarray(0, answer.length - 3);
    assert.equal(await lookup(rig, 'a.test'), 'ERR_NET_DNS_FAILED');
  });

  it('refuses what is no host name', () => {
    const rig = makeRig();
    for (const name of ['', '.', 'a..b', 'ä.test', 'a b', `${'x'.repeat(64)}.test`, 'x.'.repeat(130)]) {
      assert.equal(
        codeOf(() => rig.network.connect(name, 443)),
        'ERR_USAGE',
        name,
      );
    }
    assert.equal(
      codeOf(() => rig.network.connect('a.test', 0)),
      'ERR_USAGE',
    );
  });
});

describe('W5500 SNTP', () => {
  afterEach(closeRigs);

  function time(rig: Rig, server: string): Promise<number | string> {
    let answer: number | string | undefined;
    rig.network.queryTime(server, (error, unixSeconds) => {
      answer = error ? error.code : unixSeconds!;
    });
    return rig.until(() => answer !== undefined, 60000).then(() => answer!);
  }

  it('learns the time, and keeps it', async () => {
    const rig = dhcpRig({ unixMs: () => 1900000000250 });
    rig.board.lan.zone.set('time.test', '10.0.0.1');
    rig.network.start();
    assert.equal(rig.network.unixTime(), undefined);
    assert.equal(await time(rig, 'time.test'), 1900000000);
    assert.equal(rig.network.unixTime(), 1900000000);
    await rig.run(10000);
    assert.equal(rig.network.unixTime(), 1900000010);
    assert.ok(types(rig).endsWith('lookup time'));
  });

  it('knows NTP era 1, after February 2036', async () => {
    const rig = dhcpRig({ unixMs: () => Date.UTC(2040, 0, 1) });
    rig.network.start();
    assert.equal(await time(rig, '10.0.0.1'), Date.UTC(2040, 0, 1) / 1000);
  });

  it('does not believe a kiss of death, nor a server that does not know the time', async () => {
    const rig = dhcpRig();
    rig.network.start();
    for (const stratum of [0, 16]) {
      rig.board.ntp.stratum = stratum;
      assert.equal(await time(rig, '10.0.0.1'), 'ERR_NET_TIME_FAILED');
    }
    rig.board.ntp.stratum = 2;
    rig.board.ntp.ignore = 100;
    assert.equal(await time(rig, '10.0.0.1'), 'ERR_NET_TIME_TIMEOUT');
    assert.equal(rig.network.unixTime(), undefined);
  });
});
