/**
 * The network behind the simulated chip: one subnet with a gateway, services that answer UDP in this process (DHCP, DNS,
 * NTP), names, and a map from the chip's idea of an address to a real host and port. Nothing outside of loopback is
 * reachable unless `outside` is set.
 */
import * as dgram from 'node:dgram';
import { isDotted, sameSubnet, subnetBroadcast } from './addresses.js';
import type { Capture } from './capture.js';
import type { SimClock } from './clock.js';
import type { NetworkSettings } from './context.js';
import type { Acceptor } from './link.js';

export interface Endpoint {
  address: string;
  port: number;
}

export interface Datagram {
  from: Endpoint;
  to: Endpoint;
  payload: Uint8Array;
}

/** Answers datagrams; `reply` goes back to the sender unless it is told another destination. */
export type UdpService = (request: Datagram, reply: (payload: Uint8Array, to?: Endpoint) => void) => void;

/** What becomes of a packet to some address. */
export type Reach =
  | { kind: 'no ARP answer' | 'silent' | 'refused' | 'service' }
  | { kind: 'host'; host: string; port: number }
  | { kind: 'peer'; accept: Acceptor };

/** A chip on the wire: offers a datagram that reached its MAC; it filters by address and port itself. */
export type Station = (datagram: Datagram) => void;

export interface LanOptions {
  mask: string;
  gateway: string;
  /** True lets unmapped addresses beyond the gateway go to the real network, and names to the machine's resolver. */
  outside: boolean;
  /** From a request to its answer, on the clock. */
  latencyMs: number;
}

export function defaultLanOptions(): LanOptions {
  return { mask: '255.255.255.0', gateway: '10.0.0.1', outside: false, latencyMs: 1 };
}

const TUPLE_MEMORY_MS = 60000;
/** TEST-NET-2: where published servers appear to live. */
const PUBLISHED_NETWORK = '198.51.100.';

export class Lan {
  /** Name to a chip-side address, or to another name (an alias). Lower case. */
  readonly zone = new Map<string, string>();
  /** Chip-side port to real loopback port of sockets in LISTEN. */
  readonly listening = new Map<number, number>();
  /** Datagrams that went out, newest last: what a test looks at. */
  readonly sent: Datagram[] = [];
  /** If set, takes down everything that the cable carries. */
  capture: Capture | undefined;
  private readonly hosts = new Map<string, { host: string; port: number }>();
  private readonly acceptors = new Map<string, Acceptor>();
  private readonly services = new Map<string, UdpService>();
  private readonly stations = new Set<Station>();
  private readonly tuples = new Map<string, number>();
  private readonly realSockets = new Map<number, dgram.Socket>();
  private published = 0;

  constructor(
    readonly options: LanOptions,
    private readonly clock: SimClock,
  ) {}

  attach(station: Station): void {
    this.stations.add(station);
  }

  /** `address:port` as the chip sees it is really `host:realPort`. */
  map(address: string, port: number, realPort: number, host = '127.0.0.1'): void {
    this.hosts.set(`${address}:${port}`, { host, port: realPort });
  }

  /** Gives a real server a name and an address beyond the gateway; answers the address. */
  publish(name: string, port: number, realPort: number, host = '127.0.0.1'): string {
    const known = this.zone.get(name.toLowerCase());
    const address = known ?? PUBLISHED_NETWORK + ++this.published;
    this.zone.set(name.toLowerCase(), address);
    this.map(address, port, realPort, host);
    return address;
  }

  serve(address: string, port: number, service: UdpService): void {
    this.services.set(`${address}:${port}`, service);
  }

  /** TCP connections to `address:port` are answered in this process. */
  accept(address: string, port: number, acceptor: Acceptor): void {
    this.acceptors.set(`${address}:${port}`, acceptor);
  }

  /** What a packet from a chip with these settings meets, W5500 §4.1: its own mask and gateway decide who is asked. */
  reach(protocol: 'tcp' | 'udp', address: string, port: number, settings: NetworkSettings): Reach {
    const broadcast = address === '255.255.255.255' || address === subnetBroadcast(settings.address, settings.mask);
    if (broadcast) return { kind: protocol === 'udp' ? 'service' : 'no ARP answer' };
    if (settings.address === '0.0.0.0' || address === '0.0.0.0') return { kind: 'no ARP answer' };
    const direct = sameSubnet(address, settings.address, settings.mask);
    if (!this.answersArp(direct ? address : settings.gateway)) return { kind: 'no ARP answer' };
    const accept = protocol === 'tcp' ? this.acceptors.get(`${address}:${port}`) : undefined;
    if (accept !== undefined) return { kind: 'peer', accept };
    const host = this.hosts.get(`${address}:${port}`);
    if (host !== undefined) return { kind: 'host', ...host };
    if (protocol === 'udp' && this.services.has(`${address}:${port}`)) return { kind: 'service' };
    if (this.isKnown(address)) return { kind: protocol === 'tcp' ? 'refused' : 'silent' };
    return this.options.outside && !direct ? { kind: 'host', host: address, port } : { kind: 'silent' };
  }

  /** One datagram from a chip. Broadcasts reach every service on that port. */
  sendDatagram(from: Endpoint, to: Endpoint, payload: Uint8Array, settings: NetworkSettings): void {
    const datagram = { from, to, payload };
    this.sent.push(datagram);
    this.capture?.fromChip(datagram, settings);
    const reach = this.reach('udp', to.address, to.port, settings);
    if (reach.kind === 'host') this.sendReal(datagram, reach.host, reach.port);
    if (reach.kind !== 'service') return;
    const broadcast = !this.services.has(`${to.address}:${to.port}`);
    for (const [key, service] of this.services) {
      const at = key.split(':') as [string, string];
      if (Number(at[1]) !== to.port || (!broadcast && at[0] !== to.address)) continue;
      const self = { address: at[0], port: to.port };
      this.clock.after(this.options.latencyMs, () => {
        service(datagram, (answer, destination) =>
          this.deliver({ from: self, to: destination ?? from, payload: answer }),
        );
      });
    }
  }

  /** Puts a datagram on the wire for every chip to look at. */
  deliver(datagram: Datagram): void {
    this.capture?.toChip(datagram);
    for (const station of this.stations) station(datagram);
  }

  /** Remembers a connection's addresses for 60 s; true if it was there already. */
  tupleReused(tuple: string, now: number): boolean {
    const last = this.tuples.get(tuple);
    this.tuples.set(tuple, now);
    return last !== undefined && now - last < TUPLE_MEMORY_MS;
  }

  close(): void {
    for (const socket of this.realSockets.values()) socket.close();
    this.realSockets.clear();
    this.stations.clear();
  }

  private answersArp(address: string): boolean {
    return address === this.options.gateway || (this.isKnown(address) && this.isLocal(address));
  }

  private isLocal(address: string): boolean {
    return sameSubnet(address, this.options.gateway, this.options.mask);
  }

  private isKnown(address: string): boolean {
    if (address === this.options.gateway) return true;
    const prefix = address + ':';
    for (const map of [this.hosts, this.services, this.acceptors]) {
      for (const key of map.keys()) if (key.startsWith(prefix)) return true;
    }
    return false;
  }

  /** One real socket per local port of the chip. As on the chip, anyone may send to it. */
  private sendReal(datagram: Datagram, host: string, port: number): void {
    let socket = this.realSockets.get(datagram.from.port);
    if (socket === undefined) {
      socket = dgram.createSocket('udp4');
      socket.on('error', () => undefined);
      socket.on('message', (payload, remote) => {
        this.deliver({
          from: this.chipSide(remote.address, remote.port),
          to: { address: datagram.from.address, port: datagram.from.port },
          payload,
        });
      });
      this.realSockets.set(datagram.from.port, socket);
    }
    if (isDotted(host)) socket.send(datagram.payload, port, host, () => undefined);
  }

  private chipSide(host: string, port: number): Endpoint {
    for (const [key, real] of this.hosts) {
      if (real.host === host && real.port === port) {
        const at = key.split(':') as [string, string];
        return { address: at[0], port: Number(at[1]) };
      }
    }
    return { address: host, port };
  }
}
