/** What every target demands of every parser: documented errors only, and the same answer wherever the bytes lie. */
import assert from 'node:assert/strict';
import type { RingletError } from '../../src/errors.js';

const names = (prefix: string, list: string): string[] => list.split(' ').map(name => prefix + name);

/** As src/tls/errors.ts lists them. */
export const TLS_CODES = new Set(
  names(
    'ERR_TLS_',
    'UNEXPECTED_MESSAGE DECODE_ERROR ILLEGAL_PARAMETER MISSING_EXTENSION UNSUPPORTED_EXTENSION PROTOCOL_VERSION' +
      ' BAD_RECORD_MAC RECORD_OVERFLOW BAD_FINISHED BAD_CERTIFICATE_VERIFY MISSING_CERTIFICATE TRUNCATED' +
      ' ALERT_RECEIVED MESSAGE_TOO_LARGE RECORD_TOO_LARGE',
  ),
);

/** As src/x509/verify.ts lists them. */
export const CERTIFICATE_CODES = new Set(
  names(
    'ERR_CERT_',
    'MALFORMED UNSUPPORTED NO_CLOCK EXPIRED NOT_YET_VALID NAME_MISMATCH PIN_MISMATCH USAGE NOT_A_CA PATH_LENGTH' +
      ' BAD_SIGNATURE UNKNOWN_ISSUER',
  ),
);

export const ENGINE_CODES = new Set([...TLS_CODES, ...CERTIFICATE_CODES]);

export type Outcome<T> = { value: T; code: undefined } | { value: undefined; code: string };

/** What `action` answers, or the code of its error. Any other error than those of `codes` is thrown on: a finding. */
export function outcomeOf<T>(codes: ReadonlySet<string>, action: () => T): Outcome<T> {
  try {
    return { value: action(), code: undefined };
  } catch (error) {
    const { code } = error as RingletError;
    if (!codes.has(code)) throw error;
    assert.ok((error as Error).message.length > 0, `${code} without a message`);
    return { value: undefined, code };
  }
}

/**
 * Parses `bytes` twice, alone and amid others, and answers the outcome: a parser that looks outside gives two different
 * ones. `parse` gets the array, and where in it the bytes lie.
 */
export function parsedAnywhere<T>(
  codes: ReadonlySet<string>,
  bytes: Uint8Array,
  parse: (array: Uint8Array, offset: number, length: number) => T,
): Outcome<T> {
  const alone = outcomeOf(codes, () => parse(new Uint8Array(bytes), 0, bytes.length));
  const larger = new Uint8Array(bytes.length + 60).fill(0x30);
  larger.set(bytes, 23);
  const amid = outcomeOf(codes, () => parse(larger, 23, bytes.length));
  assert.deepEqual(amid, alone, 'the answer depends on what lies around the bytes');
  assert.deepEqual(Buffer.from(larger.subarray(23, 23 + bytes.length)), Buffer.from(bytes), 'the bytes were changed');
  return alone;
}
