/**
 * The network behind a W5500: link, address, names, time and TCP connections, all driven by `poll`, which never waits.
 * Composition: chip, as tasks TCP sockets, and what services.ts has: a DHCP client, and UDP exchanges (DNS, SNTP), which are tasks too. Memory: what is open. The types
 * of everything that a board or an application sees are in this file, because the bundles keep these names and shorten all others.
 */
import { type RingletError, ringletError, usageError } from '../errors.js';
import type { Clock, RandomSource, SpiPort } from '../platform.js';
import type { Network, Transport } from '../transport.js';
import { parseAddress } from './address.js';
import { NO_ADDRESS, type W5500Chip, w5500Chip } from './chip.js';
import { startsWith } from './network-order.js';
import type { UdpServices } from './services.js';
import type { Task } from './task.js';
import { tcpSocket } from './tcp-socket.js';
import type { Question } from './udp-exchange.js';

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
  /** `udpServices` of services.ts. Without them there must be an `address`, and connections are to addresses only. */
  services?: UdpServices;
  /** `EIGHT_SOCKETS` if missing. */
  buffers?: BufferPlan;
  timeouts?: NetworkTimeouts;
  onEvent?: (event: NetworkEvent) => void;
  /** There is a question now, so `poll` must be called while there is no connection that does. @internal */
  onQuestion?: () => void;
}

export interface W5500Network extends Network {
  /** For tests and tools: its name is not kept in bundles. @internal */
  readonly chip: W5500Chip;
  /** A lookup or a question for the time is under way. */
  readonly asking: boolean;
  readonly linkUp: boolean;
  /** What DHCP gave; undefined before, after the lease has ended, and with a static address. */
  readonly lease: Lease | undefined;
  /** Resets the chip; what was open before is lost. Throws ERR_CHIP_NOT_FOUND. */
  start(): void;
  /** Starts to connect; throws ERR_USAGE only. `host`: a name, or a dotted address. */
  connect(host: string, port: number): Transport;
  /** Looks up the IPv4 address (4 bytes) of `host`. A dotted address is answered at once, everything else from `poll`. */
  resolve(host: string, callback: (error: RingletError | undefined, ip: Uint8Array | undefined) => void): void;
  /** Asks `server` (a name, or a dotted address) for the time with SNTP; `unixTime` knows it from then on. */
  queryTime(server: string, callback: (error: RingletError | undefined, unixSeconds: number | undefined) => void): void;
  /** Seconds since 1970, from the last answer to `queryTime` and the clock; undefined before. */
  unixTime(): number | undefined;
}

const WATCH_MS = 500;
const LINK_LOSS_MS = 5000;
const RECOVERY_MS = 1000;

const enum State {
  STOPPED,
  STARTED,
  /** Inside `poll`, which an application's callback may call again. */
  POLLING,
}

/** Throws ERR_USAGE if an option cannot be right. */
export function w5500Network(options: W5500Options): W5500Network {
  const clock = options.clock;
  const mac = options.mac;
  const fixed = options.address;
  const services = options.services;
  const t = options.timeouts;
  const emit: (event: NetworkEvent) => void = options.onEvent || (() => {});
  if (mac.length !== 6 || mac[0] & 1) usageError('mac: 6 bytes, and not a group address');
  if (!fixed && !services) usageError('address is missing: this board has no DHCP');
  if (fixed && fixed.ip.length + fixed.mask.length + fixed.gateway.length !== 12) usageError('address: 4 bytes each');
  const timeouts = {
    ready: (t && t.ready) || 30000,
    connect: (t && t.connect) || 10000,
    send: (t && t.send) || 60000,
    close: (t && t.close) || 5000,
  };
  const chip = w5500Chip(options.spi, clock, options.random, mac, options.buffers);
  const dhcp = services && !fixed ? services.dhcp(chip, mac, options.hostname || '') : undefined;
  const tasks: Task[] = [];
  let state = State.STOPPED;
  let linkSeen = false;
  let linkLostAt = 0;
  let watchAt = 0;
  /** Unix time minus the clock, in seconds. */
  let timeOffset: number | undefined;
  /** How many sockets, 0 or 1, connections leave to DHCP, DNS and SNTP. */
  const reserved = dhcp && chip.sockets > 1 ? 1 : 0;

  const loseTasks = (error: Error): void => {
    for (const task of tasks) if (task.started) task.lose(error);
  };

  /** Tells the chip the static address, or the lease's, or none. Connections from another address are lost. */
  const applyAddress = (): void => {
    const before = chip.settings.ip;
    const lease = dhcp && dhcp.current();
    const address = fixed || lease || NO_ADDRESS;
    chip.setAddress(address);
    if (!dhcp || startsWith(before, 0, address.ip)) return;
    loseTasks(
      ringletError(
        'ERR_NET_NO_LEASE',
        'The DHCP lease ended' +
          (chip.sockets > 1 ? '' : ' while the only socket was in use: plan buffers for two, or longer leases'),
      ),
    );
    emit({ type: 'lease', lease });
  };

  const reset = (why: Error): void => {
    loseTasks(why);
    if (dhcp) dhcp.halt();
    chip.reset();
    applyAddress();
  };

  /** `servers`: undefined means the DNS servers. */
  const ask = (
    question: Question,
    servers: Uint8Array[] | undefined,
    owner: Task | undefined,
    done: (error: RingletError | undefined) => void,
  ): void => {
    tasks.push((services as UdpServices).exchange(chip, question, servers, clock.now() + timeouts.ready, owner, done));
    if (options.onQuestion) options.onQuestion();
  };

  /** `owner`: whose host it is; with that connection the question ends. */
  const lookUp = (
    host: string,
    callback: (error: RingletError | undefined, ip: Uint8Array | undefined) => void,
    owner?: Task,
  ): void => {
    const literal = parseAddress(host);
    if (literal) {
      callback(undefined, literal);
      return;
    }
    if (!services) usageError('host: give an address, this board has no DNS');
    const question = services.dns(host);
    ask(question, undefined, owner, error => {
      const ip = question.found;
      emit({ type: 'lookup', host, ip });
      if (!error && !ip) error = ringletError('ERR_NET_DNS_NOT_FOUND', 'No IPv4 address is known for ' + host);
      callback(error, ip);
    });
  };

  /** Link and chip; false if the chip cannot be used now. */
  const watch = (now: number): boolean => {
    watchAt = now + WATCH_MS;
    if (!chip.failure) chip.inspect();
    if (chip.failure) {
      emit({ type: 'fault', error: chip.failure });
      // The chip is set up anew; what was open is gone.
      try {
        reset(chip.failure);
      } catch (error) {
        chip.failure = error as Error;
        watchAt = now + RECOVERY_MS;
        return false;
      }
    }
    const up = chip.hasLink;
    if (up !== linkSeen) {
      linkSeen = up;
      linkLostAt = now;
      emit({ type: 'link', up });
    }
    if (up && dhcp) dhcp.run(now);
    if (!up && now - linkLostAt >= LINK_LOSS_MS) {
      loseTasks(noLink());
      if (dhcp) dhcp.halt();
      applyAddress();
    }
    return true;
  };

  /**
   * False while the socket that `task` needs is somebody's who will soon be done with it: a lease that must be renewed goes before
   * everything, and questions before connections. Throws ERR_NET_NO_SOCKET when only a close would help, or in the end.
   */
  const mayTakeSocket = (task: Task, now: number): boolean => {
    const lasting = !services || task.lasting;
    const free = chip.free();
    let soonFree = free;
    let before = 0;
    if (dhcp) {
      if (lasting && chip.sockets === 1 && free > 0) dhcp.renewEarly(now);
      if (dhcp.holdsSocket()) soonFree++;
      if (dhcp.isWaiting(now)) before = 1;
    }
    for (const other of tasks) {
      if (!other.brief || other.closed) continue;
      if (other.started) soonFree++;
      else if (lasting) before++;
    }
    const possible = soonFree > (lasting ? reserved : 0);
    if (possible && free > before) return true;
    if (possible && now < task.readyBy) return false;
    throw ringletError(
      'ERR_NET_NO_SOCKET',
      `${chip.sockets} socket(s)${reserved ? ' (one is for DHCP)' : ''} in use: close one, or plan buffers for more`,
    );
  };

  /** Once there are link, address and socket; the task fails if they are not there in time. */
  const begin = (task: Task, now: number): void => {
    try {
      if (chip.failure || !chip.hasLink || chip.settings === NO_ADDRESS) {
        if (now < task.readyBy) return;
        throw (
          chip.failure ||
          (dhcp && chip.hasLink ? ringletError('ERR_NET_NO_LEASE', 'No DHCP server has given an address') : noLink())
        );
      }
      // A connection may still be waiting for its peer's address.
      if (((services && !task.lasting) || task.ip) && mayTakeSocket(task, now)) task.begin();
    } catch (error) {
      task.lose(error as Error);
    }
  };

  return {
    chip,

    get asking() {
      return !!services && tasks.some(task => !task.lasting);
    },

    get linkUp() {
      return chip.hasLink;
    },

    get lease() {
      return dhcp && dhcp.current();
    },

    start() {
      reset(ringletError('ERR_NET_ABORTED', 'The network was started anew'));
      state = state || State.STARTED;
      linkSeen = false;
      linkLostAt = watchAt = clock.now();
    },

    connect(host, port) {
      if (!(port >= 1 && port <= 65535)) usageError('No such port');
      const opened = options.onEvent && ((localPort: number) => emit({ type: 'connect', host, port, localPort }));
      const socket = tcpSocket(chip, port, timeouts, opened);
      lookUp(
        host,
        (error, ip) => {
          socket.ip = ip;
          if (error) socket.lose(error);
        },
        socket,
      );
      tasks.push(socket);
      return socket;
    },

    resolve: lookUp,

    queryTime(server, callback) {
      if (!services) usageError('queryTime: this board has no SNTP');
      lookUp(server, (error, ip) => {
        if (!ip) return callback(error, undefined);
        const question = services.sntp();
        ask(question, [ip], undefined, failure => {
          if (failure) return callback(failure, undefined);
          timeOffset = question.time - clock.now() / 1000;
          const unixSeconds = Math.floor(question.time);
          emit({ type: 'time', unixSeconds });
          callback(undefined, unixSeconds);
        });
      });
    },

    unixTime() {
      return timeOffset === undefined ? undefined : Math.floor(timeOffset + clock.now() / 1000);
    },

    poll() {
      if (state === State.STOPPED) usageError('Call start() first');
      if (state === State.POLLING) return false;
      state = State.POLLING;
      try {
        const now = clock.now();
        let active = false;
        if (now >= watchAt && !watch(now)) return false;
        const known = chip.failure;
        chip.readInterrupts();
        try {
          if (dhcp && dhcp.poll(now)) {
            active = true;
            applyAddress();
          }
        } catch (error) {
          // A chip that fails is set up anew.
          if (!chip.failure) throw error;
          active = true;
        }
        // First come, first served; what comes meanwhile has to wait for the next step.
        for (let i = 0, left = tasks.length; left > 0; left--) {
          const task = tasks[i];
          if (!task.started && !task.closed) begin(task, now);
          if (task.poll(now)) active = true;
          if (task.closed) tasks.splice(i, 1);
          else i++;
        }
        // A chip that did not answer just now is left alone for a second.
        if (chip.failure !== known) watchAt = now;
        return active;
      } finally {
        state = State.STARTED;
      }
    },
  };
}

function noLink(): Error {
  return ringletError('ERR_NET_LINK_DOWN', 'No Ethernet link: check the cable');
}
