/** Whatever is sent in place of a certificate: an ERR_CERT_ error, and never a verified path with bytes that nobody signed. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { done } from '../../src/crypto/computation.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { describeName } from '../../src/x509/describe-name.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { trustAnchor, trustAnchorFromKey } from '../../src/x509/trust.js';
import type { Identity, KeyKind } from '../../tools/certificates.js';
import { makeCertificate } from '../../tools/certificates.js';
import { codeOf, NAME, now, trust, verifyServerCertificate } from './support.js';

/** Believes every signature, so that mutations get past them. */
const credulous: CryptoProvider = {
  ...nodeCryptoProvider,
  signatures: nodeCryptoProvider.signatures.map(verifier => ({ name: verifier.name, verify: () => done(true) })),
};

function outcome(chain: Uint8Array[], policy: TrustPolicy, crypto: CryptoProvider): string {
  return codeOf(() => verifyServerCertificate(chain, NAME, policy, now, crypto));
}

function mustBeCertificateError(code: string, what: string): void {
  assert.match(code, /^ERR_CERT_/, what);
}

describe('x509: damaged certificates', () => {
  for (const kind of ['p256', 'rsa2048', 'ed25519'] as KeyKind[]) {
    describe(kind, () => {
      let root: Identity;
      let mid: Identity;
      let leaf: Identity;
      let policy: TrustPolicy;
      before(async () => {
        root = await makeCertificate({ kind, ca: true, subject: 'CN=Root ' + kind });
        mid = await makeCertificate({ kind, ca: true, subject: 'CN=Mid ' + kind, issuer: root, pathLength: 0 });
        leaf = await makeCertificate({ kind, issuer: mid, dnsNames: [NAME], ipAddresses: ['::1'] });
        policy = trust(root);
        assert.equal(outcome([leaf.der, mid.der], policy, nodeCryptoProvider), 'none');
      });

      it('cut short at every length', () => {
        for (let length = 0; length < leaf.der.length; length++) {
          assert.equal(outcome([leaf.der.slice(0, length), mid.der], policy, credulous), 'ERR_CERT_MALFORMED');
          const view = leaf.der.subarray(0, length);
          assert.equal(outcome([view, mid.der], policy, credulous), 'ERR_CERT_MALFORMED', 'the rest lies behind it');
        }
        for (let length = 0; length < mid.der.length; length++) {
          mustBeCertificateError(outcome([leaf.der, mid.der.subarray(0, length)], policy, credulous), 'mid ' + length);
          assert.equal(
            codeOf(() => trustAnchor(mid.der.subarray(0, length))),
            'ERR_CERT_MALFORMED',
          );
        }
      });

      it('with bytes behind them', () => {
        const longer = new Uint8Array([...leaf.der, 0]);
        assert.equal(outcome([longer, mid.der], policy, credulous), 'ERR_CERT_MALFORMED');
      });

      it('with any one byte changed are refused', () => {
        for (const mask of [0x01, 0x20, 0x80, 0xff]) {
          for (let i = 0; i < leaf.der.length; i++) {
            const damaged = new Uint8Array(leaf.der);
            damaged[i] ^= mask;
            mustBeCertificateError(
              outcome([damaged, mid.der], policy, nodeCryptoProvider),
              `leaf, byte ${i} ^ ${mask}`,
            );
          }
          for (let i = 0; i < mid.der.length; i++) {
            const damaged = new Uint8Array(mid.der);
            damaged[i] ^= mask;
            mustBeCertificateError(
              outcome([leaf.der, damaged], policy, nodeCryptoProvider),
              `mid, byte ${i} ^ ${mask}`,
            );
          }
        }
      });

      it('with every bit changed throw nothing else, even if all signatures are believed', () => {
        for (let bit = 0; bit < leaf.der.length * 8; bit++) {
          const damaged = new Uint8Array(leaf.der);
          damaged[bit >> 3] ^= 1 << (bit & 7);
          const code = outcome([damaged, mid.der], policy, credulous);
          if (code !== 'none') mustBeCertificateError(code, 'bit ' + bit);
          if (code !== 'ERR_CERT_MALFORMED' && code !== 'ERR_CERT_UNSUPPORTED') {
            // What can be parsed can be described, or its name is malformed.
            codeOf(() => describeName(parseCertificate(damaged).subject));
          }
        }
      });

      it('put together at random', () => {
        const pieces = fc.array(
          fc.record({
            from: fc.nat(leaf.der.length),
            length: fc.integer({ min: 0, max: 80 }),
            removed: fc.integer({ min: 0, max: 80 }),
            filler: fc.uint8Array({ maxLength: 5 }),
            at: fc.nat(leaf.der.length),
          }),
          { minLength: 1, maxLength: 4 },
        );
        fc.assert(
          fc.property(pieces, edits => {
            let bytes = Buffer.from(leaf.der);
            for (const edit of edits) {
              const inserted = leaf.der.subarray(edit.from, edit.from + edit.length);
              const rest = bytes.subarray(edit.at + edit.removed);
              bytes = Buffer.concat([bytes.subarray(0, edit.at), inserted, edit.filler, rest]);
            }
            const code = outcome([new Uint8Array(bytes), mid.der], policy, nodeCryptoProvider);
            if (code === 'none') assert.deepEqual(bytes, Buffer.from(leaf.der));
            else mustBeCertificateError(code, 'random');
            codeOf(() => trustAnchor(bytes));
            codeOf(() => trustAnchorFromKey(bytes, bytes));
          }),
          { numRuns: 1000 },
        );
      });
    });
  }

  it('that are no certificates at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        assert.equal(
          codeOf(() => parseCertificate(bytes)),
          'ERR_CERT_MALFORMED',
        );
      }),
      { numRuns: 2000 },
    );
  });
});
