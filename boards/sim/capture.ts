/**
 * A capture of what the simulated chip's cable would have carried, for Wireshark: TCP of connections that the chip opened,
 * and UDP. Behind node:net there are no segments, so they are made here from what passes the chip's TCP engine: data is on
 * the wire when it moves into the receive ring (not before the window allows it), or when SEND has handed it over; no
 * retransmission ever happens.
 *
 * Everything stays in memory until `file` is called, because secrets must come before the packets that need them.
 */
import type { SimClock } from './clock.js';
import type { NetworkSettings } from './context.js';
import type { Datagram } from './lan.js';
import { type Host, TcpFlag, tcpFrame, udpFrame } from './packets.js';
import { type Packet, pcapng } from './pcapng.js';

const NO_BYTES = new Uint8Array(0);
const PEER_WINDOW = 65535;
const { FIN, SYN, RST, PSH, ACK } = TcpFlag;

export class Capture {
  readonly packets: Packet[] = [];
  private readonly keyLog: string[] = [];
  private readonly origin: number;
  private chipMac = macOf('0.0.0.0');
  private ids = 0;

  /** `unixMs`: the time of day now. */
  constructor(
    private readonly clock: SimClock,
    unixMs = Date.now(),
  ) {
    this.origin = unixMs - clock.now();
  }

  /** A line of an NSS key log, without newline. */
  secret(line: string): void {
    this.keyLog.push(line);
  }

  /** The pcapng file. */
  file(): Uint8Array {
    return pcapng(this.packets, this.keyLog);
  }

  fromChip({ from, to, payload }: Datagram, settings: NetworkSettings): void {
    this.chipMac = new Uint8Array(Buffer.from(settings.mac, 'hex'));
    this.add(udpFrame({ ...from, mac: this.chipMac }, { ...to, mac: macOf(to.address) }, this.nextId(), payload));
  }

  toChip({ from, to, payload }: Datagram): void {
    const mac = to.address === '255.255.255.255' ? macOf(to.address) : this.chipMac;
    this.add(udpFrame({ ...from, mac: macOf(from.address) }, { ...to, mac }, this.nextId(), payload));
  }

  /** A connection that the chip is about to open. */
  connection(localPort: number, address: string, port: number, mss: number, settings: NetworkSettings): TcpCapture {
    this.chipMac = new Uint8Array(Buffer.from(settings.mac, 'hex'));
    const chip = { address: settings.address, port: localPort, mac: this.chipMac };
    return new TcpCapture(this, chip, { address, port, mac: macOf(address) }, mss);
  }

  nextId(): number {
    return ++this.ids & 0xffff;
  }

  add(bytes: Uint8Array): void {
    const last = this.packets[this.packets.length - 1];
    const microseconds = Math.round((this.origin + this.clock.now()) * 1000);
    // What happens at once still has an order.
    this.packets.push({ microseconds: Math.max(microseconds, last ? last.microseconds : 0), bytes });
  }
}

interface Side {
  host: Host;
  /** Of the next byte. */
  sequence: number;
  /** The last acknowledgment number it has sent. */
  acknowledged: number;
  /** The last window it has announced. */
  window: number;
}

/** One TCP connection; every method is an event as the chip's TCP engine meets it. */
export class TcpCapture {
  private readonly chip: Side;
  private readonly peer: Side;
  private peerDone = false;

  constructor(
    private readonly capture: Capture,
    chip: Host,
    peer: Host,
    private readonly mss: number,
  ) {
    // Any will do; different ones make it plain which connection a packet belongs to.
    const start = 0x10000000 + chip.port * 0x1000;
    this.chip = { host: chip, sequence: start, acknowledged: 0, window: 0 };
    this.peer = { host: peer, sequence: 0x80000000 + start, acknowledged: 0, window: PEER_WINDOW };
  }

  /** `window` here and below: free bytes of the chip's receive ring. */
  connecting(window: number): void {
    this.chip.window = window;
    this.segment(this.chip, SYN, NO_BYTES);
  }

  established(): void {
    this.segment(this.peer, SYN | ACK, NO_BYTES);
    this.segment(this.chip, ACK, NO_BYTES);
  }

  sent(bytes: Uint8Array): void {
    this.data(this.chip, bytes);
  }

  /** The peer has acknowledged everything sent so far; `received` may have told it first. */
  acknowledged(): void {
    if (this.peer.acknowledged !== this.chip.sequence) this.segment(this.peer, ACK, NO_BYTES);
  }

  received(bytes: Uint8Array, window: number): void {
    this.data(this.peer, bytes);
    this.chip.window = window;
    this.segment(this.chip, ACK, NO_BYTES);
  }

  /** RECV has freed room: news for a peer that had less than a segment of it. */
  windowOpened(window: number): void {
    if (this.chip.window >= this.mss || window <= this.chip.window) return;
    this.chip.window = window;
    this.segment(this.chip, ACK, NO_BYTES);
  }

  finSent(): void {
    this.segment(this.chip, FIN | ACK, NO_BYTES);
  }

  /** However often the engine meets it. */
  peerFinished(): void {
    if (this.peerDone) return;
    this.peerDone = true;
    this.segment(this.peer, FIN | ACK, NO_BYTES);
    this.segment(this.chip, ACK, NO_BYTES);
  }

  /** RST from the peer, also in answer to SYN. */
  reset(): void {
    this.segment(this.peer, RST | ACK, NO_BYTES);
  }

  private data(side: Side, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.mss) {
      const payload = bytes.subarray(at, at + this.mss);
      this.segment(side, at + this.mss >= bytes.length ? PSH | ACK : ACK, payload);
    }
  }

  private segment(side: Side, flags: number, payload: Uint8Array): void {
    const other = side === this.chip ? this.peer : this.chip;
    const acknowledgment = flags & ACK ? other.sequence : 0;
    this.capture.add(
      tcpFrame(side.host, other.host, this.capture.nextId(), {
        sequence: side.sequence,
        acknowledgment,
        flags,
        window: side.window,
        mss: flags & SYN ? this.mss : undefined,
        payload,
      }),
    );
    side.acknowledged = acknowledgment;
    side.sequence = (side.sequence + payload.length + (flags & (SYN | FIN) ? 1 : 0)) % 0x100000000;
  }
}

/** A MAC for whoever has that address; that of the broadcast is what it is. */
function macOf(address: string): Uint8Array {
  const bytes = address.split('.').map(Number);
  if (bytes.every(byte => byte === 255)) return new Uint8Array(6).fill(255);
  return Uint8Array.from([2, 0, ...bytes]);
}
