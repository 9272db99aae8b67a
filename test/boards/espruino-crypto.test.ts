/** Espruino's crypto library in front of the portable algorithms: used if it answers rightly, and only then. */
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { type EspruinoCrypto, espruinoAeads, espruinoHashes } from '../../boards/espruino-crypto.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { differentials } from '../crypto/differential.js';

interface Calls {
  hash: number;
  aes: number;
}

/** As Espruino's, out of node:crypto. */
function library(calls: Calls): NonNullable<EspruinoCrypto> {
  const sha = (name: string) => (message: Uint8Array) => {
    calls.hash++;
    return new Uint8Array(createHash(name).update(message).digest()).buffer as ArrayBuffer;
  };
  return {
    SHA256: sha('sha256'),
    SHA384: sha('sha384'),
    SHA512: sha('sha512'),
    AES: {
      encrypt(message: Uint8Array, key: Uint8Array, options: { mode: string }) {
        calls.aes++;
        assert.deepEqual(options, { mode: 'ECB' });
        const cipher = createCipheriv(`aes-${8 * key.length}-ecb`, key, null).setAutoPadding(false);
        return new Uint8Array(Buffer.concat([cipher.update(message), cipher.final()])).buffer as ArrayBuffer;
      },
    },
  };
}

const provider = (found: EspruinoCrypto): CryptoProvider => ({
  ...portableProvider,
  hashes: espruinoHashes(found),
  aeads: espruinoAeads(found),
  groups: [],
  signatures: [],
});

const names = (algorithms: ReadonlyArray<{ name: string }>) => algorithms.map(algorithm => algorithm.name);

describe("Espruino's own crypto", () => {
  it('is used for hashes and AES, and gives the same answers', function () {
    this.timeout(60_000);
    const calls = { hash: 0, aes: 0 };
    const own = provider(library(calls));
    assert.deepEqual(names(own.aeads), ['aes-128-ccm', 'chacha20-poly1305', 'aes-128-gcm', 'aes-256-gcm']);
    for (const { name, run } of differentials(own)) {
      const before = { ...calls };
      run(320);
      if (name.includes('sha')) assert.ok(calls.hash > before.hash, name);
      else if (name.startsWith('aes')) assert.ok(calls.aes > before.aes, name);
    }
  });

  it('goes on in the portable hash where a message is longer than 4 KB', () => {
    const calls = { hash: 0, aes: 0 };
    const [sha256] = espruinoHashes(library(calls));
    const message = Buffer.alloc(10_000, 'x');
    for (const cut of [1, 64, 4095, 4096, 4097, 9999]) {
      const hash = sha256!.create();
      const into = new Uint8Array(32);
      hash.update(message, 0, cut);
      hash.digest(into, 0);
      assert.deepEqual(Buffer.from(into), createHash('sha256').update(message.subarray(0, cut)).digest());
      hash.update(message, cut, message.length - cut);
      hash.digest(into, 0);
      assert.deepEqual(Buffer.from(into), createHash('sha256').update(message).digest(), `${cut}`);
    }
  });

  it('is not used where there is none, part of it, or a broken one', () => {
    const right = library({ hash: 0, aes: 0 });
    const fails = () => {
      throw new Error('Unsupported');
    };
    const wrong = () => new Uint8Array(64).buffer as ArrayBuffer;
    assert.deepEqual(espruinoHashes(undefined), portableProvider.hashes);
    assert.deepEqual(espruinoAeads(undefined), portableProvider.aeads);
    for (const broken of [fails, wrong]) {
      const found = { SHA256: broken, SHA384: broken, SHA512: broken, AES: { encrypt: broken } };
      assert.deepEqual(espruinoHashes(found), portableProvider.hashes);
      assert.deepEqual(names(espruinoAeads(found)), names(espruinoAeads(undefined)));
    }
    const partly = espruinoHashes({ SHA256: right.SHA256!, AES: { encrypt: fails } });
    assert.deepEqual(
      [partly[0] === portableProvider.hashes[0], partly.slice(1)],
      [false, portableProvider.hashes.slice(1)],
    );
  });
});
