/**
 * KnownSignatures: a chain that was verified before costs no signature, whatever has changed about it or about us costs all that it did and is judged as if
 * nobody had ever seen it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { KnownSignatures } from '../../src/x509/known-signatures.js';
import { ServerChain } from '../../src/x509/server-chain.js';
import { type TrustPolicy, trustAnchor } from '../../src/x509/trust.js';
import { type Identity, makeCertificate } from '../../tools/certificates.js';
import { slowProvider } from '../slow-provider.js';
import { codeOf, expectCode, NAME, now, trust } from './support.js';

const DAY = 24 * 3600;

describe('x509: signatures that were right before', () => {
  let root: Identity;
  let intermediate: Identity;
  let leaf: Identity;
  let chain: Identity[];

  before(async () => {
    root = await makeCertificate({ ca: true, subject: 'CN=Root' });
    intermediate = await makeCertificate({ ca: true, subject: 'CN=Intermediate', issuer: root });
    leaf = await makeCertificate({ issuer: intermediate, dnsNames: [NAME, 'second.test'] });
    chain = [leaf, intermediate];
  });

  /** Verifies chains with one memory; `computed` is how many signatures the last one has cost. */
  class Client {
    computed = 0;
    readonly signatures = new KnownSignatures();
    private readonly slow = slowProvider(nodeCryptoProvider, 3);

    verify(
      chain: Uint8Array[],
      policy: TrustPolicy,
      serverName = NAME,
      time: number | 'unknown' = now,
      given: CryptoProvider = this.slow.provider,
    ) {
      const unixTime = time === 'unknown' ? undefined : time;
      const before = this.slow.begun.length;
      const crypto = this.signatures.remembering(given);
      const made = new ServerChain({ serverName, trust: policy, unixTime: () => unixTime, crypto }, 8192);
      try {
        for (const der of chain) made.add(der);
        const search = made.verify();
        while (!search.step(1));
        return search.result();
      } finally {
        this.computed = this.slow.begun.length - before;
      }
    }
  }

  const ders = (...identities: Identity[]) => identities.map(({ der }) => der);

  /** One that has seen the chain. */
  function knowing(): Client {
    const client = new Client();
    client.verify(ders(...chain), trust(root));
    assert.equal(client.computed, 2);
    return client;
  }

  it('are not computed again, also for another name of the certificate', () => {
    const client = knowing();
    for (const name of [NAME, 'second.test']) {
      const { path, anchor } = client.verify(ders(...chain), trust(root), name);
      assert.equal(client.computed, 0);
      assert.equal(path.length, 2);
      assert.deepEqual(Buffer.from(path[0].der), Buffer.from(leaf.der));
      assert.ok(anchor);
    }
  });

  it('do not help a name that the certificate is not for', () => {
    expectCode('ERR_CERT_NAME_MISMATCH', () => knowing().verify(ders(...chain), trust(root), 'other.test'));
  });

  it('do not help without the anchor, nor with one of the same name and another key', async () => {
    const impostor = await makeCertificate({ ca: true, subject: 'CN=Root' });
    const stranger = await makeCertificate({ ca: true, subject: 'CN=Stranger' });
    expectCode('ERR_CERT_UNKNOWN_ISSUER', () => knowing().verify(ders(...chain), trust(stranger)));
    expectCode('ERR_CERT_BAD_SIGNATURE', () => knowing().verify(ders(...chain), trust(impostor)));
  });

  it('do not help against pins', () => {
    const pin = (identity: Identity) =>
      new Uint8Array(createHash('sha256').update(Buffer.from(identity.certificate.publicKey.rawData)).digest());
    const client = knowing();
    expectCode('ERR_CERT_PIN_MISMATCH', () =>
      client.verify(ders(...chain), { ...trust(root), pins: [pin(intermediate)] }),
    );
    client.verify(ders(...chain), { ...trust(root), pins: [pin(leaf)] });
    assert.equal(client.computed, 0);
  });

  it('do not help outside of the validity of any certificate of the path', async () => {
    const until = (days: number) => new Date((now + days * DAY) * 1000);
    const short = await makeCertificate({ ca: true, subject: 'CN=Short', issuer: root, notAfter: until(5) });
    const late = await makeCertificate({ ca: true, subject: 'CN=Late', issuer: root, notBefore: until(-0.5) });
    for (const [issuer, time, code] of [
      [short, now + 6 * DAY, 'ERR_CERT_EXPIRED'],
      [late, now - 0.75 * DAY, 'ERR_CERT_NOT_YET_VALID'],
      [intermediate, now + 1000 * DAY, 'ERR_CERT_EXPIRED'],
    ] as const) {
      const client = new Client();
      const below = await makeCertificate({ issuer, dnsNames: [NAME], notAfter: until(30) });
      client.verify(ders(below, issuer), trust(root));
      expectCode(code, () => client.verify(ders(below, issuer), trust(root), NAME, time));
    }
  });

  it('do not help without a clock, unless the policy does without', () => {
    const client = new Client();
    const lenient: TrustPolicy = { ...trust(root), withoutClock: 'skip-validity' };
    const verify = (policy: TrustPolicy) => client.verify(ders(...chain), policy, NAME, 'unknown');
    verify(lenient);
    expectCode('ERR_CERT_NO_CLOCK', () => verify(trust(root)));
    // What was found right while nobody knew the time is worth nothing once it is known.
    const late = now + 1000 * DAY;
    expectCode('ERR_CERT_EXPIRED', () => client.verify(ders(...chain), lenient, NAME, late));
  });

  it('of a certificate that is no CA do not make it one', async () => {
    const client = new Client();
    const notCa = await makeCertificate({ issuer: root, dnsNames: [NAME], subject: 'CN=No CA' });
    client.verify(ders(notCa), trust(root));
    const below = await makeCertificate({ issuer: notCa, dnsNames: [NAME] });
    expectCode('ERR_CERT_NOT_A_CA', () => client.verify(ders(below, notCa), trust(root)));
    // As an anchor it may: then its key's signature is right, and remembered; that helps nobody else.
    client.verify(ders(below), { anchors: [trustAnchor(notCa.der)] });
    expectCode('ERR_CERT_NOT_A_CA', () => client.verify(ders(below, notCa), trust(root)));
  });

  it('every byte of a certificate counts', () => {
    const client = knowing();
    for (let at = 0; at < leaf.der.length; at++) {
      const damaged = new Uint8Array(leaf.der);
      damaged[at] ^= 1;
      const code = codeOf(() => client.verify([damaged, intermediate.der], trust(root)));
      assert.notEqual(code, 'none', `byte ${at}`);
    }
    client.verify(ders(...chain), trust(root));
    assert.equal(client.computed, 0);
  });

  it('wrong ones are not remembered', async () => {
    const forged = await makeCertificate({ ca: true, subject: 'CN=Intermediate' });
    const client = new Client();
    for (let i = 0; i < 2; i++) {
      expectCode('ERR_CERT_BAD_SIGNATURE', () => client.verify(ders(leaf, forged), trust(root)));
      assert.equal(client.computed, 1);
    }
  });

  it('are those of one implementation', () => {
    const client = knowing();
    let called = 0;
    const other: CryptoProvider = {
      ...nodeCryptoProvider,
      signatures: nodeCryptoProvider.signatures.map(verifier => ({
        name: verifier.name,
        verify: (...all: Parameters<typeof verifier.verify>) => {
          called++;
          return verifier.verify(...all);
        },
      })),
    };
    client.verify(ders(...chain), trust(root), NAME, now, other);
    assert.equal(called, 2);
  });

  it('the last eight are kept', async () => {
    const client = new Client();
    const leaves: Identity[] = [];
    for (let i = 0; i < 9; i++) leaves.push(await makeCertificate({ issuer: root, dnsNames: [NAME] }));
    const costs = (identity: Identity) => {
      client.verify(ders(identity), trust(root));
      return client.computed;
    };
    assert.deepEqual(
      leaves.map(costs),
      leaves.map(() => 1),
    );
    assert.deepEqual(
      leaves.slice(1).map(costs),
      leaves.slice(1).map(() => 0),
    );
    assert.equal(costs(leaves[0]), 1);
    const { known } = client.signatures as unknown as { known: Array<{ digest: Uint8Array }> };
    assert.equal(known.length, 8);
    for (const { digest } of known) assert.equal(digest.buffer.byteLength, 32);
  });

  it('need SHA-256: without it every one is computed', () => {
    const crypto = { ...nodeCryptoProvider, hashes: nodeCryptoProvider.hashes.filter(({ name }) => name !== 'sha256') };
    assert.equal(new KnownSignatures().remembering(crypto), crypto);
  });
});
