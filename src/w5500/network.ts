/**
 * The network behind a W5500: link, address, names, time and TCP connections, all driven by `poll`, which never waits.
 * Composition: W5500Chip, DhcpClient, UdpExchange for DNS and SNTP, TcpSocket behind Connection. Memory: one array for
 * datagrams, and what is open. The types of everything that a board or an application sees are in this file, because the
 * bundles keep these names and shorten all others.
 */
import { type RingletError, ringletError, usageError } from '../errors.js';
import type { Clock, RandomSource, SpiPort } from '../platform.js';
import type { Network, Transport } from '../transport.js';
import { parseAddress, sameBytes } from './address.js';
import { W5500Chip } from './chip.js';
import { DhcpClient } from './dhcp.js';
import { DnsQuestion } from './dns.js';
import { SntpQuestion } from './sntp.js';
import { TcpSocket, type TcpTimeouts } from './tcp-socket.js';
import { type Question, UdpExchange } from './udp-exchange.js';

/** Kilobytes of the chip's memory for each of the 8 sockets: 0, 1, 2, 4, 8 or 16, and at most 16 in all for each direction. */
export interface BufferPlan {
  rx: number[];
  tx: number[];
}

/** Addresses are 4 bytes; `gateway` is 0.0.0.0 if there is none. */
export interface Lease {
  ip: Uint8Array;
  mask: Uint8Array;
  gateway: Uint8Array;
  dns: Uint8Array[];
  ntp: Uint8Array[];
  /** How long it was given for; 4294967295 is for ever. */
  seconds: number;
}

/** Addresses are 4 bytes each. */
export interface StaticAddress {
  ip: Uint8Array;
  mask: Uint8Array;
  gateway: Uint8Array;
  dns: Uint8Array[];
}

/** Milliseconds. */
export interface NetworkTimeouts {
  /** For link and address to appear before a connection, lookup or time question fails: 30000. */
  ready?: number;
  /** For a TCP connection to be established: 10000. */
  connect?: number;
  /** For the peer to take any data: 60000. */
  send?: number;
  /** For a closed connection to deliver what was sent, and again for the peer's FIN: 5000. */
  close?: number;
}

export type NetworkEvent =
  | { type: 'link'; up: boolean }
  | { type: 'lease'; lease: Lease | undefined }
  | { type: 'lookup'; host: string; ip: Uint8Array | undefined }
  | { type: 'time'; unixSeconds: number }
  | { type: 'connect'; host: string; port: number; localPort: number }
  | { type: 'fault'; error: Error };

export interface W5500Options {
  spi: SpiPort;
  clock: Clock;
  random: RandomSource;
  /** 6 bytes: `localMac(…)`. */
  mac: Uint8Array;
  /** Told to the DHCP server: ASCII, at most 63 characters. */
  hostname?: string;
  /** Without it DHCP is asked. */
  address?: StaticAddress;
  buffers?: BufferPlan;
  timeouts?: NetworkTimeouts;
  /** The chip's retransmission: first pause in units of 100 µs, and retries; 2000 and 8 if not given. */
  retransmission?: { rtr: number; rcr: number };
  onEvent?: (event: NetworkEvent) => void;
  /** There is a question now, so `poll` must be called while there is no connection that does. */
  onQuestion?: () => void;
}

/** A question that waits for the network, and is then asked. */
interface PendingQuestion {
  question: Question;
  /** Undefined: the DNS servers, whichever they are by then. */
  servers: Uint8Array[] | undefined;
  /** Whose host it is about; with that connection the question ends. */
  socket: TcpSocket | undefined;
  deadline: number;
  exchange: UdpExchange | undefined;
  done: (error: RingletError | undefined) => void;
}

const WATCH_MS = 500;
const LINK_LOSS_MS = 5000;
const RECOVERY_MS = 1000;
/** IPv4 datagrams up to 576 bytes must be taken (RFC 791 §3.1): 548 of payload, and the chip's 8. */
const DATAGRAM_LENGTH = 556;
const NO_ADDRESS = new Uint8Array(4);

export class W5500Network implements Network {
  readonly chip: W5500Chip;
  private readonly options: W5500Options;
  private readonly clock: Clock;
  private readonly dhcp: DhcpClient;
  private readonly datagram = new Uint8Array(DATAGRAM_LENGTH);
  private readonly sockets: TcpSocket[] = [];
  private readonly questions: PendingQuestion[] = [];
  private readonly timeouts: TcpTimeouts;
  private ip = NO_ADDRESS;
  private started = false;
  private polling = false;
  private linkSeen = false;
  private linkLostAt = 0;
  private watchAt = 0;
  /** Unix time minus the clock, in seconds. */
  private timeOffset: number | undefined;

  constructor(options: W5500Options) {
    const a = options.address;
    if (options.mac.length !== 6 || options.mac[0] & 1) usageError('mac: 6 bytes, and not a group address');
    if (a && a.ip.length + a.mask.length + a.gateway.length !== 12) usageError('address: 4 bytes each');
    const t = options.timeouts || {};
    this.timeouts = {
      ready: t.ready || 30000,
      connect: t.connect || 10000,
      send: t.send || 60000,
      close: t.close || 5000,
    };
    this.options = options;
    this.clock = options.clock;
    this.chip = new W5500Chip(options.spi, options.clock, options.random, options.buffers);
    this.dhcp = new DhcpClient(this.chip, options.random, options.mac, options.hostname || '', this.datagram);
  }

  /** A lookup or a question for the time is under way. */
  get asking(): boolean {
    return this.questions.length > 0;
  }

  get linkUp(): boolean {
    return this.chip.linkUp;
  }

  /** What DHCP gave; undefined before, after the lease has ended, and with a static address. */
  get lease(): Lease | undefined {
    return this.dhcp.lease;
  }

  /** Resets the chip; what was open before is lost. Throws ERR_CHIP_NOT_FOUND. */
  start(): void {
    this.loseSockets(ringletError('ERR_NET_ABORTED', 'The network was started anew'));
    this.dhcp.stop();
    this.resetChip();
    this.started = true;
    this.linkSeen = false;
    this.linkLostAt = this.watchAt = this.clock.now();
  }

  /** Starts to connect; throws ERR_USAGE only. `host`: a name, or a dotted address. */
  connect(host: string, port: number): Transport {
    if (!(port >= 1 && port <= 65535)) usageError('connect: no such port');
    const socket = new TcpSocket(this.chip, host, port, this.timeouts);
    this.resolve(
      host,
      (error, ip) => {
        socket.ip = ip;
        if (error) socket.lose(error);
      },
      socket,
    );
    this.sockets.push(socket);
    return socket;
  }

  /** Looks up the IPv4 address (4 bytes) of `host`. A dotted address is answered at once, everything else from `poll`, unless `socket` ends first. */
  resolve(
    host: string,
    callback: (error: RingletError | undefined, ip: Uint8Array | undefined) => void,
    socket?: TcpSocket,
  ): void {
    const literal = parseAddress(host);
    if (literal) {
      callback(undefined, literal);
      return;
    }
    const question = new DnsQuestion(host, this.options.random);
    this.ask(question, undefined, socket, error => {
      this.emit({ type: 'lookup', host: host, ip: question.address });
      callback(error || question.missing, question.address);
    });
  }

  /** Asks `server` (a name, or a dotted address) for the time with SNTP; `unixTime` knows it from then on. */
  queryTime(
    server: string,
    callback: (error: RingletError | undefined, unixSeconds: number | undefined) => void,
  ): void {
    this.resolve(server, (error, ip) => {
      if (!ip) return callback(error, undefined);
      const question = new SntpQuestion(this.options.random);
      this.ask(question, [ip], undefined, failure => {
        if (failure) return callback(failure, undefined);
        this.timeOffset = question.unixSeconds - this.clock.now() / 1000;
        const unixSeconds = Math.floor(question.unixSeconds);
        this.emit({ type: 'time', unixSeconds: unixSeconds });
        callback(undefined, unixSeconds);
      });
    });
  }

  /** Seconds since 1970, from the last answer to `queryTime` and the clock; undefined before. */
  unixTime(): number | undefined {
    return this.timeOffset === undefined ? undefined : Math.floor(this.timeOffset + this.clock.now() / 1000);
  }

  poll(): boolean {
    if (!this.started) usageError('W5500Network: call start() first');
    if (this.polling) return false;
    this.polling = true;
    try {
      return this.step();
    } finally {
      this.polling = false;
    }
  }

  private step(): boolean {
    const now = this.clock.now();
    const chip = this.chip;
    if (now >= this.watchAt && !this.watch(now)) return false;
    chip.readInterrupts();
    let active = this.pollDhcp();
    for (let i = this.questions.length - 1; i >= 0; i--) {
      if (this.pollQuestion(this.questions[i])) active = true;
    }
    for (let i = this.sockets.length - 1; i >= 0; i--) {
      const socket = this.sockets[i];
      if (!socket.hardware && !socket.closed) this.startSocket(socket);
      if (socket.poll()) active = true;
      if (socket.closed) this.forget(socket);
    }
    if (chip.fault) this.watchAt = now;
    return active;
  }

  /** A closed connection, and the lookup of its host, if that is still under way. */
  private forget(socket: TcpSocket): void {
    this.sockets.splice(this.sockets.indexOf(socket), 1);
    for (let i = this.questions.length - 1; i >= 0; i--) {
      const pending = this.questions[i];
      if (pending.socket !== socket) continue;
      if (pending.exchange) pending.exchange.close();
      this.questions.splice(i, 1);
    }
  }

  private startSocket(socket: TcpSocket): void {
    try {
      if (!socket.ip || !this.ready(socket.readyBy)) return;
      socket.start(socket.ip);
      this.emit({ type: 'connect', host: socket.host, port: socket.port, localPort: socket.hardware.port });
    } catch (error) {
      socket.lose(error as Error);
    }
  }

  /** Link and chip; false if the chip cannot be used now. */
  private watch(now: number): boolean {
    const chip = this.chip;
    this.watchAt = now + WATCH_MS;
    if (!chip.fault) chip.watch();
    if (chip.fault && !this.recover(chip.fault, now)) return false;
    const up = chip.linkUp;
    if (up !== this.linkSeen) {
      this.linkSeen = up;
      this.linkLostAt = now;
      this.emit({ type: 'link', up: up });
    }
    if (up && !this.options.address && !this.dhcp.running) this.dhcp.start();
    if (!up && now - this.linkLostAt >= LINK_LOSS_MS) {
      this.loseSockets(ringletError('ERR_NET_LINK_DOWN', 'The Ethernet link is down: check the cable'));
      this.dhcp.stop();
      this.applyAddress();
    }
    return true;
  }

  /** Sets the chip up anew after it was lost; what was open is gone. False if it still does not answer. */
  private recover(fault: Error, now: number): boolean {
    this.emit({ type: 'fault', error: fault });
    this.loseSockets(fault);
    this.dhcp.stop();
    try {
      this.resetChip();
    } catch (error) {
      this.chip.fault = error as Error;
      this.watchAt = now + RECOVERY_MS;
      return false;
    }
    return true;
  }

  private resetChip(): void {
    const retransmission = this.options.retransmission;
    this.chip.reset();
    if (retransmission) this.chip.setRetransmission(retransmission.rtr, retransmission.rcr);
    this.ip = NO_ADDRESS;
    const a = this.options.address;
    this.chip.setAddresses(NO_ADDRESS, NO_ADDRESS, this.options.mac, NO_ADDRESS);
    if (a) this.applyAddress();
  }

  /** Tells the chip the static address, or the lease's, or none. Sockets with another address are lost. */
  private applyAddress(): void {
    const a = this.options.address || this.dhcp.lease;
    const ip = a ? a.ip : NO_ADDRESS;
    if (!sameBytes(ip, 0, this.ip, 0, 4)) {
      this.loseSockets(ringletError('ERR_NET_NO_LEASE', 'The DHCP lease ended'));
      if (!this.options.address) this.emit({ type: 'lease', lease: this.dhcp.lease });
    } else if (!a) return;
    this.ip = ip;
    this.chip.setAddresses(a ? a.gateway : NO_ADDRESS, a ? a.mask : NO_ADDRESS, this.options.mac, ip);
  }

  private pollDhcp(): boolean {
    try {
      if (!this.dhcp.poll()) return false;
      this.applyAddress();
    } catch (error) {
      // Without a free socket the next poll tries again; a chip that fails is set up anew.
      if ((error as RingletError).code === 'ERR_NET_NO_SOCKET') return false;
      if (!this.chip.fault) throw error;
    }
    return true;
  }

  private ask(
    question: Question,
    servers: Uint8Array[] | undefined,
    socket: TcpSocket | undefined,
    done: (error: RingletError | undefined) => void,
  ): void {
    this.questions.push({
      question: question,
      servers: servers,
      socket: socket,
      deadline: this.clock.now() + this.timeouts.ready,
      exchange: undefined,
      done: done,
    });
    if (this.options.onQuestion) this.options.onQuestion();
  }

  private pollQuestion(pending: PendingQuestion): boolean {
    let failure: RingletError | undefined;
    try {
      if (!pending.exchange) {
        if (!this.ready(pending.deadline)) return false;
        const servers = pending.servers || this.dnsServers();
        if (servers.length === 0) throw ringletError('ERR_NET_DNS_FAILED', 'No DNS server is known');
        pending.exchange = new UdpExchange(this.chip, servers, pending.question, this.datagram);
      }
      if (!pending.exchange.poll()) return false;
      failure = pending.exchange.failure;
    } catch (error) {
      failure = error as RingletError;
    }
    this.questions.splice(this.questions.indexOf(pending), 1);
    pending.done(failure);
    return true;
  }

  private dnsServers(): Uint8Array[] {
    const a = this.options.address || this.dhcp.lease;
    return a ? a.dns : [];
  }

  /** False while there is no link or address; throws why once `deadline` has passed. */
  private ready(deadline: number): boolean {
    const hasAddress = this.ip !== NO_ADDRESS;
    if (this.chip.linkUp && hasAddress && !this.chip.fault) return true;
    if (this.clock.now() < deadline) return false;
    if (this.chip.fault) throw this.chip.fault;
    if (!this.chip.linkUp) throw ringletError('ERR_NET_LINK_DOWN', 'There is no Ethernet link: check the cable');
    throw ringletError('ERR_NET_NO_LEASE', 'No DHCP server has given an address');
  }

  private loseSockets(error: Error): void {
    for (const socket of this.sockets) if (socket.hardware) socket.lose(error);
    for (const pending of this.questions) if (pending.exchange) pending.exchange.lose(error as RingletError);
  }

  private emit(event: NetworkEvent): void {
    if (this.options.onEvent) this.options.onEvent(event);
  }
}
