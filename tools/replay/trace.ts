/** The line that an error carries (`error.trace`; DESIGN.md, "Flight recorder and captures"), taken apart and put into words. */
import { HANDSHAKE_NAMES } from '../handshake-names.js';

export interface TraceEvent {
  /** The letter of the event. */
  kind: string;
  /** Milliseconds since the first event that is left. */
  at: number;
  a: number;
  b: number;
  c: number;
}

export interface Trace {
  code: string;
  /** Size of the receive ring, and what was in it when the error was reported. */
  ring: number;
  held: number;
  /** Ciphertext bytes received in all. */
  received: number;
  /** Events that are not here any more. */
  lost: number;
  events: TraceEvent[];
}

const LINE = /\bT1 (\S+) (\d+) (\d+) (\d+) (\d+)((?: \d*[A-Za-z]\d+,\d+,\d+)*)/;
const EVENT = /^(\d*)([A-Za-z])(\d+),(\d+),(\d+)$/;

/** The first trace in `text`, whatever stands around it; undefined if there is none. */
export function findTrace(text: string): Trace | undefined {
  const found = LINE.exec(text);
  if (!found) return undefined;
  const [ring, held, received, lost] = found.slice(2, 6).map(Number) as [number, number, number, number];
  let at = 0;
  const events = found[6]!
    .split(' ')
    .filter(Boolean)
    .map((token, i) => {
      const [, ms, kind, a, b, c] = EVENT.exec(token)!;
      if (i > 0) at += Number(ms);
      return { kind: kind!, at, a: Number(a), b: Number(b), c: Number(c) };
    });
  return { code: found[1]!, ring, held, received, lost, events };
}

/** A recorder for the replay itself: like the flight recorder, but it forgets nothing. */
export class EventLog {
  readonly events: TraceEvent[] = [];

  constructor(private readonly clock: { now(): number }) {}

  note(kind: number, a: number, b = 0, c = 0): void {
    this.events.push({ kind: String.fromCharCode(kind), at: this.clock.now(), a, b, c });
  }

  line(head: string): string {
    return head;
  }
}

const STATES = ['connecting', 'handshaking', 'open', 'ending', 'failing', 'closing', 'closed'];
const CONTENT: Record<number, string> = {
  20: 'change_cipher_spec',
  21: 'alert',
  22: 'handshake',
  23: 'application_data',
};
/** RFC 8446 §6. */
const ALERTS: Record<number, string> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  22: 'record_overflow',
  40: 'handshake_failure',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  109: 'missing_extension',
  110: 'unsupported_extension',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
};
/** W5500 §4.2, Sn_SR. */
const CHIP_STATES: Record<number, string> = {
  0: 'CLOSED',
  19: 'INIT',
  20: 'LISTEN',
  21: 'SYNSENT',
  22: 'SYNRECV',
  23: 'ESTABLISHED',
  24: 'FIN_WAIT',
  26: 'CLOSING',
  27: 'TIME_WAIT',
  28: 'CLOSE_WAIT',
  29: 'LAST_ACK',
};
/** Sn_IR from bit 0 up. */
const INTERRUPTS = ['CON', 'DISCON', 'RECV', 'TIMEOUT', 'SEND_OK'];

export function contentName(type: number): string {
  return CONTENT[type] ?? `record type ${type}`;
}

export function messageName(type: number): string {
  return HANDSHAKE_NAMES[type] ?? `handshake message ${type}`;
}

export function alertName(alert: number): string {
  return ALERTS[alert] ?? `alert ${alert}`;
}

/** One event a line. */
export function describeTrace(trace: Trace): string {
  const lines = [
    `${trace.code}: ${trace.received} bytes received in all, ${trace.held} of them still in a ring of ${trace.ring}`,
  ];
  if (trace.lost > 0) lines.push(`${trace.lost} events before these were not kept`);
  let bytes = trace.received - sum(trace.events.filter(event => event.kind === 'r'));
  for (const event of trace.events) {
    if (event.kind === 'r') bytes += event.a;
    lines.push(`${String(event.at).padStart(8)} ms  ${describeEvent(event, bytes)}`);
  }
  return lines.join('\n');
}

function sum(events: TraceEvent[]): number {
  return events.reduce((total, { a }) => total + a, 0);
}

function describeEvent({ kind, a, b, c }: TraceEvent, bytes: number): string {
  switch (kind) {
    case 's':
      return `socket    ${STATES[a] ?? `state ${a}`}`;
    case 'r':
      return `transport ← ${a} bytes, ${bytes} in all`;
    case 'w':
      return `transport → ${a} bytes`;
    case 'e':
      return 'transport ← the peer has closed';
    case 'i':
      return `record    ← ${contentName(a)}, ${b} bytes${b === c ? ' in plaintext' : `, ${c} of content`}`;
    case 'o':
      return `record    → ${contentName(a)}, ${b} bytes`;
    case 'm':
      return `message   ← ${messageName(a)}, ${b} bytes`;
    case 'M':
      return `message   → ${messageName(a)}, ${b} bytes`;
    case 'a':
      return `alert     ← ${alertName(a)}`;
    case 'x':
      return `engine    failed; last header: ${contentName(a)}, ${b} bytes; ${c} bytes in the ring`;
    case 'c':
      return `chip      Sn_SR ${CHIP_STATES[a >> 8] ?? hex(a >> 8)}, Sn_IR ${interrupts(a & 255)}, Sn_RX_RSR ${b}, Sn_TX_FSR ${c}`;
    default:
      return `unknown event '${kind}' ${a} ${b} ${c}`;
  }
}

function interrupts(bits: number): string {
  const names = INTERRUPTS.filter((_, bit) => (bits >> bit) & 1);
  return names.length > 0 ? names.join('+') : '0';
}

function hex(value: number): string {
  return '0x' + value.toString(16).padStart(2, '0');
}
