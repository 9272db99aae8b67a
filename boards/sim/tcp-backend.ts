/**
 * The chip's TCP engine mapped onto node:net. What Node delivers waits in `wire`, a private queue, until the RX ring has
 * room; FIN and RST wait behind it. Real chip and model differ in one place: CLOSE is silent on the chip, here the peer
 * sees FIN or RST.
 */
import * as net from 'node:net';
import { dotted } from './addresses.js';
import type { ScheduledEvent } from './clock.js';
import type { ChipContext } from './context.js';
import { Event, Sn, State } from './registers.js';
import type { SimSocket } from './socket.js';

/** Node's socket is paused while more than this is waiting: a peer's window would be closed long before. */
const WIRE_LIMIT = 65536;
const DEFAULT_MSS = 1460;

interface Outgoing {
  bytes: Uint8Array;
  /** Sn_TX_RD behind the bytes. */
  end: number;
}

export class TcpBackend {
  private link: net.Socket | undefined;
  private server: net.Server | undefined;
  private wire: Uint8Array[] = [];
  private wireLength = 0;
  private finArrived = false;
  private finSent = false;
  private resetArrived = false;
  private acked: number[] = [];
  private outgoing: Outgoing[] = [];
  private timers = new Set<ScheduledEvent>();
  private giveUp: ScheduledEvent | undefined;
  private waitingForLink = false;
  private paused = false;

  constructor(
    private readonly socket: SimSocket,
    private readonly chip: ChipContext,
  ) {}

  connect(): void {
    const { socket, chip } = this;
    const destination = dotted(socket.bytes, Sn.DIPR);
    const port = socket.word(Sn.DPORT);
    socket.state = State.SYNSENT;
    if (!chip.linkUp) {
      this.waitingForLink = true;
      this.later(chip.arpTimeout(), () => this.lost());
      return;
    }
    if (chip.lan.tupleReused(`${socket.word(Sn.PORT)} ${destination}:${port}`, chip.clock.now())) {
      socket.violate('connection from the same port to the same peer within 60 s', `${destination}:${port}`);
    }
    const reach = chip.lan.reach('tcp', destination, port, chip.settings());
    if (reach.kind === 'no ARP answer') {
      this.later(chip.arpTimeout(), () => this.lost());
      return;
    }
    if (reach.kind === 'refused') {
      this.later(0, () => this.fail(chip.faults.refusedRaises));
      return;
    }
    this.later(chip.tcpTimeout(), () => this.lost());
    if (reach.kind !== 'host' || chip.faults.blackholes.has(destination)) return;
    const link = net.connect({ host: reach.host, port: reach.port, allowHalfOpen: true, noDelay: true });
    this.attach(link);
    link.once('connect', () => this.link === link && this.established());
  }

  listen(): void {
    const { socket, chip } = this;
    socket.state = State.LISTEN;
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, link => {
      if (this.server !== server) {
        link.destroy();
        return;
      }
      // The socket itself becomes the connection: there is no queue, a second SYN is refused.
      server.close();
      this.server = undefined;
      chip.lan.listening.delete(port);
      this.attach(link);
      this.established();
    });
    const port = socket.word(Sn.PORT);
    this.server = server;
    server.listen(0, '127.0.0.1', () => {
      if (this.server === server) chip.lan.listening.set(port, (server.address() as net.AddressInfo).port);
    });
  }

  send(length: number): void {
    const { socket, chip } = this;
    const end = (socket.txRead + Math.min(length, chip.faults.partialSend ?? length)) & 0xffff;
    const bytes = socket.ringGet(socket.txRead, (end - socket.txRead) & 0xffff);
    socket.sending = true;
    this.outgoing.push({ bytes, end });
    this.flush();
    if (chip.faults.deadPeer || chip.faults.sendOkNever) return;
    if (chip.faults.sendOkDelayMs === 0) socket.sendDone(end);
    else this.later(chip.faults.sendOkDelayMs, () => socket.sendDone(end));
  }

  disconnect(): void {
    const { socket, chip } = this;
    if (socket.state === State.SYNSENT || socket.state === State.SYNRECV) {
      this.drop();
      socket.closed(0);
      return;
    }
    const passive = socket.state === State.CLOSE_WAIT;
    socket.state = passive ? State.LAST_ACK : State.FIN_WAIT;
    if (chip.faults.deadPeer || !chip.linkUp) {
      this.later(chip.tcpTimeout(), () => this.lost());
      return;
    }
    const link = this.link;
    link?.end(() => {
      if (this.link !== link) return;
      this.finSent = true;
      if (passive) this.finish(0);
      else this.arrivedSomething();
    });
    this.arrivedSomething();
  }

  keepAlive(): void {
    if (this.socket.bytes[Sn.KPALVTR] === 0 && this.chip.faults.deadPeer) this.awaitAnswer();
  }

  /** RECV has freed ring space. */
  windowOpened(): void {
    if (this.chip.faults.deliverAfterReadOf === undefined) this.deliver();
  }

  linkChanged(): void {
    if (!this.chip.linkUp) return;
    if (this.waitingForLink && this.socket.state === State.SYNSENT) {
      this.clearTimers();
      this.waitingForLink = false;
      this.connect();
      return;
    }
    this.flush();
    this.deliver();
  }

  /** Lets whatever has arrived take effect: acknowledgements, data up to the ring's room, then RST or FIN. */
  deliver(): void {
    const { socket, chip } = this;
    if (!chip.linkUp || chip.faults.deadPeer || this.link === undefined) return;
    for (const end of this.acked) socket.txAcked = end;
    this.acked = [];
    this.fillRing();
    if (this.resetArrived) this.fail(chip.faults.resetRaises);
    else if (this.finArrived && this.wireLength === 0) this.peerFinished();
  }

  /** Ends the connection without a trace on the chip's side; the ring keeps its bytes. */
  drop(): void {
    const link = this.link;
    this.link = undefined;
    link?.destroy();
    if (this.server !== undefined) {
      this.server.close();
      this.chip.lan.listening.delete(this.socket.word(Sn.PORT));
      this.server = undefined;
    }
    this.wire = [];
    this.wireLength = 0;
    this.finArrived = this.finSent = this.resetArrived = this.waitingForLink = this.paused = false;
    this.acked = [];
    this.outgoing = [];
    this.clearTimers();
  }

  private attach(link: net.Socket): void {
    this.link = link;
    link.on('data', chunk => this.link === link && this.arrived(chunk));
    link.on('end', () => {
      if (this.link !== link) return;
      this.finArrived = true;
      this.arrivedSomething();
    });
    link.on('error', (error: NodeJS.ErrnoException) => this.link === link && this.broken(error));
  }

  private established(): void {
    const { socket, chip } = this;
    this.clearTimers();
    socket.setTxPointers(chip.options.txSeed ?? chip.random(65536));
    socket.state = State.ESTABLISHED;
    socket.raise(Event.CON);
    const seconds = socket.bytes[Sn.KPALVTR]! * 5;
    if (seconds > 0) this.watch(seconds * 1000);
  }

  /** The automatic keep-alive, Sn_KPALVTR: without effect on the wire, but a dead peer is found out. */
  private watch(intervalMs: number): void {
    this.later(intervalMs, () => {
      if (this.chip.faults.deadPeer || !this.chip.linkUp) this.awaitAnswer();
      this.watch(intervalMs);
    });
  }

  private arrived(chunk: Uint8Array): void {
    if (this.socket.state === State.FIN_WAIT && !this.chip.faults.receiveInFinWait) return;
    this.wire.push(chunk);
    this.wireLength += chunk.length;
    if (this.wireLength > WIRE_LIMIT && !this.paused) {
      this.paused = true;
      this.link?.pause();
    }
    this.arrivedSomething();
  }

  private arrivedSomething(): void {
    if (this.chip.faults.deliverAfterReadOf === undefined) this.deliver();
  }

  private broken(error: NodeJS.ErrnoException): void {
    if (this.socket.state !== State.SYNSENT) {
      this.resetArrived = true;
      this.arrivedSomething();
    } else if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') this.fail(this.chip.faults.refusedRaises);
    else this.lost();
  }

  /** Moves segments of at most the MSS from the wire to the ring; each raises RECV. */
  private fillRing(): void {
    const { socket } = this;
    const discard = socket.state === State.FIN_WAIT && !this.chip.faults.receiveInFinWait;
    const mss = socket.word(Sn.MSSR) || DEFAULT_MSS;
    while (this.wire.length > 0 && (discard || socket.rxFree > 0)) {
      const chunk = this.wire[0]!;
      const length = discard ? chunk.length : Math.min(chunk.length, mss, socket.rxFree);
      if (!discard) {
        socket.ringPut(chunk.subarray(0, length));
        socket.raise(Event.RECV);
      }
      this.wireLength -= length;
      if (length === chunk.length) this.wire.shift();
      else this.wire[0] = chunk.subarray(length);
    }
    if (this.paused && this.wireLength <= WIRE_LIMIT) {
      this.paused = false;
      this.link?.resume();
    }
  }

  private peerFinished(): void {
    const { socket, chip } = this;
    if (socket.state === State.ESTABLISHED) {
      socket.state = State.CLOSE_WAIT;
      socket.raise(Event.DISCON);
    } else if (socket.state === State.FIN_WAIT && !chip.faults.finWaitForever && !this.finSent) {
      // Both FINs have crossed, and ours is behind data that is still under way.
      socket.state = State.CLOSING;
    } else if (this.finSent && (socket.state === State.CLOSING || !chip.faults.finWaitForever)) {
      if (socket.state === State.TIME_WAIT) return;
      socket.state = State.TIME_WAIT;
      if (chip.options.timeWaitMs === 0) this.finish(Event.DISCON);
      else this.later(chip.options.timeWaitMs, () => this.finish(Event.DISCON));
    }
  }

  /** Hands `outgoing` to Node, unless nobody would get it; then TCP_TO is running. */
  private flush(): void {
    if (this.outgoing.length === 0) return;
    if (this.chip.faults.deadPeer || !this.chip.linkUp) {
      this.awaitAnswer();
      return;
    }
    if (this.giveUp !== undefined) this.cancel(this.giveUp);
    this.giveUp = undefined;
    const link = this.link;
    for (const { bytes, end } of this.outgoing) {
      link?.write(bytes, error => {
        if (this.link === link && !error) this.acknowledged(end);
      });
    }
    this.outgoing = [];
  }

  private acknowledged(end: number): void {
    const arrive = () => {
      this.acked.push(end);
      this.arrivedSomething();
    };
    if (this.chip.faults.ackDelayMs > 0) this.later(this.chip.faults.ackDelayMs, arrive);
    else arrive();
  }

  private awaitAnswer(): void {
    if (this.giveUp !== undefined) return;
    this.giveUp = this.later(this.chip.tcpTimeout(), () => this.lost());
  }

  private lost(): void {
    this.drop();
    this.socket.closed(Event.TIMEOUT);
  }

  private fail(raises: 'none' | 'DISCON' | 'TIMEOUT'): void {
    this.drop();
    this.socket.closed(raises === 'none' ? 0 : Event[raises]);
  }

  private finish(event: number): void {
    this.drop();
    this.socket.closed(event);
  }

  private later(delayMs: number, callback: () => void): ScheduledEvent {
    const event = this.chip.clock.after(delayMs, () => {
      this.timers.delete(event);
      callback();
    });
    this.timers.add(event);
    return event;
  }

  private cancel(event: ScheduledEvent): void {
    this.timers.delete(event);
    this.chip.clock.cancel(event);
  }

  private clearTimers(): void {
    for (const event of this.timers) this.chip.clock.cancel(event);
    this.timers.clear();
    this.giveUp = undefined;
  }
}
