/**
 * TlsClient given any handshake messages under the right keys: a program of messages, as a good server would send them,
 * damaged, or made up, and of other records. A model of RFC 8446 §A.1 says what must be accepted; what it does not cover may
 * be accepted only if the server proved who it is.
 *
 *   suite and HelloRetryRequest (1) · ring (1) · chunks (1), then steps: see `Program.step`
 */
import assert from 'node:assert/strict';
import { ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, plaintextRecord } from '../../peers/records.js';
import { framed } from '../../peers/steps.js';
import { Choices } from '../choices.js';
import { runBothWays } from '../client.js';
import { fixture } from '../fixtures.js';
import { FuzzServer, type Retry } from '../server.js';

const CLOSE_NOTIFY = -3;
const RINGS = [1024, 2048, 4096, 16645];
const MESSAGES = [8, 13, 11, 15, 20, 4, 24, 24];
const [, CERTIFICATE_REQUEST, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED, TICKET, KEY_UPDATE] = MESSAGES as number[];

class Program {
  /** The message the model expects next; undefined when it no longer knows. */
  expected: number | undefined = 8;
  /** The first thing the model does not cover was a good message at the wrong time. */
  outOfOrder = false;
  /** Good ones were sent, over the transcript as it was. */
  proved = false;
  finished = false;
  /** Another CertificateVerify or Finished was sent before the good ones. */
  forged = false;
  data: Buffer[] = [];
  closed = false;
  private futile = 0;

  constructor(
    private readonly choices: Choices,
    private readonly server: FuzzServer,
  ) {}

  step(): void {
    const { choices, server } = this;
    const kind = choices.byte() & 15;
    switch (kind) {
      case 8: {
        const content = Buffer.alloc(choices.byte(), 0x61 + this.data.length);
        this.record(APPLICATION_DATA, content, choices.byte() & 15);
        if (this.expected !== TICKET || ++this.futile > 25) this.unknown();
        if (content.length > 0) this.futile = 0;
        return;
      }
      case 9: {
        const description = choices.byte();
        server.record(ALERT, Buffer.from([1, description]), 0);
        if (description === 0 && this.expected === TICKET) this.closed = true;
        else this.unknown();
        return;
      }
      case 10:
        this.custom(choices.byte(), choices.bytes(choices.uint16() & 0x7ff));
        return;
      case 11:
        this.damaged(MESSAGES[choices.byte() % 6]!);
        return;
      case 12:
        this.unknown();
        server.raw(plaintextRecord(choices.byte(), choices.bytes(choices.byte())));
        return;
      case 13:
        this.unknown();
        this.record(choices.byte(), choices.bytes(choices.byte()), choices.byte());
        return;
      case 14: {
        const layout = choices.byte();
        server.flush();
        server.coalesce = (layout & 1) !== 0;
        // Small ones exactly; at most 508 bytes, because the smallest ring has 1024.
        server.fragment = layout < 128 ? layout >> 1 || 512 : (layout >> 1) * 4;
        return;
      }
      case 15:
        server.raw(plaintextRecord(CHANGE_CIPHER_SPEC, Buffer.from([1])));
        if (this.finished || ++this.futile > 25) this.unknown();
        return;
      default:
        this.good(MESSAGES[kind]!, kind === 7);
    }
  }

  private record(type: number, content: Buffer, padding: number): void {
    this.server.record(type, content, padding);
    if (type === APPLICATION_DATA && this.finished) this.data.push(content);
  }

  unknown(): void {
    this.expected = undefined;
  }

  private good(type: number, requested: boolean): void {
    const { server } = this;
    if (type === KEY_UPDATE) {
      server.handshake(framed(type, Buffer.from([requested ? 1 : 0])));
      if (this.finished) server.updateKeys();
    } else if (type === TICKET) server.handshake(framed(type, server.body(type)));
    else {
      server.message(type, server.body(type));
      if (type === CERTIFICATE_VERIFY) this.proved = true;
      if (type === FINISHED && !this.finished) {
        server.useApplicationKeys();
        this.finished = true;
      }
    }
    this.advance(type);
  }

  private advance(type: number): void {
    if (this.expected === undefined || this.closed) return;
    const maybe =
      type === this.expected ||
      (this.expected === CERTIFICATE_REQUEST && type === CERTIFICATE) ||
      (this.expected === TICKET && type === KEY_UPDATE);
    if (!maybe) {
      this.outOfOrder = true;
      this.expected = undefined;
    } else if (type === KEY_UPDATE) {
      if (++this.futile > 25) this.unknown();
    } else if (type !== TICKET) this.expected = { 8: 13, 13: 11, 11: 15, 15: 20, 20: TICKET }[type];
  }

  /** Not a message that a good server sends. */
  private custom(type: number, body: Buffer): void {
    this.unknown();
    if (!this.finished && (type === CERTIFICATE_VERIFY || type === FINISHED)) this.forged = true;
    if (this.finished) this.server.handshake(framed(type, body));
    else this.server.message(type, body);
  }

  /** A good message with bytes changed, taken out or put in. */
  private damaged(type: number): void {
    const { choices } = this;
    let body = this.server.body(type);
    for (let edits = 1 + (choices.byte() & 3); edits > 0; edits--) {
      const how = choices.byte();
      const at = choices.uint16() % (body.length + 1);
      if (how & 1 && at < body.length) body[at] = choices.byte();
      else if (how & 2) body = Buffer.concat([body.subarray(0, at), choices.bytes(how >> 2), body.subarray(at)]);
      else body = Buffer.concat([body.subarray(0, at), body.subarray(at + (how >> 2))]);
    }
    if (body.equals(this.server.body(type))) this.good(type, false);
    else this.custom(type, body);
  }
}

export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const hellos = choices.byte();
  const capacity = RINGS[choices.byte() & 3]!;
  const seed = choices.byte();
  const server = new FuzzServer(hellos & 3, ((hellos >> 2) & 3) as Retry, capacity);
  const program = new Program(choices, server);
  for (let steps = 0; choices.left > 0 && steps < 64; steps++) program.step();
  server.flush();
  const wire = Buffer.concat(server.wire);
  const { verdict, path } = runBothWays(wire, capacity, seed);
  const sent = Buffer.concat(program.data).toString('hex');
  assert.ok(sent.startsWith(verdict.data), 'received what was not sent');
  if (verdict.handshakeComplete) {
    assert.ok(program.proved && program.finished && !program.forged, 'a server without proof was accepted');
    assert.ok(path && Buffer.from(fixture('server')).equals(path[0]!.der), 'another certificate was accepted');
  } else assert.equal(verdict.data, '', 'data before authentication');
  if (program.expected !== undefined) {
    const end = program.closed ? CLOSE_NOTIFY : 'ERR_TLS_TRUNCATED';
    assert.equal(verdict.end, end, 'a good server was refused');
    if (!program.closed) assert.equal(verdict.data, sent, 'not all data was delivered');
    assert.equal(verdict.handshakeComplete, program.finished);
  } else if (program.outOfOrder) {
    assert.equal(verdict.end, 'ERR_TLS_UNEXPECTED_MESSAGE', 'messages in the wrong order');
  }
}
