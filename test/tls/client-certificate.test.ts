/**
 * Client certificates (RFC 8446 §4.3.2, §4.4.2, §4.4.3) against a scripted server, which checks every byte of the answer: what is sent when, in which order it
 * reaches the wire (1a), whom a waiting connection waits for, and what a server must not ask.
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { type ExternalKey, externalSigners } from '../../src/crypto/external-key.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { portableSigners } from '../../src/crypto/portable-signers.js';
import type { CryptoProvider, PrivateKey, SignatureName } from '../../src/crypto/provider.js';
import type { RingletError } from '../../src/errors.js';
import type { TlsClientConfig } from '../../src/tls/client.js';
import { tls13 } from '../../src/tls/profiles.js';
import { privateKeyFromPem } from '../../src/x509/private-key.js';
import type { Identity } from '../../tools/certificates.js';
import { assertReceived, assertRefused, type Exchange, type ExchangeOptions } from '../peers/exchange.js';
import { fullFlight, insertedAfter, insertedBefore, replaced } from '../peers/flights.js';
import { client as clientChain, server as serverIdentity } from '../peers/identities.js';
import { exchange } from '../peers/refusal.js';
import type { ServerOptions, Step } from '../peers/scripted-server.js';
import {
  applicationData,
  certificateRequest,
  closeNotify,
  defaultSignatureSchemes,
  encryptedExtensions,
  extension,
  fin,
  laterMessage,
  layout,
  newSessionTicket,
  record,
  serverFlight,
  uint16,
  vector,
} from '../peers/steps.js';
import { makeClient } from './connection.js';

const SIGNATURE_ALGORITHMS = 13;
const CERTIFICATE_AUTHORITIES = 47;
const GREETING = 'hello, device';
const end = [applicationData(GREETING), closeNotify, fin];

/** A server that asks for a certificate with these schemes. */
const asking = (...schemes: number[]): Step[] =>
  replaced(
    fullFlight(),
    'CertificateRequest',
    certificateRequest([extension(SIGNATURE_ALGORITHMS, vector(2, ...schemes.map(uint16)))]),
  );

/** `cert` and `key` of a client. */
function configOf(chain: Identity[]): Required<Pick<TlsClientConfig, 'cert' | 'key'>> {
  return { cert: chain.map(({ der }) => der), key: privateKeyFromPem(chain[0]!.keyPem) };
}

/** A connection of a client that has `chain` to a server that gets it. */
async function connection(
  chain: Identity[],
  server: Partial<ServerOptions> = {},
  client: Partial<ExchangeOptions> = {},
): Promise<Exchange> {
  return exchange(
    { flights: [fullFlight()], clientChain: chain, afterFinished: end, ...server },
    { ...client, config: { ...configOf(chain), ...client.config } },
  );
}

describe('client certificates in TLS 1.3', function () {
  this.timeout(30000);

  for (const [kind, scheme] of [
    ['p256', 0x0403],
    ['rsa2048', 0x0804],
  ] as const) {
    it(`${kind}: Certificate, CertificateVerify, Finished`, async () => {
      const ran = (await connection(await clientChain(kind))).run();
      assertReceived(ran, GREETING);
      assert.deepEqual(ran.server.client.messages, [1, 11, 15, 20]);
      assert.equal(ran.server.client.scheme, scheme);
      assert.equal(ran.client.certificateSent, true);
    });

    it(`${kind}: the portable signers`, async () => {
      const crypto: CryptoProvider = { ...portableProvider, signers: portableSigners };
      const identity = await serverIdentity();
      const ran = await connection(await clientChain(kind), { identity }, { crypto });
      assertReceived(ran.run(), GREETING);
    });

    // 1a
    for (const accept of [1, 5, 6, 17, 536, 1460]) {
      it(`${kind}: a transport that takes ${accept} bytes a time`, async () => {
        const chain = await clientChain(kind);
        const accepted: boolean[] = [];
        const ran = await connection(
          chain,
          {},
          { accept, hear: (_, { handshakeComplete }) => accepted.push(handshakeComplete) },
        );
        const { client, server } = ran;
        const sent = client.outputSent.bind(client);
        let late = 0;
        client.outputSent = length => {
          const left = client.output.length - length;
          sent(length);
          // Nothing follows our Finished here: it is complete exactly when nothing is left.
          if (client.certificateSent) assert.equal(client.handshakeComplete, left === 0, `${left} bytes left`);
          late++;
        };
        assertReceived(ran.run(), GREETING);
        assert.deepEqual(server.client.messages, [1, 11, 15, 20]);
        assert.ok(late > 1);
      });
    }
  }

  it('the hash of the suite is another than that of the signature', async () => {
    for (const kind of ['p256', 'rsa2048'] as const) {
      const ran = await connection(await clientChain(kind), { suite: 'TLS_AES_256_GCM_SHA384' });
      assertReceived(ran.run(), GREETING);
    }
  });

  it('the schemes that the server has and the key fits', async () => {
    const cases: Array<['p256' | 'rsa2048', number[], number]> = [
      ['p256', [0x0804, 0x0503, 0x0403], 0x0403],
      ['rsa2048', [0x0403, 0x0401, 0x0805], 0x0805],
      ['rsa2048', [0x0806], 0x0806],
    ];
    for (const [kind, schemes, expected] of cases) {
      const ran = (await connection(await clientChain(kind), { flights: [asking(...schemes)] })).run();
      assertReceived(ran, GREETING);
      assert.equal(ran.server.client.scheme, expected);
    }
  });

  it('without one of them, an empty Certificate, and the server goes on or not', async () => {
    const cases: Array<['p256' | 'rsa2048', number[]]> = [
      // P-384, Ed25519, and what only signs certificates.
      ['p256', [0x0503, 0x0603, 0x0807, 0x0804, 0x0401]],
      ['rsa2048', [0x0403, 0x0401, 0x0501, 0x0201, 0x0809, 0x0807]],
    ];
    for (const [kind, schemes] of cases) {
      const chain = await clientChain(kind);
      const ran = (await connection(chain, { flights: [asking(...schemes)], clientChain: undefined })).run();
      assertReceived(ran, GREETING);
      assert.deepEqual(ran.server.client.messages, [1, 11, 20]);
      assert.equal(ran.client.certificateSent, false);
    }
    const required = await exchange({
      flights: [fullFlight()],
      afterFinished: [record(21, Buffer.from([2, 116])), fin],
    });
    assertRefused(required.run(), 'ERR_TLS_ALERT_RECEIVED', 'application');
    assert.match(String(required.error), /certificate_required/);
  });

  it('without being asked, nothing', async () => {
    const ran = (await connection(await clientChain(), { flights: [serverFlight()], clientChain: undefined })).run();
    assertReceived(ran, GREETING);
    assert.deepEqual(ran.server.client.messages, [1, 20]);
    assert.equal(ran.client.certificateSent, false);
  });

  it('a profile without them answers as one that has no certificate', async () => {
    const chain = await clientChain();
    const ran = await connection(chain, { clientChain: undefined }, { profile: tls13 });
    assertReceived(ran.run(), GREETING);
  });

  it('a CertificateRequest with 20 KB of authorities, in small records', async () => {
    const names = Array.from({ length: 200 }, () => vector(2, Buffer.alloc(100, 0x30)));
    const request = certificateRequest([
      extension(CERTIFICATE_AUTHORITIES, vector(2, ...names)),
      extension(SIGNATURE_ALGORITHMS, vector(2, ...defaultSignatureSchemes.map(uint16))),
    ]);
    const flight = [layout({ fragment: 500 }), ...replaced(fullFlight(), 'CertificateRequest', request)];
    assertReceived((await connection(await clientChain(), { flights: [flight] })).run(), GREETING);
  });

  it('a chain larger than the output ring makes that larger', async () => {
    const above = await clientChain();
    const chain = [...(await clientChain('rsa2048')), ...above, ...above, ...above];
    const bytes = chain.reduce((sum, { der }) => sum + der.length, 0);
    assert.ok(bytes > 2048);
    const ran = (await connection(chain, {}, { outputSize: 512 })).run();
    assertReceived(ran, GREETING);
    assert.ok(ran.client.output.peak > bytes);
  });

  it('a server with a small record_size_limit gets small records', async () => {
    const limit = 100;
    const answer = extension(28, uint16(limit));
    const flight = replaced(fullFlight(), 'EncryptedExtensions', encryptedExtensions(answer));
    const ran = await connection(await clientChain('rsa2048'), { flights: [flight] });
    const lengths: number[] = [];
    const receive = ran.server.receive.bind(ran.server);
    ran.server.receive = bytes => {
      for (let at = 0, b = Buffer.from(bytes); at < b.length; at += 5 + b.readUInt16BE(at + 3)) {
        if (b[at] === 23) lengths.push(b.readUInt16BE(at + 3));
      }
      receive(bytes);
    };
    assertReceived(ran.run(), GREETING);
    assert.ok(lengths.length > 8 && Math.max(...lengths) <= limit + 16, String(lengths));
  });

  describe('what a server must not do', () => {
    const own = (flights: Step[][], afterFinished?: Step[]) => async () =>
      (await connection(await clientChain(), { flights, clientChain: undefined, afterFinished })).run();
    const context = certificateRequest(undefined, Buffer.from([1]));
    const request = certificateRequest();
    const rows: Array<[string, () => Promise<Exchange>, string, 'handshake' | 'application']> = [
      ['a context', own([replaced(fullFlight(), 'CertificateRequest', context)]), 'ILLEGAL_PARAMETER', 'handshake'],
      [
        'no signature_algorithms',
        own([replaced(fullFlight(), 'CertificateRequest', certificateRequest([]))]),
        'MISSING_EXTENSION',
        'handshake',
      ],
      ['an empty list of them', own([asking()]), 'DECODE_ERROR', 'handshake'],
      [
        'asking twice',
        own([insertedAfter(fullFlight(), 'CertificateRequest', request)]),
        'UNEXPECTED_MESSAGE',
        'handshake',
      ],
      [
        'asking behind Certificate',
        own([insertedAfter(serverFlight(), 'Certificate', request)]),
        'UNEXPECTED_MESSAGE',
        'handshake',
      ],
      [
        'asking behind CertificateVerify',
        own([insertedBefore(serverFlight(), 'Finished', request)]),
        'UNEXPECTED_MESSAGE',
        'handshake',
      ],
    ];
    for (const [name, run, code, protection] of rows) {
      it(`${name}: ${code}`, async () => assertRefused(await run(), 'ERR_TLS_' + code, protection));
    }

    it('asking when the handshake is over: UNEXPECTED_MESSAGE', async () => {
      const later = laterMessage('CertificateRequest', 13, Buffer.from('000008000d000400020403', 'hex'));
      const ran = (await connection(await clientChain(), { afterFinished: [newSessionTicket(), later, fin] })).run();
      assertRefused(ran, 'ERR_TLS_UNEXPECTED_MESSAGE', 'application');
    });
  });

  describe('what connect() refuses', () => {
    const refused = (config: Partial<TlsClientConfig>, message: RegExp, code = 'ERR_USAGE') =>
      assert.throws(
        () => makeClient({ pins: [new Uint8Array(32)] }, config),
        (error: RingletError) => error.code === code && message.test(error.message),
      );

    it('one without the other', async () => {
      const { cert, key } = configOf(await clientChain());
      refused({ cert }, /cert and key/);
      refused({ key }, /cert and key/);
      refused({ cert: [], key }, /cert and key/);
    });

    it('a key of another certificate', async () => {
      const [leaf, above] = (await clientChain()) as [Identity, Identity];
      const rsa = configOf(await clientChain('rsa2048'));
      refused({ cert: [above.der, leaf.der], key: configOf([leaf]).key }, /not the one of the first/);
      refused({ cert: rsa.cert, key: configOf([leaf]).key }, /not the one of the first/);
      refused({ cert: [leaf.der], key: rsa.key }, /not the one of the first/);
    });

    it('a certificate of no use', async () => {
      const { key } = configOf(await clientChain());
      refused({ cert: [new Uint8Array([1, 2, 3])], key }, /^cert: /);
      refused({ cert: [(await serverIdentity('p384')).der], key }, /not the one of the first/);
    });

    it('a provider without signers for it', async () => {
      const own = configOf(await clientChain());
      const signers = nodeCryptoProvider.signers!.filter(({ name }) => name !== 'ecdsa-secp256r1');
      refused({ ...own, crypto: { ...nodeCryptoProvider, signers: undefined } }, /signers/);
      refused({ ...own, crypto: { ...nodeCryptoProvider, signers } }, /signers/);
    });

    it('a chain that is larger than the handshake buffer', async () => {
      const own = configOf(await clientChain());
      refused(
        { ...own, handshakeBufferSize: 1024, cert: [...own.cert, ...own.cert] },
        /handshakeBufferSize/,
        'ERR_TLS_MESSAGE_TOO_LARGE',
      );
    });
  });
});

describe('a key that lives elsewhere', function () {
  this.timeout(10000);

  interface Asked {
    digest: Uint8Array;
    done: (signature: Uint8Array | undefined) => void;
  }

  /** An element with the key of `identity`, which signs when it is told to. */
  function elementOf(identity: Identity) {
    const asked: Asked[] = [];
    const own = privateKeyFromPem(identity.keyPem);
    const key: ExternalKey = {
      kind: own.kind,
      curve: own.curve,
      sign: (_name, _hash, digest, done) => void asked.push({ digest, done }),
    };
    const crypto: CryptoProvider = { ...nodeCryptoProvider, signers: externalSigners(key) };
    const signature = (name: SignatureName, digest: Uint8Array) => {
      const signer = nodeCryptoProvider.signers!.find(candidate => candidate.name === name)!;
      const hash = nodeCryptoProvider.hashes.find(({ digestLength }) => digestLength === digest.length)!;
      const computation = signer.sign(own, hash, digest, nodeRandom);
      while (!computation.step(1000));
      return computation.result();
    };
    return { asked, crypto, key: key as PrivateKey, signature };
  }

  async function waiting(sliced: boolean) {
    const chain = await clientChain();
    const element = elementOf(chain[0]!);
    const ran = await connection(chain, {}, { crypto: element.crypto, config: { key: element.key, sliced } });
    const { client } = ran;
    ran.run();
    for (let i = 0; sliced && i < 20; i++) {
      while (client.computing >= 0) client.compute(1 << 20);
      ran.run();
    }
    assert.equal(element.asked.length, 1);
    assert.equal(client.computing, -1);
    assert.equal(client.handshakeComplete, false);
    assert.deepEqual(ran.server.client.messages, [1, 11]);
    assert.equal(ran.error, undefined);
    return { ran, element, client, asked: element.asked[0]! };
  }

  for (const sliced of [false, true]) {
    const goOn = ({ ran, client }: Awaited<ReturnType<typeof waiting>>) => {
      while (client.computing >= 0) client.compute(1 << 20);
      return ran.run();
    };

    it(`signs late${sliced ? ', with slices' : ''}: the connection waits, and goes on`, async () => {
      const state = await waiting(sliced);
      state.asked.done(state.element.signature('ecdsa-secp256r1', state.asked.digest));
      assertReceived(goOn(state), GREETING);
      assert.deepEqual(state.ran.server.client.messages, [1, 11, 15, 20]);
    });

    it(`fails${sliced ? ', with slices' : ''}: internal_error`, async () => {
      const state = await waiting(sliced);
      state.asked.done(undefined);
      assertRefused(goOn(state), 'ERR_KEY_SIGNER', 'handshake');
    });

    it(`answers when the connection is over${sliced ? ', with slices' : ''}: nothing happens`, async () => {
      const state = await waiting(sliced);
      state.client.cancel();
      state.ran.server.client.deaf = true;
      state.asked.done(state.element.signature('ecdsa-secp256r1', state.asked.digest));
      state.client.compute(1000);
      assert.throws(() => state.client.read(new Uint8Array(1), 0, 1), /cancelled/);
      assert.equal(state.client.handshakeComplete, false);
    });
  }

  it('throws: internal_error', async () => {
    const chain = await clientChain();
    const key: ExternalKey = {
      kind: 'ec',
      curve: 'secp256r1',
      sign() {
        throw new Error('no bus');
      },
    };
    const crypto = { ...nodeCryptoProvider, signers: externalSigners(key) };
    const ran = await connection(chain, {}, { crypto, config: { key: key as PrivateKey } });
    assertRefused(ran.run(), 'ERR_KEY_SIGNER', 'handshake');
  });

  it('without numbers it is only the kind that is compared', async () => {
    const chain = await clientChain('rsa2048');
    const element = elementOf(chain[0]!);
    const ran = await connection(chain, {}, { crypto: element.crypto, config: { key: element.key } });
    ran.run();
    element.asked[0]!.done(element.signature('rsa-pss', element.asked[0]!.digest));
    assertReceived(ran.run(), GREETING);
    assert.throws(
      () =>
        makeClient({ pins: [new Uint8Array(32)] }, { cert: [chain[1]!.der], key: element.key, crypto: element.crypto }),
      /not the one of the first/,
    );
  });
});
