/**
 * One question over UDP and its answer: asks one server after the other, waits, asks again, from another port each time;
 * gives up after a fixed number of attempts. DNS and SNTP are such questions. Memory: a hardware socket while it lasts;
 * answers lie in a shared array.
 */
import { type RingletError, ringletError } from '../errors.js';
import type { W5500Chip } from './chip.js';
import { type HardwareSocket, hardwareSocket } from './hardware-socket.js';
import { startsWith } from './network-order.js';
import { SocketInterrupt } from './registers.js';
import type { Task } from './task.js';
import { receiveDatagram, sendDatagram } from './udp.js';

export interface Question {
  /** What its errors' codes begin with. */
  readonly code: string;
  /** The port of the server. */
  readonly to: number;
  /** The datagram to send, and the part of it that is a new random number every time. */
  readonly query: Uint8Array;
  readonly randomAt: number;
  readonly randomLength: number;
  /**
   * Looks at a datagram from the server asked, the first `length` bytes: false if it is no answer to this question. Throws if the
   * server cannot answer, so that another one is worth asking. `elapsed`: milliseconds since the question was sent.
   */
  accept(bytes: Uint8Array, length: number, elapsed: number): boolean;
}

/** Milliseconds to wait for each attempt; servers take turns. */
const WAITS = [1500, 2000, 3000, 4000];

/**
 * `servers`: undefined means the DNS servers, whichever they are by then. `owner`: when that is closed nobody wants the
 * answer any more. `done` is called from `poll`, with why there is no answer.
 */
export function udpExchange(
  chip: W5500Chip,
  question: Question,
  servers: Uint8Array[] | undefined,
  readyBy: number,
  owner: Task | undefined,
  done: (error: RingletError | undefined) => void,
): Task {
  let hardware: HardwareSocket | undefined;
  let attempt = 0;
  let failure: Error | undefined;
  let lost = false;
  let sentAt = 0;
  let deadline = 0;

  const ask = (): void => {
    const all = servers || chip.settings.dns;
    if (!all.length) throw ringletError('ERR_NET_DNS_FAILED', 'No DNS server is known');
    if (attempt === WAITS.length)
      throw failure || ringletError(question.code + 'TIMEOUT', `No answer from UDP port ${question.to}`);
    sentAt = chip.clock.now();
    deadline = sentAt + WAITS[attempt];
    chip.fillRandom(question.query, question.randomAt, question.randomLength);
    const server = all[attempt++ % all.length];
    sendDatagram(chip, hardware!, 0, server, question.to, question.query, question.query.length);
  };

  const release = (): void => {
    if (hardware) hardware.release();
  };

  const task = {
    started: false,
    closed: false,
    lasting: false,
    brief: true,
    readyBy,

    begin(): void {
      hardware = hardwareSocket(chip, false);
      task.started = true;
      ask();
    },

    poll(now: number): boolean {
      if (task.closed) return false;
      const wanted = !(owner && owner.closed);
      let answered = false;
      if (wanted && !lost) {
        if (!hardware) return false;
        try {
          const length = receiveDatagram(chip, hardware, now);
          try {
            answered =
              length > 0 &&
              startsWith(chip.datagram, 0, hardware.peer) &&
              question.accept(chip.payload, length, now - sentAt);
          } catch (error) {
            failure = error as Error;
            deadline = sentAt;
          }
          if (!answered) {
            if (now >= deadline || hardware.seen & SocketInterrupt.TIMEOUT) ask();
            return false;
          }
        } catch (error) {
          task.lose(error as Error);
        }
      }
      task.closed = true;
      release();
      if (wanted) done(answered ? undefined : (failure as RingletError));
      return true;
    },

    /** The next `poll` says so. */
    lose(error: Error): void {
      failure = error;
      lost = true;
      release();
    },
  };
  return task;
}
