import 'reflect-metadata';
import assert from 'node:assert/strict';
import * as x509 from '@peculiar/x509';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { trustAnchor, trustAnchorFromKey } from '../../src/x509/trust.js';
import type { CertificateOptions, Identity, KeyKind } from '../../tools/certificates.js';
import { makeCertificate } from '../../tools/certificates.js';
import { expectCode, NAME, now, trust, verify, verifyServerCertificate } from './support.js';

const DAY = 86400;
const date = (unixTime: number) => new Date(unixTime * 1000);
const ca = (subject: string, issuer?: Identity, more: CertificateOptions = {}) =>
  makeCertificate({ ca: true, subject: 'CN=' + subject, issuer, ...more });
const leafOf = (issuer?: Identity, more: CertificateOptions = {}) =>
  makeCertificate({ issuer, dnsNames: [NAME], ...more });
/** The name and key of `identity`, signed by another issuer. */
async function crossSigned(identity: Identity, issuer: Identity): Promise<Identity> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '7777',
    subject: identity.certificate.subject,
    issuer: issuer.certificate.subject,
    notBefore: date(now - DAY),
    notAfter: date(now + DAY),
    publicKey: identity.keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return { ...identity, certificate, der: new Uint8Array(certificate.rawData) };
}

describe('x509: paths', () => {
  let root: Identity;
  let mid: Identity;
  let leaf: Identity;
  before(async () => {
    root = await ca('Root');
    mid = await ca('Mid', root);
    leaf = await leafOf(mid);
  });

  for (const kind of ['p256', 'p384', 'rsa2048', 'rsa4096', 'ed25519'] as KeyKind[]) {
    for (const pss of kind.startsWith('rsa') ? [false, true] : [false]) {
      for (const hash of kind === 'ed25519' ? (['SHA-512'] as const) : (['SHA-256', 'SHA-384', 'SHA-512'] as const)) {
        it(`with ${kind}${pss ? ' PSS' : ''} and ${hash}`, async () => {
          const issuer = await ca('Issuer ' + kind, undefined, { kind });
          const server = await leafOf(issuer, { kind, pss, hash });
          const verified = verify([server], trust(issuer));
          assert.deepEqual(Buffer.from(verified.publicKey.spki), Buffer.from(server.certificate.publicKey.rawData));
          const damaged = new Uint8Array(server.der);
          damaged[damaged.length - 1] ^= 1;
          expectCode('ERR_CERT_BAD_SIGNATURE', () => verify([{ ...server, der: damaged }], trust(issuer)));
        });
      }
    }
  }

  it('answer the server first, without the anchor', () => {
    const verified = verify([leaf, mid, root], trust(root));
    assert.deepEqual(
      verified.path.map(certificate => Buffer.from(certificate.der)),
      [Buffer.from(leaf.der), Buffer.from(mid.der)],
    );
    assert.deepEqual(Buffer.from(verified.anchor!.subject), Buffer.from(verified.path[1].issuer));
  });

  it('are found whatever the order and whatever else was sent', async () => {
    const low = await ca('Low', mid);
    const server = await leafOf(low);
    const stranger = await ca('Stranger');
    const garbage = { ...stranger, der: new Uint8Array([0x30, 0x03, 1, 2]) };
    const nothing = { ...stranger, der: new Uint8Array(0) };
    const odd = await ca('Odd', root, {
      extraExtensions: [new x509.Extension('1.2.3.4', true, new Uint8Array([5, 0]))],
    });
    const others = [low, mid, root, stranger, garbage, nothing, odd, server, low];
    for (let turn = 0; turn < others.length; turn++) {
      const rotated = [...others.slice(turn), ...others.slice(0, turn)];
      assert.equal(verify([server, ...rotated], trust(root)).path.length, 3);
      assert.equal(verify([server, ...rotated.reverse()], trust(root)).path.length, 3);
    }
  });

  it('may end at an intermediate certificate, and at an anchor made of a name and a key', () => {
    assert.equal(verify([leaf, mid, root], trust(mid)).path.length, 1);
    const anchor = trustAnchorFromKey(
      trustAnchor(root.der).subject,
      new Uint8Array(root.certificate.publicKey.rawData),
    );
    assert.equal(verify([leaf, mid], { anchors: [anchor] }).anchor, anchor);
  });

  it('do not depend on what else the certificate of an anchor says', async () => {
    const expired = await ca('Old root', undefined, {
      notBefore: date(now - 20 * DAY),
      notAfter: date(now - 10 * DAY),
    });
    verify([await leafOf(expired), expired], trust(expired));
    const plain = await makeCertificate({ subject: 'CN=Plain', ca: false });
    verify([await leafOf(plain)], trust(plain));
  });

  it('need an issuer', async () => {
    const other = await ca('Other');
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf], trust(root)));
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf, mid, root], trust(other)));
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf, other], trust(root)));
  });

  it('refuse a server that signed its own certificate, unless that is the anchor', async () => {
    const self = await leafOf(undefined, { subject: 'CN=self' });
    const same = await leafOf(undefined, { subject: 'CN=self' });
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([self], trust(root)));
    assert.equal(verify([self], trust(self)).path.length, 1);
    expectCode('ERR_CERT_BAD_SIGNATURE', () => verify([self], trust(same)));
  });

  it("may consist of an anchor that is the server's own certificate, by name and key", async () => {
    assert.equal(verify([leaf], trust(leaf)).anchor!.publicKey.kind, 'ec');
    const sameName = await leafOf(mid);
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf], trust(sameName)));
    const sameKey = trustAnchorFromKey(
      trustAnchor(root.der).subject,
      new Uint8Array(leaf.certificate.publicKey.rawData),
    );
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf], { anchors: [sameKey] }));
  });

  it('tell a wrong signature of a known name', async () => {
    const impostor = await ca('Mid', root);
    const forged = await leafOf(impostor);
    expectCode('ERR_CERT_BAD_SIGNATURE', () => verify([forged, mid], trust(root)));
    const rootTwin = await ca('Root');
    expectCode('ERR_CERT_BAD_SIGNATURE', () => verify([leaf, mid], trust(rootTwin)));
  });

  it('are searched over several issuers and anchors of the same name', async () => {
    const twins = [await ca('Mid', root), await ca('Mid', root), await ca('Mid', root)];
    assert.equal(verify([leaf, ...twins, mid], trust(root)).path.length, 2);
    const rootTwin = await ca('Root');
    assert.equal(verify([leaf, mid], trust(rootTwin, root)).path.length, 2);
    const expired = await ca('Mid', root, { notAfter: date(now - 1) });
    assert.equal(verify([leaf, expired, mid], trust(root)).path.length, 2);
  });

  it('go back from a cross-signed issuer that leads nowhere', async () => {
    const stranger = await ca('Stranger');
    const lost = await crossSigned(mid, stranger);
    const verified = verify([leaf, lost, stranger, mid], trust(root));
    assert.deepEqual(Buffer.from(verified.path[1].der), Buffer.from(mid.der));
    // The other way round: the cross-signed one is the good one.
    assert.equal(verify([leaf, mid, root, lost], trust(stranger)).path.length, 2);
  });

  it('end though two issuers have signed each other', async () => {
    const a = await ca('A');
    const b = await ca('B', a);
    const a2 = await crossSigned(a, b);
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf, a, b, a2], trust(root)));
    const server = await leafOf(b);
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([server, a2, b], trust(root)));
    assert.equal(verify([server, a2, b], trust(a)).path.length, 2);
  });

  it('end after 12 signature checks', async () => {
    const twins: Identity[] = [];
    for (let i = 0; i < 20; i++) twins.push(await ca('Mid', root));
    assert.equal(verify([leaf, ...twins.slice(0, 10), mid], trust(root)).path.length, 2);
    let checks = 0;
    const counting: CryptoProvider = {
      ...nodeCryptoProvider,
      signatures: nodeCryptoProvider.signatures.map(verifier => ({
        ...verifier,
        verify: (...parameters) => {
          checks++;
          return verifier.verify(...parameters);
        },
      })),
    };
    const chain = [leaf, ...twins, mid].map(identity => identity.der);
    expectCode('ERR_CERT_UNSUPPORTED', () => verifyServerCertificate(chain, NAME, trust(root), now, counting));
    assert.equal(checks, 12);
  });

  it('have at most 8 certificates', async () => {
    const chain = [root];
    for (let i = 0; i < 8; i++) chain.unshift(await ca('Level ' + i, chain[0]));
    // Seven below the root and the server make eight.
    assert.equal(verify([await leafOf(chain[1]), ...chain], trust(root)).path.length, 8);
    const tooDeep = await leafOf(chain[0]);
    expectCode('ERR_CERT_PATH_LENGTH', () => verify([tooDeep, ...chain], trust(root)));
  });

  it('need CAs', async () => {
    const plain = await makeCertificate({
      subject: 'CN=Mid',
      issuer: root,
      keyUsage: x509.KeyUsageFlags.keyCertSign,
      extendedKeyUsage: null,
    });
    const server = await leafOf(plain);
    expectCode('ERR_CERT_NOT_A_CA', () => verify([server, plain], trust(root)));
    // The oldest of all tricks: a server's certificate as issuer.
    const victim = await leafOf(root, { subject: 'CN=victim' });
    const forged = await leafOf(victim);
    expectCode('ERR_CERT_NOT_A_CA', () => verify([forged, victim], trust(root)));
  });

  it('keep to the path lengths', async () => {
    const zero = await ca('Zero', root, { pathLength: 0 });
    verify([await leafOf(zero), zero], trust(root));
    const below = await ca('Below', zero);
    const server = await leafOf(below);
    expectCode('ERR_CERT_PATH_LENGTH', () => verify([server, below, zero], trust(root)));
    const one = await ca('One', root, { pathLength: 1 });
    const belowOne = await ca('Below one', one);
    verify([await leafOf(belowOne), belowOne, one], trust(root));
    const deeper = await ca('Deeper', belowOne);
    const deep = await leafOf(deeper);
    expectCode('ERR_CERT_PATH_LENGTH', () => verify([deep, deeper, belowOne, one], trust(root)));
  });

  it('do not count self-issued certificates in path lengths', async () => {
    const zero = await ca('Zero', root, { pathLength: 0 });
    const renewed = await ca('Zero', zero);
    assert.equal(verify([await leafOf(renewed), renewed, zero], trust(root)).path.length, 3);
  });

  it('need key usages that fit', async () => {
    const noSign = await ca('No sign', root, {
      keyUsage: x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
    });
    const below = await leafOf(noSign);
    expectCode('ERR_CERT_USAGE', () => verify([below, noSign], trust(root)));
    const noUsage = await ca('No usage', root, { keyUsage: null });
    verify([await leafOf(noUsage), noUsage], trust(root));
    const wrong = await leafOf(root, { keyUsage: x509.KeyUsageFlags.keyEncipherment });
    expectCode('ERR_CERT_USAGE', () => verify([wrong], trust(root)));
    verify(
      [await leafOf(root, { keyUsage: x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment })],
      trust(root),
    );
    verify([await leafOf(root, { keyUsage: null })], trust(root));
  });

  it('need extended key usages that fit', async () => {
    const clientAuth = '1.3.6.1.5.5.7.3.2';
    const client = await leafOf(root, { extendedKeyUsage: [clientAuth] });
    expectCode('ERR_CERT_USAGE', () => verify([client], trust(root)));
    verify([await leafOf(root, { extendedKeyUsage: [clientAuth, '2.5.29.37.0'] })], trust(root));
    verify([await leafOf(root, { extendedKeyUsage: null })], trust(root));
    const clientCa = await ca('Client CA', root, { extendedKeyUsage: [clientAuth] });
    const below = await leafOf(clientCa);
    expectCode('ERR_CERT_USAGE', () => verify([below, clientCa], trust(root)));
    const serverCa = await ca('Server CA', root, { extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] });
    verify([await leafOf(serverCa), serverCa], trust(root));
  });

  it('refuse what has an unknown critical extension or name constraints', async () => {
    const critical = [new x509.Extension('1.2.3.4', true, new Uint8Array([5, 0]))];
    const server = await leafOf(root, { extraExtensions: critical });
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([server], trust(root)));
    const issuer = await ca('Critical', root, { extraExtensions: critical });
    const below = await leafOf(issuer);
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([below, issuer], trust(root)));
    const constrained = await ca('Constrained', root, {
      extraExtensions: [new x509.Extension('2.5.29.30', false, new Uint8Array([0x30, 0]))],
    });
    const underIt = await leafOf(constrained);
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([underIt, constrained], trust(root)));
  });

  it('refuse a signature that the provider cannot verify', () => {
    const without: CryptoProvider = { ...nodeCryptoProvider, signatures: [] };
    const noHash: CryptoProvider = { ...nodeCryptoProvider, hashes: [] };
    for (const crypto of [without, noHash]) {
      expectCode('ERR_CERT_UNSUPPORTED', () =>
        verifyServerCertificate([leaf.der, mid.der], NAME, trust(root), now, crypto),
      );
    }
  });

  it('refuse SHA-1', async () => {
    const weak = await leafOf(root, { hash: 'SHA-1' as 'SHA-256' });
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([weak], trust(root)));
  });

  it('refuse an algorithm that does not go with the key', async () => {
    const rsaRoot = await ca('Root', undefined, { kind: 'rsa2048' });
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([leaf, mid], trust(rsaRoot)));
    const edRoot = await ca('Root', undefined, { kind: 'ed25519' });
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([leaf, mid], trust(edRoot)));
    const edLeaf = await leafOf(edRoot);
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([edLeaf], trust(root)));
    expectCode('ERR_CERT_UNSUPPORTED', () => verify([edLeaf], trust(rsaRoot)));
  });

  it('report the attempt that came furthest', async () => {
    const stranger = await ca('Stranger');
    const nowhere = await crossSigned(mid, stranger);
    const old = await ca('Stranger', root, { notAfter: date(now - 1) });
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => verify([leaf, nowhere], trust(root)));
    expectCode('ERR_CERT_EXPIRED', () => verify([leaf, nowhere, old], trust(root)));
    expectCode('ERR_CERT_EXPIRED', () => verify([leaf, old, nowhere], trust(root)));
  });

  it('refuse what is no certificate', () => {
    expectCode('ERR_CERT_MALFORMED', () =>
      verifyServerCertificate([new Uint8Array(0)], NAME, trust(root), now, nodeCryptoProvider),
    );
    const longer = new Uint8Array([...leaf.der, 0]);
    expectCode('ERR_CERT_MALFORMED', () => verify([{ ...leaf, der: longer }, mid], trust(root)));
  });

  it('are for the name', () => {
    expectCode('ERR_CERT_NAME_MISMATCH', () =>
      verifyServerCertificate([leaf.der, mid.der], 'other.test', trust(root), now, nodeCryptoProvider),
    );
  });
});

describe('x509: validity', () => {
  const from = now - 1000;
  const to = now + 1000;
  const times = { notBefore: date(from), notAfter: date(to) };
  let root: Identity;
  before(async () => {
    root = await ca('Root', undefined, { notBefore: date(now - 400 * DAY), notAfter: date(now - 300 * DAY) });
  });

  for (const [whose, make] of [
    ['the server', async () => [await leafOf(root, times)]],
    [
      'an issuer',
      async () => {
        const mid = await ca('Mid', root, times);
        return [await leafOf(mid, { notBefore: date(from - DAY), notAfter: date(to + DAY) }), mid];
      },
    ],
  ] as [string, () => Promise<Identity[]>][]) {
    it(`of ${whose} includes both its ends`, async () => {
      const chain = await make();
      for (const t of [from, from + 0.5, now, to, to + 0.999]) verify(chain, trust(root), t);
      for (const t of [from - 1, from - 0.001, 0, -1, Number.NaN]) {
        expectCode('ERR_CERT_NOT_YET_VALID', () => verify(chain, trust(root), t));
      }
      for (const t of [to + 1, to + DAY / 2, to + 1.5])
        expectCode('ERR_CERT_EXPIRED', () => verify(chain, trust(root), t));
    });
  }

  it('is refused without a clock, unless the policy says to skip it', async () => {
    const server = await leafOf(root, { notBefore: date(0), notAfter: date(1) });
    const check = (withoutClock: 'refuse' | 'skip-validity' | undefined, unixTime: number | undefined) =>
      verifyServerCertificate([server.der], NAME, { ...trust(root), withoutClock }, unixTime, nodeCryptoProvider);
    expectCode('ERR_CERT_NO_CLOCK', () => check(undefined, undefined));
    expectCode('ERR_CERT_NO_CLOCK', () => check('refuse', undefined));
    assert.equal(check('skip-validity', undefined).path.length, 1);
    // With a clock the policy changes nothing.
    expectCode('ERR_CERT_EXPIRED', () => check('skip-validity', now));
  });
});
