/** Keys that live elsewhere: the computation waits for their owner, and fails when there is no signature. */
import assert from 'node:assert/strict';
import { type ExternalKey, externalSigners } from '../../src/crypto/external-key.js';
import type { RingletError } from '../../src/errors.js';
import { hashNamed, seededRandom } from './public-key-fixtures.js';

const hash = hashNamed('sha384');
type Done = (signature: Uint8Array | undefined) => void;

function begin(kind: ExternalKey['kind'], onSign: (done: Done, digest: Uint8Array, asked: string) => void) {
  const key: ExternalKey = {
    kind,
    sign: (name, hashName, digest, done) => onSign(done, digest, `${name} ${hashName}`),
  };
  const digest = new Uint8Array(48).fill(7);
  const computation = externalSigners(key)[0].sign(key, hash, digest, seededRandom());
  digest.fill(0);
  return computation;
}

const refused = (action: () => unknown) =>
  assert.throws(action, (error: RingletError) => error.code === 'ERR_KEY_SIGNER');

describe('crypto: a key that lives elsewhere', () => {
  it('has the schemes of its kind', () => {
    const names = (kind: ExternalKey['kind']) => externalSigners({ kind, sign: () => {} }).map(({ name }) => name);
    assert.deepEqual(names('ec'), ['ecdsa-secp256r1']);
    assert.deepEqual(names('rsa'), ['rsa-pss', 'rsa-pkcs1']);
  });

  it('is asked once, waits until it has answered, and copies digest and signature', () => {
    let done: Done = () => {};
    const heard: unknown[] = [];
    const computation = begin('rsa', (callback, digest, asked) => {
      done = callback;
      setImmediate(() => heard.push(digest[0]));
      heard.push(asked);
    });
    for (let i = 0; i < 5; i++) {
      assert.equal(computation.step(1 << 20), false);
      assert.equal(computation.waiting?.(), true);
    }
    const signature = new Uint8Array([1, 2, 3]);
    done(signature);
    signature.fill(9);
    done(new Uint8Array([4]));
    done(undefined);
    assert.equal(computation.waiting?.(), false);
    assert.equal(computation.step(1), true);
    assert.deepEqual(computation.result(), new Uint8Array([1, 2, 3]));
    return new Promise<void>(resolve =>
      setImmediate(() => {
        assert.deepEqual(heard, ['rsa-pss sha384', 7]);
        resolve();
      }),
    );
  });

  it('may answer at once', () => {
    const computation = begin('ec', done => done(new Uint8Array([5])));
    assert.equal(computation.waiting?.(), false);
    assert.equal(computation.step(1), true);
    assert.deepEqual(computation.result(), new Uint8Array([5]));
  });

  it('fails without a signature: undefined, empty, or an exception', () => {
    for (const onSign of [
      (done: Done) => done(undefined),
      (done: Done) => done(new Uint8Array(0)),
      () => {
        throw new Error('no bus');
      },
    ]) {
      const computation = begin('ec', onSign);
      assert.equal(computation.step(1), true);
      refused(() => computation.result());
    }
  });
});
