/**
 * Records that are longer than the ring and lie partly in the memory behind it: the engine and the pump over a memory whose
 * bytes can be changed, against a scripted server, compared with the same stream through a ring that holds every record.
 */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { aes128Ccm } from '../../src/crypto/aes-ccm.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import type { RingletError } from '../../src/errors.js';
import { pump as pumpBetween } from '../../src/socket/pump.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
import { tls13 } from '../../src/tls/profiles.js';
import { NO_DATA_YET } from '../../src/transport.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import type { Identity } from '../../tools/certificates.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import type { SuiteName } from '../peers/key-schedule.js';
import { ScriptedServer } from '../peers/scripted-server.js';
import { applicationData, closeNotify, fin, keyUpdate, newSessionTicket, serverFlight } from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { ChipMemory } from './chip-memory.js';

const RING = 2048;
const CHIP = 16384;
const FULL = 16384;
/** Its length varies: ECDSA. */
const CERTIFICATE_VERIFY = 15;

interface Options {
  ring?: number;
  chip?: number;
  segment?: number;
  suite?: SuiteName;
  crypto?: CryptoProvider;
  /** Bytes that arrive between two turns of the pump. */
  cuts?: () => number;
  /** Bytes the application takes at a time. */
  chunk?: number;
}

const pattern = (length: number, seed = 1): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 255));

describe('tls: records longer than the ring', function () {
  this.timeout(60000);
  let trust: TrustPolicy;
  let identity: Identity;

  before(async () => {
    trust = trusting(await authority());
    identity = await serverIdentity();
  });

  /** `chip` 0: no memory behind the ring. */
  function connection(options: Options = {}) {
    const chip = new ChipMemory(options.chip || CHIP, options.segment);
    const input = new ByteRing(options.ring ?? RING);
    if (options.chip !== 0) input.backlog = chip;
    const sizes: string[] = [];
    const server = new ScriptedServer({ identity, suite: options.suite, flights: [serverFlight()] });
    const client = new TlsClient({
      profile: tls13,
      serverName: 'server.test',
      crypto: options.crypto ?? nodeCryptoProvider,
      random: into => void into.fill(7),
      unixTime: () => Date.now() / 1000,
      trust,
      input,
      listener: {
        message: (sent, type, length) => void (sent || type === CERTIFICATE_VERIFY || sizes.push(`${type}:${length}`)),
      },
    });
    const pump = pumpBetween(client, input, chip);
    const into = new Uint8Array(options.chunk ?? 4096);
    const pieces: Buffer[] = [];
    let end: number | string = NO_DATA_YET;
    const read = (): boolean => {
      let n: number;
      try {
        n = pump.run(into, 0, into.length);
      } catch (error) {
        end = (error as RingletError).code ?? String((error as Error).stack);
        pump.flush();
        return false;
      }
      if (n > 0) pieces.push(Buffer.from(into.subarray(0, n)));
      else end = n;
      return n > 0;
    };
    /** Until nothing moves. */
    const settle = (): void => {
      for (let idle = 0; idle < 3; ) {
        while (end === NO_DATA_YET && read());
        for (const bytes of chip.sent.splice(0)) server.receive(bytes);
        const fresh = server.take();
        chip.put(fresh);
        if (server.ended) chip.fin = true;
        const moved = chip.arrive(options.cuts?.()) + fresh.length;
        idle = moved > 0 ? 0 : idle + 1;
        if (end !== NO_DATA_YET) return;
      }
    };
    settle();
    return {
      client,
      server,
      chip,
      input,
      settle,
      sizes,
      read,
      put: () => chip.put(server.take()),
      end: () => end,
      received: () => Buffer.concat(pieces),
    };
  }

  const CRYPTO: Array<[string, CryptoProvider]> = [
    ['node:crypto', nodeCryptoProvider],
    ['portable', portableProvider],
  ];
  const SUITES: SuiteName[] = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'];

  for (const [name, crypto] of CRYPTO) {
    for (const suite of SUITES) {
      it(`full records of 16406 bytes through 2048 and 16 KB, ${suite}, ${name}: the sender never waits`, () => {
        const { server, chip, settle, received, end } = connection({ crypto, suite });
        const rounds = name === 'portable' ? 2 : 20;
        const page = pattern(FULL * rounds);
        for (let i = 0; i < rounds; i++) server.send(applicationData(page.subarray(i * FULL, (i + 1) * FULL)));
        server.send(closeNotify);
        settle();
        assert.ok(received().equals(page));
        assert.equal(end(), CLOSE_NOTIFY);
        assert.equal(chip.stalls, 0);
        assert.ok(chip.passes >= rounds, `${chip.passes} passes`);
        assert.ok(chip.waits > rounds);
      });
    }
  }

  /** What a stream of records is made of; `length` bytes of content, `padding` zeros behind its type. */
  const record = fc.record({
    kind: fc.constantFrom('data', 'data', 'data', 'tickets', 'update', 'empty'),
    length: fc.oneof(
      fc.integer({ min: 1, max: FULL }),
      fc.integer({ min: -40, max: 40 }).map(delta => Math.max(1, RING + delta)),
      fc.integer({ min: 0, max: 31 }).chain(n => fc.integer({ min: 1, max: 40 }).map(delta => n * 512 + delta)),
    ),
    padding: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: FULL })),
  });

  for (const [name, crypto, runs] of [
    ['node:crypto', nodeCryptoProvider, 100],
    ['portable', portableProvider, 12],
  ] as const) {
    it(`any records, any ring, any memory, any cuts: as through a ring that holds them all (${name}, ${runs} streams)`, () => {
      fc.assert(
        fc.property(
          fc.array(record, { minLength: 1, maxLength: 6 }),
          fc.integer({ min: 1024, max: 5000 }),
          fc.integer({ min: 536, max: 1460 }),
          fc.constantFrom(...SUITES),
          fc.integer(),
          fc.constantFrom(1, 300, 512, 513, 4096),
          (records, ring, segment, suite, seed, chunk) => {
            let state = seed;
            const cuts = () => {
              state = (state * 1103515245 + 12345) & 0x7fffffff;
              return 1 + ((state >> 8) % 1460);
            };
            const stream = (options: Options) => {
              const one = connection({ ...options, crypto, suite });
              one.server.client.deaf = true;
              records.forEach(({ kind, length, padding }, i) => {
                // A ticket has some bytes around it.
                one.server.layout.padding = Math.max(0, Math.min(padding, FULL - 40 - length));
                if (kind === 'data') one.server.send(applicationData(pattern(length, i)));
                else if (kind === 'empty') one.server.sendRecord(23, Buffer.alloc(0));
                else if (kind === 'update') one.server.send(keyUpdate(false));
                else one.server.send(newSessionTicket([], Buffer.alloc(Math.min(length, 4000), i)));
              });
              one.server.layout.padding = 0;
              one.server.send(closeNotify, fin);
              one.settle();
              return { data: one.received(), end: one.end(), sizes: one.sizes, stalls: one.chip.stalls };
            };
            const plain = stream({ chip: 0, ring: 16645 });
            const deep = stream({ ring, segment, cuts, chunk });
            assert.equal(plain.end, CLOSE_NOTIFY);
            if (ring + CHIP - segment >= FULL + 22) assert.deepEqual(deep, plain);
            else assert.ok(deep.end === CLOSE_NOTIFY || deep.end === 'ERR_TLS_RECORD_TOO_LARGE', String(deep.end));
            assert.equal(deep.stalls, 0);
          },
        ),
        { numRuns: runs },
      );
    });
  }

  it('a chunk is handed over as it is deciphered, and a paused reader costs nothing', () => {
    const { server, chip, settle, read, received, put } = connection({ chunk: 512 });
    server.send(applicationData(pattern(FULL)));
    put();
    while (chip.arrive() > 0) {
      if (chip.length >= 14358) break;
      assert.equal(read(), false);
      assert.equal(received().length, 0);
    }
    while (chip.arrive() > 0);
    assert.equal(read(), true);
    assert.equal(received().length, 512);
    const copied = chip.copied;
    assert.equal(read(), true);
    assert.equal(received().length, 1024);
    assert.equal(chip.copied, copied, 'one first pass');
    settle();
    assert.ok(received().equals(pattern(FULL)));
  });

  for (const [name, crypto] of CRYPTO) {
    it(`a bit that is wrong before the first pass: bad_record_mac, and no byte of the record (${name})`, () => {
      const step = name === 'portable' ? 1201 : 67;
      let tried = 0;
      for (let at = 5; at < FULL + 22; at += at > 16370 ? 1 : step) {
        const { server, chip, settle, received, end } = connection({ crypto });
        server.send(applicationData('before'), applicationData(pattern(FULL)));
        const bytes = server.take();
        bytes[28 + at] ^= 1 << (at & 7);
        chip.put(bytes);
        server.client.deaf = true;
        settle();
        assert.equal(end(), 'ERR_TLS_BAD_RECORD_MAC', `at ${at}`);
        assert.equal(received().toString(), 'before');
        tried++;
      }
      console.log(`      ${tried} of ${FULL + 17} bytes`);
    });

    for (const padding of [0, 3000]) {
      it(`a byte that changes between the passes: ERR_CHIP_MEMORY, and no byte of its chunk (${name}, padding ${padding})`, () => {
        const content = FULL - padding;
        for (let chunk = 4; chunk * 512 < content; chunk += name === 'portable' ? 9 : 1) {
          for (const inside of [0, 255, 511]) {
            const { server, chip, settle, received, end, client } = connection({ crypto });
            const place = chunk * 512 + inside;
            if (place > content) continue;
            server.layout.padding = padding;
            server.send(applicationData(pattern(content)));
            let passes = 0;
            chip.onPass = () => {
              if (++passes < (padding ? 2 : 1)) return;
              chip.onPass = undefined;
              chip.memory = Buffer.from(chip.memory);
              chip.memory[5 + place - RING] ^= 0x10;
            };
            server.client.deaf = true;
            settle();
            assert.equal(end(), 'ERR_CHIP_MEMORY', `at ${place}`);
            assert.ok(received().equals(pattern(content).subarray(0, chunk * 512)), `${received().length} at ${place}`);
            assert.match(client.error?.message ?? '', /wiring/);
          }
        }
      });
    }
  }

  it('bits that flip in the memory at any time: what is delivered is the beginning of what was sent, and nothing hangs (100 streams)', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1024, max: 3000 }),
        fc.constantFrom(...SUITES),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0 }),
        fc.constantFrom(1, 300, 512, 4096),
        (records, ring, suite, after, flips, where, chunk) => {
          const one = connection({ ring, suite, chunk, crypto: nodeCryptoProvider });
          const { server, chip } = one;
          server.client.deaf = true;
          let page = Buffer.alloc(0);
          records.forEach(({ kind, length, padding }, i) => {
            server.layout.padding = Math.max(0, Math.min(padding, FULL - 40 - length));
            if (kind === 'update') server.send(keyUpdate(false));
            else if (kind === 'tickets') server.send(newSessionTicket([], Buffer.alloc(Math.min(length, 4000), i)));
            else {
              const content = pattern(kind === 'data' ? length : 0, i);
              server.sendRecord(23, content);
              page = Buffer.concat([page, content]);
            }
          });
          server.layout.padding = 0;
          server.send(closeNotify, fin);
          const { copy } = chip;
          let count = 0;
          let left = flips;
          chip.copy = (index, into, offset, length) => {
            copy.call(chip, index, into, offset, length);
            if (count++ < after || left === 0 || chip.memory.length === 0) return;
            left--;
            chip.memory = Buffer.from(chip.memory);
            chip.memory[(where * (left + 1)) % chip.memory.length] ^= 1 << (where & 7);
          };
          one.settle();
          const got = one.received();
          assert.ok(page.subarray(0, got.length).equals(got), `${got.length} of ${page.length}`);
          if (one.end() === CLOSE_NOTIFY) assert.equal(got.length, page.length);
          else assert.match(String(one.end()), /^ERR_(TLS|CHIP)_[A-Z_]+$/);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('a byte that changes while the end of the padding is looked for: ERR_CHIP_MEMORY, and nothing is delivered', () => {
    const { server, chip, settle, received, end } = connection();
    server.layout.padding = 5000;
    server.send(applicationData(pattern(FULL - 5000)));
    chip.onPass = () => {
      chip.onPass = undefined;
      chip.memory = Buffer.from(chip.memory);
      chip.memory[9000] ^= 1;
    };
    server.client.deaf = true;
    settle();
    assert.equal(end(), 'ERR_CHIP_MEMORY');
    assert.equal(received().length, 0);
  });

  it('3d: cut anywhere, then FIN or RST: whole records, then the error, and no byte of the record that was cut', () => {
    for (const how of ['fin', 'reset'] as const) {
      for (let cut = 1; cut < FULL + 22; cut += cut < 40 || cut > 16370 ? 1 : 211) {
        const { server, chip, settle, received, end } = connection();
        server.send(applicationData('before'), applicationData(pattern(FULL)));
        chip.put(server.take().subarray(0, 28 + cut));
        if (how === 'fin') chip.fin = true;
        settle();
        if (how === 'reset') {
          chip.reset = true;
          settle();
        }
        assert.equal(end(), how === 'fin' ? 'ERR_TLS_TRUNCATED' : 'ERR_NET_RESET', `at ${cut}`);
        assert.equal(received().toString(), 'before');
      }
    }
  });

  it('RST between the passes and FIN without close_notify: what lies in the chip is handed over, then the error', () => {
    for (const how of ['fin', 'reset'] as const) {
      const { server, chip, settle, received, end, read, put } = connection({ chunk: 512 });
      server.send(applicationData(pattern(FULL)));
      put();
      while (received().length === 0) {
        chip.arrive();
        read();
      }
      chip[how] = true;
      settle();
      assert.ok(received().equals(pattern(FULL)));
      assert.equal(end(), how === 'fin' ? 'ERR_TLS_TRUNCATED' : 'ERR_NET_RESET');
    }
  });

  for (const ring of [RING, 5000]) {
    it(`RST that is met by sending first, records of 4022 bytes, a ring of ${ring}: all that had arrived, then the error`, () => {
      const { client, server, chip, settle, received, end, put } = connection({ ring });
      const page = pattern(3 * 4000);
      for (let at = 0; at < page.length; at += 4000) server.send(applicationData(page.subarray(at, at + 4000)));
      put();
      while (chip.arrive() > 0);
      chip.reset = true;
      client.write(Buffer.from('for nobody'), 0, 10);
      settle();
      assert.ok(received().equals(page), `${received().length} bytes`);
      assert.equal(end(), 'ERR_NET_RESET');
    });
  }

  it('an alert with 16000 bytes of padding ends the connection cleanly, or with its name', () => {
    const { server, settle, end } = connection();
    server.layout.padding = 16000;
    server.send(closeNotify);
    settle();
    assert.equal(end(), CLOSE_NOTIFY);
    const other = connection();
    other.server.layout.padding = 16000;
    other.server.sendRecord(21, Buffer.from([2, 80]));
    other.server.client.deaf = true;
    other.settle();
    assert.equal(other.end(), 'ERR_TLS_ALERT_RECEIVED');
  });

  it('alerts of 514 bytes, empty handshake records, and nothing but padding are refused at any length', () => {
    for (const [type, content, code] of [
      [21, Buffer.alloc(514), 'ERR_TLS_DECODE_ERROR'],
      [22, Buffer.alloc(0), 'ERR_TLS_UNEXPECTED_MESSAGE'],
      [20, Buffer.from([1]), 'ERR_TLS_UNEXPECTED_MESSAGE'],
      [undefined, Buffer.alloc(0), 'ERR_TLS_UNEXPECTED_MESSAGE'],
    ] as const) {
      const { server, settle, end } = connection();
      server.layout.padding = 15000;
      server.sendRecord(type, content);
      server.client.deaf = true;
      settle();
      assert.equal(end(), code);
    }
  });

  it('the whole handshake in records with 12000 bytes of padding, a message each or all in one', () => {
    const input = new ByteRing(RING);
    for (const coalesce of [false, true]) {
      const chip = new ChipMemory(CHIP);
      input.discard(input.length);
      input.backlog = chip;
      const server = new ScriptedServer({ identity, chain: [identity, identity], flights: [serverFlight()] });
      server.layout.padding = 12000;
      server.layout.coalesce = coalesce;
      const client = new TlsClient({
        profile: tls13,
        serverName: 'server.test',
        crypto: nodeCryptoProvider,
        random: into => void into.fill(7),
        unixTime: () => Date.now() / 1000,
        trust,
        input,
      });
      const pump = pumpBetween(client, input, chip);
      for (let i = 0; i < 100 && !client.handshakeComplete; i++) {
        pump.run(new Uint8Array(100), 0, 100);
        for (const bytes of chip.sent.splice(0)) server.receive(bytes);
        chip.put(server.take());
        chip.arrive();
      }
      assert.equal(client.handshakeComplete, true);
      assert.ok(chip.passes >= (coalesce ? 2 : 4), `${chip.passes} passes`);
    }
  });

  it('a KeyUpdate that more handshake bytes follow in a later chunk of its record is fatal', () => {
    const { server, settle, end } = connection();
    server.layout.coalesce = true;
    // 507 bytes, so that the KeyUpdate ends with the first chunk.
    newSessionTicket([], Buffer.alloc(489)).run(server);
    server.sendHandshake(Buffer.from([24, 0, 0, 1, 0]));
    server.sendHandshake(Buffer.alloc(3000));
    server.flush();
    server.client.deaf = true;
    settle();
    assert.equal(end(), 'ERR_TLS_UNEXPECTED_MESSAGE');
  });

  it('a record that fits neither: ERR_TLS_RECORD_TOO_LARGE with both sizes and the option', () => {
    const { server, client, settle, end } = connection({ chip: 8192 });
    server.send(applicationData(pattern(FULL)));
    server.client.deaf = true;
    settle();
    assert.equal(end(), 'ERR_TLS_RECORD_TOO_LARGE');
    assert.match(client.error?.message ?? '', /16406 .*2048 .*6732.*receiveBuffer/);
  });

  it('a record that fills ring and memory but for a segment, and one of a byte more', () => {
    for (const [ring, chip, segment] of [
      [1024, 2048, 1460],
      [2048, 8192, 1460],
      [1025, 4096, 536],
      [1500, 16384, 1460],
    ]) {
      for (const more of [-1, 0, 1]) {
        const one = connection({ ring, chip, segment });
        const content = ring + chip - segment - 22 + more;
        if (content > FULL) continue;
        for (let i = 0; i < 3; i++) one.server.send(applicationData(pattern(content, i)));
        one.server.client.deaf = true;
        one.settle();
        assert.equal(one.end(), more > 0 ? 'ERR_TLS_RECORD_TOO_LARGE' : NO_DATA_YET);
        assert.equal(one.received().length, more > 0 ? 0 : 3 * content, `${ring} ${chip} ${segment} ${more}`);
        assert.equal(one.chip.stalls, 0);
      }
    }
  });

  it('10 KB of ring and 8 KB of memory hold full records too', () => {
    const { server, chip, settle, received } = connection({ ring: 10240, chip: 8192 });
    for (let i = 0; i < 5; i++) server.send(applicationData(pattern(FULL, i)));
    settle();
    assert.equal(received().length, 5 * FULL);
    assert.equal(chip.stalls, 0);
  });

  it('CCM is not offered, and alone it is refused; so is a ring below 1024', () => {
    const { server } = connection({ crypto: { ...nodeCryptoProvider } });
    assert.ok(!server.clientHello.suites.includes(0x1304));
    assert.ok(connection({ chip: 0 }).server.clientHello.suites.includes(0x1304));
    const only = { ...portableProvider, aeads: [aes128Ccm] };
    assert.throws(
      () => connection({ crypto: only }),
      (error: RingletError) => error.code === 'ERR_USAGE' && /other than CCM/.test(error.message),
    );
    assert.throws(
      () => connection({ ring: 1023 }),
      (error: RingletError) => error.code === 'ERR_USAGE' && /receiveBuffer.*1024/.test(error.message),
    );
  });
});
