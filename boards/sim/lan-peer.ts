/**
 * The far end of a connection, in this process: bytes go both ways in segments of seeded sizes after seeded delays, on the
 * simulation's clock. The class is the chip's link and, on its other side, a TCP socket for whoever plays the server.
 */
import type { SimClock } from './clock.js';
import { EventGroup } from './event-group.js';
import type { Link, LinkEvents } from './link.js';

/** How the network between chip and peer behaves. */
export interface Path {
  /** Largest segment towards the chip, in bytes. */
  segment: number;
  /** Every segment takes up to this long, either way. */
  delayMs: number;
  /** A number below `limit`. */
  random(limit: number): number;
}

/** What the peer's application is told. */
export interface PeerApplication {
  data(bytes: Uint8Array): void;
  /** The chip's FIN. */
  fin(): void;
}

interface Sent {
  bytes: Uint8Array | undefined;
  acknowledged: () => void;
}

export class LanPeer implements Link {
  /** The chip has closed silently, or the connection was reset. */
  gone = false;
  application: PeerApplication | undefined;
  private readonly timers: EventGroup;
  /** Towards the chip: data, then FIN or RST. */
  private outgoing: Uint8Array[] = [];
  private last: 'fin' | 'reset' | undefined;
  private finished = false;
  private delivering = false;
  private windowClosed = false;
  /** From the chip: in order, one at a time. */
  private incoming: Sent[] = [];
  private arriving = false;
  private reading = true;

  /** `refuses`: the SYN is answered by RST; `silent`: by nothing. */
  constructor(
    clock: SimClock,
    private readonly events: LinkEvents,
    private readonly path: Path,
    answer: 'accepts' | 'refuses' | 'silent' = 'accepts',
  ) {
    this.timers = new EventGroup(clock);
    if (answer === 'accepts') this.later(() => this.events.connected());
    else if (answer === 'refuses') this.later(() => this.vanish());
  }

  // ------------------------------------------------------------------------------- the peer's application

  write(bytes: Uint8Array): void {
    if (this.gone || this.last !== undefined || bytes.length === 0) return;
    this.outgoing.push(bytes);
    this.deliver();
  }

  /** FIN behind what was written. */
  finish(): void {
    this.last ??= 'fin';
    this.deliver();
  }

  /** RST, now: what has not left yet is lost. */
  reset(): void {
    this.outgoing = [];
    this.last = 'reset';
    this.delivering = this.windowClosed = false;
    this.deliver();
  }

  /** Stops reading: nothing of the chip's is acknowledged. */
  stall(): void {
    this.reading = false;
  }

  readOn(): void {
    this.reading = true;
    this.arrive();
  }

  // ------------------------------------------------------------------------------------------ the chip's link

  send(bytes: Uint8Array, acknowledged: () => void): void {
    this.incoming.push({ bytes, acknowledged });
    this.arrive();
  }

  end(acknowledged: () => void): void {
    this.incoming.push({ bytes: undefined, acknowledged });
    this.arrive();
  }

  pause(): void {
    this.windowClosed = true;
  }

  resume(): void {
    if (!this.windowClosed) return;
    this.windowClosed = false;
    this.deliver();
  }

  drop(): void {
    this.gone = true;
    this.outgoing = [];
    this.incoming = [];
    this.timers.clear();
  }

  private deliver(): void {
    if (this.delivering || this.windowClosed || this.gone) return;
    if (this.outgoing.length === 0 && (this.last === undefined || (this.last === 'fin' && this.finished))) return;
    this.delivering = true;
    this.later(() => {
      this.delivering = false;
      const chunk = this.outgoing[0];
      if (chunk !== undefined) {
        const segment = chunk.subarray(0, 1 + this.path.random(this.path.segment));
        if (segment.length === chunk.length) this.outgoing.shift();
        else this.outgoing[0] = chunk.subarray(segment.length);
        this.events.data(segment);
        this.deliver();
      } else if (this.last === 'reset') this.vanish();
      else if (!this.finished) {
        this.finished = true;
        this.events.fin();
      }
    });
  }

  private arrive(): void {
    if (this.arriving || !this.reading || this.gone || this.incoming.length === 0) return;
    this.arriving = true;
    this.later(() => {
      this.arriving = this.reading;
      if (!this.reading) return;
      const { bytes, acknowledged } = this.incoming.shift()!;
      this.later(() => {
        this.arriving = false;
        acknowledged();
        this.arrive();
      });
      if (bytes === undefined) this.application?.fin();
      else this.application?.data(bytes);
    });
  }

  private vanish(): void {
    this.drop();
    this.events.reset();
  }

  private later(callback: () => void): void {
    this.timers.after((this.path.random(1000) / 1000) * this.path.delayMs, () => {
      if (!this.gone) callback();
    });
  }
}
