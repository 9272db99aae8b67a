/** TLS 1.2 against node:tls: every suite and group, keys of both kinds, what is negotiated. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { CLOSE_NOTIFY } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { type TrustPolicy, trustAnchor } from '../../src/x509/trust.js';
import { type Identity, makeCertificate } from '../../tools/certificates.js';
import { type ClientOptions, exchange, provider } from './connection.js';

/** OpenSSL's names of both kinds of suites, by AEAD. */
const SUITES: Record<string, [string, string]> = {
  'aes-128-gcm': ['AES128-GCM-SHA256', 'WITH_AES_128_GCM_SHA256'],
  'aes-256-gcm': ['AES256-GCM-SHA384', 'WITH_AES_256_GCM_SHA384'],
  'chacha20-poly1305': ['CHACHA20-POLY1305', 'WITH_CHACHA20_POLY1305_SHA256'],
};

/** OpenSSL takes supported_groups for the curves of certificates too (RFC 8422 §4): so x25519 never stands alone. */
const GROUPS: Record<string, string[]> = { x25519: ['x25519', 'secp256r1'], secp256r1: ['secp256r1'] };

describe('TLS 1.2 against node:tls', () => {
  let trust: TrustPolicy;
  const leaves: Record<string, Identity> = {};
  const servers: tls.Server[] = [];

  before(async () => {
    const ca = await makeCertificate({ subject: 'CN=Test CA', ca: true });
    for (const kind of ['p256', 'rsa2048', 'ed25519'] as const) {
      leaves[kind] = await makeCertificate({ kind, issuer: ca, dnsNames: ['server.test'] });
    }
    trust = { anchors: [trustAnchor(ca.der)] };
  });

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A server that echoes what it gets up to a newline, and closes. */
  async function serve(kind: string, options: tls.TlsOptions = {}): Promise<number> {
    const { pem, keyPem } = leaves[kind]!;
    const server = tls.createServer({ cert: pem, key: keyPem, maxVersion: 'TLSv1.2', ...options }, socket => {
      const pieces: Buffer[] = [];
      socket.on('error', () => {});
      socket.on('data', bytes => {
        pieces.push(bytes);
        if (bytes[bytes.length - 1] === 10) socket.end(Buffer.concat(pieces));
      });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function speaks(port: number, options: ClientOptions = {}) {
    const result = await exchange(port, trust, 'hello\n', { profile: everything, ...options });
    if (result.client.error) throw result.client.error;
    assert.equal(result.end, CLOSE_NOTIFY);
    assert.equal(result.data.toString(), 'hello\n');
    assert.equal(result.client.protocolVersion, 'TLSv1.2');
    return result.client;
  }

  for (const aead of Object.keys(SUITES)) {
    for (const group of Object.keys(GROUPS)) {
      for (const kind of ['ECDSA', 'RSA']) {
        it(`ECDHE-${kind}-${SUITES[aead]![0]} with ${group}`, async () => {
          const port = await serve(kind === 'RSA' ? 'rsa2048' : 'p256', {
            ciphers: `ECDHE-${kind}-${SUITES[aead]![0]}`,
            ecdhCurve: GROUPS[group]!.join(':').replace('secp256r1', 'P-256').replace('x25519', 'X25519'),
            ALPNProtocols: ['echo'],
          });
          for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
            const crypto = provider([aead], GROUPS[group]!);
            const client = await speaks(port, { crypto, alpnProtocols: ['other', 'echo'], maxVersion });
            assert.equal(client.cipherSuite, `TLS_ECDHE_${kind}_${SUITES[aead]![1]}`);
            assert.equal(client.group, group);
            assert.equal(client.alpnProtocol, 'echo');
            assert.equal(client.resumed, false);
          }
        });
      }
    }
  }

  it('a key of kind ed25519', async () => {
    await speaks(await serve('ed25519'));
  });
});
