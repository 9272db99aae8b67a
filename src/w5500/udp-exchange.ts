/**
 * One question over UDP and its answer: asks one server after the other, waits, asks again, from another port each time;
 * gives up after a fixed number of attempts. DNS and SNTP are such questions. Memory: a hardware socket while it lasts;
 * datagrams lie in a shared array.
 */
import { type RingletError, ringletError } from '../errors.js';
import { sameBytes } from './address.js';
import type { W5500Chip } from './chip.js';
import { HardwareSocket } from './hardware-socket.js';
import { SocketInterrupt } from './registers.js';
import type { Task } from './task.js';
import { receiveDatagram, sendDatagram, UDP_HEADER_LENGTH } from './udp.js';

export interface Question {
  readonly port: number;
  /** The code of the error when no server answers. */
  readonly timeoutCode: string;
  /** Writes the datagram to send; answers its length. Called for every attempt. */
  encode(into: Uint8Array): number;
  /**
   * Looks at a datagram from the server asked: false if it is no answer to this question. Throws if the server cannot
   * answer, so that another one is worth asking. `elapsed`: milliseconds since the question was sent.
   */
  accept(bytes: Uint8Array, offset: number, length: number, elapsed: number): boolean;
}

/** Milliseconds to wait for each attempt; servers take turns. */
const WAITS = [1500, 2000, 3000, 4000];

export class UdpExchange implements Task {
  started = false;
  closed = false;
  readonly brief = true;
  readonly readyBy: number;
  private readonly chip: W5500Chip;
  private readonly question: Question;
  private readonly servers: Uint8Array[] | undefined;
  private readonly owner: Task | undefined;
  private readonly done: (error: RingletError | undefined) => void;
  private hardware!: HardwareSocket;
  private server!: Uint8Array;
  private attempt = 0;
  private failure: Error | undefined;
  private lost = false;
  private sentAt!: number;
  private deadline!: number;

  /**
   * `servers`: undefined means the DNS servers, whichever they are by then. `owner`: when that is closed nobody wants the
   * answer any more. `done` is called from `poll`, with why there is no answer.
   */
  constructor(
    chip: W5500Chip,
    question: Question,
    servers: Uint8Array[] | undefined,
    readyBy: number,
    owner: Task | undefined,
    done: (error: RingletError | undefined) => void,
  ) {
    this.chip = chip;
    this.question = question;
    this.servers = servers;
    this.readyBy = readyBy;
    this.owner = owner;
    this.done = done;
  }

  start(): void {
    this.hardware = new HardwareSocket(this.chip, false);
    this.started = true;
    this.ask();
  }

  poll(): boolean {
    if (this.closed) return false;
    if (this.owner && this.owner.closed) {
      this.close();
      return true;
    }
    try {
      if (!this.lost && !(this.started && this.step())) return false;
    } catch (error) {
      this.lose(error as Error);
    }
    this.close();
    this.done(this.failure as RingletError | undefined);
    return true;
  }

  /** The next `poll` says so. */
  lose(error: Error): void {
    this.failure = error;
    this.lost = true;
    if (this.started) this.hardware.release();
  }

  /** True if the answer has come. */
  private step(): boolean {
    const datagram = this.chip.datagram;
    const question = this.question;
    const length = receiveDatagram(this.hardware, datagram);
    const fromServer =
      length >= 0 && sameBytes(datagram, 0, this.server, 0, 4) && ((datagram[4] << 8) | datagram[5]) === question.port;
    try {
      if (fromServer && question.accept(datagram, UDP_HEADER_LENGTH, length, this.chip.now() - this.sentAt)) {
        this.failure = undefined;
        return true;
      }
    } catch (error) {
      this.failure = error as Error;
      this.deadline = this.sentAt;
    }
    if (this.chip.now() >= this.deadline || this.hardware.seen & SocketInterrupt.TIMEOUT) this.ask();
    return false;
  }

  private ask(): void {
    const question = this.question;
    const chip = this.chip;
    const servers = this.servers || chip.address.dns;
    if (servers.length === 0) throw ringletError('ERR_NET_DNS_FAILED', 'No DNS server is known');
    if (this.attempt === WAITS.length) {
      throw this.failure || ringletError(question.timeoutCode, 'No answer from UDP port ' + question.port);
    }
    this.server = servers[this.attempt % servers.length];
    this.sentAt = chip.now();
    this.deadline = this.sentAt + WAITS[this.attempt++];
    sendDatagram(this.hardware, 0, this.server, question.port, chip.datagram, question.encode(chip.datagram));
  }

  private close(): void {
    this.closed = true;
    if (this.started) this.hardware.release();
  }
}
