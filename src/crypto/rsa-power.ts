/**
 * RSA's public operation (RFC 8017 §5.2.2), s^e modulo n, in pieces of four rows of a product. Everything here is public.
 * Memory: RSA-2048 3.5 KB, RSA-4096 7 KB.
 */
import { readLimbs, writeLimbs } from './modulus.js';
import { RsaModulus } from './rsa-modulus.js';

export class RsaPower {
  private readonly modulus: RsaModulus;
  private readonly exponent: number;
  /** s, then s * R, in the end 1. */
  private readonly base: Int32Array;
  private readonly power: Int32Array;
  /** Limbs by which `base` is to be moved up yet, to be s * R. */
  private shifts: number;
  /** The bit of the exponent it is at (the first one's power is the base), 0 when only R is to be taken out, -1 in the end. */
  private bit: number;
  /** True while what is multiplied is the square, and not the factor after it. */
  private squaring = true;

  /** `modulus` of 256 to 512 bytes, odd, its first byte not 0, `signature` as long. `exponent` is 3 or more. */
  constructor(modulus: Uint8Array, signature: Uint8Array, exponent: number) {
    const size = modulus.length;
    // At least six bits more than the modulus has.
    const length = 4 * Math.floor((8 * size + 6 + 87) / 88);
    const n = new Int32Array(length);
    const base = new Int32Array(length);
    readLimbs(n, modulus, 0, size, false);
    readLimbs(base, signature, 0, size, false);
    this.modulus = new RsaModulus(n);
    this.exponent = exponent;
    this.base = base;
    this.power = new Int32Array(length);
    this.shifts = length;
    let bit = 2147483648;
    while (!(exponent & bit)) bit >>>= 1;
    this.bit = bit >>> 1;
  }

  /** See `Piece`. */
  piece(): number {
    const modulus = this.modulus;
    const length = modulus.limbs.length;
    const power = this.power;
    const base = this.base;
    if (this.shifts > 0) {
      modulus.shift(base, 0);
      if (--this.shifts === 0) {
        modulus.raise(base);
        power.set(base);
      }
      return 1 + Math.floor(length / 40);
    }
    const bit = this.bit;
    if (bit < 0) return 0;
    if (modulus.multiply(power, power, this.squaring ? power : base)) {
      // A factor follows where the exponent has a 1.
      if (this.squaring && (this.exponent & bit) !== 0) this.squaring = false;
      else {
        this.bit = bit > 0 ? bit >>> 1 : -1;
        this.squaring = this.bit > 0;
        if (this.bit === 0) {
          // A product with 1 takes R out.
          base.fill(0);
          base[0] = 1;
        }
      }
    }
    return 1 + Math.floor(length / 20);
  }

  /** Fills `into`, as long as the modulus, with the answer, big-endian. */
  write(into: Uint8Array): void {
    writeLimbs(this.power, into, into.length, false);
  }
}
