/** A case that nothing can fail proves nothing: each of them meets a bad board, a bad server or a bad client here, and must say so. */
import assert from 'node:assert/strict';
import type { SimBoard } from '../../boards/sim/index.js';
import { FIXTURE_NAMES, type Fixtures, startFixtures } from '../../hil/fixtures/index.js';
import { parseScript, type Step } from '../../hil/fixtures/script.js';
import type { FixtureValues } from '../../hil/run/run-board.js';
import { connect } from '../../src/socket/connect.js';
import type { Board, ConnectOptions } from '../../src/socket/options.js';
import { type Played, type PlayOptions, plan, play } from './agent-in-process.js';

interface Mutation extends Partial<Omit<PlayOptions, 'fixtures'>> {
  what: string;
  says: RegExp;
  /** The server does something else than it was asked to. */
  instead?: string;
  values?: (values: FixtureValues) => FixtureValues;
}

const RX_BLOCK = 3;
const TX_BLOCK = 2;
const ESTABLISHED = 0x17;
const CLOSE_WAIT = 0x1c;

/** One bit of received payload is wrong, `skip` bytes into the connection. */
const wrongBit = (skip: number) => (sim: SimBoard) => {
  let seen = 0;
  sim.faults.alterRead = (block, _address, value) => {
    const state = sim.chip.sockets[block >> 2]?.state;
    if ((block & 3) !== RX_BLOCK || (state !== ESTABLISHED && state !== CLOSE_WAIT)) return value;
    return seen++ === skip ? value ^ 0x20 : value;
  };
};

/** Whatever register it is, its value comes through otherwise. */
const wrongRegister = (block: number, address: number, other: (value: number) => number) => (sim: SimBoard) => {
  sim.faults.alterRead = (b, a, value) => (b === block && a === address ? other(value) : value);
};

/** A client that does not do what it was told: `change` overrules. */
const client = (
  change: (board: Board, options: ConnectOptions) => Partial<ConnectOptions>,
  unixTime?: () => number,
) => ({
  connect: ((board, options, opened) =>
    connect(
      unixTime ? { ...board, unixTime } : board,
      { ...options, ...change(board, options) },
      opened,
    )) as typeof connect,
});

let goodTrust: Partial<ConnectOptions> = {};
let readings = 0;
let left = 100000;

const MUTATIONS: Record<string, Mutation> = {
  'chip/probe': {
    what: 'one reading of VERSIONR in forty is wrong',
    spoil: wrongRegister(0, 0x39, value => (++readings % 40 === 0 ? 0x44 : value)),
    says: /VERSIONR was wrong 2 times of 100, last 68/,
  },
  'chip/registers': {
    what: 'a bit of SUBR is stuck',
    spoil: wrongRegister(0, 0x05, value => value & 0xf7),
    says: /register 4 byte by byte: wrote 0, read 8/,
  },
  'chip/sockets': {
    what: 'socket 5 shows the port of socket 4',
    spoil: sim => {
      sim.faults.alterRead = (block, address, value) =>
        block === 5 * 4 + 1 && address === 0x04 ? sim.chip.sockets[4]!.readByte(0x04) : value;
    },
    says: /of socket 5/,
  },
  'chip/restart': {
    what: 'the chip is gone after a few resets',
    spoil: sim => sim.chip.scheduleAfterSpiFrames(200, () => void (sim.faults.misoStuck = 0)),
    says: /ERR_CHIP_NOT_FOUND/,
  },
  'net/link': {
    what: 'no cable',
    spoil: sim => sim.chip.phy.cable(false),
    virtual: true,
    says: /in link: nothing for 30 s/,
  },
  'net/dhcp': {
    what: 'no DHCP server',
    spoil: sim => void (sim.dhcp.ignore = 1000),
    virtual: true,
    says: /in lease: nothing for 30 s/,
  },
  'net/dns': {
    what: 'another address',
    spoil: sim => void sim.lan.zone.set('known.fixture.test', '203.0.113.8'),
    says: /known\.fixture\.test is 203\.0\.113\.8 instead of 203\.0\.113\.7/,
  },
  'net/dns-missing': {
    what: 'a resolver that knows every name',
    spoil: sim => void sim.lan.zone.set('missing.fixture.test', '203.0.113.8'),
    says: /missing\.fixture\.test is 203\.0\.113\.8/,
  },
  'net/sntp': {
    what: 'a clock that is late',
    sim: { unixMs: () => Date.now() - 3600000 },
    says: /wrong by -(35|36)\d\d s/,
  },
  'tcp/echo-odd': { what: 'a wrong bit', spoil: wrongBit(7000), says: /byte 7000 is/ },
  'tcp/echo-bytes': {
    what: 'a wrong bit on the way out',
    spoil: sim => {
      let sent = 0;
      const write = sim.chip.writeByte.bind(sim.chip);
      sim.chip.writeByte = (block, address, value) => {
        const payload = (block & 3) === TX_BLOCK && sim.chip.sockets[block >> 2]!.state === ESTABLISHED;
        write(block, address, payload && sent++ === 100 ? value ^ 1 : value);
      };
    },
    says: /byte 95 is/,
  },
  'tcp/echo-long': { what: 'a wrong bit behind the first 32 KB', spoil: wrongBit(35000), says: /byte 35000 is/ },
  'tcp/small-segments': {
    what: 'a byte is missing',
    instead: 'send 599 3;end',
    says: /the end after 599 bytes of 600/,
  },
  'tcp/large': { what: 'a byte too many', instead: 'send 40001;end', says: /more than/ },
  'tcp/idle': {
    what: 'the peer ends while it should be idle',
    instead: 'send 100;end',
    says: /the end after 100 bytes of 200/,
  },
  'tcp/held': { what: 'a wrong bit in what was held', spoil: wrongBit(9000), says: /byte 9000 is/ },
  'tcp/refused': {
    what: 'somebody listens after all',
    values: values => ({ ...values, closed: values['tcp']! }),
    says: /a port without a listener: connected/,
  },
  'tcp/reset': {
    what: 'a chip that forgets what it has received',
    instead: 'send 1400;wait 100;rst',
    says: /1400 of 1500 bytes/,
  },
  'tcp/again': {
    what: 'every connection costs memory',
    environment: { free: () => (left -= 600) },
    says: /5 connections have cost 3000 bytes/,
  },
  'tcp/two': {
    what: 'one of them is cut short',
    instead: 'send 4000;end',
    says: /4000 and 4000 bytes instead of 9000 and 4000/,
  },
  'tls/page': { what: 'the end is no end', instead: 'send 3000 1000;fin', says: /ERR_TLS_TRUNCATED/ },
  'tls/pin': {
    what: 'another key',
    values: values => retold(values, 'pin', 'A'.repeat(43) + '='),
    says: /ERR_CERT_PIN_MISMATCH/,
  },
  'tls/wrong-name': {
    what: 'a client that does not look at the name',
    environment: client(() => ({ servername: 'tls.fixture.test' })),
    says: /accepted instead of ERR_CERT_NAME_MISMATCH/,
  },
  'tls/unknown-issuer': {
    what: 'a client that trusts more than it was told',
    environment: client((_board, options) => ({
      ca: undefined,
      pins: goodTrust.pins,
      servername: options.servername!,
    })),
    says: /accepted instead of ERR_CERT_UNKNOWN_ISSUER/,
  },
  'tls/expired': {
    what: 'a client that does not look at the time',
    environment: client(
      () => ({}),
      () => Math.floor(Date.now() / 1000),
    ),
    says: /accepted instead of ERR_CERT_EXPIRED/,
  },
  'tls/wrong-pin': {
    what: 'a client that does not look at the key',
    environment: client(() => goodTrust),
    says: /accepted instead of ERR_CERT_PIN_MISMATCH/,
  },
  'tls/small-segments': { what: 'a wrong bit', spoil: wrongBit(1000), says: /ERR_TLS_/ },
  'tls/truncated': { what: 'a clean end', instead: 'send 1500 500;end', says: /end instead of ERR_TLS_TRUNCATED/ },
  'tls/reset': { what: 'an end and no reset', instead: 'send 1500 500;end', says: /end instead of ERR_NET_RESET/ },
  'tls/full-records': { what: 'small records', instead: 'send 32868 8000;end', says: /the longest record was of 8017/ },
  'tls/idle': { what: 'no silence', instead: 'send 300;send 200;end', says: /the second half came after \d+ ms/ },
  'tls/held': {
    what: 'a socket that cannot be paused',
    environment: {
      connect: ((board, options, opened) => {
        const socket = connect(board, options, opened);
        socket.pause = () => undefined;
        return socket;
      }) as typeof connect,
    },
    says: /data while paused/,
  },
  'tls/echo': {
    what: 'not everything comes back',
    instead: 'send 5000;end',
    says: /end \(\) after 5000 bytes of 6000/,
  },
  'tls/resumed': {
    what: 'a client that forgets the session',
    environment: client(() => ({ session: undefined })),
    says: /a whole handshake, and the session was not used/,
  },
};

/** What is told of TLS servers, with one value changed. */
function retold(values: FixtureValues, key: string, value: string): FixtureValues {
  return { ...values, tls: { ...values['tls']!, [key]: value } };
}

describe('hil: cases fail when they should', function () {
  this.timeout(70000);
  let good: Fixtures;
  let bad: Fixtures;
  let script = '';

  before(async () => {
    good = await startFixtures(FIXTURE_NAMES, { address: '127.0.0.1' });
    bad = await startFixtures(['tcp', 'tls'], { address: '127.0.0.1', alter: () => parseScript(script) as Step[] });
    goodTrust = { ca: undefined, pins: [new Uint8Array(Buffer.from(String(good.values['tls']!['pin']), 'base64'))] };
  });
  after(async () => {
    await good.stop();
    await bad.stop();
  });

  it('every case that needs a chip has its opponent here', () => {
    const wanted = plan.map(({ name }) => name).filter(name => !name.startsWith('self/'));
    assert.deepEqual(Object.keys(MUTATIONS), wanted);
  });

  for (const [name, { what, says, instead, values, ...options }] of Object.entries(MUTATIONS)) {
    it(`${name}: ${what}`, async () => {
      script = instead ?? '';
      const fixtures = instead === undefined ? good : bad;
      const told = values?.(fixtures.values) ?? fixtures.values;
      const played: Played = await play(name, { ...options, fixtures: { values: told, env: fixtures.env } });
      assert.equal(played.verdict, 'fail', played.message);
      assert.match(played.message, says);
    });
  }
});
