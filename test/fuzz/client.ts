/** A TlsClient that is always the same, given a stream of bytes in chunks: what it makes of them. */
import assert from 'node:assert/strict';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import type { Certificate } from '../../src/x509/certificate.js';
import { generator } from '../peers/seeded.js';
import { anchor, countingRandom, fixedCrypto, NOW, SERVER_NAME } from './fixtures.js';
import { ENGINE_CODES, outcomeOf } from './invariants.js';

export interface Verdict {
  /** Plaintext, hexadecimal. */
  data: string;
  /** CLOSE_NOTIFY, NO_DATA_YET (more than enough input), or the error's code. */
  end: number | string;
  /** Types and lengths of the handshake messages that came whole. */
  messages: string[];
  tickets: number;
  handshakeComplete: boolean;
  protocol: string | undefined;
}

export interface Run {
  verdict: Verdict;
  /** The path of an authenticated server. */
  path: ReadonlyArray<Certificate> | undefined;
  /** All that the client sent. */
  sent: Buffer;
}

/** The record of the first ClientHello, when the ring has `capacity` bytes. */
export function clientHello(capacity: number): Buffer {
  return run(Buffer.alloc(0), capacity, undefined).sent;
}

/** Feeds `wire` and the end of the transport; without `seed` as much at once as the ring of `capacity` bytes takes. */
export function run(wire: Uint8Array, capacity: number, seed: number | undefined): Run {
  const random = seed === undefined ? () => 0.9999999 : generator(seed);
  const input = new ByteRing(capacity);
  const messages: string[] = [];
  let tickets = 0;
  const client = new TlsClient({
    profile: everything,
    serverName: SERVER_NAME,
    crypto: fixedCrypto,
    random: countingRandom(),
    unixTime: () => NOW,
    trust: { anchors: [anchor] },
    input,
    alpnProtocols: ['h2', 'http/1.1'],
    listener: {
      message: (sent, type, length) => {
        if (!sent) messages.push(`${type}:${length}`);
      },
      session: () => {
        tickets++;
      },
    },
  });
  const outgoing: Buffer[] = [];
  const incoming: Buffer[] = [];
  const into = new Uint8Array(2048);
  let at = 0;
  let ended = false;
  let end: number | string = NO_DATA_YET;
  for (let steps = 0; ; steps++) {
    assert.ok(steps < 200 + wire.length * 4, 'the client does not come to an end');
    const length = Math.min(1 + Math.floor(random() * into.length), into.length);
    const { value, code } = outcomeOf(ENGINE_CODES, () => client.read(into, 0, length));
    drainOutput(client, outgoing, random);
    end = code ?? value!;
    if (code || value === CLOSE_NOTIFY) break;
    if (value! > 0) {
      assert.ok(value! <= length && client.handshakeComplete, 'data before authentication');
      incoming.push(Buffer.from(into.subarray(0, value)));
      continue;
    }
    assert.equal(value, NO_DATA_YET, 'read answered something else');
    if (at < wire.length) {
      const chunk = 1 + Math.floor(random() * Math.min(wire.length - at, 700));
      const taken = input.write(wire, at, seed === undefined ? wire.length - at : chunk);
      assert.ok(taken > 0, 'the ring is full, and the client waits for more');
      at += taken;
    } else {
      assert.ok(!ended, 'no data yet behind the end');
      client.inputEnded();
      ended = true;
    }
  }
  checkEnd(client, end);
  return {
    verdict: {
      data: Buffer.concat(incoming).toString('hex'),
      end,
      messages,
      tickets,
      handshakeComplete: client.handshakeComplete,
      protocol: client.alpnProtocol,
    },
    path: client.peerPath?.path,
    sent: Buffer.concat(outgoing),
  };
}

/** The same stream at once and in chunks: the same verdict. Answers it. */
export function runBothWays(wire: Uint8Array, capacity: number, seed: number): Run {
  const whole = run(wire, capacity, undefined);
  const pieces = run(wire, capacity, seed);
  assert.deepEqual(pieces.verdict, whole.verdict, 'the chunks make a difference');
  return whole;
}

function drainOutput(client: TlsClient, outgoing: Buffer[], random: () => number): void {
  const { output } = client;
  assert.ok(output.length <= output.capacity, 'output longer than its ring');
  while (output.length > 0) {
    const bytes = Buffer.alloc(Math.min(1 + Math.floor(random() * 600), output.length));
    output.copy(0, bytes, 0, bytes.length);
    client.outputSent(bytes.length);
    outgoing.push(bytes);
  }
}

/** The end is the answer for ever, and nothing is known of a server that was not authenticated. */
function checkEnd(client: TlsClient, end: number | string): void {
  const again = outcomeOf(ENGINE_CODES, () => client.read(new Uint8Array(8), 0, 8));
  assert.equal(again.code ?? again.value, end, 'another answer the second time');
  if (client.handshakeComplete) return;
  assert.notEqual(end, CLOSE_NOTIFY, 'a clean end without authentication');
  if (client.peerPath === undefined) assert.equal(client.alpnProtocol, undefined);
}
