/**
 * A handshake with the scripted server (secp256r1, ChaCha20-Poly1305, a request for a certificate), and what that server may say
 * behind it, inside an engine: however its bytes are cut up, the same events, the same plaintext, the same bytes in answer.
 */
import { SCRIPTED_CONNECTION } from './recording.js';
import { replayer } from './replay.js';
import { attempt, done, seededRandom } from './report.js';

/** Random partitions; the runner declares it in front of this script, more of them for a faster engine. */
declare const partitions: number;

const recorded = replayer(SCRIPTED_CONNECTION);
const fromServer = recorded.fromServer;

function expect(name: string, next: (fed: number) => number): void {
  attempt(name, () => {
    const problem = recorded.play(next, -1);
    if (problem !== '') throw new Error(problem);
    return true;
  });
}

/** Where the record that holds byte `fed` begins. */
function recordOf(fed: number): number {
  let at = 0;
  for (;;) {
    const end = at + 5 + (fromServer[at + 3] << 8) + fromServer[at + 4];
    if (end > fed) return at;
    at = end;
  }
}

expect('all in one', () => fromServer.length);
expect('byte by byte', () => 1);

/** Behind so many bytes of each record; 0 is in front of it. */
const CUTS = [0, 1, 3, 5, 6, 22];
for (const cut of CUTS) {
  expect('every record cut behind ' + cut, fed => {
    const record = recordOf(fed);
    if (fed < record + cut) return record + cut - fed;
    return 5 + (fromServer[record + 3] << 8) + fromServer[record + 4] - (fed - record) + cut;
  });
}

const random = seededRandom(99);
const bytes = new Uint8Array(3);
for (let i = 0; i < partitions; i++) {
  random(bytes, 0, 1);
  // Small pieces in some, large ones in others.
  const largest = 8 << (bytes[0] & 7);
  expect('random pieces of up to ' + largest + ', ' + i, () => {
    random(bytes, 1, 2);
    return 1 + (((bytes[1] << 8) + bytes[2]) % largest);
  });
}
done();
