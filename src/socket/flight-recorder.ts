/**
 * The last events of a connection, for the line that its error carries (`error.trace`).
 *
 *   event   [ kind | ms since the event before, 65535 at most | a | b | c ]     16 bits each
 *
 * Memory: 480 bytes, allocated once; the oldest event gives way to the newest.
 */
import type { Clock } from '../platform.js';
import type { Recorder } from '../recorder.js';

const EVENTS = 48;
const FIELDS = 5;

export interface FlightRecorder extends Recorder {
  /** All of its memory. */
  readonly fields: Uint16Array;
}

export function flightRecorder(clock: Clock): FlightRecorder {
  const fields = new Uint16Array(EVENTS * FIELDS);
  /** Events ever noted. */
  let count = 0;
  let lastAt = 0;

  return {
    fields,
    note(kind, a, b, c) {
      const now = clock.now();
      const elapsed = now - lastAt;
      const at = (count++ % EVENTS) * FIELDS;
      fields[at] = kind;
      fields[at + 1] = elapsed > 65535 ? 65535 : elapsed;
      fields[at + 2] = a;
      fields[at + 3] = b || 0;
      fields[at + 4] = c || 0;
      lastAt = now;
    },
    /** `head`, how many events are not here any more, then the others: milliseconds if any, letter, three numbers. The first one's time says nothing. */
    line(head) {
      const first = count > EVENTS ? count - EVENTS : 0;
      let line = head + ' ' + first;
      for (let i = first; i < count; i++) {
        const at = (i % EVENTS) * FIELDS;
        line += ' ' + (fields[at + 1] || '') + String.fromCharCode(fields[at]);
        line += [fields[at + 2], fields[at + 3], fields[at + 4]].join();
      }
      return line;
    },
  };
}
