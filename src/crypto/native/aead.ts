/**
 * AES-GCM and ChaCha20-Poly1305 in machine code (firmware-glue/thumb/aead.c): a call encrypts and authenticates.
 * Memory of a key: 180 bytes and its schedule, 32 for ChaCha20, 352 for AES-128, 480 for AES-256.
 */
import type { Aead, AeadAlgorithm, AeadName } from '../provider.js';
import { Entry, feed, fetch, inputAddress, type NativeCode, wipeStage, workspaceAddress } from './native-code.js';

const SCHEDULE_AT = 180;
const MARK_AT = 16;
/** Where the additional data goes when it has to be copied, behind the nonce. */
const AAD_AT = 12;

const enum Mode {
  SEAL = 0,
  OPEN = 1,
  AUTHENTICATE = 2,
}

export function nativeAes128Gcm(code: NativeCode): AeadAlgorithm {
  return algorithm(code, 'aes-128-gcm', 16, 352, 0);
}

export function nativeAes256Gcm(code: NativeCode): AeadAlgorithm {
  return algorithm(code, 'aes-256-gcm', 32, 480, 0);
}

export function nativeChaCha20Poly1305(code: NativeCode): AeadAlgorithm {
  return algorithm(code, 'chacha20-poly1305', 32, 32, 1);
}

function algorithm(
  code: NativeCode,
  name: AeadName,
  keyLength: number,
  scheduleLength: number,
  kind: number,
): AeadAlgorithm {
  return {
    name,
    keyLength,
    macsCiphertext: true,
    create(key) {
      if (key.length !== keyLength) throw new Error(name + ': wrong key length');
      const context = new Uint8Array(SCHEDULE_AT + scheduleLength);
      const address = workspaceAddress(code, context);
      code.call(Entry.AEAD_KEY, address, inputAddress(code, key, 0, keyLength, 0), keyLength, kind);
      wipeStage();
      return new NativeAead(code, context);
    },
  };
}

class NativeAead implements Aead {
  private readonly code: NativeCode;
  private readonly context: Uint8Array;
  private readonly state: Uint8Array;

  constructor(code: NativeCode, context: Uint8Array) {
    this.code = code;
    this.context = context;
    this.state = context.subarray(MARK_AT, MARK_AT + 8);
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number): void {
    const code = this.code;
    code.call(
      Entry.AEAD_START,
      code.addressOf(this.context),
      inputAddress(code, nonce, 0, 12, 0),
      inputAddress(code, aad, 0, aadLength, AAD_AT),
      aadLength,
    );
  }

  seal(bytes: Uint8Array, offset: number, length: number): void {
    feed(this.code, Entry.AEAD_UPDATE, this.context, bytes, offset, length, Mode.SEAL);
  }

  open(bytes: Uint8Array, offset: number, length: number): void {
    feed(this.code, Entry.AEAD_UPDATE, this.context, bytes, offset, length, Mode.OPEN);
  }

  authenticate(bytes: Uint8Array, offset: number, length: number): void {
    feed(this.code, Entry.AEAD_UPDATE, this.context, bytes, offset, length, Mode.AUTHENTICATE);
  }

  mark(into: Uint8Array, offset: number): void {
    into.set(this.state, offset);
  }

  tag(into: Uint8Array, offset: number): void {
    fetch(this.code, Entry.AEAD_FINISH, this.context, into, offset, 16);
  }

  verify(tag: Uint8Array, offset: number): boolean {
    const code = this.code;
    const address = inputAddress(code, tag, offset, 16, 0);
    return code.call(Entry.AEAD_FINISH, code.addressOf(this.context), address, 1, 0) === 1;
  }

  wipe(): void {
    this.context.fill(0);
  }
}
