/**
 * X25519 (RFC 7748 §5): the Montgomery ladder, with arithmetic choices, so that no branch and no index depends on the
 * private key. Memory: 64 bytes a key pair, 1.5 KB while a multiple is computed.
 *
 * A step takes 5 products, 4 squares and three passes over the limbs; on the engines' desktop builds a whole multiple is
 * 2.1 G instructions on Espruino and 210 M on JerryScript (`npm run bench:engines`).
 */
import type { RandomSource } from '../platform.js';
import { multiply25519, square25519 } from './arithmetic25519.js';
import { type Computation, done } from './computation.js';
import { elementsOf, wipeAll } from './field.js';
import { field25519 } from './field25519.js';
import { inPieces, type Piece } from './pieces.js';
import { power } from './power.js';
import type { PrimeField } from './prime-field.js';
import type { KeyExchangeGroup, KeyShare } from './provider.js';

export const x25519: KeyExchangeGroup = {
  name: 'x25519',
  publicKeyLength: 32,
  generate(random: RandomSource): Computation<KeyShare> {
    const privateKey = new Uint8Array(32);
    random(privateKey, 0, 32);
    const base = new Uint8Array(32);
    base[0] = 9;
    const ladder = new Ladder(privateKey, base);
    const share = new X25519Share(privateKey, ladder.answer);
    return inPieces(ladder.parts, () => share);
  },
};

class X25519Share implements KeyShare {
  readonly publicKey: Uint8Array;
  private readonly privateKey: Uint8Array;
  private running: Ladder | undefined;

  constructor(privateKey: Uint8Array, publicKey: Uint8Array) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  agree(peerPublicKey: Uint8Array): Computation<Uint8Array | undefined> {
    if (peerPublicKey.length !== 32) return done(undefined);
    const ladder = new Ladder(this.privateKey, peerPublicKey);
    this.running = ladder;
    return inPieces(ladder.parts, () => {
      const secret = ladder.answer;
      let bits = 0;
      for (let i = 0; i < 32; i++) bits |= secret[i];
      return bits === 0 ? undefined : secret;
    });
  }

  wipe(): void {
    this.privateKey.fill(0);
    if (this.running) this.running.wipe();
  }
}

/** The function X25519 of RFC 7748 §5: `scalar` and `u` are 32 bytes, so is the answer. */
export function x25519Multiple(scalar: Uint8Array, u: Uint8Array): Computation<Uint8Array> {
  const ladder = new Ladder(scalar, u);
  return inPieces(ladder.parts, () => ladder.answer);
}

class Ladder {
  readonly parts: Piece[];
  /** Written in the end, and the caller's from then on: `wipe` leaves it alone. */
  readonly answer: Uint8Array;
  private readonly bytes: Uint8Array;
  private readonly field: PrimeField;
  /** x_1 of RFC 7748. */
  private readonly base: Int32Array;
  /**
   * Between two steps the first four are x and z of two points that are the base apart: of the doubled one, and of the sum.
   * Which of them stands for which end of the interval the last bit says.
   */
  private readonly elements: Int32Array[];
  private place = 254;
  private last = 0;

  constructor(scalar: Uint8Array, u: Uint8Array) {
    const f = field25519();
    const elements = elementsOf(f, 6);
    const bytes = new Uint8Array(32);
    bytes.set(u);
    bytes[31] &= 127;
    const base = f.read(bytes, 0, 32, true);
    f.enter(base, base);
    bytes.set(scalar);
    bytes[0] &= 248;
    bytes[31] = (bytes[31] & 63) | 64;
    elements[0].set(f.one);
    elements[2].set(base);
    elements[3].set(f.one);
    this.field = f;
    const answer = new Uint8Array(32);
    this.bytes = bytes;
    this.answer = answer;
    this.base = base;
    this.elements = elements;
    // The scalar is a multiple of 8, so its last bit is 0: what was doubled last is the answer.
    const inverse = elements[4];
    this.parts = [
      () => this.step(),
      power(f, inverse, elements[1], f.inverting()),
      () => {
        const x = elements[0];
        f.mul(x, x, inverse);
        f.leave(x, x);
        f.write(x, answer, true);
        this.wipe();
        return 0;
      },
    ];
  }

  wipe(): void {
    this.bytes.fill(0);
    wipeAll(this.elements);
  }

  /** The next bit of the scalar, or 0 when there is none. */
  private step(): number {
    if (this.place < 0) return 0;
    const f = this.field;
    const e = this.elements;
    const x = e[0];
    const z = e[1];
    const u = e[2];
    const w = e[3];
    const p = e[4];
    const q = e[5];
    const at = this.place--;
    const bit = (this.bytes[at >> 3] >> (at & 7)) & 1;
    spread(e, -(bit ^ this.last));
    this.last = bit;
    multiply25519(x, x, w);
    multiply25519(z, z, u);
    f.add(u, x, z);
    f.sub(w, x, z);
    square25519(u, u);
    square25519(w, w);
    multiply25519(w, w, this.base);
    square25519(p, p);
    square25519(q, q);
    multiply25519(x, p, q);
    differ(p, q);
    multiply25519(z, p, q);
    return 10;
  }
}

/** x, z, u, w = x + z, x - z, u + w, u - w; p, q = the first two of them or, where `mask` is -1, the last two. */
function spread(elements: Int32Array[], mask: number): void {
  const x = elements[0];
  const z = elements[1];
  const u = elements[2];
  const w = elements[3];
  const p = elements[4];
  const q = elements[5];
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 11;
  while (i--) {
    a = x[i];
    b = z[i];
    c = u[i];
    d = w[i];
    x[i] = a + b;
    z[i] = a - b;
    u[i] = c + d;
    w[i] = c - d;
    a ^= (a ^ c) & mask;
    b ^= (b ^ d) & mask;
    p[i] = a + b;
    q[i] = a - b;
  }
}

/** q = p - q, and then p = p + 121665 q with its limbs carried: what is above 2^255 comes back times 19. */
function differ(p: Int32Array, q: Int32Array): void {
  let sum = 0;
  let a = 0;
  let b = 0;
  for (let i = 0; i < 11; i++) {
    a = p[i];
    b = a - q[i];
    q[i] = b;
    sum += a + 121665 * b;
    if (i === 10) break;
    a = ((sum + 8388608) & 16777215) - 8388608;
    p[i] = a;
    sum = (sum - a) / 16777216;
  }
  a = sum & 32767;
  p[10] = a;
  p[0] += 19 * ((sum - a) / 32768);
}
