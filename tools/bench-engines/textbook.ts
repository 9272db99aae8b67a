/**
 * The plain textbook layouts, for comparison only, in no board's bundle: numbers as 16 limbs of 16 bits with loops over them,
 * ciphers and hashes written as their standards write them. In the language that Espruino takes.
 */

/** r = a * b modulo 2^255 - 19, 16 limbs of 16 bits (RFC 7748 §4.1). */
export function textbookMultiply25519(r: Float64Array, a: Float64Array, b: Float64Array): void {
  const t = new Float64Array(31);
  for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) t[i + j] += a[i] * b[j];
  for (let i = 0; i < 15; i++) t[i] += 38 * t[i + 16];
  for (let i = 0; i < 16; i++) r[i] = t[i];
  carry25519(r);
  carry25519(r);
}

function carry25519(r: Float64Array): void {
  for (let i = 0; i < 16; i++) {
    const carry = Math.floor(r[i] / 65536);
    r[i] -= carry * 65536;
    if (i < 15) r[i + 1] += carry;
    else r[0] += 38 * carry;
  }
}

/** The bits of P-256's prime as limbs of 16 bits. */
const P256 = [65535, 65535, 65535, 65535, 65535, 65535, 0, 0, 0, 0, 0, 0, 1, 0, 65535, 65535];

/** r = a * b / 2^256 modulo the prime of P-256: Montgomery's method, limb by limb (p is -1 modulo 2^16). */
export function textbookMultiplyP256(r: Float64Array, a: Float64Array, b: Float64Array): void {
  const t = new Float64Array(33);
  for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) t[i + j] += a[i] * b[j];
  for (let i = 0; i < 16; i++) {
    const m = t[i] % 65536;
    for (let j = 0; j < 16; j++) t[i + j] += m * P256[j];
    t[i + 1] += Math.floor(t[i] / 65536);
  }
  let carry = 0;
  for (let i = 0; i < 16; i++) {
    carry += t[16 + i];
    r[i] = carry % 65536;
    carry = Math.floor(carry / 65536);
  }
  // Above 2^256 or not, it is below 2 p; one subtraction makes it fit.
  if (carry > 0) {
    let borrow = 0;
    for (let i = 0; i < 16; i++) {
      const d = r[i] - P256[i] - borrow;
      borrow = d < 0 ? 1 : 0;
      r[i] = d + 65536 * borrow;
    }
  }
}

function rotate(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n));
}

/** FIPS 180-4 §6.2.2, for `blocks` blocks; `k` are the constants of §4.2.2. */
export function textbookSha256(h: Int32Array, k: Int32Array, m: Uint8Array, blocks: number): void {
  const w = new Int32Array(64);
  for (let n = 0; n < blocks; n++) {
    for (let t = 0; t < 16; t++) {
      const i = 64 * n + 4 * t;
      w[t] = (m[i] << 24) | (m[i + 1] << 16) | (m[i + 2] << 8) | m[i + 3];
    }
    for (let t = 16; t < 64; t++) {
      const s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >>> 3);
      const s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >>> 10);
      w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
    }
    const v = new Int32Array(h);
    for (let t = 0; t < 64; t++) {
      const s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
      const ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
      const t1 = (v[7] + s1 + ch + k[t] + w[t]) | 0;
      const s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
      const maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
      for (let i = 7; i > 0; i--) v[i] = v[i - 1];
      v[4] = (v[4] + t1) | 0;
      v[0] = (t1 + s0 + maj) | 0;
    }
    for (let i = 0; i < 8; i++) h[i] = (h[i] + v[i]) | 0;
  }
}

function quarterRound(x: Int32Array, a: number, b: number, c: number, d: number): void {
  x[a] = (x[a] + x[b]) | 0;
  x[d] = rotate(x[d] ^ x[a], 16);
  x[c] = (x[c] + x[d]) | 0;
  x[b] = rotate(x[b] ^ x[c], 20);
  x[a] = (x[a] + x[b]) | 0;
  x[d] = rotate(x[d] ^ x[a], 24);
  x[c] = (x[c] + x[d]) | 0;
  x[b] = rotate(x[b] ^ x[c], 25);
}

/** RFC 8439 §2.3 and §2.4: XORs the keystream onto whole blocks. */
export function textbookChaCha20(state: Int32Array, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 64) {
    const x = new Int32Array(state);
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 4; j++) quarterRound(x, j, 4 + j, 8 + j, 12 + j);
      for (let j = 0; j < 4; j++) quarterRound(x, j, 4 + ((j + 1) & 3), 8 + ((j + 2) & 3), 12 + ((j + 3) & 3));
    }
    for (let i = 0; i < 16; i++) {
      const word = x[i] + state[i];
      for (let j = 0; j < 4; j++) bytes[at + 4 * i + j] ^= word >>> (8 * j);
    }
    state[12]++;
  }
}

/** RFC 8439 §2.5 over whole blocks, numbers as 17 limbs of 8 bits; `r` is clamped. */
export function textbookPoly1305(h: Int32Array, r: Int32Array, bytes: Uint8Array): void {
  const x = new Float64Array(17);
  for (let at = 0; at < bytes.length; at += 16) {
    for (let i = 0; i < 16; i++) h[i] += bytes[at + i];
    h[16]++;
    for (let i = 0; i < 17; i++) {
      let sum = 0;
      for (let j = 0; j < 17; j++) sum += h[j] * (j <= i ? r[i - j] : 320 * r[i + 17 - j]);
      x[i] = sum;
    }
    for (let turn = 0; turn < 2; turn++) {
      let carry = 0;
      for (let i = 0; i < 16; i++) {
        carry += x[i];
        x[i] = carry & 255;
        carry = Math.floor(carry / 256);
      }
      carry += x[16];
      x[16] = carry & 3;
      x[0] += 5 * Math.floor(carry / 4);
    }
    for (let i = 0; i < 17; i++) h[i] = x[i];
  }
}

function double(byte: number): number {
  return ((byte << 1) ^ (byte & 128 ? 0x11b : 0)) & 255;
}

/** FIPS 197 §5.1 with 10 rounds, byte by byte, in place; `keys` are 176 bytes, `box` is the S-box. */
export function textbookAes(block: Uint8Array, keys: Uint8Array, box: Uint8Array): void {
  const s = new Uint8Array(16);
  for (let i = 0; i < 16; i++) block[i] ^= keys[i];
  for (let round = 1; round <= 10; round++) {
    for (let i = 0; i < 16; i++) s[i] = box[block[(i + 4 * (i & 3)) & 15]];
    for (let c = 0; c < 16; c += 4) {
      for (let i = 0; i < 4; i++) {
        const a = s[c + i];
        const b = s[c + ((i + 1) & 3)];
        const mixed = double(a) ^ double(b) ^ b ^ s[c + ((i + 2) & 3)] ^ s[c + ((i + 3) & 3)];
        block[c + i] = (round < 10 ? mixed : a) ^ keys[16 * round + c + i];
      }
    }
  }
}

/** SP 800-38D §6.3 and §6.4, bit by bit: y = (y + block) * h for whole blocks. */
export function textbookGhash(y: Uint8Array, h: Uint8Array, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 16) {
    const z = new Uint8Array(16);
    const v = new Uint8Array(h);
    for (let i = 0; i < 16; i++) y[i] ^= bytes[at + i];
    for (let bit = 0; bit < 128; bit++) {
      if ((y[bit >> 3] >> (7 - (bit & 7))) & 1) for (let i = 0; i < 16; i++) z[i] ^= v[i];
      const last = v[15] & 1;
      for (let i = 15; i > 0; i--) v[i] = (v[i] >> 1) | ((v[i - 1] & 1) << 7);
      v[0] >>= 1;
      if (last) v[0] ^= 0xe1;
    }
    y.set(z);
  }
}
