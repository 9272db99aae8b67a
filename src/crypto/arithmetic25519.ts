/**
 * Multiplication modulo 2^255 - 19 (RFC 7748 §4.1), for prime-field.ts: Montgomery's method, R = 2^264, on 11 signed limbs of
 * 24 bits, all columns written out. No branch, no index, no memory besides locals.
 *
 * Why so, in instructions a product on the engines' desktop builds (`npm run bench:engines`; squares cost three quarters):
 *
 *                                       Espruino   JerryScript
 *   16 limbs of 16 bits, loops             7.80 M        918 k
 *   this                                   0.90 M         90 k
 *
 * An interpreter pays per token, whatever the numbers are: so the fewest, widest products, whole columns in one expression,
 * operands in locals (a look-up of an element costs three of a local). With 24 bits a column of 11 products is below 2^49.5:
 * the limbs of two factors may be a and b times 2^23 in size as long as a * b <= 11, and every sum is an exact double.
 */
const RADIX = 16777216;
const MASK = 16777215;
const HALF = 8388608;
/** 1 / 19 modulo 2^24. */
const INVERSE = 7064091;

/** r = a * b / R; `r` may be `a` or `b`. Its limbs are within -2^23..2^23-1, the last one follows from its value. */
export function multiply25519(r: Int32Array, a: Int32Array, b: Int32Array): void {
  let s = 0;
  let h = 0;
  const a0 = a[0];
  const a1 = a[1];
  const a2 = a[2];
  const a3 = a[3];
  const a4 = a[4];
  const a5 = a[5];
  const a6 = a[6];
  const a7 = a[7];
  const a8 = a[8];
  const a9 = a[9];
  const a10 = a[10];
  const b0 = b[0];
  const b1 = b[1];
  const b2 = b[2];
  const b3 = b[3];
  const b4 = b[4];
  const b5 = b[5];
  const b6 = b[6];
  const b7 = b[7];
  const b8 = b[8];
  const b9 = b[9];
  const b10 = b[10];
  s = a0 * b0;
  const m0 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m0) / RADIX + a0 * b1 + a1 * b0;
  const m1 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m1) / RADIX + a0 * b2 + a1 * b1 + a2 * b0;
  const m2 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m2) / RADIX + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  const m3 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m3) / RADIX + a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  const m4 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m4) / RADIX + a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  const m5 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m5) / RADIX + a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  const m6 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m6) / RADIX + a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  const m7 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m7) / RADIX + a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  const m8 = ((s & MASK) * INVERSE) & MASK;
  s =
    (s - 19 * m8) / RADIX +
    a0 * b9 +
    a1 * b8 +
    a2 * b7 +
    a3 * b6 +
    a4 * b5 +
    a5 * b4 +
    a6 * b3 +
    a7 * b2 +
    a8 * b1 +
    a9 * b0;
  const m9 = ((s & MASK) * INVERSE) & MASK;
  s =
    (s - 19 * m9) / RADIX +
    a0 * b10 +
    a1 * b9 +
    a2 * b8 +
    a3 * b7 +
    a4 * b6 +
    a5 * b5 +
    a6 * b4 +
    a7 * b3 +
    a8 * b2 +
    a9 * b1 +
    a10 * b0 +
    32768 * m0;
  const m10 = ((s & MASK) * INVERSE) & MASK;
  s =
    (s - 19 * m10) / RADIX +
    a1 * b10 +
    a2 * b9 +
    a3 * b8 +
    a4 * b7 +
    a5 * b6 +
    a6 * b5 +
    a7 * b4 +
    a8 * b3 +
    a9 * b2 +
    a10 * b1 +
    32768 * m1;
  h = ((s + HALF) & MASK) - HALF;
  r[0] = h;
  s =
    (s - h) / RADIX +
    a2 * b10 +
    a3 * b9 +
    a4 * b8 +
    a5 * b7 +
    a6 * b6 +
    a7 * b5 +
    a8 * b4 +
    a9 * b3 +
    a10 * b2 +
    32768 * m2;
  h = ((s + HALF) & MASK) - HALF;
  r[1] = h;
  s = (s - h) / RADIX + a3 * b10 + a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + a9 * b4 + a10 * b3 + 32768 * m3;
  h = ((s + HALF) & MASK) - HALF;
  r[2] = h;
  s = (s - h) / RADIX + a4 * b10 + a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5 + a10 * b4 + 32768 * m4;
  h = ((s + HALF) & MASK) - HALF;
  r[3] = h;
  s = (s - h) / RADIX + a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5 + 32768 * m5;
  h = ((s + HALF) & MASK) - HALF;
  r[4] = h;
  s = (s - h) / RADIX + a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6 + 32768 * m6;
  h = ((s + HALF) & MASK) - HALF;
  r[5] = h;
  s = (s - h) / RADIX + a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7 + 32768 * m7;
  h = ((s + HALF) & MASK) - HALF;
  r[6] = h;
  s = (s - h) / RADIX + a8 * b10 + a9 * b9 + a10 * b8 + 32768 * m8;
  h = ((s + HALF) & MASK) - HALF;
  r[7] = h;
  s = (s - h) / RADIX + a9 * b10 + a10 * b9 + 32768 * m9;
  h = ((s + HALF) & MASK) - HALF;
  r[8] = h;
  s = (s - h) / RADIX + a10 * b10 + 32768 * m10;
  h = ((s + HALF) & MASK) - HALF;
  r[9] = h;
  r[10] = (s - h) / RADIX;
}

/** r = a * a / R. */
export function square25519(r: Int32Array, a: Int32Array): void {
  let s = 0;
  let h = 0;
  const a0 = a[0];
  const a1 = a[1];
  const a2 = a[2];
  const a3 = a[3];
  const a4 = a[4];
  const a5 = a[5];
  const a6 = a[6];
  const a7 = a[7];
  const a8 = a[8];
  const a9 = a[9];
  const a10 = a[10];
  s = a0 * a0;
  const m0 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m0) / RADIX + 2 * a0 * a1;
  const m1 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m1) / RADIX + 2 * a0 * a2 + a1 * a1;
  const m2 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m2) / RADIX + 2 * (a0 * a3 + a1 * a2);
  const m3 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m3) / RADIX + 2 * (a0 * a4 + a1 * a3) + a2 * a2;
  const m4 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m4) / RADIX + 2 * (a0 * a5 + a1 * a4 + a2 * a3);
  const m5 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m5) / RADIX + 2 * (a0 * a6 + a1 * a5 + a2 * a4) + a3 * a3;
  const m6 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m6) / RADIX + 2 * (a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4);
  const m7 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m7) / RADIX + 2 * (a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) + a4 * a4;
  const m8 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m8) / RADIX + 2 * (a0 * a9 + a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5);
  const m9 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m9) / RADIX + 2 * (a0 * a10 + a1 * a9 + a2 * a8 + a3 * a7 + a4 * a6) + a5 * a5 + 32768 * m0;
  const m10 = ((s & MASK) * INVERSE) & MASK;
  s = (s - 19 * m10) / RADIX + 2 * (a1 * a10 + a2 * a9 + a3 * a8 + a4 * a7 + a5 * a6) + 32768 * m1;
  h = ((s + HALF) & MASK) - HALF;
  r[0] = h;
  s = (s - h) / RADIX + 2 * (a2 * a10 + a3 * a9 + a4 * a8 + a5 * a7) + a6 * a6 + 32768 * m2;
  h = ((s + HALF) & MASK) - HALF;
  r[1] = h;
  s = (s - h) / RADIX + 2 * (a3 * a10 + a4 * a9 + a5 * a8 + a6 * a7) + 32768 * m3;
  h = ((s + HALF) & MASK) - HALF;
  r[2] = h;
  s = (s - h) / RADIX + 2 * (a4 * a10 + a5 * a9 + a6 * a8) + a7 * a7 + 32768 * m4;
  h = ((s + HALF) & MASK) - HALF;
  r[3] = h;
  s = (s - h) / RADIX + 2 * (a5 * a10 + a6 * a9 + a7 * a8) + 32768 * m5;
  h = ((s + HALF) & MASK) - HALF;
  r[4] = h;
  s = (s - h) / RADIX + 2 * (a6 * a10 + a7 * a9) + a8 * a8 + 32768 * m6;
  h = ((s + HALF) & MASK) - HALF;
  r[5] = h;
  s = (s - h) / RADIX + 2 * (a7 * a10 + a8 * a9) + 32768 * m7;
  h = ((s + HALF) & MASK) - HALF;
  r[6] = h;
  s = (s - h) / RADIX + 2 * a8 * a10 + a9 * a9 + 32768 * m8;
  h = ((s + HALF) & MASK) - HALF;
  r[7] = h;
  s = (s - h) / RADIX + 2 * a9 * a10 + 32768 * m9;
  h = ((s + HALF) & MASK) - HALF;
  r[8] = h;
  s = (s - h) / RADIX + a10 * a10 + 32768 * m10;
  h = ((s + HALF) & MASK) - HALF;
  r[9] = h;
  r[10] = (s - h) / RADIX;
}
