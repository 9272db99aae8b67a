/**
 * What a board offers where firmware-glue/thumb's machine code runs on it; the numbers and arguments of its entries are those of
 * firmware-glue/thumb/README.md. Memory: 256 bytes, through which goes what does not lie in one piece.
 */
import { ringletError } from '../../errors.js';

export interface NativeCode {
  /** Calls entry number `entry`; every argument is a 32-bit integer (an address or a number); answers the C function's int. */
  call(entry: number, a: number, b: number, c: number, d: number): number;
  /**
   * The address of the first byte of a typed array (of a view: of the view), or 0 if its memory is not in one piece. It is
   * valid until control returns to the engine's event loop. A whole array of 24 bytes or more lies at a multiple of 4.
   */
  addressOf(array: Uint8Array): number;
}

export const enum Entry {
  HASH_START = 0,
  HASH_UPDATE = 1,
  HASH_DIGEST = 2,
  HMAC = 3,
  AEAD_KEY = 4,
  AEAD_START = 5,
  AEAD_UPDATE = 6,
  AEAD_FINISH = 7,
  X25519 = 8,
  P256_GENERATE = 9,
  P256_AGREE = 10,
  P256_VERIFY = 11,
  P384_VERIFY = 12,
  RSA_PKCS1_VERIFY = 13,
  RSA_PSS_VERIFY = 14,
  UNPACK = 15,
}

const STAGE_LENGTH = 256;
/** For what is not in one piece: on the way in, and on the way out, when what went in has been read. */
export const stage = new Uint8Array(STAGE_LENGTH);

/** The address of memory that machine code works in: made by new Uint8Array, of 24 bytes or more. */
export function workspaceAddress(code: NativeCode, workspace: Uint8Array): number {
  return code.addressOf(workspace) || noMemory(workspace.length);
}

function noMemory(length: number): never {
  throw ringletError('ERR_NATIVE_MEMORY', `no ${length} bytes of memory in one piece: free some`);
}

/**
 * The address of `length` bytes of `bytes` at `offset`, for reading. If they are not in one piece it is that of a copy, for which
 * `length` must fit behind `at` in 256 bytes.
 */
export function inputAddress(code: NativeCode, bytes: Uint8Array, offset: number, length: number, at: number): number {
  const address = code.addressOf(bytes);
  if (address) return address + offset;
  if (at + length > STAGE_LENGTH) noMemory(length);
  stage.set(bytes.subarray(offset, offset + length), at);
  return workspaceAddress(code, stage) + at;
}

/** Calls an entry that takes context, bytes, length and mode; if it changes the bytes, then those of `bytes`. */
export function feed(
  code: NativeCode,
  entry: Entry,
  context: Uint8Array,
  mode: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  const at = code.addressOf(context);
  const from = code.addressOf(bytes);
  if (from) {
    code.call(entry, at, from + offset, length, mode);
    return;
  }
  for (const end = offset + length; offset < end; offset += STAGE_LENGTH) {
    const size = end - offset < STAGE_LENGTH ? end - offset : STAGE_LENGTH;
    code.call(entry, at, inputAddress(code, bytes, offset, size, 0), size, mode);
    bytes.set(stage.subarray(0, size), offset);
  }
}

/** Calls an entry that takes context, where to write, and mode; it writes `length` bytes, at most 256. */
export function fetch(
  code: NativeCode,
  entry: Entry,
  context: Uint8Array,
  length: number,
  into: Uint8Array,
  offset: number,
): void {
  const address = code.addressOf(into);
  code.call(entry, code.addressOf(context), address ? address + offset : workspaceAddress(code, stage), 0, 0);
  if (!address) into.set(stage.subarray(0, length), offset);
}

/** What has gone through it is not for others to read. */
export function wipeStage(): void {
  stage.fill(0);
}
