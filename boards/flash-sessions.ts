/**
 * A SessionStore in a few files of flash: sessions outlive a reset, the newest of each server. A file is read when a connection begins, and written when its ticket is used and when a
 * new one comes. What a file system has overwritten or erased may lie in flash for long: whoever can read the flash can read sessions, the used ones too.
 *
 *   file   [ check, 2 bytes | length of server, 1 byte | server | session ]      none, or an empty one: nothing
 *
 * What is torn, because the power was cut, does not fit its check; what older firmware has written does not begin with the format of sessions.
 */
import { equalConstantTime } from '../src/bytes/constant-time.js';
import { bytesOf } from '../src/socket/byte-string.js';
import type { SessionStore } from '../src/socket/options.js';
import { SESSION_FORMAT } from '../src/tls/session.js';

/** Larger files are not written: tickets of servers that put a client's certificate into them. */
const LARGEST = 1024;
const COUNT = 4;
const STORAGE_FILE = 'ringlet.session';
const PATH = '/ringlet.session';
const FS = 'fs';

/** `load` answers file 0 to `count` - 1, of any length if there is none; `save` replaces it, by nothing if it is empty. What they throw is ignored: then there is no session. */
export function flashSessions(
  count: number,
  load: (index: number) => Uint8Array,
  save: (index: number, file: Uint8Array) => void,
): SessionStore {
  /** Those that `load` has given out. */
  const lent: boolean[] = [];
  let next = 0;

  /** Where the session begins in the file of this server; 0 if it is not one. */
  function sessionIn(file: Uint8Array, server: string): number {
    const start = 3 + server.length;
    if (file.length <= start || file[2] !== server.length || file[start] !== SESSION_FORMAT) return 0;
    if (checkOf(file) !== file[0] * 256 + file[1]) return 0;
    for (let i = 3; i < start; i++) if (file[i] !== server.charCodeAt(i - 3)) return 0;
    return start;
  }

  function read(index: number): Uint8Array {
    try {
      return load(index);
    } catch (_) {
      return NOTHING;
    }
  }

  function write(index: number, file: Uint8Array): void {
    lent[index] = false;
    try {
      save(index, file);
    } catch (_) {}
  }

  return {
    load(server) {
      for (let i = 0; i < count; i++) {
        const file = read(i);
        const start = lent[i] ? 0 : sessionIn(file, server);
        if (!start) continue;
        lent[i] = true;
        return new Uint8Array(file.subarray(start));
      }
      return undefined;
    },
    save(server, session) {
      const start = 3 + server.length;
      const made = new Uint8Array(start + session.length);
      let index = -1;
      let free = -1;
      made[2] = server.length;
      made.set(bytesOf(server), 3);
      made.set(session, start);
      made[0] = checkOf(made) >> 8;
      made[1] = checkOf(made);
      for (let i = 0; i < count; i++) {
        const file = read(i);
        if (sessionIn(file, server)) {
          index = i;
          // Given back.
          if (sameFile(file, made)) {
            lent[i] = false;
            return;
          }
        } else if (!file.length) free = i;
      }
      if (server.length > 255 || made.length > LARGEST) return;
      if (index < 0) index = free;
      if (index < 0) {
        index = next;
        next = (next + 1) % count;
      }
      write(index, made);
    },
    remove(server, session) {
      for (let i = 0; i < count; i++) {
        const file = read(i);
        const start = sessionIn(file, server);
        if (start && (!session || sameFile(file.subarray(start), session))) write(i, NOTHING);
      }
      if (session) session.fill(0);
    },
  };
}

/** In Storage, as ringlet.session0 to 3. */
export function espruinoSessions(): SessionStore {
  return flashSessions(
    COUNT,
    index => bytesOf(require('Storage').read(STORAGE_FILE + index) || ''),
    (index, file) => {
      const storage = require('Storage');
      if (file.length) storage.write(STORAGE_FILE + index, file);
      else storage.erase(STORAGE_FILE + index);
    },
  );
}

/** In the file system, as /ringlet.session0 to 3. */
export function kalumaSessions(): SessionStore {
  return flashSessions(
    COUNT,
    index => (require(FS).exists(PATH + index) ? require(FS).readFile(PATH + index) : NOTHING),
    (index, file) => require(FS).writeFile(PATH + index, file),
  );
}

/** Of all behind the check itself; finds what is torn, and proves nothing. */
function checkOf(file: Uint8Array): number {
  let check = 1;
  for (let i = 2; i < file.length; i++) check = (check * 31 + file[i]) & 0xffff;
  return check;
}

function sameFile(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalConstantTime(a, 0, b, 0, a.length);
}

const NOTHING = new Uint8Array(0);
