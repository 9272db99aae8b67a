/** The runner's own way to the board and back: no chip, no network. */
import type { Case } from '../agent/case.js';

/** What quoting, code pages and flow control might spoil, and what a host might take for a result. */
const AWKWARD = '"\\\'\0\u0003\u0004\u0011\u0013\u001b[2J\n\r\u007f\u0080\u00ff#hil 0000 0 done [1] 0';

export const selfCases: Case[] = [
  {
    name: 'self/timers',
    needs: [],
    timeoutMs: 5000,
    run(t) {
      const began = t.now();
      t.after(50, () => {
        const ms = t.now() - began;
        t.metric('timerMs', ms);
        if (ms < 45 || ms > 2000) t.fail('50 ms took ' + ms);
        else t.pass();
      });
    },
  },
  {
    name: 'self/text',
    needs: [],
    timeoutMs: 5000,
    run(t) {
      t.log(AWKWARD);
      t.pass();
    },
  },
];
