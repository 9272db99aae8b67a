/** The textbook layouts that `npm run bench:engines` counts against are right: a comparison with nonsense proves nothing. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { ROUND_CONSTANTS } from '../../src/crypto/sha2.js';
import { wordsOf } from '../../src/crypto/words.js';
import {
  textbookAes,
  textbookChaCha20,
  textbookGhash,
  textbookMultiply25519,
  textbookMultiplyP256,
  textbookPoly1305,
  textbookSha256,
} from '../../tools/bench-engines/textbook.js';
import { SeededRandom } from './symmetric-providers.js';

const random = new SeededRandom();
const P25519 = (1n << 255n) - 19n;
const P256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

const numberOf = (limbs: Float64Array) => limbs.reduceRight((value, limb) => value * 65536n + BigInt(limb), 0n);
const limbs = () => Float64Array.from({ length: 16 }, () => random.below(65536));
const hex = (bytes: ArrayBufferView) =>
  Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength).toString('hex');

describe('tools: textbook layouts', () => {
  it('multiply modulo both primes', () => {
    const r = new Float64Array(16);
    for (let i = 0; i < 300; i++) {
      const a = limbs();
      const b = limbs();
      textbookMultiply25519(r, a, b);
      assert.equal(numberOf(r) % P25519, (numberOf(a) * numberOf(b)) % P25519);
      textbookMultiplyP256(r, a, b);
      assert.equal((numberOf(r) << 256n) % P256, (numberOf(a) * numberOf(b)) % P256);
    }
  });

  it('SHA-256', () => {
    const message = random.bytes(64 * 3 - 9);
    const padded = new Uint8Array(64 * 3);
    padded.set(message);
    padded[message.length] = 128;
    new DataView(padded.buffer).setUint32(padded.length - 4, message.length * 8);
    const state = wordsOf('J.q+?d;cA*;Kzi9]34iMB,FRYYn(Qh22y>PEU(hK');
    textbookSha256(state, ROUND_CONSTANTS, padded, 3);
    const digest = Buffer.alloc(32);
    for (let i = 0; i < 8; i++) digest.writeInt32BE(state[i], 4 * i);
    assert.equal(hex(digest), nodeCrypto.createHash('sha256').update(message).digest('hex'));
  });

  it('ChaCha20 and Poly1305', () => {
    const key = random.bytes(32);
    const nonce = random.bytes(12);
    const start = Buffer.concat([Buffer.from('expand 32-byte k'), key, Buffer.alloc(4), nonce]);
    const state = new Int32Array(new Uint8Array(start).buffer);
    const oneTime = new Uint8Array(64);
    textbookChaCha20(state, oneTime);
    const message = random.bytes(128);
    const bytes = message.slice();
    textbookChaCha20(state, bytes);
    const cipher = nodeCrypto.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
    const expected = cipher.update(message);
    cipher.final();
    assert.equal(hex(bytes), hex(expected));

    const r = new Int32Array(17);
    for (let i = 0; i < 16; i++) r[i] = oneTime[i] & (i % 4 === 3 ? 15 : i % 4 === 0 && i > 0 ? 252 : 255);
    const h = new Int32Array(17);
    const lengths = new Uint8Array(16);
    lengths[8] = 128;
    textbookPoly1305(h, r, bytes);
    textbookPoly1305(h, r, lengths);
    const value = h.reduceRight((sum, limb) => sum * 256n + BigInt(limb), 0n) % ((1n << 130n) - 5n);
    const s = BigInt(`0x${hex(oneTime.slice(16, 32).reverse())}`);
    const tag = ((value + s) & ((1n << 128n) - 1n)).toString(16).padStart(32, '0');
    assert.equal(hex(Buffer.from(tag, 'hex').reverse()), hex(cipher.getAuthTag()));
  });

  it('AES and GHASH, by the tag of an empty message with additional data', () => {
    const key = random.bytes(16);
    const encrypt = (block: Uint8Array) => {
      const out = block.slice();
      textbookAes(out, expandedKey(key), BOX);
      return out;
    };
    const nonce = random.bytes(12);
    const aad = random.bytes(48);
    const y = new Uint8Array(16);
    const lengths = new Uint8Array(16);
    new DataView(lengths.buffer).setUint32(4, aad.length * 8);
    textbookGhash(y, encrypt(new Uint8Array(16)), new Uint8Array([...aad, ...lengths]));
    const mask = encrypt(new Uint8Array([...nonce, 0, 0, 0, 1]));
    const cipher = nodeCrypto.createCipheriv('aes-128-gcm', key, nonce);
    cipher.setAAD(aad);
    cipher.final();
    assert.equal(hex(y.map((byte, i) => byte ^ mask[i])), hex(cipher.getAuthTag()));
  });
});

const double = (byte: number) => ((byte << 1) ^ (byte & 128 ? 0x11b : 0)) & 255;

/** FIPS 197 §5.1.1, by searching for the inverse. */
const BOX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const product = (a: number, b: number): number => (b === 0 ? 0 : (b & 1 ? a : 0) ^ product(double(a), b >> 1));
  let inverse = 0;
  while (byte && product(byte, inverse) !== 1) inverse++;
  const twice = inverse * 257;
  return (twice ^ (twice >> 4) ^ (twice >> 5) ^ (twice >> 6) ^ (twice >> 7) ^ 0x63) & 255;
});

/** FIPS 197 §5.2. */
function expandedKey(key: Uint8Array): Uint8Array {
  const w = new Uint8Array(176);
  w.set(key);
  let round = 1;
  for (let i = 16; i < 176; i += 4) {
    let t = w.slice(i - 4, i);
    if (i % 16 === 0) {
      t = Uint8Array.of(BOX[t[1]] ^ round, BOX[t[2]], BOX[t[3]], BOX[t[0]]);
      round = double(round);
    }
    for (let j = 0; j < 4; j++) w[i + j] = w[i - 16 + j] ^ t[j];
  }
  return w;
}
