/**
 * Faults at chosen moments: after the n-th SPI frame or byte, or at a time. An injection has a compact text, so that a
 * schedule can be printed, and typed in again: `link-down@t250+3000`, `miso-stuck=255@b4711+20`, `chip-reset@f88`.
 */
import { type Faults, type Flip, noFaults } from './faults.js';
import type { SimBoard } from './index.js';
import type { LanPeer } from './lan-peer.js';

export interface Injection {
  fault: string;
  /** What it means depends on the fault. */
  value: number;
  /** What is counted: SPI frames, SPI bytes, or milliseconds. */
  unit: 'f' | 'b' | 't';
  at: number;
  /** How long it lasts; Infinity is for ever. */
  forMs: number;
}

/** What injections act on. */
export interface InjectionTarget {
  readonly board: SimBoard;
  /** The peer of the connection under test, once there is one. */
  peer(): LanPeer | undefined;
  /** The application stops reading, or goes on. */
  stallReader(stalled: boolean): void;
}

type Undo = () => void;

/** Begins a fault; what it answers ends it. */
type Effect = (target: InjectionTarget, value: number) => Undo | undefined;

/** Sets a field of the chip's faults, and sets it back. */
function field<K extends keyof Faults>(name: K, setting: (value: number) => Faults[K]): Effect {
  return ({ board }, value) => {
    const faults = board.faults;
    faults[name] = setting(value);
    return () => {
      faults[name] = noFaults()[name];
      // What was held back meanwhile comes now.
      for (const socket of board.chip.sockets) socket.tcp.linkChanged();
    };
  };
}

function flip(kind: Flip['kind']): Effect {
  return ({ board }, value) => {
    board.faults.flips.push({ kind, skip: value >> 3, mask: 1 << (value & 7) });
    return undefined;
  };
}

const yes = () => true;
const itself = (value: number) => value;

/** W5500's troubles by name. `value` is what the comment says. */
export const effects: Record<string, Effect> = {
  /** The count at which Sn_RX_RSR, or Sn_TX_FSR, is torn: 255, 511 … */
  'torn-rsr': field('tearReceived', itself),
  'torn-fsr': field('tearFree', itself),
  /** The register of the socket behind whose reading everything lands. */
  race: field('deliverAfterReadOf', itself),
  rst: ({ peer }) => void peer()?.reset(),
  'rst-connecting': field('synAnswer', () => 'reset'),
  /** A peer that still knows the port from an old connection does not answer its SYN. */
  'duplicate-port': field('synAnswer', () => 'none'),
  fin: ({ peer }) => void peer()?.finish(),
  /** Milliseconds. */
  'send-ok-late': field('sendOkDelayMs', itself),
  'send-ok-never': field('sendOkNever', yes),
  'ack-late': field('ackDelayMs', itself),
  /** Bytes that one SEND moves. */
  'partial-send': field('partialSend', itself),
  'cr-stuck': field('crStuck', yes),
  'fin-wait': field('finWaitForever', yes),
  'link-down': ({ board }) => {
    board.chip.phy.cable(false);
    return () => board.chip.phy.cable(true);
  },
  /** The byte. */
  'miso-stuck': field('misoStuck', itself),
  /** Which byte (counted from now), times 8, and the bit. */
  'flip-register': flip('register read'),
  'flip-written': flip('register written'),
  'flip-received': flip('payload read'),
  'flip-sent': flip('payload written'),
  'chip-reset': ({ board }) => void board.chip.brownOut(),
  /** So many readings of VERSIONR are wrong. */
  'version-wrong': ({ board }, value) => void (board.faults.versionWrongReads = value),
  'dead-peer': field('deadPeer', yes),
  /** The peer does not read, so it acknowledges nothing. */
  'peer-stalls': ({ peer }) => {
    peer()?.stall();
    return () => peer()?.readOn();
  },
  /** The application does not read: receive memory fills, and more is on the wire. */
  'reader-stalls': target => {
    target.stallReader(true);
    return () => target.stallReader(false);
  },
  /** Added to the length in a datagram's header. */
  'udp-length': field('udpLengthError', itself),
  /** So many questions are not answered. */
  'dns-silent': ({ board }, value) => void (board.dns.ignore += value),
  'dhcp-silent': ({ board }, value) => void (board.dhcp.ignore += value),
};

export function formatInjection({ fault, value, unit, at, forMs }: Injection): string {
  const lasting = forMs === 0 ? '' : forMs === Number.POSITIVE_INFINITY ? '+ever' : `+${forMs}`;
  return `${fault}${value === 0 ? '' : `=${value}`}@${unit}${at}${lasting}`;
}

export function parseInjection(text: string): Injection {
  const parts = /^([a-z-]+)(?:=(-?\d+))?@([fbt])([\d.]+)(?:\+(ever|[\d.]+))?$/.exec(text);
  if (parts === null || effects[parts[1]!] === undefined) throw new Error(`no injection: ${text}`);
  const [, fault, value, unit, at, lasting] = parts;
  return {
    fault: fault!,
    value: Number(value ?? 0),
    unit: unit as Injection['unit'],
    at: Number(at),
    forMs: lasting === 'ever' ? Number.POSITIVE_INFINITY : Number(lasting ?? 0),
  };
}

export class Injections {
  /** What has begun, in order. */
  readonly begun: Injection[] = [];
  private readonly undos = new Set<Undo>();
  private cancelled = false;

  /** Counts from now on. `onBegin` is told of each when its moment has come. */
  constructor(
    private readonly target: InjectionTarget,
    schedule: readonly Injection[],
    private readonly onBegin: (injection: Injection) => void = () => undefined,
  ) {
    for (const injection of schedule) this.arm(injection);
  }

  /** Ends everything that still lasts; nothing begins any more. */
  end(): void {
    this.cancelled = true;
    for (const undo of [...this.undos].reverse()) undo();
    this.undos.clear();
    const { faults, dns, dhcp } = this.target.board;
    faults.flips = [];
    faults.versionWrongReads = dns.ignore = dhcp.ignore = 0;
  }

  private arm(injection: Injection): void {
    const { chip, clock } = this.target.board;
    const begin = () => this.begin(injection);
    if (injection.unit === 'f') chip.scheduleAfterSpiFrames(injection.at, begin);
    else if (injection.unit === 'b') chip.scheduleAfterSpiBytes(injection.at, begin);
    else clock.after(injection.at, begin);
  }

  private begin(injection: Injection): void {
    if (this.cancelled) return;
    this.begun.push(injection);
    this.onBegin(injection);
    const undo = effects[injection.fault]!(this.target, injection.value);
    if (undo === undefined) return;
    this.undos.add(undo);
    if (injection.forMs === Number.POSITIVE_INFINITY) return;
    this.target.board.clock.after(injection.forMs, () => {
      if (this.undos.delete(undo)) undo();
    });
  }
}
