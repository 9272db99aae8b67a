/**
 * The sending side of a TCP connection on one of the chip's sockets: transmit memory and SEND (W5500 §4.2 Sn_TX_FSR, Sn_CR).
 * At most one SEND is outstanding. Sn_TX_FSR only grows between two of them, so of two readings the smaller one is right even if
 * the other has a wrong byte; believing too much would overwrite what the peer has not acknowledged yet.
 * Memory: numbers only.
 */
import type { W5500Chip } from './chip.js';
import type { HardwareSocket } from './hardware-socket.js';
import { Command, SocketInterrupt } from './registers.js';

/** So long after a SEND that has stopped short, its SEND_OK was taken for an earlier one's. Milliseconds. */
const OVERLOOKED_MS = 1000;

export type TcpSender = ReturnType<typeof tcpSender>;

/** `timeout`: milliseconds from a SEND until the chip has put it on the wire, and has room again. */
export function tcpSender(chip: W5500Chip, hardware: HardwareSocket, timeout: number) {
  const status = chip.status;
  /** Sn_TX_FSR as it was read last, less what was sent since. */
  let free = hardware.txSize;
  /** When the last SEND was issued, and Sn_TX_RD then. */
  let sentAt = 0;
  let sentFrom = 0;
  /** How many SEND_OK have not been seen yet, and whether some of earlier SENDs had not when the last was issued. */
  let owed = 0;
  let unsure = false;

  const sender = {
    /** Sn_TX_WR: where the next byte goes. Set it once, when the connection has been made: all of transmit memory is free then. */
    txWr: 0,
    /** What the last status, of this moment, says can be sent now. */
    room: 0,
    /** A SEND is outstanding. */
    sending: false,

    /** True if another status may show more room, and that would be of use. */
    doubtful(length: number): boolean {
      return sender.room < length && sender.room < free;
    },

    /** Sends what there is room for: how many bytes that were. */
    send(bytes: Uint8Array, offset: number, length: number): number {
      const n = length < sender.room ? length : sender.room;
      if (!n || sender.sending) return 0;
      sentFrom = sender.txWr;
      hardware.send(sentFrom, bytes, offset, n);
      sender.room = 0;
      free -= n;
      unsure = owed++ > 0;
      sender.txWr = (sentFrom + n) & 0xffff;
      sender.sending = true;
      sentAt = chip.clock.now();
      return n;
    },

    /**
     * What a status of an open connection says; true if nothing was taken for too long. A SEND is over when Sn_TX_RD has arrived. SEND_OK
     * before that asks for another SEND, but only if Sn_TX_RD has moved, and stays there (it may be read while it moves): otherwise it is
     * the late SEND_OK of a SEND before, which may have been cleared together with this one's. And a peer that acknowledges nothing or
     * keeps its window closed leaves Sn_TX_FSR at 0: its time runs from the last SEND, which had found room.
     */
    absorb(now: number): boolean {
      const state = status.sr;
      const sentTo = status.txRd;
      const sent = (status.ir & SocketInterrupt.SEND_OK) !== 0;
      const since = now - sentAt;
      sender.room = status.txFsr < free ? status.txFsr : free;
      free = status.txFsr;
      if (sent && owed) owed--;
      if (sentTo === sender.txWr) sender.sending = false;
      if (
        sender.sending &&
        sentTo !== sentFrom &&
        (sent || (unsure && since >= OVERLOOKED_MS)) &&
        hardware.refresh() &&
        status.txRd === sentTo &&
        status.sr === state
      ) {
        owed++;
        sentFrom = sentTo;
        sentAt = now;
        hardware.command(Command.SEND, 0);
        return false;
      }
      return (
        since >= timeout &&
        // Read again: after a long silence one wrong byte must not end the connection.
        (sender.sending || (!sender.room && hardware.refresh() && !status.txFsr))
      );
    },
  };
  return sender;
}
