/**
 * The network behind a W5500: link, address, names, time and TCP connections, all driven by `poll`, which never waits.
 * Composition: W5500Chip, DhcpClient, and as tasks TcpSocket and UdpExchange (DNS, SNTP). Memory: what is open. The types
 * of everything that a board or an application sees are in this file, because the bundles keep these names and shorten all others.
 */
import { type RingletError, ringletError, usageError } from '../errors.js';
import type { Clock, RandomSource, SpiPort } from '../platform.js';
import type { Network, Transport } from '../transport.js';
import { parseAddress, sameBytes } from './address.js';
import { NO_ADDRESS, W5500Chip } from './chip.js';
import { DhcpClient } from './dhcp.js';
import { DnsQuestion } from './dns.js';
import { SntpQuestion } from './sntp.js';
import type { Task } from './task.js';
import { TcpSocket, type TcpTimeouts } from './tcp-socket.js';
import { type Question, UdpExchange } from './udp-exchange.js';

/**
 * Kilobytes of the chip's memory for each of the 8 sockets: 0, 1, 2, 4, 8 or 16, and at most 16 in all for each direction. A socket
 * is one that has both. Fixed when the chip is set up. With DHCP and two sockets or more, connections leave one to
 * DHCP, DNS and SNTP; with one, these and the connection take turns. buffer-plans.ts has plans to choose from.
 */
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
  /** For link, address and a socket that will soon be free to appear before a connection, lookup or time question fails: 30000. */
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
  /** `EIGHT_SOCKETS` if missing. */
  buffers?: BufferPlan;
  timeouts?: NetworkTimeouts;
  onEvent?: (event: NetworkEvent) => void;
  /** There is a question now, so `poll` must be called while there is no connection that does. */
  onQuestion?: () => void;
}

const WATCH_MS = 500;
const LINK_LOSS_MS = 5000;
const RECOVERY_MS = 1000;
const NO_LINK = 'There is no Ethernet link: check the cable';

export class W5500Network implements Network {
  /** For tests and tools: its name is not kept in bundles. @internal */
  readonly chip: W5500Chip;
  private readonly options: W5500Options;
  private readonly dhcp: DhcpClient;
  private readonly tasks: Task[] = [];
  private readonly timeouts: TcpTimeouts;
  private started = false;
  private polling = false;
  private linkSeen!: boolean;
  private linkLostAt!: number;
  private watchAt!: number;
  /** Unix time minus the clock, in seconds. */
  private timeOffset: number | undefined;

  constructor(options: W5500Options) {
    const a = options.address;
    const t = options.timeouts || {};
    if (options.mac.length !== 6 || options.mac[0] & 1) usageError('mac: 6 bytes, and not a group address');
    if (a && a.ip.length + a.mask.length + a.gateway.length !== 12) usageError('address: 4 bytes each');
    this.timeouts = {
      ready: t.ready || 30000,
      connect: t.connect || 10000,
      send: t.send || 60000,
      close: t.close || 5000,
    };
    this.options = options;
    this.chip = new W5500Chip(options.spi, options.clock, options.random, options.mac, options.buffers);
    this.dhcp = new DhcpClient(this.chip, options.mac, options.hostname || '');
    if (!a && this.chip.sockets > 1) this.chip.reserved = 1;
  }

  /** A lookup or a question for the time is under way. */
  get asking(): boolean {
    return this.tasks.some(task => task instanceof UdpExchange);
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
    this.reset(ringletError('ERR_NET_ABORTED', 'The network was started anew'));
    this.started = true;
    this.linkSeen = false;
    this.linkLostAt = this.watchAt = this.chip.now();
  }

  /** Starts to connect; throws ERR_USAGE only. `host`: a name, or a dotted address. */
  connect(host: string, port: number): Transport {
    if (!(port >= 1 && port <= 65535)) usageError('connect: no such port');
    const socket = new TcpSocket(this.chip, host, port, this.timeouts);
    this.lookUp(host, socket, (error, ip) => {
      socket.ip = ip;
      if (error) socket.lose(error);
    });
    this.tasks.push(socket);
    return socket;
  }

  /** Looks up the IPv4 address (4 bytes) of `host`. A dotted address is answered at once, everything else from `poll`. */
  resolve(host: string, callback: (error: RingletError | undefined, ip: Uint8Array | undefined) => void): void {
    this.lookUp(host, undefined, callback);
  }

  /** Asks `server` (a name, or a dotted address) for the time with SNTP; `unixTime` knows it from then on. */
  queryTime(
    server: string,
    callback: (error: RingletError | undefined, unixSeconds: number | undefined) => void,
  ): void {
    this.resolve(server, (error, ip) => {
      if (!ip) return callback(error, undefined);
      const question = new SntpQuestion(this.chip.random);
      this.ask(question, [ip], undefined, failure => {
        if (failure) return callback(failure, undefined);
        this.timeOffset = question.unixSeconds - this.chip.now() / 1000;
        const unixSeconds = Math.floor(question.unixSeconds);
        this.emit({ type: 'time', unixSeconds });
        callback(undefined, unixSeconds);
      });
    });
  }

  /** Seconds since 1970, from the last answer to `queryTime` and the clock; undefined before. */
  unixTime(): number | undefined {
    return this.timeOffset === undefined ? undefined : Math.floor(this.timeOffset + this.chip.now() / 1000);
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

  /** `owner`: whose host it is; with that connection the question ends. */
  private lookUp(
    host: string,
    owner: Task | undefined,
    callback: (error: RingletError | undefined, ip: Uint8Array | undefined) => void,
  ): void {
    const literal = parseAddress(host);
    if (literal) {
      callback(undefined, literal);
      return;
    }
    const question = new DnsQuestion(host, this.chip.random);
    this.ask(question, undefined, owner, error => {
      this.emit({ type: 'lookup', host, ip: question.address });
      callback(error || question.missing, question.address);
    });
  }

  /** `servers`: undefined means the DNS servers. */
  private ask(
    question: Question,
    servers: Uint8Array[] | undefined,
    owner: Task | undefined,
    done: (error: RingletError | undefined) => void,
  ): void {
    const readyBy = this.chip.now() + this.timeouts.ready;
    this.tasks.push(new UdpExchange(this.chip, question, servers, readyBy, owner, done));
    if (this.options.onQuestion) this.options.onQuestion();
  }

  private step(): boolean {
    const now = this.chip.now();
    const tasks = this.tasks;
    if (now >= this.watchAt && !this.watch(now)) return false;
    this.chip.readInterrupts();
    let active = this.pollDhcp();
    // First come, first served; what comes meanwhile has to wait for the next step.
    for (let i = 0, left = tasks.length; left > 0; left--) {
      const task = tasks[i];
      if (!task.started && !task.closed) this.startTask(task, now);
      if (task.poll()) active = true;
      if (task.closed) tasks.splice(i, 1);
      else i++;
    }
    if (this.chip.fault) this.watchAt = now;
    return active;
  }

  private startTask(task: Task, now: number): void {
    try {
      if (!this.ready(task.readyBy) || !this.mayTakeSocket(task, now)) return;
      task.start();
      if (task.started && task instanceof TcpSocket) {
        this.emit({ type: 'connect', host: task.host, port: task.port, localPort: task.hardware.port });
      }
    } catch (error) {
      task.lose(error as Error);
    }
  }

  /**
   * False while the socket that `task` needs is somebody's who will soon be done with it: a lease that must be renewed goes before
   * everything, and questions before connections. Throws ERR_NET_NO_SOCKET when only a close would help, or in the end.
   */
  private mayTakeSocket(task: Task, now: number): boolean {
    const chip = this.chip;
    const dhcp = this.dhcp;
    const connecting = task instanceof TcpSocket;
    if (connecting && !task.ip) return false;
    const free = chip.free();
    if (connecting && chip.sockets === 1 && free > 0) dhcp.renewEarly(now);
    let soonFree = free + (dhcp.hardware ? 1 : 0);
    let before = dhcp.isWaiting(now) ? 1 : 0;
    for (const other of this.tasks) {
      if (!other.brief || other.closed) continue;
      if (other.started) soonFree++;
      else if (connecting) before++;
    }
    const possible = soonFree > (connecting ? chip.reserved : 0);
    if (possible && free > before) return true;
    if (!possible || now >= task.readyBy) throw chip.noSocket();
    return false;
  }

  /** Link and chip; false if the chip cannot be used now. */
  private watch(now: number): boolean {
    const chip = this.chip;
    const dhcp = this.dhcp;
    this.watchAt = now + WATCH_MS;
    if (!chip.fault) chip.watch();
    if (chip.fault && !this.recover(chip.fault, now)) return false;
    const up = chip.linkUp;
    if (up !== this.linkSeen) {
      this.linkSeen = up;
      this.linkLostAt = now;
      this.emit({ type: 'link', up });
    }
    if (up && !this.options.address) dhcp.start();
    if (!up && now - this.linkLostAt >= LINK_LOSS_MS) {
      this.loseTasks(ringletError('ERR_NET_LINK_DOWN', NO_LINK));
      dhcp.stop();
      this.applyAddress();
    }
    return true;
  }

  /** Sets the chip up anew after it was lost; what was open is gone. False if it still does not answer. */
  private recover(fault: Error, now: number): boolean {
    this.emit({ type: 'fault', error: fault });
    try {
      this.reset(fault);
    } catch (error) {
      this.chip.fault = error as Error;
      this.watchAt = now + RECOVERY_MS;
      return false;
    }
    return true;
  }

  private reset(why: Error): void {
    this.loseTasks(why);
    this.dhcp.stop();
    this.chip.reset();
    this.applyAddress();
  }

  /** Tells the chip the static address, or the lease's, or none. Connections from another address are lost. */
  private applyAddress(): void {
    const before = this.chip.address.ip;
    const lease = this.dhcp.lease;
    const address = this.options.address || lease || NO_ADDRESS;
    this.chip.setAddress(address);
    if (sameBytes(address.ip, 0, before, 0, 4)) return;
    this.loseTasks(
      ringletError(
        'ERR_NET_NO_LEASE',
        'The DHCP lease ended' +
          (this.chip.sockets > 1 ? '' : ' while the only socket was in use: plan buffers for two, or longer leases'),
      ),
    );
    if (!this.options.address) this.emit({ type: 'lease', lease });
  }

  private pollDhcp(): boolean {
    try {
      if (!this.dhcp.poll()) return false;
      this.applyAddress();
    } catch (error) {
      // A chip that fails is set up anew.
      if (!this.chip.fault) throw error;
    }
    return true;
  }

  /** False while there is no link or address; throws why once `deadline` has passed. */
  private ready(deadline: number): boolean {
    const chip = this.chip;
    const usable = !chip.fault && chip.linkUp && chip.address !== NO_ADDRESS;
    if (!usable && chip.now() >= deadline) {
      throw (
        chip.fault ||
        (!chip.linkUp
          ? ringletError('ERR_NET_LINK_DOWN', NO_LINK)
          : ringletError('ERR_NET_NO_LEASE', 'No DHCP server has given an address'))
      );
    }
    return usable;
  }

  private loseTasks(error: Error): void {
    for (const task of this.tasks) if (task.started) task.lose(error);
  }

  private emit(event: NetworkEvent): void {
    if (this.options.onEvent) this.options.onEvent(event);
  }
}
