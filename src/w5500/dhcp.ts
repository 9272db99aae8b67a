/**
 * The DHCP client (RFC 2131 §4.4): DISCOVER, OFFER, REQUEST, ACK; renewal at T1, rebinding at T2; the address is dropped when the
 * lease ends. It asks for as long as it runs, with growing pauses. A socket of the chip is held only while asking.
 * The address is not probed with ARP before use.
 */
import type { RandomSource } from '../platform.js';
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
import type { Lease } from './network.js';
import { UDP_HEADER_LENGTH, UdpSocket } from './udp-socket.js';

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
/** First pause between attempts, and the longest one, in milliseconds; each is up to a quarter longer at random. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 64000;
/** REQUESTs for one offer. */
const REQUESTS = 3;
const RENEWAL_PAUSE_MS = 10000;

export class DhcpClient {
  /** The address we may use now. */
  lease: Lease | undefined;
  private readonly chip: W5500Chip;
  private readonly random: RandomSource;
  private readonly facts: DhcpClientFacts;
  private readonly datagram: Uint8Array;
  private state = State.STOPPED;
  private udp: UdpSocket | undefined;
  private offer: DhcpReply | undefined;
  private server!: Uint8Array;
  private attempt!: number;
  private startedAt!: number;
  private requestedAt!: number;
  private sendAt!: number;
  private renewAt!: number;
  private rebindAt!: number;
  private expireAt!: number;

  /** `datagram`: shared memory, used within calls only. */
  constructor(chip: W5500Chip, random: RandomSource, mac: Uint8Array, hostname: string, datagram: Uint8Array) {
    this.chip = chip;
    this.random = random;
    this.facts = { mac: mac, hostname: hostname.substring(0, 63), xid: new Uint8Array(4) };
    this.datagram = datagram;
  }

  get running(): boolean {
    return this.state !== State.STOPPED;
  }

  start(): void {
    this.stop();
    this.select(this.chip.clock.now());
  }

  /** Forgets the lease, too. */
  stop(): void {
    this.closeSocket();
    this.lease = undefined;
    this.state = State.STOPPED;
  }

  /** One step. True if `lease` is another one now, or none any more. Throws ERR_CHIP_… and ERR_NET_NO_SOCKET. */
  poll(): boolean {
    const now = this.chip.clock.now();
    if (this.state === State.STOPPED) return false;
    if (this.state >= State.BOUND && this.advance(now)) return true;
    if (this.state === State.BOUND) return false;
    if (!this.udp) this.udp = new UdpSocket(this.chip, CLIENT_PORT);
    const length = this.udp.receive(this.datagram);
    if (length >= 0) {
      const fromServer = this.datagram[4] === 0 && this.datagram[5] === SERVER_PORT;
      const reply = fromServer ? parseDhcp(this.datagram, UDP_HEADER_LENGTH, length, this.facts) : undefined;
      if (reply && this.hear(reply, now)) return true;
    }
    if (this.udp && now >= this.sendAt) this.transmit(now);
    return false;
  }

  /** What the clock says while there is a lease; true if it is over. */
  private advance(now: number): boolean {
    if (now >= this.expireAt) {
      this.lease = undefined;
      this.select(now);
      return true;
    }
    if (this.state !== State.REBINDING && now >= this.rebindAt) {
      if (this.state === State.BOUND) this.newExchange(now);
      this.state = State.REBINDING;
      this.sendAt = now;
    } else if (this.state === State.BOUND && now >= this.renewAt) {
      this.newExchange(now);
      this.state = State.RENEWING;
    }
    return false;
  }

  private select(now: number): void {
    this.newExchange(now);
    this.state = State.SELECTING;
  }

  private newExchange(now: number): void {
    this.random(this.facts.xid, 0, 4);
    this.startedAt = this.sendAt = now;
    this.attempt = 0;
    this.offer = undefined;
  }

  /** True if the lease changed. */
  private hear(reply: DhcpReply, now: number): boolean {
    const server = reply.options[DhcpOption.SERVER];
    if (this.state === State.SELECTING) {
      if (reply.type !== DhcpType.OFFER || !server || !usable(reply)) return false;
      this.offer = reply;
      this.server = server;
      this.state = State.REQUESTING;
      this.attempt = 0;
      this.sendAt = now;
      return false;
    }
    // Others may answer too, until we are rebinding and any server will do.
    if (this.state !== State.REBINDING && server && !sameBytes(server, 0, this.server, 0, 4)) return false;
    if (reply.type === DhcpType.NAK) {
      const had = this.lease !== undefined;
      this.lease = undefined;
      this.select(now);
      this.sendAt = now + FIRST_PAUSE_MS;
      return had;
    }
    if (reply.type !== DhcpType.ACK || !usable(reply)) return false;
    this.bind(reply, now);
    return true;
  }

  private bind(reply: DhcpReply, now: number): void {
    const seconds = optionNumber(reply, DhcpOption.LEASE_TIME);
    let rebind = optionNumber(reply, DhcpOption.REBINDING_TIME);
    if (rebind === 0 || rebind >= seconds) rebind = (seconds / 8) * 7;
    let renew = optionNumber(reply, DhcpOption.RENEWAL_TIME);
    if (renew === 0 || renew >= rebind) renew = rebind / 2;
    // The lease counts from the first request, not from the answer.
    this.expireAt = this.requestedAt + seconds * 1000;
    this.rebindAt = this.requestedAt + rebind * 1000;
    this.renewAt = this.requestedAt + renew * 1000;
    if (this.expireAt <= now) return;
    this.server = reply.options[DhcpOption.SERVER] || this.server;
    this.lease = {
      ip: reply.address,
      mask: reply.options[DhcpOption.MASK] || new Uint8Array([255, 255, 255, 0]),
      gateway: optionAddresses(reply, DhcpOption.ROUTER)[0] || new Uint8Array(4),
      dns: optionAddresses(reply, DhcpOption.DNS),
      ntp: optionAddresses(reply, DhcpOption.NTP),
      seconds: seconds,
    };
    this.state = State.BOUND;
    this.closeSocket();
  }

  private transmit(now: number): void {
    const state = this.state;
    if (state === State.REQUESTING && this.attempt >= REQUESTS) {
      this.select(now);
      return;
    }
    const asking = state === State.SELECTING || state === State.REQUESTING;
    const lease = this.lease;
    const offer = state === State.REQUESTING ? this.offer : undefined;
    const length = encodeDhcp(
      this.datagram,
      state === State.SELECTING ? DhcpType.DISCOVER : DhcpType.REQUEST,
      this.facts,
      (now - this.startedAt) / 1000,
      lease ? lease.ip : undefined,
      offer ? offer.address : undefined,
      offer ? this.server : undefined,
    );
    const to = state === State.RENEWING ? this.server : BROADCAST;
    if (!this.udp!.send(to, SERVER_PORT, this.datagram, length)) return;
    if (this.attempt === 0) this.requestedAt = now;
    let pause = FIRST_PAUSE_MS;
    for (let i = 0; i < this.attempt && pause < LONGEST_PAUSE_MS; i++) pause *= 2;
    if (!asking) {
      const left = ((state === State.RENEWING ? this.rebindAt : this.expireAt) - now) / 2;
      pause = left > RENEWAL_PAUSE_MS ? left : RENEWAL_PAUSE_MS;
    }
    const jitter = new Uint8Array(1);
    this.random(jitter, 0, 1);
    this.sendAt = now + pause + (asking ? (pause / 1024) * jitter[0] : 0);
    this.attempt++;
  }

  private closeSocket(): void {
    if (this.udp) this.udp.close();
    this.udp = undefined;
  }
}

/** An address that can be a host's, and a time. */
function usable(reply: DhcpReply): boolean {
  const first = reply.address[0];
  return first !== 0 && first !== 127 && first < 224 && optionNumber(reply, DhcpOption.LEASE_TIME) > 0;
}
