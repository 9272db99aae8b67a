/** What node:crypto (OpenSSL) makes of a certificate that we accept: it must accept it too, and see the same in it. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { Certificate } from '../../src/x509/certificate.js';

/** OpenSSL's reading of what we have accepted. */
export function checkAgainstNode(certificate: Certificate): X509Certificate {
  const other = readByNode(certificate.der) ?? readByNode(withOtherNames(certificate));
  assert.ok(other, 'node:crypto refuses a certificate that we accept');
  sameTime(certificate.notBefore, other.validFrom);
  sameTime(certificate.notAfter, other.validTo);
  const key = spkiOf(other);
  if (key) assert.ok(key.equals(certificate.publicKey.spki), 'another public key');
  // OpenSSL counts a version 1 certificate that signs itself, and one with keyCertSign alone, among the CAs: only one way holds.
  if (certificate.ca && certificate.keyUsage & 4) assert.ok(other.ca, 'OpenSSL does not take it for a CA');
  return other;
}

function readByNode(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** To us names are bytes to compare, nothing to look into; OpenSSL does. So what is wrong in them must not count. */
function withOtherNames({ tbs, der, issuer, subject }: Certificate): Buffer {
  const name = Buffer.from('300c310a300806035504030c0141', 'hex');
  const at = (part: Uint8Array): number => part.byteOffset - tbs.byteOffset;
  const contents = Buffer.concat([
    tbs.subarray(headerLength(tbs), at(issuer)),
    name,
    tbs.subarray(at(issuer) + issuer.length, at(subject)),
    name,
    tbs.subarray(at(subject) + subject.length),
  ]);
  return sequence(Buffer.concat([sequence(contents), der.subarray(headerLength(der) + tbs.length)]));
}

/** Of a DER element with a length below 64 KB: tag and length. */
function headerLength(element: Uint8Array): number {
  return element[1]! < 0x80 ? 2 : 2 + (element[1]! & 0x7f);
}

function sequence(contents: Buffer): Buffer {
  const { length } = contents;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([0x30, ...header]), contents]);
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
