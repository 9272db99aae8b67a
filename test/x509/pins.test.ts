import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import type { Identity } from '../../tools/certificates.js';
import { makeCertificate } from '../../tools/certificates.js';
import { expectCode, NAME, now, trust, verify, verifyServerCertificate } from './support.js';

const pin = (identity: Identity) =>
  new Uint8Array(createHash('sha256').update(Buffer.from(identity.certificate.publicKey.rawData)).digest());

describe('x509: trust policy', () => {
  let root: Identity;
  let leaf: Identity;
  let other: Identity;
  before(async () => {
    root = await makeCertificate({ ca: true, subject: 'CN=Root' });
    leaf = await makeCertificate({ issuer: root, dnsNames: [NAME] });
    other = await makeCertificate({ issuer: root, dnsNames: [NAME] });
  });

  it('with pins alone needs no path, but the name, validity and usage', async () => {
    const pins = [pin(other), pin(leaf)];
    const verified = verify([leaf], { pins });
    assert.equal(verified.path.length, 1);
    assert.equal(verified.anchor, undefined);
    expectCode('ERR_CERT_NAME_MISMATCH', () =>
      verifyServerCertificate([leaf.der], 'other.test', { pins }, now, nodeCryptoProvider),
    );
    expectCode('ERR_CERT_EXPIRED', () => verify([leaf], { pins }, now + 1000 * 86400));
    const client = await makeCertificate({ dnsNames: [NAME], extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] });
    expectCode('ERR_CERT_USAGE', () => verify([client], { pins: [pin(client)] }));
  });

  it('refuses a key that is not pinned, also that of an issuer', () => {
    expectCode('ERR_CERT_PIN_MISMATCH', () => verify([leaf], { pins: [pin(other)] }));
    expectCode('ERR_CERT_PIN_MISMATCH', () => verify([leaf, root], { pins: [pin(root)] }));
    for (let i = 0; i < 32; i++) {
      const damaged = pin(leaf);
      damaged[i] ^= 0x80;
      expectCode('ERR_CERT_PIN_MISMATCH', () => verify([leaf], { pins: [damaged] }));
    }
  });

  it('with pins and anchors needs both', async () => {
    const stranger = await makeCertificate({ ca: true, subject: 'CN=Stranger' });
    verify([leaf], { ...trust(root), pins: [pin(leaf)] });
    expectCode('ERR_CERT_PIN_MISMATCH', () => verify([leaf], { ...trust(root), pins: [pin(other)] }));
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf], { ...trust(stranger), pins: [pin(leaf)] }));
  });

  it('that trusts nobody is a mistake of the caller', () => {
    for (const policy of [
      {},
      { anchors: [] },
      { pins: [] },
      { ...trust(root), pins: [] },
      { anchors: [], pins: [pin(leaf)] },
    ]) {
      expectCode('ERR_USAGE', () => verify([leaf], policy));
    }
  });

  it('takes no pin of another length, and none without sha256', () => {
    for (const length of [0, 1, 31]) {
      expectCode('ERR_CERT_PIN_MISMATCH', () => verify([leaf], { pins: [pin(leaf).subarray(0, length)] }));
    }
    const crypto = { ...nodeCryptoProvider, hashes: nodeCryptoProvider.hashes.filter(hash => hash.name !== 'sha256') };
    expectCode('ERR_CERT_PIN_MISMATCH', () =>
      verifyServerCertificate([leaf.der], NAME, { pins: [pin(leaf)] }, now, crypto),
    );
  });
});
