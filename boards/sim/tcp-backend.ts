/**
 * The chip's TCP engine mapped onto node:net. What Node delivers waits in the wire until the RX ring has room, and FIN
 * and RST wait behind it. Real chip and model differ in one place: CLOSE is silent on the chip, here the peer sees FIN
 * or RST.
 */
import * as net from 'node:net';
import { dotted } from './addresses.js';
import type { TcpCapture } from './capture.js';
import type { ScheduledEvent } from './clock.js';
import type { ChipContext } from './context.js';
import { EventGroup } from './event-group.js';
import { Event, Sn, State } from './registers.js';
import type { SimSocket } from './socket.js';
import { Wire } from './wire.js';

const DEFAULT_MSS = 1460;

interface Outgoing {
  bytes: Uint8Array;
  /** Sn_TX_RD behind the bytes. */
  end: number;
}

export class TcpBackend {
  private link: net.Socket | undefined;
  private server: net.Server | undefined;
  private wire = new Wire();
  /** DISCON wants a FIN behind `outgoing`. */
  private finDue = false;
  /** Our FIN has gone out, and was acknowledged as far as Node can tell. */
  private finSent = false;
  /** Acknowledgements that have arrived and not yet taken effect. */
  private acked: number[] = [];
  private outgoing: Outgoing[] = [];
  private readonly timers: EventGroup;
  private giveUp: ScheduledEvent | undefined;
  private waitingForLink = false;
  private capture: TcpCapture | undefined;

  constructor(
    private readonly socket: SimSocket,
    private readonly chip: ChipContext,
  ) {
    this.timers = new EventGroup(chip.clock);
  }

  connect(): void {
    const { socket, chip } = this;
    const destination = dotted(socket.bytes, Sn.DIPR);
    const port = socket.word(Sn.DPORT);
    socket.state = State.SYNSENT;
    this.waitingForLink = !chip.linkUp;
    if (this.waitingForLink) {
      this.timers.after(chip.arpTimeout(), () => this.end(Event.TIMEOUT));
      return;
    }
    if (chip.lan.tupleReused(`${socket.word(Sn.PORT)} ${destination}:${port}`, chip.clock.now())) {
      socket.violate('connection from the same port to the same peer within 60 s', `${destination}:${port}`);
    }
    const reach = chip.lan.reach('tcp', destination, port, chip.settings());
    if (reach.kind === 'no ARP answer') {
      this.timers.after(chip.arpTimeout(), () => this.end(Event.TIMEOUT));
      return;
    }
    const mss = socket.word(Sn.MSSR) || DEFAULT_MSS;
    this.capture = chip.lan.capture?.connection(socket.word(Sn.PORT), destination, port, mss, chip.settings());
    this.capture?.connecting(socket.rxFree);
    if (reach.kind === 'refused') {
      this.timers.after(0, () => this.fail(chip.faults.refusedRaises));
      return;
    }
    this.timers.after(chip.tcpTimeout(), () => this.end(Event.TIMEOUT));
    if (reach.kind !== 'host' || chip.faults.blackholes.has(destination)) return;
    const link = net.connect({ host: reach.host, port: reach.port, allowHalfOpen: true, noDelay: true });
    this.attach(link);
    link.once('connect', () => this.link === link && this.established());
  }

  /** The socket itself becomes the first connection: there is no queue, a second SYN is refused. */
  listen(): void {
    const { socket, chip } = this;
    socket.state = State.LISTEN;
    const port = socket.word(Sn.PORT);
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, link => {
      if (this.server !== server) {
        link.destroy();
        return;
      }
      this.stopListening();
      this.attach(link);
      this.established();
    });
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
  }

  disconnect(): void {
    const { socket } = this;
    if (socket.state === State.SYNSENT || socket.state === State.SYNRECV) {
      this.end(0);
      return;
    }
    socket.state = socket.state === State.CLOSE_WAIT ? State.LAST_ACK : State.FIN_WAIT;
    this.finDue = true;
    this.flush();
    this.arrived();
  }

  /** SEND_KEEP: only a dead peer makes a difference. */
  keepAlive(): void {
    if (this.socket.bytes[Sn.KPALVTR] === 0 && this.chip.faults.deadPeer) this.awaitAnswer();
  }

  /** RECV has freed ring space. */
  windowOpened(): void {
    this.capture?.windowOpened(this.socket.rxFree);
    this.arrived();
  }

  linkChanged(): void {
    if (!this.chip.linkUp) return;
    if (this.waitingForLink && this.socket.state === State.SYNSENT) {
      this.timers.clear();
      this.connect();
      return;
    }
    this.flush();
    this.arrived();
  }

  /** Lets whatever has arrived take effect: acknowledgements, data up to the ring's room, then RST or FIN. */
  deliver(): void {
    const { socket, chip } = this;
    if (!chip.linkUp || chip.faults.deadPeer || this.link === undefined) return;
    for (const end of this.acked) socket.txAcked = end;
    this.acked = [];
    this.fillRing();
    if (this.wire.resetArrived) this.fail(chip.faults.resetRaises);
    else if (this.wire.finArrived && this.wire.empty) this.peerFinished();
  }

  /** Ends the connection without a trace on the chip's side; the ring keeps its bytes. */
  drop(): void {
    const link = this.link;
    this.link = this.capture = undefined;
    link?.destroy();
    this.stopListening();
    this.wire = new Wire();
    this.finDue = this.finSent = this.waitingForLink = false;
    this.acked = [];
    this.outgoing = [];
    this.timers.clear();
    this.giveUp = undefined;
  }

  private attach(link: net.Socket): void {
    this.link = link;
    link.on('data', chunk => this.link === link && this.dataArrived(chunk));
    link.on('end', () => {
      if (this.link !== link) return;
      this.wire.finArrived = true;
      this.arrived();
    });
    link.on('error', (error: NodeJS.ErrnoException) => this.link === link && this.broken(error));
  }

  private established(): void {
    const { socket, chip } = this;
    this.timers.clear();
    this.capture?.established();
    socket.setTxPointers(chip.options.txSeed ?? chip.random(65536));
    socket.state = State.ESTABLISHED;
    socket.raise(Event.CON);
    const seconds = socket.bytes[Sn.KPALVTR]! * 5;
    if (seconds > 0) this.probe(seconds * 1000);
  }

  /** The automatic keep-alive, Sn_KPALVTR: without effect on the wire, but a dead peer is found out. */
  private probe(intervalMs: number): void {
    this.timers.after(intervalMs, () => {
      if (this.chip.faults.deadPeer || !this.chip.linkUp) this.awaitAnswer();
      this.probe(intervalMs);
    });
  }

  /** Something has changed on the network's side; a fault may want to choose the moment itself. */
  private arrived(): void {
    if (this.chip.faults.deliverAfterReadOf === undefined) this.deliver();
  }

  private dataArrived(chunk: Uint8Array): void {
    this.wire.push(chunk);
    if (this.wire.full) this.link?.pause();
    this.arrived();
  }

  private broken(error: NodeJS.ErrnoException): void {
    if (this.socket.state !== State.SYNSENT) {
      this.wire.resetArrived = true;
      this.arrived();
    } else if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') this.fail(this.chip.faults.refusedRaises);
    else this.end(Event.TIMEOUT);
  }

  /** Moves segments of at most the MSS from the wire to the ring; each raises RECV. */
  private fillRing(): void {
    const { socket, wire } = this;
    const closing = socket.state !== State.ESTABLISHED && socket.state !== State.CLOSE_WAIT;
    const mss = socket.word(Sn.MSSR) || DEFAULT_MSS;
    if (closing && !this.chip.faults.receiveInFinWait) {
      while (!wire.empty && this.capture) this.capture.received(wire.take(mss), socket.rxFree);
      wire.discardData();
    }
    while (!wire.empty && socket.rxFree > 0) {
      const segment = wire.take(Math.min(mss, socket.rxFree));
      socket.ringPut(segment);
      this.capture?.received(segment, socket.rxFree);
      socket.raise(Event.RECV);
    }
    if (!wire.full && this.link?.isPaused()) this.link.resume();
  }

  private peerFinished(): void {
    const { socket, chip } = this;
    this.capture?.peerFinished();
    if (socket.state === State.ESTABLISHED) {
      socket.state = State.CLOSE_WAIT;
      socket.raise(Event.DISCON);
    } else if (socket.state === State.FIN_WAIT && chip.faults.finWaitForever) return;
    else if (socket.state === State.FIN_WAIT && !this.finSent) {
      // Both FINs have crossed, and ours is behind data that is still under way.
      socket.state = State.CLOSING;
    } else if (socket.state === State.FIN_WAIT || (socket.state === State.CLOSING && this.finSent)) {
      socket.state = State.TIME_WAIT;
      if (chip.options.timeWaitMs === 0) this.end(Event.DISCON);
      else this.timers.after(chip.options.timeWaitMs, () => this.end(Event.DISCON));
    }
  }

  /** Hands `outgoing` and a due FIN to Node, unless nobody would get them; then TCP_TO is running. */
  private flush(): void {
    if (this.outgoing.length === 0 && !this.finDue) return;
    if (this.chip.faults.deadPeer || !this.chip.linkUp) {
      this.awaitAnswer();
      return;
    }
    if (this.giveUp !== undefined) this.timers.cancel(this.giveUp);
    this.giveUp = undefined;
    const link = this.link;
    const segments = this.outgoing;
    this.outgoing = [];
    for (const { bytes, end } of segments) {
      this.capture?.sent(bytes);
      link?.write(bytes, error => {
        if (this.link === link && !error) this.acknowledged(end);
      });
      if (!this.chip.faults.sendOkAtAck) this.sent(end);
    }
    if (this.finDue) this.sendFin();
  }

  private sendFin(): void {
    const link = this.link;
    this.finDue = false;
    this.capture?.finSent();
    link?.end(() => {
      if (this.link !== link) return;
      this.finSent = true;
      this.capture?.acknowledged();
      if (this.socket.state === State.LAST_ACK) this.end(0);
      else this.arrived();
    });
  }

  private sent(end: number): void {
    const { sendOkNever, sendOkDelayMs } = this.chip.faults;
    if (sendOkNever) return;
    if (sendOkDelayMs === 0) this.socket.sendDone(end);
    else this.timers.after(sendOkDelayMs, () => this.socket.sendDone(end));
  }

  private acknowledged(end: number): void {
    const arrive = () => {
      this.capture?.acknowledged();
      this.acked.push(end);
      this.arrived();
      if (this.chip.faults.sendOkAtAck) this.sent(end);
    };
    if (this.chip.faults.ackDelayMs > 0) this.timers.after(this.chip.faults.ackDelayMs, arrive);
    else arrive();
  }

  private awaitAnswer(): void {
    this.giveUp ??= this.timers.after(this.chip.tcpTimeout(), () => this.end(Event.TIMEOUT));
  }

  private fail(raises: 'none' | 'DISCON' | 'TIMEOUT'): void {
    this.capture?.reset();
    this.end(raises === 'none' ? 0 : Event[raises]);
  }

  private end(event: number): void {
    this.drop();
    this.socket.closed(event);
  }

  private stopListening(): void {
    if (this.server === undefined) return;
    this.server.close();
    this.server = undefined;
    this.chip.lan.listening.delete(this.socket.word(Sn.PORT));
  }
}
