/**
 * The board's side of a run: does one thing at a time as the host says it, and answers in frames (hil/protocol/frame.ts):
 *
 *   #hil <run> <number> <kind> <payload> <crc32>     one line of printable ASCII
 *
 * A command is `<crc32> <run> <token> <verb> …`. Every command is answered by a `start` frame, those of its own and a `done`
 * frame. Tokens grow; a command that comes again has its frames sent again and is never run again, so that a host that
 * missed something asks for it the same way.
 *
 *   begin                        a new run: numbers start at 0, fixtures are forgotten
 *   plan <case>                  a `plan` frame: how many cases there are, and this one's name, milliseconds and needs
 *   set <fixture> <json>         what cases get from `fixture`; strings are appended to those that are there, as for
 *                                what does not fit into one line
 *   run <case> <milliseconds>    runs a case, for so long at most
 *
 * Memory: the frames of one command, of which 24 may be logs of 120 characters.
 */
import type { Case, CaseContext } from './case.js';

export interface AgentIo {
  /** Prints one line. */
  write(line: string): void;
  after(ms: number, callback: () => void): unknown;
  now(): number;
  /** IEEE CRC-32 of a byte string where the engine has one: Espruino's own takes 0.3 ms for a line, JavaScript 49 ms. */
  crc32?(text: string): number;
  /** Bytes that are free. */
  free?(): number;
}

export interface Agent {
  x(command: string): void;
}

const MAX_LOGS = 24;
const MAX_TEXT = 120;

export function agent(cases: Case[], io: AgentIo): Agent {
  const crc32 = io.crc32 || portableCrc32;
  let fixtures: { [name: string]: { [key: string]: string | number } } = {};
  let run = '0000';
  let number = 0;
  let token = '';
  let frames: string[] = [];
  let logs = 0;
  let began = 0;
  /** The running case's; what outlives its case (a late timer, a socket's last event) is not listened to. */
  let current: CaseContext | undefined;

  const hex = (text: string) => ('0000000' + (crc32(text) >>> 0).toString(16)).slice(-8);

  const emit = (kind: string, payload: string) => {
    const body = run + ' ' + number + ' ' + kind + ' [' + payload + ']';
    number++;
    const frame = '#hil ' + body + ' ' + hex(body);
    frames.push(frame);
    io.write(frame);
  };

  const done = (verdict: number, message: string) => {
    current = undefined;
    emit('done', token + ',' + verdict + ',' + quote(message) + ',' + Math.round(io.now() - began) + ',' + free());
  };

  const free = () => (io.free ? io.free() : -1);

  /** Out here because the timer outlives most cases, and what it can see stays in memory with it: 2 KB of Espruino's for each case. */
  const limit = (ours: string, ms: number) => {
    io.after(ms, () => {
      if (current && token === ours) done(0, 'no result within ' + ms + ' ms');
    });
  };

  const runCase = (one: Case, limitMs: number) => {
    const end = (verdict: number, message: string) => {
      if (current === t) done(verdict, message);
    };
    const guarded = (callback: () => void) => {
      if (current !== t) return;
      try {
        callback();
      } catch (error) {
        emit('x', quote('' + error));
        end(0, '' + error);
      }
    };
    const t: CaseContext = {
      fixture: name => fixtures[name],
      metric(name, value) {
        // NaN and infinities are not JSON.
        if (current === t) emit('m', quote(name) + ',' + (value - value === 0 ? value : null));
      },
      log(text) {
        if (current === t && logs++ < MAX_LOGS) emit('log', quote(text));
      },
      pass: () => end(1, ''),
      fail: message => end(0, message),
      after(ms, callback) {
        io.after(ms, () => guarded(callback));
      },
      now: io.now,
    };
    current = t;
    limit(token, limitMs);
    guarded(() => one.run(t));
  };

  return {
    x(command) {
      const body = command.slice(9);
      const words = body.split(' ');
      const verb = words[2];
      const known = words[0] === run;
      const intact = hex(body) === command.slice(0, 8);
      if (intact && known && words[1] === token) {
        for (const frame of frames) io.write(frame);
      } else if (intact && (known ? +words[1] > +token : verb === 'begin')) {
        current = undefined;
        token = words[1];
        frames = [];
        logs = 0;
        began = io.now();
        if (!known) {
          run = words[0];
          number = 0;
          fixtures = {};
        }
        emit('start', token + ',' + free());
        if (verb === 'run') return runCase(cases[+words[3]], +words[4]);
        if (verb === 'plan') {
          const one = cases[+words[3]];
          emit('plan', cases.length + ',' + quote(one.name) + ',' + one.timeoutMs + ',' + quote(one.needs.join(' ')));
        }
        if (verb === 'set') {
          const given = JSON.parse(words.slice(4).join(' '));
          const fixture = fixtures[words[3]] || {};
          for (const key in given) fixture[key] = key in fixture ? fixture[key] + given[key] : given[key];
          fixtures[words[3]] = fixture;
        }
        done(1, '');
      } else emit('badcmd', '');
    },
  };
}

/** A JSON string without `#`, so that no text looks like the beginning of a frame, and of printable ASCII only. */
function quote(text: string): string {
  let quoted = '"';
  for (let i = 0; i < text.length && i < MAX_TEXT; i++) {
    const code = text.charCodeAt(i);
    const plain = code > 35 ? code < 127 && code !== 92 : code === 32;
    quoted = quoted + (plain ? text[i] : '\\u' + ('000' + code.toString(16)).slice(-4));
  }
  return quoted + '"';
}

function portableCrc32(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    crc = crc ^ text.charCodeAt(i);
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc;
}
