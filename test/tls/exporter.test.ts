/** Exported keying material (RFC 8446 §7.5, RFC 5705): the same bytes as the server's, and none before anybody is authenticated. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import type { HashAlgorithm } from '../../src/crypto/provider.js';
import { CLOSE_NOTIFY, type TlsClient } from '../../src/tls/client.js';
import { keyingMaterialExporter } from '../../src/tls/exporter.js';
import type { ClientHandshake } from '../../src/tls/handshake-state.js';
import { hkdfExpandLabel, type KeySchedule } from '../../src/tls/key-schedule.js';
import type { KeyingMaterial } from '../../src/tls/profile.js';
import { everything, tls13 } from '../../src/tls/profiles.js';
import { prf } from '../../src/tls/tls12/key-schedule.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import type { Identity } from '../../tools/certificates.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { trusting } from '../peers/trust.js';
import { drain, exchange, makeClient, provider } from './connection.js';

const LABEL = 'EXPORTER-ringlet-test';
const { tls12 } = everything;
const profile = { ...tls13, tls12, exporter: keyingMaterialExporter };
const SUITES = [
  ['chacha20-poly1305', 'TLS_CHACHA20_POLY1305_SHA256'],
  ['aes-256-gcm', 'TLS_AES_256_GCM_SHA384'],
  ['chacha20-poly1305', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['aes-256-gcm', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
];
/** What is asked of both sides: how much, and in which context. */
const REQUESTS: Array<[number, Buffer | undefined]> = [
  [1, undefined],
  [32, undefined],
  [32, Buffer.alloc(0)],
  [48, Buffer.from('context')],
  [600, Buffer.alloc(300, 7)],
];
const is12 = (ciphers: string) => ciphers.startsWith('ECDHE');
const versionOf = (ciphers: string) => (is12(ciphers) ? { maxVersion: 'TLSv1.2' } : { minVersion: 'TLSv1.3' });
const usage = { code: 'ERR_USAGE' };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** After a transcript whose hash is zeros. */
function of13(schedule: { hashAlgorithm: HashAlgorithm; stageSecret: Uint8Array }): KeyingMaterial {
  const tls = { schedule } as ClientHandshake;
  keyingMaterialExporter.tls13(tls, new Uint8Array(32));
  return tls.keyingMaterial as KeyingMaterial;
}

describe('exportKeyingMaterial', () => {
  let trust: TrustPolicy;
  let identity: Identity;

  before(async () => {
    trust = trusting(await authority());
    identity = await serverIdentity();
  });

  async function withServer(
    ciphers: string,
    use: (port: number) => Promise<void>,
    onSecure: (socket: tls.TLSSocket) => void,
  ): Promise<void> {
    const options = { cert: identity.pem, key: identity.keyPem, ciphers, ...versionOf(ciphers) } as tls.TlsOptions;
    const server = tls.createServer(options, socket => {
      socket.on('error', () => {});
      onSecure(socket);
      socket.once('data', () => socket.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use((server.address() as AddressInfo).port);
    } finally {
      server.close();
    }
  }

  for (const [aead, ciphers] of SUITES) {
    it(`is what node:tls exports, with ${ciphers}`, async () => {
      let theirs: string[] = [];
      let ours: string[] | undefined;
      const exportOnce = (client: TlsClient) => {
        if (client.handshakeComplete && !client.error && !ours) {
          if (is12(ciphers)) assert.equal(client.protocolVersion, 'TLSv1.2');
          const { schedule } = (client as unknown as { handshake: { schedule?: KeySchedule } }).handshake;
          assert.ok(!schedule || schedule.stageSecret.every(byte => byte === 0), 'the Master Secret is wiped');
          ours = REQUESTS.map(([length, context]) => hex(client.exportKeyingMaterial(length, LABEL, context)));
        }
      };
      await withServer(
        ciphers,
        async port => {
          const options = { profile, crypto: provider([aead], ['x25519', 'secp256r1']) };
          const { end, client } = await exchange(port, trust, 'x', options, exportOnce);
          assert.equal(end, CLOSE_NOTIFY);
          // Both sides have said that they are done: the secret is gone.
          assert.throws(() => client.exportKeyingMaterial(32, LABEL), usage);
        },
        socket => {
          theirs = REQUESTS.map(([length, context]) =>
            hex(socket.exportKeyingMaterial(length, LABEL, context as Buffer)),
          );
        },
      );
      assert.deepEqual(ours, theirs);
      // In TLS 1.3 no context is the empty one.
      assert.equal(new Set(theirs).size, is12(ciphers) ? 5 : 4);
    });
  }

  it('is ERR_USAGE without an exporter, before the server is authenticated, and after an error', async () => {
    const { client, input } = makeClient(trust, { profile });
    assert.throws(() => client.exportKeyingMaterial(32, LABEL), usage);
    input.write(Buffer.from('HTTP/1.1 400 Bad Request'), 0, 24);
    assert.equal(drain(client).end, 'ERR_TLS_UNEXPECTED_MESSAGE');
    assert.throws(() => client.exportKeyingMaterial(32, LABEL), usage);
    let tried = 0;
    const trying = (client: TlsClient) => {
      if (!client.handshakeComplete) return;
      assert.throws(() => client.exportKeyingMaterial(32, LABEL), usage);
      tried++;
    };
    await withServer(
      SUITES[0][1],
      async port => void (await exchange(port, trust, 'x', { profile: tls13 }, trying)),
      () => {},
    );
    assert.ok(tried > 0);
  });

  it('is ERR_USAGE for lengths and labels that there cannot be', () => {
    const schedule = { hashAlgorithm: nodeCryptoProvider.hashes[0], stageSecret: new Uint8Array(32).fill(1) };
    const material = of13(schedule);
    for (const length of [0, -1, 1.5, 8161, NaN, Infinity]) {
      assert.throws(() => material.derive(length, LABEL, undefined), usage, String(length));
    }
    for (const label of ['', 'x'.repeat(250)]) assert.throws(() => material.derive(32, label, undefined), usage);
    assert.equal(material.derive(8160, 'x'.repeat(249), undefined).length, 8160);
  });

  it('its secret is wiped', () => {
    const hash = nodeCryptoProvider.hashes[0];
    const zeros = new Uint8Array(32);
    const material = of13({ hashAlgorithm: hash, stageSecret: zeros });
    const before = material.derive(32, LABEL, undefined);
    material.wipe();
    const after = material.derive(32, LABEL, undefined);
    assert.notEqual(hex(after), hex(before));
    const empty = new Uint8Array(32);
    hash.create().digest(empty, 0);
    const derived = hkdfExpandLabel(hash, zeros, LABEL, empty, 32);
    assert.equal(hex(after), hex(hkdfExpandLabel(hash, derived, 'exporter', empty, 32)));
  });

  it('of TLS 1.2 is the PRF over label, randoms, and the context with its length (RFC 5705 §4)', () => {
    const secret = Buffer.alloc(48, 3);
    const randoms = Uint8Array.from({ length: 64 }, (_, i) => i);
    const hash = nodeCryptoProvider.hashes[0];
    /** RFC 5246 §5 with SHA-256. */
    const expand = (label: string, seed: Uint8Array, length: number): Buffer => {
      const hmac = (data: Uint8Array) => createHmac('sha256', secret).update(data).digest();
      const whole = Buffer.concat([Buffer.from(label), seed]);
      let a = hmac(whole);
      let out = Buffer.alloc(0);
      for (; out.length < length; a = hmac(a)) out = Buffer.concat([out, hmac(Buffer.concat([a, whole]))]);
      return out.subarray(0, length);
    };
    const tls = { suite: { hash }, tls12: { extendedMasterSecret: true, masterSecret: secret, randoms } } as never;
    keyingMaterialExporter.tls12(tls, prf);
    const material = (tls as ClientHandshake).keyingMaterial as KeyingMaterial;
    const expected = (...context: Uint8Array[]) => hex(expand(LABEL, Buffer.concat([randoms, ...context]), 40));
    assert.equal(hex(material.derive(40, LABEL, undefined)), expected());
    assert.equal(hex(material.derive(40, LABEL, new Uint8Array(0))), expected(Buffer.from([0, 0])));
    const long = new Uint8Array(258).fill(9);
    assert.equal(hex(material.derive(40, LABEL, long)), expected(Buffer.from([1, 2]), long));
    assert.equal(hex(material.derive(40, '', undefined)), hex(expand('', randoms, 40)));
    assert.throws(() => material.derive(40, LABEL, new Uint8Array(65536)), usage);
    const before = hex(material.derive(40, LABEL, undefined));
    // Copies: another handshake may be under way.
    secret.fill(0);
    randoms.fill(0);
    assert.equal(hex(material.derive(40, LABEL, undefined)), before);
    material.wipe();
    assert.notEqual(hex(material.derive(40, LABEL, undefined)), before);
    const weak = { suite: { hash }, tls12: { masterSecret: secret, randoms } } as never;
    keyingMaterialExporter.tls12(weak, prf);
    assert.equal((weak as ClientHandshake).keyingMaterial, undefined, 'only of an extended master secret');
  });
});
