/**
 * One of the eight sockets: commands and their latency, and the states of W5500 §4.2 (Sn_CR, Sn_SR).
 * What happens on the wire is the business of `tcp-backend.ts` and `udp-backend.ts`.
 */
import type { ChipContext } from './context.js';
import { Command, Event, nameOf, Protocol, Sn, State } from './registers.js';
import { SocketRegisters } from './socket-registers.js';
import { TcpBackend } from './tcp-backend.js';
import { UdpBackend } from './udp-backend.js';

const openStates: readonly number[] = [State.ESTABLISHED, State.CLOSE_WAIT];

/** The states in which a command has a meaning; CLOSE and RECV are always accepted. */
const validIn: Record<number, readonly number[]> = {
  [Command.OPEN]: [State.CLOSED],
  [Command.LISTEN]: [State.INIT],
  [Command.CONNECT]: [State.INIT],
  [Command.DISCON]: [State.SYNSENT, State.SYNRECV, State.ESTABLISHED, State.CLOSE_WAIT],
  [Command.SEND]: [...openStates, State.UDP, State.MACRAW],
  [Command.SEND_MAC]: [State.UDP],
  [Command.SEND_KEEP]: openStates,
};

export class SimSocket extends SocketRegisters {
  readonly tcp: TcpBackend;
  readonly udp: UdpBackend;
  /** A SEND was executed and its SEND_OK has not been raised. */
  sending = false;
  /** Commands executed, by name: what a driver's economy is measured by. */
  readonly commands: Record<string, number> = {};
  private pending = 0;
  /** What the driver knew when it wrote the command. */
  private stateKnown: number = State.CLOSED;
  private readsLeft = 0;
  private framesWaited = 0;

  constructor(index: number, chip: ChipContext) {
    super(index, chip);
    this.tcp = new TcpBackend(this, chip);
    this.udp = new UdpBackend(this, chip);
  }

  override reset(): void {
    this.tcp.drop();
    this.udp.close();
    this.pending = 0;
    this.sending = false;
    super.reset();
  }

  override readByte(address: number): number {
    this.chip.faults.beforeSocketRead?.(this.index, address);
    const value = address === Sn.CR ? this.readCommand() : super.readByte(address);
    if (address === this.chip.faults.deliverAfterReadOf) this.tcp.deliver();
    if (address === Sn.RX_RSR || address === Sn.TX_FSR) this.tcp.tear(address);
    return value;
  }

  override writeByte(address: number, value: number): void {
    if (address !== Sn.CR) {
      super.writeByte(address, value);
      return;
    }
    if (this.pending !== 0) {
      this.violate('command while Sn_CR is not 0', `${nameOf(Command, value)} behind ${nameOf(Command, this.pending)}`);
      return;
    }
    this.pending = value;
    this.stateKnown = this.stateSeen;
    this.readsLeft = this.chip.options.crLatencyReads;
    this.framesWaited = 0;
    if (this.readsLeft === 0) this.executePending();
  }

  /** The chip does not need to be asked: a command that nobody polls for is executed a few frames later all the same. */
  frameStarted(): void {
    if (this.pending !== 0 && ++this.framesWaited > this.chip.options.crLatencyReads + 2) this.executePending();
  }

  /** Ends the connection on the chip's side and remembers why. */
  closed(event: number): void {
    this.state = State.CLOSED;
    this.sending = false;
    if (event !== 0) this.raise(event);
  }

  sendDone(target: number): void {
    this.txRead = target;
    this.sending = false;
    this.raise(Event.SEND_OK);
  }

  private readCommand(): number {
    if (this.pending === 0) return 0;
    if (this.readsLeft > 0) {
      this.readsLeft--;
      return this.pending;
    }
    this.executePending();
    return this.pending;
  }

  private executePending(): void {
    if (this.chip.faults.crStuck) return;
    const command = this.pending;
    this.pending = 0;
    const name = nameOf(Command, command);
    this.commands[name] = (this.commands[name] ?? 0) + 1;
    if (command === Command.CLOSE || command === Command.RECV || validIn[command]?.includes(this.state)) {
      this.execute(command);
      return;
    }
    // A state that changed after the driver looked is not its mistake.
    if (!validIn[command]?.includes(this.stateKnown)) this.violate(`${name} in the wrong state`, '');
  }

  private execute(command: number): void {
    switch (command) {
      case Command.OPEN:
        this.open();
        break;
      case Command.CONNECT:
        this.tcp.connect();
        break;
      case Command.LISTEN:
        this.tcp.listen();
        break;
      case Command.DISCON:
        this.tcp.disconnect();
        break;
      case Command.CLOSE:
        this.tcp.drop();
        this.udp.close();
        this.closed(0);
        break;
      case Command.SEND:
      case Command.SEND_MAC:
        this.send();
        break;
      case Command.SEND_KEEP:
        this.tcp.keepAlive();
        break;
      default:
        this.receive();
    }
  }

  private open(): void {
    const protocol = this.bytes[Sn.MR]! & 0x0f;
    if (protocol === Protocol.CLOSED) return;
    this.chip.checkOpen(this.index, protocol, this.word(Sn.PORT));
    this.setPointers(0, this.chip.options.rxSeed);
    this.sending = false;
    if (protocol === Protocol.TCP) this.state = State.INIT;
    else if (protocol === Protocol.UDP) this.state = State.UDP;
    else if (protocol === Protocol.MACRAW && this.index === 0) this.state = State.MACRAW;
    else this.violate('OPEN with an unknown protocol', `Sn_MR 0x${this.bytes[Sn.MR]!.toString(16)}`);
  }

  private send(): void {
    const length = (this.txWrite - this.txRead) & 0xffff;
    const occupied = (this.txWrite - this.txAcked) & 0xffff;
    if (this.sending) this.violate('SEND before the SEND_OK of the last one', `${length} bytes`);
    if (occupied > this.chip.txRam.size(this.index))
      this.violate('more written than Sn_TX_FSR allows', `${length} bytes`);
    if (length === 0 && this.state !== State.UDP) this.violate('SEND of nothing', '');
    if (this.state === State.UDP) this.udp.send(length);
    else if (this.state !== State.MACRAW) this.tcp.send(length);
  }

  private receive(): void {
    const read = this.word(Sn.RX_RD);
    if (((read - this.rxRead) & 0xffff) > this.received) {
      this.violate('RECV with Sn_RX_RD beyond Sn_RX_WR', `by ${(read - this.rxWrite) & 0xffff} bytes`);
    }
    this.rxRead = read;
    this.tcp.windowOpened();
  }
}
