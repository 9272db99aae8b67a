import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { CLOSE_NOTIFY } from '../../src/tls/client.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { trusting } from '../peers/trust.js';
import { exchange } from './connection.js';

describe('TlsClient with the portable primitives, against node:tls', () => {
  it('20 KB there and back', async function () {
    this.timeout(60000);
    const { pem, keyPem } = await serverIdentity();
    const server = tls.createServer({ cert: pem, key: keyPem, minVersion: 'TLSv1.3' }, socket => {
      let received = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', bytes => {
        received = Buffer.concat([received, bytes]);
        if (received.length === 20000) socket.end(received);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const request = Buffer.from(Array.from({ length: 20000 }, (_, i) => (i * 31) & 255));
    const { port } = server.address() as AddressInfo;
    const result = await exchange(port, trusting(await authority()), request, { crypto: portableProvider });
    server.close();
    assert.equal(result.end, CLOSE_NOTIFY);
    assert.ok(result.data.equals(request));
  });
});
