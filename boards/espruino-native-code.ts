/**
 * The machine code of firmware-glue/thumb as a NativeCode on stock Espruino: it stays in flash, in Storage's file `ringlet-thumb`, and is called
 * through E.nativeCall. Before it is used its header and CRC-32 are checked, and SHA-256 has to give a known answer.
 * Memory: about 11 variables for each entry that is called.
 */
import { nativeHash } from '../src/crypto/native/hash.js';
import type { NativeCode } from '../src/crypto/native/native-code.js';
import { ringletError } from '../src/errors.js';

const FILE = 'ringlet-thumb';
/** `RLTH`, and the format version in two bytes. */
const MAGIC = 'RLTH\x02\0';
const TABLE_AT = 16;

type Entry = (a: number, b: number, c: number, d: number) => number;

/** Throws ERR_NATIVE_MISSING, ERR_NATIVE_VERSION or ERR_NATIVE_DAMAGED. */
export function storedCode(): NativeCode {
  const blob = require('Storage').read(FILE);
  if (!blob) throw problem('MISSING', 'is not in Storage');
  if (blob.substr(0, 6) !== MAGIC) throw problem('VERSION', 'is of another version than this script');
  const word = (at: number): number =>
    blob.charCodeAt(at) +
    blob.charCodeAt(at + 1) * 256 +
    blob.charCodeAt(at + 2) * 65536 +
    blob.charCodeAt(at + 3) * 16777216;
  const address = E.getAddressOf(blob, true);
  if (word(8) !== blob.length || word(12) !== E.CRC32(blob.substr(TABLE_AT)) || !address) {
    throw problem('DAMAGED', 'is damaged');
  }
  const entries: Entry[] = [];
  const code: NativeCode = {
    call(entry, a, b, c, d) {
      const made = entries[entry];
      if (made) return made(a, b, c, d);
      entries[entry] = E.nativeCall(address + word(TABLE_AT + 4 * entry), 'int(int,int,int,int)');
      return entries[entry](a, b, c, d);
    },
    addressOf: array => E.getAddressOf(array, true),
  };
  if (!answersRight(code)) throw problem('DAMAGED', 'gives wrong answers on this board');
  return code;
}

/** SHA-256 of "abc", FIPS 180-4: its first four bytes. */
function answersRight(code: NativeCode): boolean {
  const digest = new Uint8Array(32);
  const hash = nativeHash(code, 256).create();
  hash.update(new Uint8Array([97, 98, 99]), 0, 3);
  hash.digest(digest, 0);
  return digest[0] === 0xba && digest[1] === 0x78 && digest[2] === 0x16 && digest[3] === 0xbf;
}

function problem(code: string, what: string): Error {
  return ringletError(
    'ERR_NATIVE_' + code,
    `machine code (Storage file ${FILE}) ${what}: upload the ringlet-thumb.bin of this release`,
  );
}
