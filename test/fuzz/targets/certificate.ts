/** DER and the certificate parser: the input is the certificate. What we accept node:crypto accepts, and sees the same in it. */
import assert from 'node:assert/strict';
import { parseCertificate } from '../../../src/x509/certificate.js';
import { describeName } from '../../../src/x509/describe-name.js';
import { verifyServerIdentity } from '../../../src/x509/server-identity.js';
import { trustAnchor, trustAnchorFromKey } from '../../../src/x509/trust.js';
import { checkAgainstNode } from '../certificates.js';
import { CERTIFICATE_CODES, outcomeOf, parsedAnywhere } from '../invariants.js';

export function fuzz(data: Uint8Array): void {
  const outcome = (bytes: Uint8Array) =>
    parsedAnywhere(CERTIFICATE_CODES, bytes, (array, offset, length) =>
      comparable(parseCertificate(array.subarray(offset, offset + length))),
    );
  if (outcome(data).code) return;
  const certificate = parseCertificate(new Uint8Array(data));
  checkAgainstNode(certificate);
  assert.equal(outcome(Buffer.concat([data, Buffer.from([0])])).code, 'ERR_CERT_MALFORMED', 'a byte too many');
  assert.equal(outcome(data.subarray(0, -1)).code, 'ERR_CERT_MALFORMED', 'a byte too few');
  for (const name of [certificate.subject, certificate.issuer]) {
    const described = outcomeOf(CERTIFICATE_CODES, () => describeName(name));
    if (described.value) assert.match(described.value, /^[\x20-\x7e]*$/);
  }
  for (const name of ['server.test', 'a.server.test', '10.0.0.1', '::1']) {
    outcomeOf(CERTIFICATE_CODES, () => verifyServerIdentity(certificate, name));
  }
  const anchor = trustAnchor(certificate.der);
  assert.deepEqual(trustAnchorFromKey(certificate.subject, certificate.publicKey.spki), anchor);
}

/** Views as bytes, so that two answers can be compared. */
function comparable(value: object): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, field) => (field instanceof Uint8Array ? Buffer.from(field).toString('hex') : field)),
  );
}
