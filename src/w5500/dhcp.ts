/**
 * The DHCP client (RFC 2131 §4.4): DISCOVER, OFFER, REQUEST, ACK; renewal at T1, rebinding at T2; the address is dropped when the
 * lease ends. It asks for as long as it runs, with growing pauses. A socket of the chip is held only while asking, and while
 * there is a lease for `ANSWER_MS` at a time, because others may be waiting for it. Without a free socket it waits, without frames.
 * The address is not probed with ARP before use.
 */
import { sameBytes } from './address.js';
import type { W5500Chip } from './chip.js';
import {
  type DhcpClientFacts,
  DhcpOption,
  type DhcpReply,
  DhcpType,
  encodeDhcp,
  optionAddresses,
  optionNumber,
  parseDhcp,
} from './dhcp-message.js';
import { HardwareSocket } from './hardware-socket.js';
import type { Lease } from './network.js';
import { receiveDatagram, sendDatagram, UDP_HEADER_LENGTH } from './udp.js';

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
const BROADCAST = new Uint8Array([255, 255, 255, 255]);
/** First pause between attempts, in milliseconds, and how often it doubles; each is up to a quarter longer at random. */
const FIRST_PAUSE_MS = 2000;
const DOUBLINGS = 5;
/** REQUESTs for one offer. */
const REQUESTS = 3;
const RENEWAL_PAUSE_MS = 10000;
/** How long a request to renew keeps its socket. */
const ANSWER_MS = 4000;

export class DhcpClient {
  /** The address we may use now. */
  lease: Lease | undefined;
  private readonly chip: W5500Chip;
  private readonly facts: DhcpClientFacts;
  private state = State.STOPPED;
  /** Open from the first message of an exchange to the last. */
  hardware: HardwareSocket | undefined;
  /** The address that we request. */
  private offered: Uint8Array | undefined;
  private server!: Uint8Array;
  private attempt!: number;
  private startedAt!: number;
  private requestedAt!: number;
  private sendAt!: number;
  private answerBy!: number;
  private renewAt!: number;
  private rebindAt!: number;
  private expireAt!: number;

  constructor(chip: W5500Chip, mac: Uint8Array, hostname: string) {
    this.chip = chip;
    this.facts = { mac: mac, hostname: hostname.substring(0, 63), xid: new Uint8Array(4) };
  }

  /** If it is not running yet. */
  start(): void {
    if (this.state === State.STOPPED) this.begin(State.SELECTING, this.chip.now());
  }

  /** Forgets the lease, too. */
  stop(): void {
    this.closeSocket();
    this.lease = undefined;
    this.state = State.STOPPED;
  }

  /** It needs a socket now to keep the lease, and has none. */
  isWaiting(now: number): boolean {
    return this.state > State.BOUND && !this.hardware && now >= this.sendAt;
  }

  /** Somebody is about to take the only socket for long: asks now if half the time to T1 is over. */
  renewEarly(now: number): void {
    if (this.state === State.BOUND && now - this.requestedAt >= (this.renewAt - this.requestedAt) / 2) {
      this.begin(State.RENEWING, now);
    }
  }

  /** One step. True if `lease` is another one now, or none any more. Throws ERR_CHIP_… */
  poll(): boolean {
    const now = this.chip.now();
    if (this.state >= State.BOUND && this.advance(now)) return true;
    if (this.state === State.STOPPED || this.state === State.BOUND) return false;
    if (this.hardware) {
      const datagram = this.chip.datagram;
      const length = receiveDatagram(this.hardware, datagram);
      const fromServer = length >= 0 && datagram[4] === 0 && datagram[5] === SERVER_PORT;
      const reply = fromServer ? parseDhcp(datagram, UDP_HEADER_LENGTH, length, this.facts) : undefined;
      if (reply && this.hear(reply, now)) return true;
      if (this.lease && now >= this.answerBy) this.closeSocket();
    }
    if (now >= this.sendAt && (this.hardware || this.chip.free() > 0)) this.transmit(now);
    return false;
  }

  /** What the clock says while there is a lease; true if it is over. */
  private advance(now: number): boolean {
    const state = this.state;
    if (now >= this.expireAt) {
      this.lease = undefined;
      this.begin(State.SELECTING, now);
      return true;
    }
    if (now >= this.rebindAt) {
      if (state !== State.REBINDING) this.begin(State.REBINDING, now);
    } else if (now >= this.renewAt && state === State.BOUND) this.begin(State.RENEWING, now);
    return false;
  }

  /** A new exchange. */
  private begin(state: State, now: number): void {
    this.chip.random(this.facts.xid, 0, 4);
    this.state = state;
    this.startedAt = this.sendAt = now;
    this.attempt = 0;
    this.offered = undefined;
  }

  /** True if the lease changed. */
  private hear(reply: DhcpReply, now: number): boolean {
    const server = reply.options[DhcpOption.SERVER];
    if (this.state === State.SELECTING) {
      if (reply.type === DhcpType.OFFER && server && usable(reply)) {
        this.offered = reply.address;
        this.server = server;
        this.state = State.REQUESTING;
        this.attempt = 0;
        this.sendAt = now;
      }
      return false;
    }
    // Others may answer too, until we are rebinding and any server will do.
    if (this.state !== State.REBINDING && server && !sameBytes(server, 0, this.server, 0, 4)) return false;
    if (reply.type === DhcpType.NAK) {
      const had = this.lease !== undefined;
      this.lease = undefined;
      this.begin(State.SELECTING, now);
      this.sendAt += FIRST_PAUSE_MS;
      return had;
    }
    return reply.type === DhcpType.ACK && usable(reply) && this.bind(reply, now);
  }

  private bind(reply: DhcpReply, now: number): boolean {
    const options = reply.options;
    const seconds = optionNumber(reply, DhcpOption.LEASE_TIME);
    let rebind = optionNumber(reply, DhcpOption.REBINDING_TIME);
    if (rebind === 0 || rebind >= seconds) rebind = (seconds / 8) * 7;
    let renew = optionNumber(reply, DhcpOption.RENEWAL_TIME);
    if (renew === 0) renew = seconds / 2;
    if (renew >= rebind) renew = rebind / 2;
    // The lease counts from the first request, not from the answer.
    this.expireAt = this.requestedAt + seconds * 1000;
    this.rebindAt = this.requestedAt + rebind * 1000;
    this.renewAt = this.requestedAt + renew * 1000;
    if (this.expireAt <= now) return false;
    this.server = options[DhcpOption.SERVER] || this.server;
    this.lease = {
      ip: reply.address,
      mask: options[DhcpOption.MASK] || new Uint8Array([255, 255, 255, 0]),
      gateway: optionAddresses(reply, DhcpOption.ROUTER)[0] || new Uint8Array(4),
      dns: optionAddresses(reply, DhcpOption.DNS),
      ntp: optionAddresses(reply, DhcpOption.NTP),
      seconds: seconds,
    };
    this.state = State.BOUND;
    this.closeSocket();
    return true;
  }

  private transmit(now: number): void {
    const chip = this.chip;
    if (this.state === State.REQUESTING && this.attempt >= REQUESTS) this.begin(State.SELECTING, now);
    const state = this.state;
    const renewing = state === State.RENEWING;
    const hardware = this.hardware || new HardwareSocket(chip, false);
    // Nobody has listened since the last attempt to renew, so its time counts no more.
    if (this.lease) chip.random(this.facts.xid, 0, 4);
    if (this.lease || this.attempt === 0) this.requestedAt = now;
    const length = encodeDhcp(
      chip.datagram,
      state === State.SELECTING ? DhcpType.DISCOVER : DhcpType.REQUEST,
      this.facts,
      (now - this.startedAt) / 1000,
      this.lease && this.lease.ip,
      this.offered,
      this.offered && this.server,
    );
    this.hardware = hardware;
    sendDatagram(hardware, CLIENT_PORT, renewing ? this.server : BROADCAST, SERVER_PORT, chip.datagram, length);
    let pause = FIRST_PAUSE_MS << (this.attempt < DOUBLINGS ? this.attempt : DOUBLINGS);
    if (this.lease) {
      const left = ((renewing ? this.rebindAt : this.expireAt) - now) / 2;
      pause = left > RENEWAL_PAUSE_MS ? left : RENEWAL_PAUSE_MS;
    }
    const jitter = new Uint8Array(1);
    chip.random(jitter, 0, 1);
    this.sendAt = now + pause + (pause / 1024) * jitter[0];
    this.answerBy = now + ANSWER_MS;
    this.attempt++;
  }

  private closeSocket(): void {
    if (this.hardware) this.hardware.release();
    this.hardware = undefined;
  }
}

/** An address that can be a host's, and a time. */
function usable(reply: DhcpReply): boolean {
  const first = reply.address[0];
  return first !== 0 && first !== 127 && first < 224 && optionNumber(reply, DhcpOption.LEASE_TIME) > 0;
}
