/**
 * Every message of the server with seeded random damage before it is protected: the server's own transcript and keys agree
 * with what it sends, so only the client's parsers and checks stand in the way. It ends in a coded error with the alert that
 * belongs to it, or (where the bytes mean nothing) in a connection; never in anything else.
 */
import assert from 'node:assert/strict';
import { assertRefused } from './exchange.js';
import { fullFlight, messageNamed, withBody } from './flights.js';
import { server as serverIdentity } from './identities.js';
import { exchange } from './refusal.js';
import { generator } from './seeded.js';
import { fin, laterMessage, newSessionTicket } from './steps.js';

const ROUNDS = 150;

type Random = () => number;

/** One or two of: a changed bit, a byte set, removed or repeated, a piece removed or repeated, a length field off by one. */
function damaged(body: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(body);
  for (let rounds = random() < 0.7 ? 1 : 2; rounds > 0; rounds--) {
    const at = Math.floor(random() * bytes.length);
    const length = 1 + Math.floor(random() * 8);
    const kind = Math.floor(random() * 5);
    if (kind === 0) bytes[at] ^= 1 << Math.floor(random() * 8);
    else if (kind === 1) bytes[at] = Math.floor(random() * 256);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    else bytes[at] += random() < 0.5 ? 1 : 255;
  }
  return bytes;
}

/** What may be damaged without anybody noticing: a random, what the client skips. These also end in a connection. */
const harmless = ['ServerHello', 'CertificateRequest', 'NewSessionTicket'];

describe('damaged messages end in a coded error and its alert', () => {
  for (const name of ['ServerHello', 'EncryptedExtensions', 'CertificateRequest', 'Certificate', 'CertificateVerify']) {
    it(`${name}, ${ROUNDS} times`, async () => {
      for (let seed = 1; seed <= ROUNDS; seed++) {
        const random = generator(seed);
        let changed = true;
        const flights = [
          withBody(fullFlight(), name, body => {
            const bytes = damaged(body, random);
            changed = !bytes.equals(body);
            return bytes;
          }),
        ];
        // A ServerHello that is another server's share or suite gives other keys: what the client says cannot be read.
        const ran = await exchange({ flights, afterFinished: [fin] }, {}, await serverIdentity('ed25519'));
        try {
          ran.run();
        } catch (error) {
          const unreadable = name === 'ServerHello' && /does not open|a record of/.test((error as Error).message);
          if (!unreadable) throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
          assert.ok(ran.error, `seed ${seed}`);
          continue;
        }
        assert.ok(ran.error, `seed ${seed}: no error, though the server ended without close_notify`);
        if (ran.server.client.finished) {
          assert.ok(!changed || harmless.includes(name), `seed ${seed}: accepted`);
          assert.equal(ran.error.code, 'ERR_TLS_TRUNCATED');
        } else {
          const plaintext = ran.server.client.alert?.protection === 'plaintext';
          assertRefused(ran, ran.error.code, plaintext ? 'plaintext' : 'handshake');
        }
      }
    });
  }

  it(`NewSessionTicket, ${ROUNDS} times`, async () => {
    const body = messageNamed([newSessionTicket()], 'NewSessionTicket').build(undefined as never);
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const ticket = laterMessage('NewSessionTicket', 4, damaged(body, generator(seed)));
      const ran = (await exchange({ afterFinished: [ticket, fin] })).run();
      assert.ok(ran.error, `seed ${seed}`);
      assertRefused(ran, ['ERR_TLS_DECODE_ERROR', 'ERR_TLS_ILLEGAL_PARAMETER', 'ERR_TLS_TRUNCATED'], 'application');
    }
  });
});
