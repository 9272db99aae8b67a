/** A SessionStore in memory: gone with a reset. */
import type { SessionStore } from './options.js';

interface Kept {
  server: string;
  session: Uint8Array;
}

/** Up to `size` bytes of sessions, of any number of servers; of one server several. */
export function memorySessions(size: number): SessionStore {
  /** The oldest first. */
  let kept: Kept[] = [];

  /** Only these; the others are wiped. */
  function keep(wanted: (entry: Kept) => boolean): void {
    kept = kept.filter(entry => {
      const stays = wanted(entry);
      if (!stays) entry.session.fill(0);
      return stays;
    });
  }

  return {
    load(server) {
      for (let i = kept.length - 1; i >= 0; i--) if (kept[i].server === server) return kept.splice(i, 1)[0].session;
      return undefined;
    },
    save(server, session) {
      let room = size;
      kept.push({ server, session: new Uint8Array(session) });
      for (let i = kept.length - 1; i >= 0; i--) {
        room -= kept[i].session.length;
        if (room >= 0) continue;
        const from = i + 1;
        const newer = kept.slice(from);
        keep(entry => newer.indexOf(entry) >= 0);
        return;
      }
    },
    remove(server, session) {
      if (session) session.fill(0);
      else keep(entry => entry.server !== server);
    },
  };
}
