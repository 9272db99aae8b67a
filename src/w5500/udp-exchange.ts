/**
 * One question over UDP and its answer: asks one server after the other, waits, asks again; gives up after a fixed number
 * of attempts. DNS and SNTP are such questions. Memory: a hardware socket while it lasts; datagrams lie in a shared array.
 */
import { type RingletError, ringletError } from '../errors.js';
import { sameBytes } from './address.js';
import type { W5500Chip } from './chip.js';
import { UDP_HEADER_LENGTH, UdpSocket } from './udp-socket.js';

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
/** The chip may hold on to a datagram for this long (ARP) before the attempt counts as failed. */
const STALLED_MS = 2500;

export class UdpExchange {
  /** Why there is no answer, once `poll` has answered true. */
  failure: RingletError | undefined;
  private readonly chip: W5500Chip;
  private readonly servers: Uint8Array[];
  private readonly question: Question;
  private readonly datagram: Uint8Array;
  private readonly udp: UdpSocket;
  private attempt = -1;
  private waiting = false;
  private lost: RingletError | undefined;
  private sentAt!: number;
  private deadline: number;

  /** `servers`: at least one address. `datagram`: shared memory, used within calls only. Throws ERR_NET_NO_SOCKET. */
  constructor(chip: W5500Chip, servers: Uint8Array[], question: Question, datagram: Uint8Array) {
    this.chip = chip;
    this.servers = servers;
    this.question = question;
    this.datagram = datagram;
    this.udp = new UdpSocket(chip, 0);
    this.deadline = chip.clock.now() + STALLED_MS;
  }

  /** One step. True when it is over: answered, or `failure` says why not. */
  poll(): boolean {
    try {
      return this.step();
    } catch (error) {
      this.failure = error as RingletError;
      this.udp.close();
      return true;
    }
  }

  /** The socket is gone: the next `poll` says so. */
  lose(error: RingletError): void {
    this.lost = error;
    this.close();
  }

  /** Nobody wants the answer any more. */
  close(): void {
    this.udp.close();
  }

  private step(): boolean {
    if (this.lost) throw this.lost;
    const now = this.chip.clock.now();
    if (this.waiting) {
      if (this.heard(now)) {
        this.failure = undefined;
        this.udp.close();
        return true;
      }
      if (this.waiting && now < this.deadline && !this.udp.unreachable) return false;
      this.waiting = false;
      this.deadline = now + STALLED_MS;
    }
    const next = this.attempt + 1;
    if (next >= WAITS.length) {
      throw this.failure || ringletError(this.question.timeoutCode, 'No answer from UDP port ' + this.question.port);
    }
    const question = this.question;
    if (this.udp.send(this.server(next), question.port, this.datagram, question.encode(this.datagram))) {
      this.attempt = next;
      this.waiting = true;
      this.sentAt = now;
      this.deadline = now + WAITS[next];
    } else if (now >= this.deadline) {
      this.attempt = next;
      this.deadline = now + STALLED_MS;
    }
    return false;
  }

  private server(attempt: number): Uint8Array {
    return this.servers[attempt % this.servers.length];
  }

  /** True if the answer has come. */
  private heard(now: number): boolean {
    const datagram = this.datagram;
    const length = this.udp.receive(datagram);
    if (length < 0 || !sameBytes(datagram, 0, this.server(this.attempt), 0, 4)) return false;
    if (((datagram[4] << 8) | datagram[5]) !== this.question.port) return false;
    try {
      return this.question.accept(datagram, UDP_HEADER_LENGTH, length, now - this.sentAt);
    } catch (error) {
      this.failure = error as RingletError;
      this.waiting = false;
      return false;
    }
  }
}
