/** The primitive types of DER that certificates use (X.690 §8, §11). What is wrong throws ERR_CERT_MALFORMED. */
import { equalConstantTime } from '../bytes/constant-time.js';
import { malformed } from './certificate-errors.js';
import { type DerReader, Tag } from './der-reader.js';

/** `BOOLEAN DEFAULT FALSE`. DER leaves out a FALSE; old issuers spell it, and it means the same, so it is let pass. */
export function readBoolean(reader: DerReader): boolean {
  if (reader.peek() !== Tag.Boolean) return false;
  const value = reader.view(Tag.Boolean);
  if (value.length !== 1 || (value[0] !== 0 && value[0] !== 0xff)) malformed('BOOLEAN');
  return value[0] > 0;
}

/** An INTEGER: two's complement, big-endian, minimal. */
export function readInteger(reader: DerReader): Uint8Array {
  const value = reader.view(Tag.Integer);
  // Nine bits alike in front are one byte too many.
  const redundant = value.length > 1 && value[0] === (value[1] < 0x80 ? 0 : 0xff);
  if (value.length === 0 || redundant) malformed('INTEGER');
  return value;
}

/** An INTEGER greater than 0: big-endian, without a leading zero. */
export function readPositiveInteger(reader: DerReader): Uint8Array {
  const value = readInteger(reader);
  const zeros = value[0] > 0 ? 0 : 1;
  if (value[0] >= 0x80 || value.length === zeros) malformed('INTEGER');
  return value.subarray(zeros);
}

/** A BIT STRING of whole bytes. */
export function readOctets(reader: DerReader): Uint8Array {
  const value = reader.view(Tag.BitString);
  if (value.length === 0 || value[0] !== 0) malformed('BIT STRING');
  return value.subarray(1);
}

/** The first byte of a BIT STRING of named bits (bit 0 is 0x80), 0 if it is empty. */
export function readNamedBits(reader: DerReader): number {
  const value = reader.view(Tag.BitString);
  const last = value.length - 1;
  const unused = last < 0 ? 8 : value[0];
  if (unused > (last > 0 ? 7 : 0) || (last > 0 && value[last] & ((1 << unused) - 1))) malformed('BIT STRING');
  return last > 0 ? value[1] : 0;
}

/** An OBJECT IDENTIFIER: its contents in hexadecimal, to be compared with those of oids.ts. */
export function readOid(reader: DerReader): string {
  const value = reader.view(Tag.ObjectIdentifier);
  let previous = 0;
  for (let i = 0; i < value.length; i++) {
    if (previous < 0x80 && value[i] === 0x80) malformed('OID');
    previous = value[i];
  }
  if (value.length === 0 || previous >= 0x80) malformed('OID');
  return toHex(value);
}

/** Two lower-case digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16);
  return text;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalConstantTime(a, 0, b, 0, a.length);
}
