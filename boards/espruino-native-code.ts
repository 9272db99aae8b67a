/**
 * The machine code of firmware-glue/thumb as a NativeCode on stock Espruino: it stays in flash, in Storage's file `ringlet-thumb`, and is called
 * through E.nativeCall. Before it is used its header and CRC-32 are checked, and HMAC-SHA-256 has to give a known answer.
 * Memory: about 11 variables for each entry that is called.
 */
import { nativeHash } from '../src/crypto/native/hash.js';
import { Entry, type NativeCode } from '../src/crypto/native/native-code.js';
import { ringletError } from '../src/errors.js';

const FILE = 'ringlet-thumb';
/** `RLTH`, and the format version in two bytes. */
const MAGIC = 'RLTH\x02\0';
/** How many entries there are: they are only ever added. */
const ENTRIES_AT = 6;
/** In words. */
const LENGTH_AT = 2;
const CRC_AT = 3;
const TABLE_AT = 4;

type EntryFunction = (a: number, b: number, c: number, d: number) => number;

let stored: NativeCode | undefined;

/** Throws ERR_NATIVE_MISSING, ERR_NATIVE_VERSION or ERR_NATIVE_DAMAGED. */
export function storedCode(): NativeCode {
  stored = stored || checkedCode();
  return stored;
}

function checkedCode(): NativeCode {
  const blob = require('Storage').read(FILE);
  if (!blob) throw problem('MISSING', 'is not in Storage');
  if (blob.substr(0, 6) !== MAGIC || blob.charCodeAt(ENTRIES_AT) <= Entry.UNPACK)
    throw problem('VERSION', 'is of another version');
  const words = new Uint32Array(E.toArrayBuffer(blob));
  const address = E.getAddressOf(blob, true);
  if (words[LENGTH_AT] !== blob.length || words[CRC_AT] !== E.CRC32(blob.substr(4 * TABLE_AT)) || !address) {
    throw problem('DAMAGED', 'is damaged');
  }
  const entries: EntryFunction[] = [];
  const code: NativeCode = {
    call(entry, a, b, c, d) {
      let made = entries[entry];
      if (!made) made = entries[entry] = E.nativeCall(address + words[TABLE_AT + entry], 'int(int,int,int,int)');
      return made(a, b, c, d);
    },
    addressOf: array => E.getAddressOf(array, true),
  };
  // HMAC-SHA-256 of zeros: the early secret of RFC 8448 §3, its first four bytes.
  const zeros = new Uint8Array(32);
  if (nativeHash(code, 256).hmac(zeros, zeros).subarray(0, 4).join() !== '51,173,10,28') {
    throw problem('DAMAGED', 'gives wrong answers');
  }
  return code;
}

function problem(code: string, what: string): Error {
  return ringletError(
    'ERR_NATIVE_' + code,
    `machine code (${FILE}) ${what}: upload the ringlet-thumb.bin of this release`,
  );
}
