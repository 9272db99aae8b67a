/** What must be true of a connection with faults, beyond what the run itself has watched. */
import type { Injection } from '../../boards/sim/injections.js';
import type { Outcome } from './connection.js';
import type { Scenario } from './scenario.js';

/** Up to these durations, and values, a fault must not be noticed by the application at all. */
const harmlessFor: Record<string, number> = {
  'torn-rsr': Number.POSITIVE_INFINITY,
  'torn-fsr': Number.POSITIVE_INFINITY,
  race: Number.POSITIVE_INFINITY,
  'send-ok-late': Number.POSITIVE_INFINITY,
  'ack-late': Number.POSITIVE_INFINITY,
  'partial-send': Number.POSITIVE_INFINITY,
  'cr-stuck': 5,
  'fin-wait': Number.POSITIVE_INFINITY,
  'link-down': 2000,
  'version-wrong': Number.POSITIVE_INFINITY,
  'flip-register': 0,
  'dead-peer': 500,
  'peer-stalls': 500,
  'reader-stalls': 9000,
  'udp-length': 3000,
  'dns-silent': 0,
  'dhcp-silent': 0,
};

/** After these the driver may be in the wrong state for a while, or has been made to write nonsense. */
const excusesViolations = [
  'flip-register',
  'flip-written',
  'flip-received',
  'flip-sent',
  'miso-stuck',
  'chip-reset',
  'cr-stuck',
];

/**
 * A connection that nobody uses stays open when its peer falls silent: only the application knows that it waits. A flipped
 * bit in a record's length makes one side wait for bytes that the other never sends.
 */
const excusesSilence = ['dead-peer', 'peer-stalls', 'reader-stalls', 'flip-sent', 'flip-received', 'flip-written'];

/** Whatever happens, this long after its beginning the connection is over, or the application is told. */
export const LONGEST_MS = 300000;

function isHarmless({ fault, value, forMs }: Injection, { dhcp, leaseSeconds, chip }: Scenario): boolean {
  if (fault === 'send-ok-late' && value > 300) return false;
  if (fault === 'partial-send' && value < 50) return false;
  if (fault === 'dhcp-silent' && value > 2) return false;
  // A datagram that is too short by its header is a broken answer.
  if (fault === 'udp-length' && value < 0) return false;
  if (['dhcp-silent', 'udp-length'].includes(fault) && dhcp && leaseSeconds < 60) return false;
  // A SYN waits no longer than ARP does: 1.8 seconds.
  if (fault === 'link-down' && forMs + chip.linkUpMs > 1700) return false;
  return forMs <= (harmlessFor[fault] ?? -1);
}

/** Why the outcome is wrong; empty if it is not. */
export function judge(scenario: Scenario, outcome: Outcome): string[] {
  const wrong = [...outcome.failures];
  const begun = outcome.begun.map(({ fault }) => fault);
  if (wrong.length > 0) return wrong;
  if (!begun.some(fault => excusesViolations.includes(fault))) {
    wrong.push(...outcome.violations.map(text => `against the datasheet: ${text}`));
    if (outcome.peerComplaint !== undefined) wrong.push(`the server complains: ${outcome.peerComplaint}`);
  }
  const excused = begun.some(
    // Who still has something to say finds out when the peer takes nothing.
    fault => excusesSilence.includes(fault) && (fault !== 'peer-stalls' || outcome.written === scenario.client.upload),
  );
  if (outcome.result === 'idle' && !excused) {
    wrong.push('the connection stayed open in silence');
  }
  // UDP's attempts are counted: two things that use them up are too many.
  const lostDatagrams = begun.filter(fault =>
    ['udp-length', 'dns-silent', 'dhcp-silent', 'link-down'].includes(fault),
  ).length;
  if (lostDatagrams < 2 && outcome.begun.every(fault => isHarmless(fault, scenario)))
    wrong.push(...untroubled(scenario, outcome));
  return wrong;
}

/** Nothing serious has happened: everything arrives, and the end is the server's. */
function untroubled({ server, chip, client }: Scenario, outcome: Outcome): string[] {
  const wrong: string[] = [];
  if (outcome.result === 'destroyed') return wrong;
  if (client.leaves === 'end') return leftEarly(server.ending, outcome);
  const expected = { truncate: 'ERR_TLS_TRUNCATED', reset: 'ERR_NET_RESET' }[server.ending as string] ?? 'end';
  // A chip that raises TIMEOUT for a RST cannot be told from one whose peer is silent.
  const alike = expected === 'ERR_NET_RESET' && chip.resetRaises === 'TIMEOUT' && outcome.result === 'ERR_NET_TIMEOUT';
  if (outcome.result !== expected && !alike)
    wrong.push(`${expected} was due, not ${outcome.result} (${outcome.message})`);
  if (server.ending !== 'reset' && !outcome.complete) wrong.push(`only ${outcome.received} bytes came`);
  if (!['reset', 'half-close'].includes(server.ending)) {
    if (!outcome.uploadComplete) wrong.push('the server did not get everything');
    if (expected === 'end' && !outcome.clientEnded) wrong.push('the server did not get our close_notify');
  }
  return wrong;
}

/** The application said end() at some moment: what the server says until its own end still comes. */
function leftEarly(ending: Scenario['server']['ending'], outcome: Outcome): string[] {
  const allowed = { truncate: ['end', 'ERR_TLS_TRUNCATED'], reset: ['end', 'ERR_NET_RESET', 'ERR_NET_TIMEOUT'] };
  const expected = allowed[ending as 'truncate'] ?? ['end'];
  return expected.includes(outcome.result) ? [] : [`${expected} was due, not ${outcome.result} (${outcome.message})`];
}
