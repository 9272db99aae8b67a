/**
 * TLS on the board: who is let in and who is not, and what becomes of a stream however it comes and ends. Where the chain does not matter
 * the server's key is pinned: on an interpreter a signature takes minutes.
 */
import { EIGHT_SOCKETS } from '../../src/w5500/buffer-plans.js';
import type { Case } from '../agent/case.js';
import { type Bench, type RigOptions, rigged } from './rig.js';
import { Secure, type Wanted } from './secure.js';

/** Most of it is for slow engines, whose factor it is multiplied by; a silent peer ends a case much earlier. */
export const TIMEOUT_MS = 60000;
const TEN_YEARS = 315360000;
const FULL_RECORD = 16384;
const HELD_MS = 1500;
const IDLE_MS = 3000;
/** Clocks of two machines, and a server that is awake late. */
const IDLE_SEEN_MS = 2500;

export function tlsCases(bench: Bench): Case[] {
  return [
    pageCase(bench),
    tls(bench, 'tls/pin', { script: 'send 500;end', bytes: 500, end: 'end' }),
    refusal(bench, 'tls/wrong-name', { end: 'ERR_CERT_NAME_MISMATCH', anchorOf: 'tls', name: 'other.fixture.test' }),
    refusal(bench, 'tls/unknown-issuer', { end: 'ERR_CERT_UNKNOWN_ISSUER', anchorOf: 'stranger' }),
    refusal(bench, 'tls/expired', { end: 'ERR_CERT_EXPIRED', anchorOf: 'tls', later: TEN_YEARS }),
    refusal(bench, 'tls/wrong-pin', { end: 'ERR_CERT_PIN_MISMATCH', pinError: 1 }),
    tls(bench, 'tls/small-segments', {
      script: 'send 400 40;end',
      bytes: 400,
      end: 'end',
      fixture: 'tls-dribble',
    }),
    tls(bench, 'tls/truncated', { script: 'send 1500 500;fin', bytes: 1500, end: 'ERR_TLS_TRUNCATED' }),
    tls(bench, 'tls/reset', {
      script: 'send 1500 500;wait 300;rst',
      bytes: 1500,
      end: 'ERR_NET_RESET|ERR_NET_TIMEOUT',
    }),
    tls(bench, 'tls/full-records', {
      script: 'send 32868;end',
      bytes: 32868,
      end: 'end',
      ring: 2048,
      // The content, its type and the tag.
      verify: secure => (secure.longest === FULL_RECORD + 17 ? '' : 'the longest record was of ' + secure.longest),
    }),
    idle(bench),
    held(bench),
    tls(bench, 'tls/echo', { script: 'echo', bytes: 6000, end: 'end', upload: 6000 }),
  ];
}

export function pageCase(bench: Bench): Case {
  return tls(bench, 'tls/page', { script: 'send 3000 1000;end', bytes: 3000, end: 'end', anchorOf: 'tls' });
}

function tls(bench: Bench, name: string, wanted: Wanted, plan?: RigOptions['plan']): Case {
  const needs = [wanted.fixture || 'tls'];
  if (wanted.anchorOf && wanted.anchorOf !== needs[0]) needs.push(wanted.anchorOf);
  return rigged(bench, { name, needs, plan, timeoutMs: TIMEOUT_MS }, rig =>
    rig.ready('connect', () => void new Secure(rig, wanted)),
  );
}

/** The server must not get as far as to send anything. */
function refusal(
  bench: Bench,
  name: string,
  wanted: Pick<Wanted, 'end' | 'anchorOf' | 'name' | 'later' | 'pinError'>,
): Case {
  return tls(bench, name, {
    script: '',
    bytes: 0,
    end: wanted.end,
    anchorOf: wanted.anchorOf,
    name: wanted.name,
    later: wanted.later,
    pinError: wanted.pinError,
  });
}

/** Silence is not an end. */
function idle(bench: Bench): Case {
  return rigged(bench, { name: 'tls/idle', needs: ['tls'], timeoutMs: TIMEOUT_MS }, rig =>
    rig.ready('connect', () => {
      let first = 0;
      let gap = 0;
      void new Secure(rig, {
        script: 'send 300;wait ' + IDLE_MS + ';send 200;end',
        bytes: 500,
        end: 'end',
        onData: secure => {
          if (secure.received <= 300) first = rig.now();
          else if (gap === 0) gap = rig.now() - first;
        },
        verify: () => (gap >= IDLE_SEEN_MS ? '' : 'the second half came after ' + Math.round(gap) + ' ms'),
      });
    }),
  );
}

/** The application pauses with most of it on the wire: the window closes, no byte comes and none is lost. */
function held(bench: Bench): Case {
  return rigged(bench, { name: 'tls/held', needs: ['tls'], plan: EIGHT_SOCKETS, timeoutMs: TIMEOUT_MS }, rig =>
    rig.ready('connect', () => {
      let paused = false;
      let resumed = false;
      void new Secure(rig, {
        script: 'send 20000 1000;end',
        bytes: 20000,
        end: 'end',
        onData: secure => {
          if (paused) rig.fail('data while paused');
          if (paused || resumed) return;
          paused = true;
          secure.socket.pause();
          rig.after(HELD_MS, () => {
            paused = false;
            resumed = true;
            secure.socket.resume();
          });
        },
      });
    }),
  );
}
