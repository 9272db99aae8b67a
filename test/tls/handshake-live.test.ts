import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { CLOSE_NOTIFY } from '../../src/tls/client.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { type Identity, makeCertificate } from '../../tools/certificates.js';
import { exchange, provider } from './connection.js';

const SUITES: { [aead: string]: string } = {
  'aes-128-gcm': 'TLS_AES_128_GCM_SHA256',
  'aes-256-gcm': 'TLS_AES_256_GCM_SHA384',
  'chacha20-poly1305': 'TLS_CHACHA20_POLY1305_SHA256',
  'aes-128-ccm': 'TLS_AES_128_CCM_SHA256',
};

const GROUPS: { [group: string]: string } = { x25519: 'X25519', secp256r1: 'P-256' };

describe('TlsClient against node:tls', () => {
  let ca: Identity;
  let leaf: Identity;
  let trust: TrustPolicy;

  before(async () => {
    ca = await makeCertificate({ subject: 'CN=Test CA', ca: true });
    leaf = await makeCertificate({ issuer: ca, dnsNames: ['server.test'] });
    trust = { anchors: [trustAnchor(ca.der)] };
  });

  /** A server that echoes what it gets up to a newline, and closes. */
  async function serve(options: tls.TlsOptions): Promise<tls.Server> {
    const server = tls.createServer({ cert: leaf.pem, key: leaf.keyPem, minVersion: 'TLSv1.3', ...options }, socket => {
      const pieces: Buffer[] = [];
      socket.on('error', () => {});
      socket.on('data', bytes => {
        pieces.push(bytes);
        if (bytes[bytes.length - 1] === 10) socket.end(Buffer.concat(pieces));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  const port = (server: tls.Server) => (server.address() as AddressInfo).port;

  for (const aead of Object.keys(SUITES)) {
    for (const group of Object.keys(GROUPS)) {
      it(`${SUITES[aead]} with ${group}`, async () => {
        const server = await serve({ ciphers: SUITES[aead], ecdhCurve: GROUPS[group], ALPNProtocols: ['echo'] });
        const crypto = provider([aead], [group]);
        const result = await exchange(port(server), trust, 'hello\n', { crypto, alpnProtocols: ['other', 'echo'] });
        server.close();
        assert.equal(result.end, CLOSE_NOTIFY);
        assert.equal(result.data.toString(), 'hello\n');
        assert.equal(result.client.cipherSuite, SUITES[aead]);
        assert.equal(result.client.group, group);
        assert.equal(result.client.alpnProtocol, 'echo');
        assert.equal(result.client.protocolVersion, 'TLSv1.3');
      });
    }
  }
});
