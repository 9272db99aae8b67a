/**
 * AES-GCM and ChaCha20-Poly1305 in machine code (firmware-glue/thumb/aead.c): a call encrypts and authenticates.
 * Memory of a key: 180 bytes and its schedule, 32 for ChaCha20, 352 for AES-128, 480 for AES-256. Classes, because on Espruino closures cost each key
 * a hundred variables.
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
  return new NativeAlgorithm(code, 'aes-128-gcm', 16, 352, 0);
}

export function nativeAes256Gcm(code: NativeCode): AeadAlgorithm {
  return new NativeAlgorithm(code, 'aes-256-gcm', 32, 480, 0);
}

export function nativeChaCha20Poly1305(code: NativeCode): AeadAlgorithm {
  return new NativeAlgorithm(code, 'chacha20-poly1305', 32, 32, 1);
}

class NativeAlgorithm implements AeadAlgorithm {
  readonly macsCiphertext = true;
  readonly name: AeadName;
  readonly keyLength: number;
  private readonly code: NativeCode;
  private readonly scheduleLength: number;
  private readonly kind: number;

  constructor(code: NativeCode, name: AeadName, keyLength: number, scheduleLength: number, kind: number) {
    this.code = code;
    this.name = name;
    this.keyLength = keyLength;
    this.scheduleLength = scheduleLength;
    this.kind = kind;
  }

  create(key: Uint8Array): Aead {
    const code = this.code;
    const keyLength = this.keyLength;
    if (key.length !== keyLength) throw new Error(this.name + ': wrong key length');
    const aead = new NativeAead(code, SCHEDULE_AT + this.scheduleLength);
    code.call(
      Entry.AEAD_KEY,
      workspaceAddress(code, aead.context),
      inputAddress(code, key, 0, keyLength, 0),
      keyLength,
      this.kind,
    );
    wipeStage();
    return aead;
  }
}

class NativeAead implements Aead {
  private readonly code: NativeCode;
  /** Its memory, for whoever wants to see that it is wiped. */
  readonly context: Uint8Array;
  private readonly state: Uint8Array;

  constructor(code: NativeCode, length: number) {
    this.code = code;
    this.context = new Uint8Array(length);
    this.state = this.context.subarray(MARK_AT, MARK_AT + 8);
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
    this.update(Mode.SEAL, bytes, offset, length);
  }

  open(bytes: Uint8Array, offset: number, length: number): void {
    this.update(Mode.OPEN, bytes, offset, length);
  }

  authenticate(bytes: Uint8Array, offset: number, length: number): void {
    this.update(Mode.AUTHENTICATE, bytes, offset, length);
  }

  mark(into: Uint8Array, offset: number): void {
    into.set(this.state, offset);
  }

  tag(into: Uint8Array, offset: number): void {
    fetch(this.code, Entry.AEAD_FINISH, this.context, 16, into, offset);
  }

  verify(tag: Uint8Array, offset: number): boolean {
    const code = this.code;
    return (
      code.call(Entry.AEAD_FINISH, code.addressOf(this.context), inputAddress(code, tag, offset, 16, 0), 1, 0) === 1
    );
  }

  wipe(): void {
    this.context.fill(0);
  }

  private update(mode: Mode, bytes: Uint8Array, offset: number, length: number): void {
    feed(this.code, Entry.AEAD_UPDATE, this.context, mode, bytes, offset, length);
  }
}
