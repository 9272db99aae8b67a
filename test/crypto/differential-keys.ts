/** Key agreements for differential.ts: our ephemeral keys, peers of every kind, and what node:crypto makes of both. */
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import type { KeyExchangeGroup, KeyShare } from '../../src/crypto/provider.js';
import type { SeededRandom } from './symmetric-providers.js';

export interface Agreement {
  share: KeyShare;
  peer: Uint8Array;
  /** undefined: to be refused. */
  secret: Uint8Array | undefined;
}

/** Agreements with one of our keys; a generated key is half the work, so it serves for a few. */
const PEERS_PER_KEY = 8;

export function* agreementInputs(group: KeyExchangeGroup, random: SeededRandom, count: number): Generator<Agreement> {
  const side = group.name === 'x25519' ? new X25519Side() : new P256Side();
  let share: KeyShare | undefined;
  let drawn: Uint8Array = new Uint8Array();
  for (let i = 0; i < count; i++) {
    if (i % PEERS_PER_KEY === 0) {
      const fill = [0, 255][i / PEERS_PER_KEY];
      share = finish(
        group.generate((into, offset, length) => {
          drawn = fill === undefined ? random.bytes(length) : new Uint8Array(length).fill(fill);
          into.set(drawn, offset);
        }),
      );
      side.know(drawn, share.publicKey);
    }
    yield { share: share!, ...side.peer(random, i) };
  }
}

/** Tells what the secret with our key is, from the private key if the provider makes it of the drawn bytes in the usual way. */
interface Side {
  know(drawn: Uint8Array, publicKey: Uint8Array): void;
  peer(random: SeededRandom, i: number): { peer: Uint8Array; secret: Uint8Array | undefined };
}

const littleEndian = (value: bigint, length: number) =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex').reverse());

const P25519 = (1n << 255n) - 19n;
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex');

class X25519Side implements Side {
  private ours: nodeCrypto.KeyObject | undefined;
  private publicKey: Uint8Array = new Uint8Array();
  /** u coordinates at the edges: of small order (RFC 7748 §6.1), at and above the prime, with the bit that is ignored. */
  private readonly edges = [
    ...[0n, 1n, 2n, 9n, P25519 - 1n, P25519, P25519 + 1n, P25519 + 2n, P25519 + 18n, (1n << 255n) - 1n, 1n << 254n],
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  ].flatMap(u => [littleEndian(u, 32), littleEndian(u + (1n << 255n), 32)]);

  know(drawn: Uint8Array, publicKey: Uint8Array): void {
    const key = privateKey(drawn);
    const spki = nodeCrypto.createPublicKey(key).export({ format: 'der', type: 'spki' });
    this.publicKey = publicKey;
    this.ours = Buffer.compare(spki.subarray(12), publicKey) === 0 ? key : undefined;
  }

  peer(random: SeededRandom, i: number): { peer: Uint8Array; secret: Uint8Array | undefined } {
    if (i % 50 === 49) return { peer: random.bytes([0, 31, 33, 65][random.below(4)]), secret: undefined };
    if (!this.ours) {
      const theirs = privateKey(random.bytes(32));
      const spki = nodeCrypto.createPublicKey(theirs).export({ format: 'der', type: 'spki' });
      return { peer: new Uint8Array(spki.subarray(12)), secret: diffieHellman(theirs, this.publicKey) };
    }
    // Any 32 bytes are a u coordinate, of the curve or of its twist.
    const peer = i < 2 * this.edges.length ? this.edges[i >> 1] : random.bytes(32);
    return { peer, secret: diffieHellman(this.ours, peer) };
  }
}

function privateKey(bytes: Uint8Array): nodeCrypto.KeyObject {
  return nodeCrypto.createPrivateKey({ key: Buffer.concat([PKCS8_X25519, bytes]), format: 'der', type: 'pkcs8' });
}

function diffieHellman(key: nodeCrypto.KeyObject, peer: Uint8Array): Uint8Array | undefined {
  try {
    const publicKey = nodeCrypto.createPublicKey({
      key: Buffer.concat([SPKI_X25519, peer]),
      format: 'der',
      type: 'spki',
    });
    const secret = nodeCrypto.diffieHellman({ privateKey: key, publicKey });
    return secret.some(byte => byte !== 0) ? new Uint8Array(secret) : undefined;
  } catch {
    return undefined;
  }
}

const P256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

class P256Side implements Side {
  private publicKey: Uint8Array = new Uint8Array();

  know(_drawn: Uint8Array, publicKey: Uint8Array): void {
    this.publicKey = publicKey;
  }

  peer(random: SeededRandom, i: number): { peer: Uint8Array; secret: Uint8Array | undefined } {
    // The multiples of the generator next to 0 and to the order have coordinates like any others, but are where formulas end.
    const scalar = i < 40 ? (i % 2 ? BigInt(i + 1) >> 1n : ORDER - BigInt(i / 2 + 1)) : 0n;
    const theirs = nodeCrypto.createECDH('prime256v1');
    if (scalar > 0n) theirs.setPrivateKey(littleEndian(scalar, 32).reverse());
    else theirs.setPrivateKey(Buffer.concat([Buffer.of(random.below(255)), random.bytes(31)]));
    const peer = new Uint8Array(theirs.getPublicKey());
    if (i % 4 !== 3) return { peer, secret: new Uint8Array(theirs.computeSecret(this.publicKey)) };
    return { peer: spoil(peer, random), secret: undefined };
  }
}

/** A point that is none: another bit, another encoding, another length, a coordinate that is too large, or infinity. */
function spoil(point: Uint8Array, random: SeededRandom): Uint8Array {
  const spoiled = point.slice();
  switch (random.below(6)) {
    case 0:
      return spoiled.subarray(0, random.below(65));
    case 1:
      return new Uint8Array([...spoiled, 0]);
    case 2:
      spoiled[0] = [0, 2, 3, 5, 6, 7][random.below(6)];
      return spoiled;
    case 3:
      spoiled.set(littleEndian(P256 + BigInt(random.below(3)), 32).reverse(), 1 + 32 * random.below(2));
      return spoiled;
    case 4:
      return new Uint8Array(65).fill(4, 0, random.below(2));
    default:
      spoiled[1 + random.below(64)] ^= 1 << random.below(8);
      return spoiled;
  }
}
