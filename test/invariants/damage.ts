/** What becomes of a good server's bytes: on the way, where anybody can change them, and before they are sealed, where only the server can. */
import type { SentRecord } from './recorded.js';
import { pattern } from './scripts.js';

export type Random = () => number;

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);
export const noise = (random: Random, length: number): Buffer => pattern(length, 1 + below(random, 2 ** 30));

/** One thing that somebody on the way does to the bytes. */
export function tampered(bytes: Buffer, records: SentRecord[], random: Random): Buffer {
  const at = below(random, bytes.length);
  const length = 1 + below(random, random() < 0.7 ? 8 : 3000);
  const r = below(random, records.length);
  const list = records.map(sent => sent.bytes);
  switch (below(random, 11)) {
    case 0: {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << below(random, 8);
      return changed;
    }
    case 1: {
      const changed = Buffer.from(bytes);
      noise(random, length).copy(changed, at);
      return changed;
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), noise(random, length), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 5:
      return Buffer.concat(list.toSpliced(r, 1));
    case 6:
      return Buffer.concat(list.toSpliced(r, 0, list[below(random, list.length)]!));
    case 7: {
      const other = below(random, list.length);
      [list[r], list[other]] = [list[other]!, list[r]!];
      return Buffer.concat(list);
    }
    case 8: {
      // A length that is not the record's, and the type or version with it.
      const changed = Buffer.from(list[r]!);
      if (random() < 0.3) changed[below(random, 3)] = below(random, 256);
      changed.writeUInt16BE(below(random, random() < 0.5 ? 65536 : 40), 3);
      return Buffer.concat(list.with(r, changed));
    }
    case 9:
      return Buffer.concat([bytes.subarray(0, at), noise(random, 100 + below(random, 40000))]);
    default: {
      // A record of plaintext, or of protected nonsense, between two good ones.
      const type = [20, 21, 22, 23, below(random, 256)][below(random, 5)]!;
      const content = noise(random, below(random, 300));
      const header = Buffer.from([type, 3, 3, content.length >> 8, content.length & 255]);
      return Buffer.concat(list.toSpliced(r, 0, Buffer.concat([header, content])));
    }
  }
}

/** One thing that a server does to a record of its own before it is sealed. */
export function damaged(sent: SentRecord, random: Random): SentRecord[] {
  const { content } = sent;
  const at = below(random, content.length + 1);
  const length = 1 + below(random, 8);
  const other = (changed: Buffer, more: Partial<SentRecord> = {}) => [{ ...sent, content: changed, ...more }];
  switch (below(random, 12)) {
    case 0: {
      const changed = Buffer.from(content);
      if (at < changed.length) changed[at]! ^= 1 << below(random, 8);
      return other(changed);
    }
    case 1: {
      const changed = Buffer.from(content);
      noise(random, length).copy(changed, at);
      return other(changed);
    }
    case 2:
      return other(Buffer.concat([content.subarray(0, at), content.subarray(at + length)]));
    case 3:
      return other(Buffer.concat([content.subarray(0, at), noise(random, length), content.subarray(at)]));
    case 4:
      return other(content, { type: below(random, 256) });
    case 5:
      return other(noise(random, below(random, 16700)), { type: 21 + below(random, 3) });
    case 6:
      return other(Buffer.alloc(0), random() < 0.5 ? {} : { type: below(random, 25) });
    case 7:
      return [...other(content.subarray(0, at)), ...other(content.subarray(at))];
    case 8:
      return [sent, sent];
    case 9:
      return [];
    case 10: {
      // A length inside, two or three bytes of it.
      const changed = Buffer.from(content);
      if (at + 3 <= changed.length) changed.writeUIntBE(below(random, 2 ** 24), at, 3);
      return other(changed);
    }
    default:
      return [...Array(1 + below(random, 40))].map(() => ({ ...sent, content: noise(random, below(random, 5)) }));
  }
}
