/**
 * The chip's TCP engine over a link, which is a socket of Node or a peer in this process. What the link delivers waits in
 * the wire until the RX ring has room, and FIN and RST wait behind it.
 */
import * as net from 'node:net';
import { dotted } from './addresses.js';
import type { TcpCapture } from './capture.js';
import type { ScheduledEvent } from './clock.js';
import type { ChipContext } from './context.js';
import { EventGroup } from './event-group.js';
import type { Link, LinkEvents } from './link.js';
import { NodeLink } from './node-link.js';
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
  private link: Link | undefined;
  private server: net.Server | undefined;
  private wire = new Wire();
  /** DISCON wants a FIN behind `outgoing`. */
  private finDue = false;
  /** Our FIN has gone out, and was acknowledged. */
  private finSent = false;
  /** Acknowledgements that have arrived and not yet taken effect. */
  private acked: number[] = [];
  private outgoing: Outgoing[] = [];
  private readonly timers: EventGroup;
  private giveUp: ScheduledEvent | undefined;
  private waitingForLink = false;
  private readonly events: LinkEvents = {
    connected: () => {
      this.wire.connected = true;
      this.arrived();
    },
    data: chunk => this.dataArrived(chunk),
    fin: () => {
      this.wire.finArrived = true;
      this.arrived();
    },
    reset: () => this.resetArrived(),
    unreachable: () => this.end(Event.TIMEOUT),
  };
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
    if (chip.faults.blackholes.has(destination) || chip.faults.synAnswer === 'none') return;
    if (chip.faults.synAnswer === 'reset') {
      this.timers.after(chip.lan.options.latencyMs, () => this.fail(chip.faults.refusedRaises));
      return;
    }
    if (reach.kind === 'host') this.link = NodeLink.connect(reach.host, reach.port, this.events);
    if (reach.kind === 'peer') this.link = reach.accept(this.events);
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
      this.link = new NodeLink(link, this.events);
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

  /** The link, or the peer, may be there again: what was held back goes on. */
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
    if (this.wire.connected && socket.state === State.SYNSENT) this.established();
    this.freeAcknowledged(chip.faults.tearFree);
    this.fillRing(chip.faults.tearReceived);
    if (this.wire.resetArrived) this.fail(chip.faults.resetRaises);
    else if (this.wire.finArrived && this.wire.empty) this.peerFinished();
  }

  /** The first byte of Sn_RX_RSR or Sn_TX_FSR has been read: what `faults` held back for this moment lands now. */
  tear(address: number): void {
    const { tearReceived, tearFree } = this.chip.faults;
    if (this.link === undefined || !this.chip.linkUp) return;
    if (address === Sn.RX_RSR && tearReceived !== undefined) this.fillRing(undefined);
    if (address === Sn.TX_FSR && tearFree !== undefined) this.freeAcknowledged(undefined);
  }

  /** Ends the connection without a trace on the chip's side; the ring keeps its bytes. */
  drop(): void {
    const link = this.link;
    this.link = this.capture = undefined;
    link?.drop();
    this.stopListening();
    this.wire = new Wire();
    this.finDue = this.finSent = this.waitingForLink = false;
    this.acked = [];
    this.outgoing = [];
    this.timers.clear();
    this.giveUp = undefined;
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

  private resetArrived(): void {
    if (this.socket.state === State.SYNSENT) {
      this.fail(this.chip.faults.refusedRaises);
      return;
    }
    this.wire.resetArrived = true;
    this.arrived();
  }

  /** Acknowledged bytes give their memory back; Sn_TX_FSR stops at `limit` if it would pass it. */
  private freeAcknowledged(limit: number | undefined): void {
    const { socket } = this;
    for (let end = this.acked[0]; end !== undefined; end = this.acked[0]) {
      const before = socket.txFree;
      const gained = (end - socket.txAcked) & 0xffff;
      // One that was delayed has been overtaken: acknowledgements are cumulative.
      if (gained >= 0x8000) {
        this.acked.shift();
        continue;
      }
      if (limit !== undefined && before <= limit && before + gained > limit) {
        socket.txAcked = (socket.txAcked + limit - before) & 0xffff;
        return;
      }
      socket.txAcked = end;
      this.acked.shift();
    }
  }

  /** Moves segments of at most the MSS from the wire to the ring; each raises RECV. Sn_RX_RSR does not pass `limit`. */
  private fillRing(limit: number | undefined): void {
    const { socket, wire } = this;
    const closing = socket.state !== State.ESTABLISHED && socket.state !== State.CLOSE_WAIT;
    const mss = socket.word(Sn.MSSR) || DEFAULT_MSS;
    if (closing && !this.chip.faults.receiveInFinWait) {
      while (!wire.empty && this.capture) this.capture.received(wire.take(mss), socket.rxFree);
      wire.discardData();
    }
    while (!wire.empty && socket.rxFree > 0) {
      const upToLimit = limit !== undefined && socket.received <= limit ? limit - socket.received : 0xffff;
      if (upToLimit === 0) return;
      const segment = wire.take(Math.min(mss, socket.rxFree, upToLimit));
      socket.ringPut(segment);
      this.capture?.received(segment, socket.rxFree);
      socket.raise(Event.RECV);
    }
    if (!wire.full) this.link?.resume();
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

  /** Hands `outgoing` and a due FIN to the link, unless nobody would get them; then TCP_TO is running. */
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
      link?.send(bytes, () => this.acknowledged(end));
      if (!this.chip.faults.sendOkAtAck) this.sent(end);
    }
    if (this.finDue) this.sendFin();
  }

  private sendFin(): void {
    this.finDue = false;
    this.capture?.finSent();
    this.link?.end(() => {
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
