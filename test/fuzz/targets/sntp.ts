/** SNTP answers: the time that is accepted is one after 2024, within the era that 2036 begins, and an echo of our random number. */
import assert from 'node:assert/strict';
import { sntpQuestion } from '../../../src/w5500/sntp.js';
import { countingRandom } from '../fixtures.js';
import { parsedAnywhere } from '../invariants.js';

const CODES = new Set(['ERR_NET_TIME_FAILED']);
const ECHO = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]);

export function fuzz(data: Uint8Array): void {
  const { value, code } = parsedAnywhere(CODES, data, (array, offset, length) => {
    const question = sntpQuestion();
    countingRandom()(question.query, question.randomAt, question.randomLength);
    return { accepted: question.accept(array.subarray(offset), length, 100), seconds: question.time };
  });
  const echoed = data.length >= 48 && ECHO.equals(data.subarray(24, 32)) && (data[0]! & 7) === 4;
  assert.equal(value?.accepted === true || code !== undefined, echoed, 'only echoes count, and all of them');
  if (!value?.accepted) return;
  const { seconds } = value;
  assert.ok(seconds >= 1704067200 && seconds < 4294967296 + 2147483648, `${seconds} seconds`);
  // The server's seconds, of which era ever, plus its fraction and half of the 100 ms.
  const beyond = (seconds + 2208988800 - Buffer.from(data).readUInt32BE(40)) % 4294967296;
  assert.ok(beyond >= 0.049 && beyond < 1.051, 'another time than the server told');
}
