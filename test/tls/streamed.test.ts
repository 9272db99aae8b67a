/**
 * Certificate, CertificateRequest and tickets that are larger than any buffer: taken piece by piece, whatever the records and
 * however they arrive, within the memory that is stated.
 */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import * as x509 from '@peculiar/x509';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { type CertificateOptions, type Identity, makeCertificate } from '../../tools/certificates.js';
import { insertedAfter, replaced, withBody } from '../peers/flights.js';
import { authority, leaf } from '../peers/identities.js';
import { ScriptedServer, type Step } from '../peers/scripted-server.js';
import { generator } from '../peers/seeded.js';
import { isInstalled, startOpenssl } from '../peers/servers.js';
import {
  alert,
  applicationData,
  certificate,
  certificateRequest,
  extension,
  layout,
  message,
  newSessionTicket,
  serverFlight,
  step,
  uint16,
  vector,
} from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { skip } from '../skip.js';
import { type ClientOptions, drain, exchange, feed, makeClient, takeOutput } from './connection.js';

const RING = 2048;
const TOO_LARGE = 'ERR_TLS_MESSAGE_TOO_LARGE';

/** An extension nobody looks at, that makes a certificate `size` bytes larger. */
const padding = (size: number) => [new x509.Extension('1.2.3.4.5.6', false, new Uint8Array(size))];
const ca = (name: string, issuer?: Identity, more: CertificateOptions = {}) =>
  makeCertificate({ ca: true, subject: 'CN=' + name, issuer, ...more });

interface Outcome {
  /** NO_DATA_YET, or the code of the error. */
  end: number | string;
  message: string;
  complete: boolean;
  path: string[];
  /** The most bytes of certificates that were ever kept, and the most there were of them. */
  mostKept: number;
  mostCertificates: number;
  /** The most of the handshake buffer that was in use. */
  handshakeBufferPeak: number;
  sessions: number;
  received: string;
}

interface Run {
  identity: Identity;
  anchor: Identity;
  chain?: Identity[];
  flight?: Step[];
  afterFinished?: Step[];
  client?: ClientOptions;
  /** How many bytes arrive at once. */
  arrive?: () => number;
}

interface Insides {
  handshake: { serverChain?: { kept: { der: Uint8Array }[] } };
}

/** One connection in memory over a ring of 2048 bytes. */
function run({ identity, anchor, chain, flight, afterFinished, client: options, arrive = () => RING }: Run): Outcome {
  const server = new ScriptedServer({
    identity,
    chain,
    flights: [flight ?? [layout({ fragment: 512, coalesce: true }), ...serverFlight()]],
    afterFinished,
  });
  let sessions = 0;
  const { client, input } = makeClient(trusting(anchor), {
    inputSize: RING,
    listener: { session: () => void sessions++ },
    ...options,
  });
  const outcome = { end: NO_DATA_YET, message: '', mostKept: 0, mostCertificates: 0, received: '' } as Outcome;
  for (;;) {
    const out = takeOutput(client);
    if (out.length > 0) server.receive(out);
    let incoming = server.take();
    if (out.length === 0 && incoming.length === 0) break;
    while (incoming.length > 0 && !client.error) {
      const piece = incoming.subarray(0, Math.max(1, arrive()));
      const rest = feed(input, piece);
      incoming = incoming.subarray(piece.length - rest.length);
      const { data, end } = drain(client, 1024);
      outcome.received += data.toString();
      outcome.end = end;
      const kept = (client as unknown as Insides).handshake.serverChain?.kept ?? [];
      for (const { der } of kept) assert.equal(der.buffer.byteLength, der.length, 'a view of something larger');
      outcome.mostKept = Math.max(
        outcome.mostKept,
        kept.reduce((sum, { der }) => sum + der.length, 0),
      );
      outcome.mostCertificates = Math.max(outcome.mostCertificates, kept.length);
    }
  }
  outcome.complete = client.handshakeComplete;
  outcome.message = client.error?.message ?? '';
  outcome.path = (client.peerPath?.path ?? []).map(({ der }) => Buffer.from(der).toString('hex'));
  outcome.handshakeBufferPeak = client.handshakeBufferPeak;
  outcome.sessions = sessions;
  return outcome;
}

function assertConnected(outcome: Outcome, ...path: Identity[]): void {
  assert.deepEqual([outcome.end, outcome.message], [NO_DATA_YET, '']);
  assert.ok(outcome.complete);
  assert.deepEqual(
    outcome.path,
    path.map(({ der }) => Buffer.from(der).toString('hex')),
  );
}

/** Of a Certificate of 16 KB: the header, and this much of the list. */
function beginningOf(length: number): Step {
  return step('the beginning of Certificate', server => {
    const lengths = Buffer.from([11, 0, 0x40, 0, 0, 0, 0x3f, 0xfc]);
    server.sendHandshake(
      Buffer.concat([
        lengths,
        certificate()
          .build(server)
          .subarray(4, 4 + length),
      ]),
    );
  });
}

function shuffled<T>(list: T[], random: () => number): T[] {
  const left = [...list];
  return list.map(() => left.splice(Math.floor(random() * left.length), 1)[0]);
}

describe('tls: messages larger than any buffer', function () {
  this.timeout(60000);

  let root: Identity;
  let mid: Identity;
  let low: Identity;
  let server: Identity;
  /** 2 to 4 KB each, of no use; every fourth is no certificate. */
  const superfluous: Identity[] = [];

  before(async () => {
    root = await ca('Root');
    mid = await ca('Mid', root);
    low = await ca('Low', mid, { kind: 'p384' });
    server = await leaf({ issuer: low });
    for (let i = 0; i < 20; i++) {
      const other = await ca('Superfluous ' + i, undefined, { extraExtensions: padding(2000 + i * 100) });
      if (i % 4 === 3) other.der = other.der.subarray(0, other.der.length - 1 - i);
      superfluous.push(other);
    }
  });

  const bytesOf = (list: Identity[]) => list.reduce((sum, { der }) => sum + der.length, 0);

  for (const [name, count] of [
    ['6 KB', 2],
    ['20 KB', 6],
    ['60 KB', 20],
  ] as [string, number][]) {
    it(`a chain of ${name}, through records of every size and arrivals of every size, in order`, () => {
      const others = superfluous.slice(0, count);
      for (let seed = 1; seed <= 8; seed++) {
        const random = generator(seed);
        // Useful ones anywhere, the issuer's issuer behind the issuer.
        const at = Math.floor(random() * (others.length + 1));
        const chain = [...others.slice(0, at), low, ...others.slice(at), mid];
        const fragment = (count > 2 ? 40 : 1) + Math.floor(random() ** 2 * 1400);
        const outcome = run({
          identity: server,
          anchor: root,
          chain,
          flight: [layout({ fragment, coalesce: seed % 2 === 0 }), ...serverFlight()],
          arrive: () => 1 + Math.floor(random() * 3000),
        });
        assertConnected(outcome, server, low, mid);
        assert.ok(outcome.mostKept <= 8192, `seed ${seed}: ${outcome.mostKept} bytes kept`);
        assert.ok(outcome.handshakeBufferPeak <= 6144);
        if (seed === 8) {
          const { mostKept, handshakeBufferPeak } = outcome;
          console.log(
            `        ${bytesOf(chain)} bytes: at most ${mostKept} kept, ${handshakeBufferPeak} of the buffer used`,
          );
        }
      }
    });
  }

  it('in any order: connected, or an error that names chainMemory; with more of it always connected', () => {
    let left = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const chain = shuffled([low, mid, root, ...superfluous], generator(seed));
      const made = { identity: server, anchor: root, chain };
      const outcome = run(made);
      assert.ok(outcome.mostKept <= 8192);
      if (chain.indexOf(low) < chain.indexOf(mid) || outcome.end === NO_DATA_YET) {
        assertConnected(outcome, server, low, mid);
      } else {
        left++;
        assert.equal(outcome.end, TOO_LARGE, `seed ${seed}`);
        assert.match(outcome.message, /needs \d{5} bytes of 8192: enlarge chainMemory/);
      }
      assertConnected(run({ ...made, client: { chainMemory: 70000 } }), server, low, mid);
    }
    console.log(`        seeds 1 to 30: what was needed was left out ${left} times`);
  });

  it('byte by byte and all at once end the same, whatever is damaged (property)', () => {
    const ends: Record<string, number> = {};
    for (let seed = 1; seed <= 60; seed++) {
      const random = generator(seed);
      const chain = shuffled([low, mid, superfluous[3], low], random);
      let damage = (body: Buffer) => body;
      if (seed % 3) {
        const at = random();
        const bit = 1 << Math.floor(random() * 8);
        damage = body => {
          // Half of the damage to the first bytes, where lengths are.
          body[Math.floor(at * (seed % 2 ? 12 : body.length))] ^= bit;
          return body;
        };
      }
      const flight = [
        layout({ fragment: 1 + Math.floor(random() * 1000), coalesce: true }),
        ...withBody(serverFlight(), 'Certificate', damage),
      ];
      const outcomes = [() => 1, () => RING, () => 1 + Math.floor(random() * 600)].map(arrive =>
        run({ identity: server, anchor: root, chain, flight, arrive }),
      );
      const seen = outcomes.map(({ end, message, complete, path, received }) => ({
        end,
        message,
        complete,
        path,
        received,
      }));
      assert.deepEqual(seen[1], seen[0], `seed ${seed}`);
      assert.deepEqual(seen[2], seen[0], `seed ${seed}`);
      assert.ok(typeof seen[0].end === 'number' || /^ERR_(TLS|CERT)_/.test(seen[0].end), `seed ${seed}`);
      ends[seen[0].end] = (ends[seen[0].end] ?? 0) + 1;
    }
    console.log(`        seeds 1 to 60: ${JSON.stringify(ends)}`);
    assert.ok(Object.keys(ends).length >= 4);
  });

  it('a list of certificates cut at every byte, its length right: ERR_TLS_DECODE_ERROR unless at the end of an entry', () => {
    const direct = { identity: server, anchor: low, chain: [root] };
    const entry = 3 + server.der.length + 2;
    const whole = entry + 3 + root.der.length + 2;
    for (let cut = 0; cut <= whole; cut += cut < 10 || Math.abs(cut - entry) < 8 || whole - cut < 8 ? 1 : 13) {
      const flight = withBody(serverFlight(), 'Certificate', body =>
        Buffer.concat([vector(1), vector(3, body.subarray(4, 4 + cut))]),
      );
      const expected =
        cut === 0 ? 'ERR_TLS_MISSING_CERTIFICATE' : cut === entry || cut === whole ? -1 : 'ERR_TLS_DECODE_ERROR';
      assert.equal(run({ ...direct, flight: [layout({ fragment: 700 }), ...flight] }).end, expected, `cut at ${cut}`);
    }
  });

  it("the server's certificate is checked before the others have come", async () => {
    const wrong = await leaf({ issuer: low, dnsNames: ['other.test'] });
    const flight = replaced(serverFlight(), 'Certificate', beginningOf(3 + wrong.der.length)).slice(0, 5);
    assert.equal(run({ identity: wrong, anchor: root, flight }).end, 'ERR_CERT_NAME_MISMATCH');
  });

  it("a server's certificate larger than the buffer: an error with both sizes and the option; with that connected", async () => {
    const large = await leaf({ issuer: low, extraExtensions: padding(6500) });
    const made = { identity: large, anchor: low };
    const refused = run(made);
    assert.equal(refused.end, TOO_LARGE);
    assert.match(refused.message, new RegExp(`needs ${large.der.length} bytes of 6144: enlarge handshakeBufferSize`));
    const { length } = large.der;
    assertConnected(run({ ...made, client: { handshakeBufferSize: length } }), large);
    assert.equal(run({ ...made, client: { handshakeBufferSize: length - 1 } }).end, TOO_LARGE);
  });

  it('another certificate larger than the buffer: left out, an error only if nothing leads past it', async () => {
    const large = await ca('Large', root, { extraExtensions: padding(9000) });
    const below = await leaf({ issuer: large });
    const refused = run({ identity: below, anchor: root, chain: [large, mid] });
    assert.equal(refused.end, TOO_LARGE);
    assert.match(refused.message, new RegExp(`needs ${large.der.length} bytes of 6144: enlarge handshakeBufferSize`));
    assertConnected(run({ identity: server, anchor: root, chain: [large, low, large, mid, large] }), server, low, mid);
    const client = { handshakeBufferSize: 12000, chainMemory: 12000 };
    assertConnected(run({ identity: below, anchor: root, chain: [large, mid], client }), below, large);
  });

  it('a needed issuer that there was no room for: an error that says how much would do', async () => {
    const wide = await ca('Wide', mid, { extraExtensions: padding(3000) });
    const wider = await ca('Wider', wide, { extraExtensions: padding(3000) });
    const end = await leaf({ issuer: wider });
    const made = { identity: end, anchor: root, chain: [wider, wide, mid] };
    const refused = run({ ...made, client: { chainMemory: 5000 } });
    assert.equal(refused.end, TOO_LARGE);
    const needed = Number(/needs (\d+) bytes of 5000: enlarge chainMemory/.exec(refused.message)?.[1]);
    assert.ok(refused.mostKept <= 5000);
    assertConnected(run({ ...made, client: { chainMemory: needed } }), end, wider, wide, mid);
    // What was left out says nothing if an issuer is simply not trusted and everything was kept.
    assert.equal(run({ ...made, anchor: await ca('Another') }).end, 'ERR_CERT_UNKNOWN_ISSUER');
  });

  it('252 certificates, most of them small: at most 16 are kept, the useful ones among them', async () => {
    const small = await ca('x');
    const chain = [...Array<Identity>(150).fill(small), low, ...Array<Identity>(100).fill(small), mid];
    const outcome = run({ identity: server, anchor: root, chain, client: { chainMemory: 1e6 } });
    assertConnected(outcome, server, low, mid);
    assert.equal(outcome.mostCertificates, 16);
  });

  it('a Certificate of 16 MB, and one of a byte more than 16 buffers, are refused at their header', () => {
    for (const [length, limit, size] of [
      [0xffffff, 98304, 6144],
      [98304 - 3, 98304, 6144],
      [32768 - 3, 32768, 2048],
    ]) {
      const flight = replaced(
        serverFlight(),
        'Certificate',
        step('Certificate', scripted =>
          scripted.sendHandshake(Buffer.from([11, length >> 16, (length >> 8) & 255, length & 255])),
        ),
      ).slice(0, 5);
      const outcome = run({ identity: server, anchor: root, flight, client: { handshakeBufferSize: size } });
      assert.equal(outcome.end, TOO_LARGE);
      const text = `needs ${length + 4} bytes of ${limit}: enlarge handshakeBufferSize`;
      assert.ok(outcome.message.includes(text), outcome.message);
    }
  });

  describe('CertificateRequest', () => {
    const schemes = extension(13, vector(2, uint16(0x0403), uint16(0x0804)));
    const name = (i: number) =>
      vector(2, Buffer.from(`3081${'00'.repeat(90)}${i.toString(16).padStart(4, '0')}`, 'hex'));
    const authorities = (count: number) =>
      extension(47, vector(2, ...Array.from({ length: count }, (_, i) => name(i))));
    const asking = (request: Step, fragment = 512) => [
      layout({ fragment, coalesce: true }),
      ...insertedAfter(serverFlight(), 'EncryptedExtensions', request),
    ];

    it('of 20 KB, and of 64 KB, before or behind the algorithms, byte by byte too', () => {
      for (const [count, before, arrive] of [
        [210, true, () => RING],
        [210, false, () => RING],
        [210, true, () => 1],
        [680, true, () => RING],
      ] as [number, boolean, () => number][]) {
        const list = before ? [authorities(count), schemes] : [schemes, authorities(count), extension(0x0a0a)];
        const outcome = run({
          identity: server,
          anchor: low,
          flight: asking(certificateRequest(list), 900),
          arrive,
        });
        assertConnected(outcome, server);
        assert.ok(outcome.handshakeBufferPeak <= 6144);
      }
    });

    it('whose lengths do not agree, in every way: ERR_TLS_DECODE_ERROR', () => {
      const body = Buffer.concat([
        Buffer.from([0]),
        vector(2, uint16(13), vector(2, schemes.data), uint16(47), vector(2, authorities(210).data)),
      ]);
      const wrong: [string, Buffer][] = [
        ['a byte too many', Buffer.concat([body, Buffer.alloc(1)])],
        ['a byte too few', body.subarray(0, body.length - 1)],
      ];
      const at = body.length - authorities(210).data.length - 2;
      for (const add of [-1, 1, 5, 7000]) {
        const bytes = Buffer.from(body);
        bytes.writeUInt16BE(bytes.readUInt16BE(at) + add, at);
        wrong.push([`authorities of ${add} more`, bytes]);
      }
      for (const [what, bytes] of wrong) {
        const flight = asking(message('CertificateRequest', 13, () => bytes));
        assert.equal(run({ identity: server, anchor: low, flight }).end, 'ERR_TLS_DECODE_ERROR', what);
      }
    });

    it('with thousands of extensions: refused before they cost memory', () => {
      const list = [schemes, ...Array.from({ length: 9000 }, (_, i) => extension(1000 + i))];
      const flight = asking(certificateRequest(list), 900);
      assert.equal(run({ identity: server, anchor: low, flight }).end, 'ERR_TLS_ILLEGAL_PARAMETER');
    });
  });

  it('a ticket larger than the buffer is skipped; what follows is not', () => {
    const afterFinished = [
      layout({ fragment: 1000 }),
      newSessionTicket([], Buffer.alloc(20000)),
      newSessionTicket(),
      applicationData('data'),
    ];
    for (const arrive of [() => 1, () => RING]) {
      const outcome = run({ identity: server, anchor: low, afterFinished, arrive });
      assertConnected(outcome, server);
      assert.equal(outcome.received, 'data');
      assert.equal(outcome.sessions, 1);
    }
    const half = step('most of a ticket', scripted =>
      scripted.sendHandshake(Buffer.concat([Buffer.from([4, 0, 0x20, 0]), Buffer.alloc(7000)])),
    );
    for (const next of [applicationData('data'), alert(1, 0)]) {
      const outcome = run({
        identity: server,
        anchor: low,
        afterFinished: [layout({ fragment: 1000 }), half, next],
      });
      assert.equal(outcome.end, 'ERR_TLS_UNEXPECTED_MESSAGE');
      assert.equal(outcome.received, '');
    }
  });

  it('an alert that ends nothing between two certificates of a message: ERR_TLS_UNEXPECTED_MESSAGE', () => {
    const first = beginningOf(3 + server.der.length + 2);
    const flight = replaced(serverFlight(), 'Certificate', first, alert(1, 90)).slice(0, 6);
    assert.equal(run({ identity: server, anchor: root, flight }).end, 'ERR_TLS_UNEXPECTED_MESSAGE');
  });

  describe('from openssl s_server', () => {
    before(function () {
      if (!isInstalled('openssl')) skip(this, 'openssl is not installed');
    });

    for (const args of [['-max_send_frag', '512'], ['-max_send_frag', '1400'], []]) {
      it(`-cert_chain of 60 KB ${args.join(' ')}`, async () => {
        const others = superfluous.filter((_, i) => i % 4 !== 3);
        const chain = [...others, low, ...others.slice(0, 5), mid, root];
        const running = await startOpenssl(server, ['-www', ...args], chain);
        try {
          const inputSize = args.length ? RING : 16645;
          const { client, data } = await exchange(running.port, trusting(root), 'GET / HTTP/1.0\r\n\r\n', {
            inputSize,
          });
          assert.equal(client.error, undefined);
          assert.match(data.toString(), /HTTP\/1.0 200 ok/);
          assert.equal(client.peerPath?.path.length, 3);
          console.log(`        ${bytesOf([server, ...chain])} bytes, ${client.handshakeBufferPeak} of the buffer used`);
        } finally {
          await running.stop();
        }
      });
    }

    it('RSA-4096 all the way, in a ring of 2048 bytes', async () => {
      const anchor = await authority('rsa4096');
      const first = await ca('RSA 1', anchor, { kind: 'rsa4096' });
      const identity = await leaf({ kind: 'rsa4096', issuer: first });
      const running = await startOpenssl(identity, ['-www', '-max_send_frag', '512'], [first, anchor]);
      try {
        const options = { inputSize: RING, handshakeBufferSize: 2048 };
        const { client, data } = await exchange(running.port, trusting(anchor), 'GET / HTTP/1.0\r\n\r\n', options);
        assert.equal(client.error, undefined);
        assert.match(data.toString(), /HTTP\/1.0 200 ok/);
        assert.equal(client.peerPath?.path.length, 2);
      } finally {
        await running.stop();
      }
    });
  });
});
