/** What node:crypto (OpenSSL) makes of a certificate that we accept: it must accept it too, and see the same in it. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { Certificate } from '../../src/x509/certificate.js';

/** OpenSSL's reading of what we have accepted. */
export function checkAgainstNode(certificate: Certificate): X509Certificate {
  let other: X509Certificate;
  try {
    other = new X509Certificate(certificate.der);
  } catch (error) {
    assert.fail(`node:crypto refuses a certificate that we accept: ${(error as Error).message}`);
  }
  assert.ok(other.raw.equals(certificate.der), 'raw');
  sameTime(certificate.notBefore, other.validFrom);
  sameTime(certificate.notAfter, other.validTo);
  const key = spkiOf(other);
  if (key) assert.ok(key.equals(certificate.publicKey.spki), 'another public key');
  // OpenSSL counts a version 1 certificate that signs itself, and one with keyCertSign alone, among the CAs: only one way holds.
  if (certificate.ca && certificate.keyUsage & 4) assert.ok(other.ca, 'OpenSSL does not take it for a CA');
  return other;
}

/** Like `Jan  1 00:00:00 2020 GMT`. Years of one to three digits Date.parse guesses at. */
function sameTime(seconds: number, text: string): void {
  const year = /(\d+) GMT$/.exec(text)?.[1];
  assert.ok(year, `OpenSSL reads another time: ${text}`);
  if (year.length === 4) assert.equal(seconds, Date.parse(text) / 1000, text);
}

/** Undefined if OpenSSL cannot use the key: we do not look at points before they are used. */
function spkiOf(certificate: X509Certificate): Buffer | undefined {
  try {
    return certificate.publicKey.export({ format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
