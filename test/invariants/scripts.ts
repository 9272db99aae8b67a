/** What the servers of these tests say, and how it is cut up. */
import type { Step } from '../peers/scripted-server.js';
import { generator } from '../peers/seeded.js';
import { applicationData, closeNotify, keyUpdate, layout, newSessionTicket } from '../peers/steps.js';
import { SEED } from '../seed.js';

/** Bytes in which a piece that is missing, doubled or moved shows. */
export function pattern(length: number, seed = length): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 8;
  }
  return bytes;
}

/** Data of 1, 1400 and 16384 bytes, everything else that may come between them, and the end. */
export function everything(): Step[] {
  return [
    newSessionTicket(),
    applicationData(pattern(1)),
    layout({ padding: 100 }),
    applicationData(pattern(1400)),
    layout({ padding: 0 }),
    keyUpdate(true),
    applicationData(pattern(16384)),
    newSessionTicket(),
    closeNotify,
  ];
}

/** What `everything` carries. */
export const everythingData = Buffer.concat([pattern(1), pattern(1400), pattern(16384)]);

/** A shorter one, for what is done at every byte of it. */
export function shorter(): Step[] {
  return [
    applicationData(pattern(1)),
    newSessionTicket(),
    applicationData(pattern(600)),
    keyUpdate(true),
    layout({ padding: 9 }),
    applicationData(pattern(300)),
    closeNotify,
  ];
}

export const shorterData = Buffer.concat([pattern(1), pattern(600), pattern(300)]);

/** The two ways of receiving: whole records in the ring, and records longer than a ring of 2 KB in the memory behind it. */
export const modes: { name: string; ring: number; memory: number | undefined }[] = [
  { name: 'records in the ring', ring: 16645, memory: undefined },
  { name: 'records longer than a ring of 2048', ring: 2048, memory: 16384 },
];

/** Random pieces: most of them small in some partitions, segment-sized in others. */
export function randomPieces(bytes: Buffer, random: () => number): Buffer[] {
  const largest = 2 ** (3 + Math.floor(random() * 13));
  const exponent = 1 + Math.floor(random() * 3);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random() ** exponent * largest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

export function cutAt(bytes: Buffer, ...cuts: number[]): Buffer[] {
  const ends = [...cuts, bytes.length];
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

/** `count` generators with seeds of their own; a failure names the seed. */
export async function forSeeds(
  count: number,
  run: (random: () => number, seed: number) => void | Promise<void>,
): Promise<void> {
  for (let seed = SEED; seed < SEED + count; seed++) {
    try {
      await run(generator(seed), seed);
    } catch (error) {
      throw new Error(`SEED=${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}
