/**
 * The server's bytes damaged, and cut up into records and segments: a changed bit in a protected record never goes unnoticed,
 * and a flight gives the same result however it is laid out. Cuts and partitions of one stream: ../invariants.
 */
import assert from 'node:assert/strict';
import { assertReceived, assertRefused, type Exchange, type ExchangeOptions } from './exchange.js';
import { fullFlight } from './flights.js';
import { server as serverIdentity } from './identities.js';
import { exchange as exchangeWith } from './refusal.js';
import type { ServerOptions } from './scripted-server.js';
import { generator } from './seeded.js';
import { applicationData, closeNotify, fin, layout, newSessionTicket } from './steps.js';

const afterFinished = [newSessionTicket(), applicationData('one'), applicationData('and two'), closeNotify, fin];

/** With an Ed25519 key every flight has the same length; ECDSA signatures vary. */
async function exchange(server: Partial<ServerOptions>, client: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  return exchangeWith(server, client, await serverIdentity('ed25519'));
}

describe('a changed bit', () => {
  /** The last record before FIN carries data; `change` is applied to byte `index` of it. */
  async function damaged(index: number, bit: number): Promise<Exchange> {
    const ran = await exchange(
      { afterFinished: [applicationData('data'), fin] },
      {
        tamper: (bytes, at) => {
          if (at > 0) bytes[index] ^= 1 << bit;
          return bytes;
        },
      },
    );
    return ran.run();
  }

  it('in any byte of a protected record is never accepted', async () => {
    const recordLength = 5 + 4 + 1 + 16;
    for (let index = 0; index < recordLength; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const ran = await damaged(index, bit);
        const codes = index >= 5 ? ['ERR_TLS_BAD_RECORD_MAC'] : headerCodes(index);
        assertRefused(ran, codes, 'application');
        assert.equal(ran.received.length, 0, `byte ${index}, bit ${bit}`);
      }
    }
  });

  function headerCodes(index: number): string[] {
    if (index === 0) return ['ERR_TLS_UNEXPECTED_MESSAGE'];
    // The version is authenticated as it stands; another length joins or splits records.
    if (index <= 2) return ['ERR_TLS_BAD_RECORD_MAC', 'ERR_TLS_PROTOCOL_VERSION', 'ERR_TLS_UNEXPECTED_MESSAGE'];
    return ['ERR_TLS_BAD_RECORD_MAC', 'ERR_TLS_TRUNCATED', 'ERR_TLS_RECORD_OVERFLOW', 'ERR_TLS_DECODE_ERROR'];
  }

  it('in any byte of the protected flight is never accepted', async function () {
    this.timeout(120000);
    const { wireLength } = (await exchange({ flights: [fullFlight()], afterFinished: [] })).run();
    for (let index = 0; index < wireLength; index++) {
      let meaningless: number[] = [];
      const ran = await exchange(
        { flights: [fullFlight()], afterFinished: [] },
        {
          tamper: (bytes, at) => {
            // From here on the server's idea of the transcript is not the client's: it cannot check what comes back.
            ran.server.client.deaf = true;
            meaningless = versionBytes(bytes);
            if (at === 0) bytes[index] ^= 1 << (index % 8);
            return bytes;
          },
        },
      );
      ran.run();
      if (meaningless.includes(index)) {
        assert.ok(ran.client.handshakeComplete, `byte ${index}: legacy_record_version counted`);
        continue;
      }
      ran.serverSends(fin);
      assert.ok(ran.error, `byte ${index}: no error`);
      assert.equal(ran.client.handshakeComplete, false, `byte ${index}`);
      assert.equal(ran.closeNotify, false, `byte ${index}`);
    }
    console.log(`        ${wireLength} bytes`);
  });

  /** legacy_record_version of ServerHello's and ChangeCipherSpec's record is to be ignored (§5.1). */
  function versionBytes(flight: Buffer): number[] {
    const changeCipherSpec = 5 + flight.readUInt16BE(3);
    return [1, 2, changeCipherSpec + 1, changeCipherSpec + 2];
  }
});

describe('any partition of the stream gives the same result', () => {
  it('300 seeded random partitions, with records of random sizes', async function () {
    this.timeout(120000);
    for (let seed = 1; seed <= 300; seed++) {
      const random = generator(seed);
      const deliver = (bytes: Buffer) => {
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const length = 1 + Math.floor(random() ** 3 * 400);
          pieces.push(bytes.subarray(at, at + length));
          at += length;
        }
        return pieces;
      };
      const fragment = 1 + Math.floor(random() * 700);
      const coalesce = random() < 0.5;
      const flights = [[layout({ fragment, coalesce, padding: Math.floor(random() * 20) }), ...fullFlight()]];
      const ran = (
        await exchange({ flights, afterFinished }, { deliver, accept: 1 + Math.floor(random() * 50) })
      ).run();
      try {
        assertReceived(ran, 'oneand two');
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
