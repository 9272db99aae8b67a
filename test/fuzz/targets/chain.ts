/**
 * Verification of chains: a good chain with pieces changed, taken out and put in. With real signatures only what was signed is
 * accepted; when every signature is believed, what we accept node:crypto reads alike, and finds the name in it.
 *
 *   certificates (1), then each: which (1) · edits (1) · per edit how (1) · where (2) · bytes
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../../boards/node/crypto-provider.js';
import type { CryptoProvider } from '../../../src/crypto/provider.js';
import { trustAnchor } from '../../../src/x509/trust.js';
import type { VerifiedPath } from '../../../src/x509/verify.js';
import { verifyServerCertificate } from '../../x509/support.js';
import { checkAgainstNode } from '../certificates.js';
import { Choices } from '../choices.js';
import { type CertificateName, credulousCrypto, fixture, NOW, SERVER_NAME } from '../fixtures.js';
import { CERTIFICATE_CODES, outcomeOf } from '../invariants.js';

const NAMES: CertificateName[] = ['chainLeaf', 'chainMiddle', 'chainRoot', 'server', 'root'];
const originals = NAMES.map(name => Buffer.from(fixture(name)));
/** tbsCertificates as they were signed; the signature itself may be written in more than one way. */
const genuine = originals.map(der => der.toString('hex'));
const anchors = [trustAnchor(fixture('chainRoot')), trustAnchor(fixture('root'))];

export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const chain: Uint8Array[] = [];
  for (let count = 1 + (choices.byte() % 6); count > 0; count--) chain.push(edited(choices));
  const verify = (crypto: CryptoProvider) =>
    outcomeOf(
      CERTIFICATE_CODES,
      (): VerifiedPath => verifyServerCertificate(chain, SERVER_NAME, { anchors }, NOW, crypto),
    );
  const real = verify(nodeCryptoProvider);
  for (const { tbs } of real.value?.path ?? []) {
    const text = Buffer.from(tbs).toString('hex');
    assert.ok(
      genuine.some(der => der.includes(text)),
      'accepted what nobody has signed',
    );
  }
  const believed = verify(credulousCrypto);
  if (real.value) assert.ok(believed.value, 'good signatures make it worse');
  believed.value?.path.forEach((certificate, index) => {
    const other = checkAgainstNode(certificate);
    if (index > 0) assert.ok(certificate.ca, 'issued by one that is not a CA');
    // It is null where OpenSSL cannot read one of the names: those of kinds that we have no use for we skip unread.
    else if ((other.subjectAltName as string | null) !== null) {
      assert.ok(other.checkHost(SERVER_NAME, { subject: 'never' }), 'OpenSSL does not find the name');
    }
    assert.ok(certificate.notBefore <= NOW && NOW <= certificate.notAfter, 'not valid now');
  });
}

function edited(choices: Choices): Uint8Array {
  let bytes = originals[choices.byte() % originals.length]!;
  for (let edits = choices.byte() & 7; edits > 0; edits--) {
    const how = choices.byte();
    const at = choices.uint16() % (bytes.length + 1);
    const length = how >> 2;
    if ((how & 3) === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if ((how & 3) === 1) bytes = Buffer.concat([bytes.subarray(0, at), choices.bytes(length), bytes.subarray(at)]);
    else bytes = Buffer.concat([bytes.subarray(0, at), choices.bytes(length), bytes.subarray(at + length)]);
  }
  return new Uint8Array(bytes);
}
