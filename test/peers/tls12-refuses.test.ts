/** TLS 1.2 against a server that says what a test wants it to: everything that has to be refused. */
import assert from 'node:assert/strict';
import { authority, leaf, server as serverIdentity } from './identities.js';
import { assertRefused12, exchange12 } from './tls12-exchange.js';
import { laterRefusals } from './tls12-later-refusals.js';
import { refusals } from './tls12-refusals.js';
import { certificate12, data12, helloRequest12, serverFlight12, with12 } from './tls12-server.js';

describe('TLS 1.2 refuses', () => {
  for (const { name, server, client, code, alert } of [...refusals, ...laterRefusals]) {
    it(`${name}: ERR_TLS_${code}`, async () => {
      const ran = (await exchange12(server, client)).run();
      assertRefused12(ran, code, alert);
    });
  }

  it('a certificate whose key does not fit the suite', async () => {
    const rsa = await serverIdentity('rsa2048');
    const flights = [with12(serverFlight12(), 'Certificate', certificate12(rsa))];
    assertRefused12((await exchange12({ flights })).run(), 'ILLEGAL_PARAMETER', 47);
  });

  it('a certificate for another name', async () => {
    const identity = await leaf({ issuer: await authority(), dnsNames: ['other.test'] });
    const ran = (await exchange12({ identity })).run();
    assert.equal(ran.error?.code, 'ERR_CERT_NAME_MISMATCH');
  });

  it('a flood of HelloRequests', async () => {
    const ran = (await exchange12({ afterwards: Array.from({ length: 40 }, () => helloRequest12) })).run();
    assert.equal(ran.error?.code, 'ERR_TLS_UNEXPECTED_MESSAGE');
  });

  it('versions that exclude each other, or that the profile lacks: ERR_USAGE', async () => {
    const { tls13 } = await import('../../src/tls/profiles.js');
    await assert.rejects(exchange12({}, { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }), { code: 'ERR_USAGE' });
    await assert.rejects(exchange12({}, { minVersion: 'TLSv1' as 'TLSv1.2' }), { code: 'ERR_USAGE' });
    await assert.rejects(exchange12({}, { maxVersion: 'TLSv1.2', profile: tls13 }), { code: 'ERR_USAGE' });
  });

  it('updateKeys: ERR_USAGE, and the connection stays', async () => {
    const ran = (await exchange12()).run();
    assert.throws(() => ran.client.updateKeys(true), { code: 'ERR_USAGE' });
    ran.serverSends(data12('still here'));
    assert.equal(ran.received, 'still here');
  });
});
