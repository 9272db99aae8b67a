/**
 * The DHCP client (RFC 2131 §4.4): DISCOVER, OFFER, REQUEST, ACK; renewal at T1, rebinding at T2; the address is dropped when the
 * lease ends. It asks for as long as it runs, with growing pauses. A socket of the chip is held only while asking, and while
 * there is a lease for `ANSWER_MS` at a time, because others may be waiting for it. Without a free socket it waits, without frames.
 * The address is not probed with ARP before use.
 */
import type { W5500Chip } from './chip.js';
import { type DhcpMessage, DhcpOption, DhcpType, dhcpMessage } from './dhcp-message.js';
import { type HardwareSocket, hardwareSocket } from './hardware-socket.js';
import type { Lease } from './network.js';
import { startsWith, uint16 } from './network-order.js';
import { receiveDatagram, sendDatagram } from './udp.js';

const enum State {
  STOPPED,
  SELECTING,
  REQUESTING,
  BOUND,
  RENEWING,
  REBINDING,
}

const CLIENT_PORT = 68;
const SERVER_PORT = 67;
/** First pause between attempts, in milliseconds, and how often it doubles; each is up to a quarter longer at random. */
const FIRST_PAUSE_MS = 2000;
const DOUBLINGS = 5;
/** REQUESTs for one offer. */
const REQUESTS = 3;
const RENEWAL_PAUSE_MS = 10000;
/** How long a request to renew keeps its socket. */
const ANSWER_MS = 4000;

export type DhcpClient = ReturnType<typeof dhcpClient>;

export function dhcpClient(chip: W5500Chip, mac: Uint8Array, hostname: string) {
  const broadcast = new Uint8Array(4).fill(255);
  let state = State.STOPPED;
  /** The address that we request. */
  let offered: Uint8Array | undefined;
  let server: Uint8Array;
  let lease: Lease | undefined;
  /** Open from the first message of an exchange to the last. */
  let hardware: HardwareSocket | undefined;
  /** As long as that is. */
  let message: DhcpMessage | undefined;
  let attempt = 0;
  let startedAt = 0;
  let requestedAt = 0;
  /** When the next message goes out, or the lease needs one: before that there is nothing to do without a socket. */
  let wakeAt = Infinity;
  let answerBy = 0;
  let renewAt = 0;
  let rebindAt = 0;
  let expireAt = 0;

  /** A new exchange. */
  const begin = (next: State, now: number): void => {
    if (message) chip.fillRandom(message.xid, 0, 4);
    state = next;
    startedAt = wakeAt = now;
    attempt = 0;
    offered = undefined;
  };

  const closeSocket = (): void => {
    if (hardware) hardware.release();
    hardware = message = undefined;
  };

  /** The lease is over; true if there was one. */
  const drop = (now: number): boolean => {
    const had = lease !== undefined;
    lease = undefined;
    begin(State.SELECTING, now);
    return had;
  };

  /** True if the lease changed. */
  const hear = (reply: DhcpMessage, type: DhcpType, now: number): boolean => {
    const from = reply.addresses(DhcpOption.SERVER)[0];
    const ip = reply.offered();
    const seconds = reply.numberIn(DhcpOption.LEASE_TIME);
    // An address that can be a host's, and a time.
    const usable = ip[0] && ip[0] !== 127 && ip[0] < 224 && seconds > 0;
    if (state === State.SELECTING) {
      if (type === DhcpType.OFFER && from && usable) {
        offered = ip;
        server = from;
        state = State.REQUESTING;
        attempt = 0;
        wakeAt = now;
      }
      return false;
    }
    // Others may answer too, until we are rebinding and any server will do.
    if (state !== State.REBINDING && from && !startsWith(from, 0, server)) return false;
    if (type === DhcpType.NAK) {
      const had = drop(now);
      wakeAt += FIRST_PAUSE_MS;
      return had;
    }
    // The lease counts from the first request, not from the answer.
    const end = requestedAt + seconds * 1000;
    if (type !== DhcpType.ACK || !usable || end <= now) return false;
    let rebind = reply.numberIn(DhcpOption.REBINDING_TIME);
    if (!rebind || rebind >= seconds) rebind = (seconds / 8) * 7;
    let renew = reply.numberIn(DhcpOption.RENEWAL_TIME) || seconds / 2;
    if (renew >= rebind) renew = rebind / 2;
    expireAt = end;
    rebindAt = requestedAt + rebind * 1000;
    wakeAt = renewAt = requestedAt + renew * 1000;
    server = from || server;
    lease = {
      ip,
      mask: reply.addresses(DhcpOption.MASK)[0] || new Uint8Array([255, 255, 255, 0]),
      gateway: reply.addresses(DhcpOption.ROUTER)[0] || new Uint8Array(4),
      dns: reply.addresses(DhcpOption.DNS),
      ntp: reply.addresses(DhcpOption.NTP),
      seconds,
    };
    state = State.BOUND;
    closeSocket();
    return true;
  };

  const transmit = (now: number): void => {
    if (state === State.REQUESTING && attempt >= REQUESTS) begin(State.SELECTING, now);
    const renewing = state === State.RENEWING;
    // Nobody has listened since the last attempt to renew, so its time counts no more.
    if (lease || !attempt) requestedAt = now;
    const known = lease ? undefined : message;
    hardware = hardware || hardwareSocket(chip, false);
    message = message || dhcpMessage(chip.payload, mac, hostname.substring(0, 63));
    const xid = message.xid;
    if (!known) chip.fillRandom(xid, 0, 4);
    const length = message.encode(
      state === State.SELECTING ? DhcpType.DISCOVER : DhcpType.REQUEST,
      (now - startedAt) / 1000,
      lease && lease.ip,
      offered,
      server,
    );
    sendDatagram(chip, hardware, CLIENT_PORT, renewing ? server : broadcast, SERVER_PORT, chip.payload, length);
    const end = lease ? (renewing ? rebindAt : expireAt) : Infinity;
    let pause = FIRST_PAUSE_MS << (attempt < DOUBLINGS ? attempt : DOUBLINGS);
    if (lease) pause = Math.max((end - now) / 2, RENEWAL_PAUSE_MS);
    wakeAt = Math.min(now + pause + (pause / 1024) * xid[attempt & 3], end);
    answerBy = now + ANSWER_MS;
    attempt++;
  };

  return {
    /** The address we may use now. */
    current: (): Lease | undefined => lease,

    /** If it is not running yet. */
    run(now: number): void {
      if (state === State.STOPPED) begin(State.SELECTING, now);
    },

    /** Forgets the lease, too. */
    halt(): void {
      closeSocket();
      lease = undefined;
      state = State.STOPPED;
      wakeAt = Infinity;
    },

    /** It has a socket, and will give it back soon. */
    holdsSocket: (): boolean => hardware !== undefined,

    /** It needs a socket now to keep the lease, and has none. */
    isWaiting(now: number): boolean {
      return state > State.BOUND && !hardware && now >= wakeAt;
    },

    /** Somebody is about to take the only socket for long: asks now if half the time to T1 is over. */
    renewEarly(now: number): void {
      if (state === State.BOUND && now - requestedAt >= (renewAt - requestedAt) / 2) begin(State.RENEWING, now);
    },

    /** One step. True if the lease is another one now, or none any more. Throws ERR_CHIP_… */
    poll(now: number): boolean {
      if (!hardware && now < wakeAt) return false;
      if (lease) {
        if (now >= expireAt) return drop(now);
        if (now >= rebindAt) {
          if (state !== State.REBINDING) begin(State.REBINDING, now);
        } else if (state === State.BOUND) begin(State.RENEWING, now);
      }
      if (hardware) {
        const datagram = chip.datagram;
        const length = receiveDatagram(chip, hardware, now);
        const heard = message as DhcpMessage;
        const type = length > 0 && uint16(datagram, 4) === SERVER_PORT && heard.parseReply(length);
        if (type && hear(heard, type, now)) return true;
        if (lease && now >= answerBy) closeSocket();
      }
      if (now >= wakeAt && (hardware || chip.free())) transmit(now);
      return false;
    },
  };
}
