/**
 * The chip's UDP sockets, W5500 §4.2: one datagram per SEND (split above 1472 bytes), and an 8-byte header of source
 * address, port and length before each received one. Datagrams go to the virtual LAN, which knows who answers.
 */
import { addressBytes, dotted } from './addresses.js';
import type { ScheduledEvent } from './clock.js';
import type { ChipContext } from './context.js';
import { Event, Sn, State } from './registers.js';
import type { SimSocket } from './socket.js';

const MAX_PAYLOAD = 1472;
const HEADER_LENGTH = 8;

export class UdpBackend {
  private timer: ScheduledEvent | undefined;

  constructor(
    private readonly socket: SimSocket,
    private readonly chip: ChipContext,
  ) {}

  send(length: number): void {
    const { socket, chip } = this;
    const end = socket.txWrite;
    const payload = socket.ringGet(socket.txRead, length);
    const destination = dotted(socket.bytes, Sn.DIPR);
    const port = socket.word(Sn.DPORT);
    const reach = chip.linkUp ? chip.lan.reach('udp', destination, port, chip.settings()).kind : 'no ARP answer';
    socket.sending = true;
    if (reach === 'no ARP answer') {
      this.later(chip.arpTimeout(), () => {
        socket.txRead = socket.txAcked = end;
        socket.sending = false;
        socket.raise(Event.TIMEOUT);
      });
      return;
    }
    if (length > MAX_PAYLOAD) socket.violate('UDP payload of more than 1472 bytes', `${length} bytes`);
    for (let at = 0; at < length || at === 0; at += MAX_PAYLOAD) {
      if (chip.faults.blackholes.has(destination)) break;
      chip.lan.sendDatagram(
        { address: chip.settings().address, port: socket.word(Sn.PORT) },
        { address: destination, port },
        payload.subarray(at, at + MAX_PAYLOAD),
        chip.settings(),
      );
    }
    const done = () => {
      socket.txAcked = end;
      socket.sendDone(end);
    };
    if (chip.faults.sendOkNever) return;
    if (chip.faults.sendOkDelayMs === 0) done();
    else this.later(chip.faults.sendOkDelayMs, done);
  }

  /** A datagram for this port; one that does not fit is dropped whole. */
  receive(address: string, port: number, payload: Uint8Array): void {
    const { socket, chip } = this;
    if (socket.state !== State.UDP || !chip.linkUp) return;
    if (HEADER_LENGTH + payload.length > socket.rxFree) return;
    const packet = new Uint8Array(HEADER_LENGTH + payload.length);
    packet.set(addressBytes(address), 0);
    const length = payload.length + chip.faults.udpLengthError;
    packet.set([port >> 8, port & 0xff, length >> 8, length & 0xff], 4);
    packet.set(payload, HEADER_LENGTH);
    socket.ringPut(packet);
    socket.raise(Event.RECV);
  }

  close(): void {
    if (this.timer !== undefined) this.chip.clock.cancel(this.timer);
    this.timer = undefined;
  }

  private later(delayMs: number, callback: () => void): void {
    this.close();
    this.timer = this.chip.clock.after(delayMs, callback);
  }
}
