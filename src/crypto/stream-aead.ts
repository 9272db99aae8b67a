/**
 * What GCM, CCM and ChaCha20-Poly1305 share: a keystream over the message, and a MAC over the ciphertext (CCM: over the
 * plaintext) that goes along piece by piece. Memory: the 16 bytes of an expected tag.
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import type { Aead, AeadAlgorithm, AeadName } from './provider.js';

/** One key's parts. */
export interface StreamAeadParts {
  readonly keystream: { xor(bytes: Uint8Array, offset: number, length: number): void };
  /** Where the message goes to be authenticated. */
  readonly input: { update(bytes: Uint8Array, offset: number, length: number): void };
  /** The MAC so far, 16 bytes or more that change with it. */
  readonly state: Uint8Array;
  /** As Aead.start: when it returns, the keystream and the input are ready for the first byte of the message. */
  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void;
  /** Moves the keystream on by `length` bytes, a multiple of 64, at the end of one of its blocks. */
  skip(length: number): void;
  /** Pads, and writes the tag to the 16 bytes of `tag`. */
  finish(tag: Uint8Array): void;
  wipe(): void;
}

export function streamAead(
  name: AeadName,
  keyLength: number,
  macsPlaintext: boolean,
  createParts: (key: Uint8Array) => StreamAeadParts,
): AeadAlgorithm {
  return {
    name,
    keyLength,
    macsCiphertext: !macsPlaintext,
    create(key) {
      if (key.length !== keyLength) throw new Error(name + ': wrong key length');
      return new StreamAead(createParts(key), macsPlaintext);
    },
  };
}

class StreamAead implements Aead {
  private readonly parts: StreamAeadParts;
  private readonly macsPlaintext: boolean;
  private readonly expected: Uint8Array;

  constructor(parts: StreamAeadParts, macsPlaintext: boolean) {
    this.parts = parts;
    this.macsPlaintext = macsPlaintext;
    this.expected = new Uint8Array(16);
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void {
    this.parts.start(nonce, aad, aadLength, length);
  }

  seal(bytes: Uint8Array, offset: number, length: number): void {
    this.crypt(bytes, offset, length, this.macsPlaintext);
  }

  open(bytes: Uint8Array, offset: number, length: number): void {
    this.crypt(bytes, offset, length, !this.macsPlaintext);
  }

  authenticate(bytes: Uint8Array, offset: number, length: number): void {
    this.parts.input.update(bytes, offset, length);
    this.parts.skip(length);
  }

  mark(into: Uint8Array, offset: number): void {
    const state = this.parts.state;
    // Bytes 0, 1, 4, 5 and so on: of Poly1305's limbs the lower halves.
    for (let i = 0; i < 8; i++) into[offset + i] = state[i + (i & 6)];
  }

  tag(into: Uint8Array, offset: number): void {
    const expected = this.expected;
    this.parts.finish(expected);
    for (let i = 0; i < 16; i++) into[offset + i] = expected[i];
  }

  verify(tag: Uint8Array, offset: number): boolean {
    this.parts.finish(this.expected);
    return equalConstantTime(this.expected, 0, tag, offset, 16);
  }

  wipe(): void {
    this.parts.wipe();
    this.expected.fill(0);
  }

  private crypt(bytes: Uint8Array, offset: number, length: number, macFirst: boolean): void {
    const parts = this.parts;
    if (macFirst) parts.input.update(bytes, offset, length);
    parts.keystream.xor(bytes, offset, length);
    if (!macFirst) parts.input.update(bytes, offset, length);
  }
}
