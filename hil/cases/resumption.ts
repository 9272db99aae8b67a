/** A second connection that needs no certificate, for boards with room for what it takes. */
import { tls13Sessions } from '../../src/tls/profiles.js';
import type { Case } from '../agent/case.js';
import { type Bench, rigged } from './rig.js';
import { Secure, type Wanted } from './secure.js';
import { TIMEOUT_MS } from './tls.js';

export function resumptionCases(bench: Bench): Case[] {
  return [resumed(bench)];
}

/** The times that are told are those of the second connection, and the first one's handshake. */
function resumed(bench: Bench): Case {
  return rigged(bench, { name: 'tls/resumed', needs: ['tls'], timeoutMs: TIMEOUT_MS }, rig =>
    rig.ready('connect', () => {
      const wanted = page();
      wanted.onClosed = first => rig.after(0, () => again(first));
      rig.measuring = false;
      void new Secure(rig, wanted);
    }),
  );
}

function again(first: Secure): void {
  const rig = first.rig;
  const wanted = page();
  wanted.session = first.session;
  if (!rig.check(first.session !== undefined, 'the first connection has brought no session')) return;
  rig.metric('fullHandshakeMs', first.handshakeMs);
  rig.lap('connect');
  rig.measuring = true;
  void new Secure(rig, wanted);
}

function page(): Wanted {
  return { script: 'send 500;end', bytes: 500, end: 'end', profile: tls13Sessions };
}
