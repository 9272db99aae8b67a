/**
 * Certificate and CertificateRequest, read in pieces, against a few lines that have the whole message before them: the same bytes give the same certificates
 * or the same error, and no piece is larger than allowed.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import type { RingletError } from '../../src/errors.js';
import { malformedMessage } from '../../src/tls/errors.js';
import { streamedMessage } from '../../src/tls/messages/streamed-message.js';
import type { CertificateChain } from '../../src/x509/server-chain.js';
import type { Extension } from '../peers/client-hello.js';
import { extension, framed, uint16, vector } from '../peers/steps.js';

const OFFERED = [0, 10, 13, 43, 51];
const KNOWN = [0, 10, 11, 13, 16, 23, 28, 35, 41, 42, 43, 44, 45, 51, 0xff01];
const DECODE = 'ERR_TLS_DECODE_ERROR';
const CAPACITY = 64;

class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** A whole vector at `at`, and where it ends; null if it goes beyond `end`. */
function wholeVector(bytes: Buffer, at: number, end: number, lengthBytes: number): [Buffer, number] {
  if (at + lengthBytes > end) throw new Refused(DECODE);
  const from = at + lengthBytes;
  const to = from + bytes.readUIntBE(at, lengthBytes);
  if (to > end) throw new Refused(DECODE);
  return [bytes.subarray(from, to), to];
}

function readExtensions(block: Buffer, request: boolean): boolean {
  let found = false;
  const seen = new Set<number>();
  for (let at = 0; at < block.length; ) {
    if (at + 4 > block.length) throw new Refused(DECODE);
    const type = block.readUInt16BE(at);
    if (at + 4 + block.readUInt16BE(at + 2) > block.length && !request && !OFFERED.includes(type)) {
      // Either is right: the extension has no business here, and it does not end here.
      throw new Refused('ERR_TLS_UNSUPPORTED_EXTENSION');
    }
    if (seen.has(type)) throw new Refused('ERR_TLS_ILLEGAL_PARAMETER');
    seen.add(type);
    if (!request && !OFFERED.includes(type)) throw new Refused('ERR_TLS_UNSUPPORTED_EXTENSION');
    if (KNOWN.includes(type) && !(request && type === 13)) throw new Refused('ERR_TLS_ILLEGAL_PARAMETER');
    const [body, next] = wholeVector(block, at + 2, block.length, 2);
    at = next;
    if (type !== 13) continue;
    const [list, end] = wholeVector(body, 0, body.length, 2);
    if (end !== body.length || list.length < 2 || list.length % 2) throw new Refused(DECODE);
    found = true;
  }
  return found;
}

/** The certificates of a message, or undefined for a CertificateRequest that is in order. */
function readWhole(body: Buffer, request: boolean): string[] | undefined {
  const certificates: string[] = [];
  if (body.length < (request ? 3 : 4)) throw new Refused(DECODE);
  if (body[0]) throw new Refused('ERR_TLS_ILLEGAL_PARAMETER');
  const [content, end] = wholeVector(body, 1, body.length, request ? 2 : 3);
  if (end !== body.length) throw new Refused(DECODE);
  if (request) {
    if (!readExtensions(content, true)) throw new Refused('ERR_TLS_MISSING_EXTENSION');
    return undefined;
  }
  if (!content.length) throw new Refused('ERR_TLS_MISSING_CERTIFICATE');
  for (let at = 0; at < content.length; ) {
    const [der, next] = wholeVector(content, at, content.length, 3);
    if (!der.length) throw new Refused(DECODE);
    // The first must fit, the others may be skipped.
    if (der.length <= CAPACITY || !certificates.length) certificates.push(der.toString('hex'));
    const [block, after] = wholeVector(content, next, content.length, 2);
    readExtensions(block, false);
    at = after;
  }
  return certificates;
}

/** The same out of pieces. */
function readPieces(body: Buffer, request: boolean): string[] | undefined {
  const bytes = framed(request ? 13 : 11, body);
  const certificates: string[] = [];
  const chain = {
    kept: [] as unknown[],
    memory: 0,
    doubt: undefined as unknown,
    add(der: Uint8Array) {
      this.kept.push(der);
      certificates.push(Buffer.from(der).toString('hex'));
      return true;
    },
  };
  const reads = streamedMessage(
    bytes.length,
    CAPACITY,
    OFFERED,
    request ? undefined : (chain as unknown as CertificateChain),
  );
  let at = 0;
  let size = 4;
  do {
    assert.ok(at + size <= bytes.length, 'asks for more than the message has');
    assert.ok(size <= CAPACITY || request || certificates.length === 0, `a piece of ${size} bytes`);
    const piece = new ByteReader(bytes, at, size, malformedMessage);
    at += size;
    size = reads(piece);
  } while (size > 0);
  assert.equal(at, bytes.length, 'is done before the end');
  return request ? undefined : certificates;
}

function outcome(read: () => string[] | undefined): string | string[] | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as RingletError;
    if (!code?.startsWith('ERR_TLS_')) throw error;
    return code;
  }
}

describe('tls: messages in pieces against whole ones', () => {
  it('an extension, or a certificate, that is longer than what it lies in is refused at its length', () => {
    for (const request of [false, true]) {
      const body = Buffer.alloc(2000);
      const kept = { kept: [{}], add: () => true } as unknown as CertificateChain;
      const bytes = framed(request ? 13 : 11, body);
      bytes.writeUIntBE(bytes.length - (request ? 7 : 8), 5, request ? 2 : 3);
      if (request) bytes.writeUInt16BE(47, 7);
      bytes.writeUIntBE(5000, request ? 9 : 8, request ? 2 : 3);
      const reads = streamedMessage(bytes.length, CAPACITY, OFFERED, request ? undefined : kept);
      let at = 0;
      let size = 4;
      const next = () => {
        size = reads(new ByteReader(bytes, at, (at += size) && size, malformedMessage));
      };
      next();
      next();
      assert.throws(next, (error: RingletError) => error.code === DECODE);
      assert.equal(at, 11);
    }
  });

  const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map(array => Buffer.from(array));
  const extensions = (types: fc.Arbitrary<number>) =>
    fc
      .array(fc.tuple(types, bytes(90)), { maxLength: 4 })
      .map(list => list.map(([type, data]) => extension(type, data)));
  const encoded = (list: readonly Extension[]) =>
    vector(2, ...list.map(({ type, data }) => Buffer.concat([uint16(type), vector(2, data)])));
  const type = fc.oneof(fc.constantFrom(13, 47, 10, 51, 5, 18), fc.nat(65535), fc.nat(65535), fc.nat(65535));
  const certificate = fc
    .array(
      fc.tuple(
        bytes(100),
        fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: extensions(type) }),
      ),
      { maxLength: 5 },
    )
    .map(list =>
      Buffer.concat([
        vector(1),
        vector(3, ...list.map(([der, more]) => Buffer.concat([vector(3, der), encoded(more)]))),
      ]),
    );
  const algorithms = fc.constantFrom<Extension[]>([extension(13, vector(2, uint16(0x0403)))], []);
  const request = fc
    .tuple(extensions(type), algorithms, extensions(type))
    .map(([a, b, c]) => Buffer.concat([vector(1), encoded([...a, ...b, ...c])]));
  const edits = fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255), fc.nat(4)), {
    maxLength: 2,
  });

  for (const [name, messages] of [
    ['Certificate', certificate],
    ['CertificateRequest', request],
  ] as [string, fc.Arbitrary<Buffer>][]) {
    it(`${name}, 10,000 of them, whole and damaged`, function () {
      this.timeout(60000);
      const ends: Record<string, number> = {};
      fc.assert(
        fc.property(messages, edits, (message, changes) => {
          let body = Buffer.from(message);
          for (const [where, value, kind] of changes) {
            const at = 1 + Math.floor(where * ((value % 2 ? body.length : Math.min(body.length, 12)) - 1));
            if (kind === 0) body = Buffer.concat([body.subarray(0, at), body.subarray(at + 1)]);
            else if (kind === 1) body = Buffer.concat([body.subarray(0, at), Buffer.from([value]), body.subarray(at)]);
            else if (kind === 2) body[at] += value % 2 ? 1 : 255;
            else if (kind === 3) body[at] = value;
          }
          const isRequest = name === 'CertificateRequest';
          const whole = outcome(() => readWhole(body, isRequest));
          const pieces = outcome(() => readPieces(body, isRequest));
          // A fault may stand in front of another one; which is told first is not the same.
          if (typeof whole === 'string') assert.equal(typeof pieces, 'string', `${whole} is ${pieces}`);
          else assert.deepEqual(pieces, whole);
          const end = typeof pieces === 'string' ? pieces : 'in order';
          ends[end] = (ends[end] ?? 0) + 1;
        }),
        { numRuns: 10000 },
      );
      console.log(`        ${JSON.stringify(ends)}`);
    });
  }
});
