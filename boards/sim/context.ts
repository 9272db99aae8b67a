/** What a simulated socket sees of the chip it belongs to, and the chip's options. */
import type { BufferRam } from './buffer-ram.js';
import type { SimClock } from './clock.js';
import type { Faults } from './faults.js';
import type { Lan } from './lan.js';

export interface ChipOptions {
  /** Reads of Sn_CR that still answer the command before it is executed and the register is 0. */
  crLatencyReads: number;
  /** TX pointers that a connection starts with; undefined draws them at random for each connection. */
  txSeed: number | undefined;
  /** RX pointers that OPEN sets. */
  rxSeed: number;
  /** Reads of MR that answer 0x80 after a soft reset. */
  resetReads: number;
  /** From reset, or from plugging in the cable, to LNK = 1. */
  linkUpMs: number;
  /** From the exchange of FINs to CLOSED. */
  timeWaitMs: number;
  /** What MISO carries during the three header bytes. */
  misoHeader: readonly [number, number, number];
  /** What the host samples while no chip drives MISO. */
  misoIdle: number;
}

export function defaultChipOptions(): ChipOptions {
  return {
    crLatencyReads: 1,
    txSeed: undefined,
    rxSeed: 0,
    resetReads: 0,
    linkUpMs: 0,
    timeWaitMs: 0,
    misoHeader: [0x01, 0x02, 0x03],
    misoIdle: 0xff,
  };
}

/** The network configuration in the common registers, dotted. */
export interface NetworkSettings {
  address: string;
  mask: string;
  gateway: string;
  /** SHAR as twelve hexadecimal digits. */
  mac: string;
}

export interface ChipContext {
  readonly clock: SimClock;
  readonly options: ChipOptions;
  readonly faults: Faults;
  readonly lan: Lan;
  readonly txRam: BufferRam;
  readonly rxRam: BufferRam;
  readonly linkUp: boolean;
  settings(): NetworkSettings;
  /** How long ARP and TCP retry before they give up, in ms, from RTR and RCR, W5500 §4.1. */
  arpTimeout(): number;
  tcpTimeout(): number;
  /** Notes a mistake of the driver, once per `rule`. */
  violate(rule: string, context: string): void;
  /** Something that INTn depends on has changed. */
  interruptsChanged(): void;
  /** A buffer size register was written. */
  sizesChanged(): void;
  /** Checks that hold over all sockets when `socket` is opened: sizes, and no local port used twice. */
  checkOpen(socket: number, protocol: number, port: number): void;
  /** A number below `limit` from the chip's seeded generator. */
  random(limit: number): number;
}
