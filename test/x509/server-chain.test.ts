/** ServerChain: which certificates are kept in how many bytes. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { finish } from '../../src/crypto/computation.js';
import { ringletError } from '../../src/errors.js';
import { ServerChain } from '../../src/x509/server-chain.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { type Identity, makeCertificate } from '../../tools/certificates.js';
import { generator } from '../peers/seeded.js';
import { expectCode, NAME, now, trust } from './support.js';

const ca = (name: string, issuer?: Identity) => makeCertificate({ ca: true, subject: 'CN=' + name, issuer });

describe('x509: the certificates of a server, one after the other', () => {
  const ladder: Identity[] = [];
  const others: Identity[] = [];
  let leaf: Identity;

  before(async () => {
    for (let i = 0; i < 5; i++) ladder.push(await ca('Level ' + i, ladder[i - 1]));
    leaf = await makeCertificate({ issuer: ladder[4], dnsNames: [NAME] });
    for (let i = 0; i < 40; i++) others.push(await ca('Other ' + (i % 7), others[i - 7]));
  });

  function chainOf(memory: number, policy: TrustPolicy = trust(ladder[0])): ServerChain {
    const chain = new ServerChain(
      { serverName: NAME, trust: policy, unixTime: () => now, crypto: nodeCryptoProvider },
      memory,
    );
    assert.ok(chain.add(leaf.der));
    return chain;
  }
  const bytesKept = (chain: ServerChain) => chain.kept.reduce((sum, { der }) => sum + der.length, 0);

  it('in every order, among others, within every size: never more is kept, and a path is found if there is room for it', () => {
    const path = [leaf, ...ladder.slice(1)].reduce((sum, { der }) => sum + der.length, 0);
    let found = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = generator(seed);
      const memory = path - 300 + Math.floor(random() * 4000);
      const rungs = ladder.slice(1).reverse();
      // The first half of the seeds in order, the rest in any.
      const mixed: Identity[] = seed <= 150 ? [...rungs] : rungs.sort(() => random() - 0.5);
      for (const other of others) mixed.splice(Math.floor(random() * (mixed.length + 1)), 0, other);
      const chain = chainOf(memory);
      let complete = true;
      for (const { der } of mixed) {
        complete = chain.add(der) && complete;
        assert.ok(bytesKept(chain) <= memory && chain.kept.length <= 16, `seed ${seed}`);
        assert.deepEqual(Buffer.from(chain.kept[0].der), Buffer.from(leaf.der));
        for (const { der: kept } of chain.kept) assert.equal(kept.buffer.byteLength, kept.length);
      }
      assert.ok(!complete, 'something was left out');
      chain.doubt = ringletError('ERR_CERT_DOUBT', 'left out');
      try {
        assert.equal(finish(chain.verify()).path.length, 5);
        found++;
      } catch (error) {
        assert.equal((error as { code: string }).code, 'ERR_CERT_DOUBT', `seed ${seed}: ${(error as Error).message}`);
        assert.ok(memory < path || seed > 150, `seed ${seed}: ${memory} of ${path}`);
      }
    }
    console.log(`        seeds 1 to 300: a path in ${found}`);
    assert.ok(found > 120);
  });

  it('issuers that come before what they issued are kept as long as there is room', () => {
    const chain = chainOf(20000);
    for (const { der } of [...ladder, ...others.slice(0, 5)]) assert.ok(chain.add(der));
    assert.equal(finish(chain.verify()).path.length, 5);
  });

  it('what does not lead on makes room for what does, the last that came first', async () => {
    const twins = others.slice(0, 3);
    const first = [...twins, ladder[4]];
    const chain = chainOf(first.reduce((sum, { der }) => sum + der.length, leaf.der.length + 20));
    for (const { der } of first) assert.ok(chain.add(der));
    assert.equal(chain.add(ladder[3].der), false);
    const kept = chain.kept.map(({ der }) => Buffer.from(der).toString('hex'));
    const has = ({ der }: Identity) => kept.includes(Buffer.from(der).toString('hex'));
    assert.ok(has(leaf) && has(ladder[4]) && has(ladder[3]) && has(twins[0]) && has(twins[1]) && !has(twins[2]));
  });

  it("the server's own is kept however large, and nothing with it", () => {
    const chain = chainOf(10, trust(ladder[4]));
    assert.equal(chain.add(ladder[4].der), false);
    assert.equal(chain.kept.length, 1);
    assert.equal(finish(chain.verify()).path.length, 1);
  });

  it('with pins only no other is kept, nor missed', async () => {
    const { createHash } = await import('node:crypto');
    const pin = new Uint8Array(createHash('sha256').update(Buffer.from(leaf.certificate.publicKey.rawData)).digest());
    const chain = chainOf(10, { pins: [pin] });
    assert.ok(chain.add(ladder[4].der));
    assert.ok(chain.add(new Uint8Array(5)));
    assert.equal(chain.kept.length, 1);
    assert.equal(finish(chain.verify()).anchor, undefined);
  });

  it('one that cannot be read is why an issuer is missing, if one is', () => {
    const broken = chainOf(20000);
    assert.ok(broken.add(ladder[4].der.subarray(1)));
    expectCode('ERR_CERT_MALFORMED', () => finish(broken.verify()));
    for (const { der } of ladder) broken.add(der);
    assert.equal(finish(broken.verify()).path.length, 5);
  });
});
