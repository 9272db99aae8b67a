/**
 * Each parser of src/tls/messages by itself. A message has one length: what is accepted is refused when it is a byte longer or
 * shorter; nothing outside it is read, and nothing in it changed.
 *
 *   parser (1) · body
 */
import assert from 'node:assert/strict';
import { ByteReader } from '../../../src/bytes/byte-reader.js';
import { malformedMessage } from '../../../src/tls/errors.js';
import type { ClientHandshake } from '../../../src/tls/handshake-state.js';
import { parseEncryptedExtensions } from '../../../src/tls/messages/encrypted-extensions.js';
import { parseKeyUpdate } from '../../../src/tls/messages/key-update.js';
import { parseNewSessionTicket } from '../../../src/tls/messages/new-session-ticket.js';
import { parseServerHello } from '../../../src/tls/messages/server-hello.js';
import { streamedMessage } from '../../../src/tls/messages/streamed-message.js';
import { tls13 } from '../../../src/tls/profiles.js';
import type { CertificateChain } from '../../../src/x509/server-chain.js';
import { Choices } from '../choices.js';
import { parsedAnywhere, TLS_CODES } from '../invariants.js';

/** ClientHello.random and legacy_session_id. */
const RANDOM = new Uint8Array(64).map((_, i) => i);
/** What our ClientHello offers: RFC 8446 §4.2, RFC 7301, RFC 8449. */
const OFFERED = [0, 10, 13, 16, 28, 41, 42, 43, 45, 51];

const CERTIFICATE = 11;
const CERTIFICATE_REQUEST = 13;
/** Of the buffer for a piece. */
const CAPACITY = 64;

const parsers: Array<(reader: ByteReader) => unknown> = [
  reader => parseServerHello(reader, { randoms: RANDOM, sessionIdLength: 32 }, OFFERED),
  readEncryptedExtensions,
  reader => readPieces(reader, CERTIFICATE),
  reader => readPieces(reader, CERTIFICATE_REQUEST),
  reader => parseNewSessionTicket(reader),
  reader => parseKeyUpdate(reader),
];

export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const parse = parsers[choices.byte() % parsers.length]!;
  const body = choices.rest();
  const outcome = (bytes: Uint8Array) =>
    parsedAnywhere(TLS_CODES, bytes, (array, offset, length) => {
      const reader = new ByteReader(array, offset, length, malformedMessage);
      return plain(parse(reader));
    });
  const { value, code } = outcome(body);
  if (code) return;
  checkContents(value, body);
  assert.ok(outcome(Buffer.concat([body, Buffer.from([0])])).code, 'accepted with a byte too many');
  assert.ok(outcome(body.subarray(0, -1)).code, 'accepted with a byte too few');
}

/** Answers what the extensions have understood. */
function readEncryptedExtensions(reader: ByteReader): unknown {
  const tls = {
    clientConfig: { alpnProtocols: ['h2', 'http/1.1'], input: { capacity: 4096 } },
    records: { limit: 0 },
    writer: { limit: 16384 },
    chosenProtocol: undefined,
  };
  const types = tls13.extensions.map(({ type }) => type);
  parseEncryptedExtensions(reader, OFFERED, types, (type, body) => {
    tls13.extensions.find(extension => extension.type === type)?.accept(tls as unknown as ClientHandshake, body);
  });
  return [tls.chosenProtocol, tls.writer.limit];
}

/** A message in pieces: none reaches beyond it, and behind the last nothing is left. Answers the certificates. */
function readPieces(reader: ByteReader, type: number): unknown {
  const kept: string[] = [];
  const chain = {
    kept,
    memory: 0,
    doubt: undefined,
    add: (der: Uint8Array) => kept.push(Buffer.from(der).toString('hex')) > 0,
  };
  const { bytesLeft } = reader;
  const certificates = type === CERTIFICATE ? (chain as unknown as CertificateChain) : undefined;
  const read = streamedMessage(4 + bytesLeft, CAPACITY, OFFERED, certificates);
  let next = read(new ByteReader(new Uint8Array(4), 0, 4, malformedMessage));
  for (let pieces = 0; next > 0; pieces++) {
    assert.ok(next <= reader.bytesLeft, 'a piece beyond the message');
    assert.ok(pieces <= bytesLeft, 'more pieces than bytes');
    next = read(reader.slice(next));
  }
  assert.equal(reader.bytesLeft, 0, 'bytes that no piece has');
  return kept;
}

/** Views as bytes, so that two answers can be compared. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** What a parser answers stands in the message. */
function checkContents(value: unknown, body: Buffer): void {
  const text = body.toString('hex');
  const check = (field: unknown) => {
    if (typeof field === 'string' && /^([0-9a-f]{2}){3,}$/.test(field)) {
      assert.ok(text.includes(field), `answered ${field}, which the message does not have`);
    }
  };
  if (Array.isArray(value)) value.forEach(check);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(check);
}
