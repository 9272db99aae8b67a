/** AEAD_CHACHA20_POLY1305, RFC 8439 §2.8. Memory a key: 260 bytes in nine arrays. */
import type { BlockInput } from './block-input.js';
import { ChaCha20 } from './chacha20.js';
import type { Keystream } from './keystream.js';
import { Poly1305 } from './poly1305.js';
import { type StreamAeadParts, streamAead } from './stream-aead.js';

class ChaCha20Poly1305 implements StreamAeadParts {
  readonly keystream: Keystream;
  readonly input: BlockInput;
  readonly state: Uint8Array;
  private readonly cipher: ChaCha20;
  private readonly mac: Poly1305;
  /** The lengths of additional data and message in bytes, 64 bits each, little-endian. */
  private readonly lengths: Uint8Array;

  constructor(key: Uint8Array) {
    this.cipher = new ChaCha20(key);
    this.mac = new Poly1305();
    this.keystream = this.cipher.keystream;
    this.input = this.mac.input;
    this.state = this.mac.state;
    this.lengths = new Uint8Array(16);
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void {
    // Block 0 is the one-time key of the MAC, the message begins with block 1.
    this.cipher.start(0, nonce);
    this.cipher.next();
    this.mac.start(this.keystream.block);
    this.input.update(aad, 0, aadLength);
    this.input.pad();
    for (let i = 0; i < 4; i++) {
      this.lengths[i] = aadLength >>> (8 * i);
      this.lengths[8 + i] = length >>> (8 * i);
    }
  }

  skip(length: number): void {
    this.cipher.skip(length / 64);
  }

  finish(tag: Uint8Array): void {
    this.input.pad();
    this.input.update(this.lengths, 0, 16);
    this.mac.finish(tag);
  }

  wipe(): void {
    this.cipher.wipe();
    this.mac.wipe();
  }
}

export const chacha20Poly1305 = streamAead('chacha20-poly1305', 32, false, key => new ChaCha20Poly1305(key));
