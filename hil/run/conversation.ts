/**
 * Stop and wait with the agent on the board: one command, its frames, all of them. What is lost is asked for again, by the
 * same command with the same token, which the agent answers again and does not run again. Frames of other runs, of other
 * commands, and those that contradict each other are never part of an answer.
 */
import { randomBytes } from 'node:crypto';
import { encodeCommand, type Frame, NO_RUN } from '../protocol/frame.js';

export interface Answer {
  /** The command was carried out; of a case: it passed. */
  ok: boolean;
  message: string;
  boardMs: number;
  /** -1 where nobody knows. */
  freeBefore: number;
  free: number;
  /** What came between start and done. */
  frames: Frame[];
}

/** restarted: the agent has forgotten this run; gone: the link broke; silent: no answer; contradiction: two frames with one number. */
export type Trouble = 'restarted' | 'gone' | 'silent' | 'contradiction';

export class NoAnswer extends Error {
  constructor(
    readonly trouble: Trouble,
    message: string,
  ) {
    super(message);
  }
}

export interface ConversationOptions {
  timeoutX: number;
  send(line: string): Promise<void>;
  /** What a case says while it runs. */
  onLog(text: string): void;
}

interface Asked {
  token: number;
  frames: Map<number, Frame>;
  first: number | undefined;
  last: number | undefined;
  progress(): void;
  damaged(): void;
  fail(trouble: Trouble, message: string): void;
}

const FIRST_WAIT_MS = 200;
const WAIT_GROWTH = 1.3;
const WORKING_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 8000;
/** Commands that wait in the board's input while it computes. */
const MOST_UNHEARD = 10;
/** What an answer takes beyond the time of the case itself. */
const GRACE_MS = 5000;
const DAMAGED_MS = 30;
/** What engines say to a command when there is no agent; a damaged line may look like that, so it proves nothing. */
const NO_AGENT = /^\W*(Uncaught )?ReferenceError: "?hil"? is not defined/;
/** What they say to a damaged one; a case may bring the same about, so that only so many are believed. */
const COMPLAINT = /(Syntax|Reference|Type)Error/;
const MOST_COMPLAINTS = 10;

export class Conversation {
  readonly run = newRun();
  /** The last command. */
  words = '';
  private token = 0;
  private deadline = 0;
  private complaints = 0;
  private asked: Asked | undefined;
  private readonly logged = new Set<number>();

  constructor(private readonly options: ConversationOptions) {}

  /** Nothing more will come. */
  gone(): void {
    this.asked?.fail('gone', 'the link broke');
  }

  /** Sends one command and waits for the whole answer; `limitMs` is what its work may take. Rejects with NoAnswer. */
  ask(words: string, limitMs = 0): Promise<Answer> {
    this.token++;
    this.words = words;
    this.deadline = performance.now() + limitMs;
    return this.request(encodeCommand(this.run, this.token, words), limitMs);
  }

  /** Asks once more for the answer to the last command, which had none. */
  askAgain(): Promise<Answer> {
    const restMs = Math.max(0, this.deadline - performance.now());
    return this.request(encodeCommand(this.run, this.token, this.words), restMs);
  }

  private request(line: string, limitMs: number): Promise<Answer> {
    this.complaints = 0;
    const { timeoutX, send } = this.options;
    return new Promise<Answer>((resolve, reject) => {
      let waitMs = FIRST_WAIT_MS * timeoutX;
      let unheard = 0;
      /** It is known already that something is missing. */
      let hurry = false;
      let again: NodeJS.Timeout;
      const end = () => {
        clearTimeout(again);
        clearTimeout(limit);
        this.asked = undefined;
      };
      const later = (ms: number) => {
        clearTimeout(again);
        if (unheard < MOST_UNHEARD) again = setTimeout(transmit, ms);
      };
      const transmit = () => {
        hurry = false;
        unheard++;
        later(waitMs);
        waitMs = Math.min(waitMs * WAIT_GROWTH, LONGEST_WAIT_MS * timeoutX);
        send(line).catch(error => asked.fail('gone', (error as Error).message));
      };
      const asked: Asked = {
        token: this.token,
        frames: new Map(),
        first: undefined,
        last: undefined,
        damaged: () => {
          hurry = true;
          unheard = 0;
          later(DAMAGED_MS);
        },
        progress: () => {
          unheard = 0;
          // Now it works: what it is asked meanwhile takes time from it.
          waitMs = Math.max(waitMs, WORKING_WAIT_MS * timeoutX);
          const answer = complete(asked);
          if (answer) {
            end();
            resolve(answer);
          } else if (!hurry) later(asked.last === undefined ? waitMs : DAMAGED_MS);
        },
        fail: (trouble, message) => {
          end();
          reject(new NoAnswer(trouble, message));
        },
      };
      const limit = setTimeout(() => asked.fail('silent', silence(asked)), limitMs + GRACE_MS * timeoutX);
      this.asked = asked;
      transmit();
    });
  }

  /** To be told every line that is no frame. */
  text(line: string): void {
    if (NO_AGENT.test(line)) this.asked?.fail('silent', 'the agent is not there');
    else if (COMPLAINT.test(line) && this.complaints++ < MOST_COMPLAINTS) this.asked?.damaged();
  }

  /** To be told every frame that the board sends. */
  frame(frame: Frame): void {
    const { asked } = this;
    if (asked === undefined) return;
    const { run, kind, number, payload } = frame;
    if (run === NO_RUN) {
      // Until it has heard `begin` that is its run.
      if (asked.token === 1) asked.damaged();
      else asked.fail('restarted', 'the board has started again');
      return;
    }
    if (run !== this.run) return;
    const known = asked.frames.get(number);
    if (known !== undefined) {
      // The same again is an answer that was asked for twice.
      if (JSON.stringify(known) === JSON.stringify(frame)) return;
      asked.fail('contradiction', `two different frames have the number ${number}`);
      return;
    }
    if ((kind === 'start' || kind === 'done') && payload[0] !== asked.token) return;
    asked.frames.set(number, frame);
    if (kind === 'badcmd') asked.damaged();
    if ((kind === 'log' || kind === 'x') && !this.logged.has(number)) {
      this.logged.add(number);
      this.options.onLog(`${kind === 'x' ? 'exception: ' : ''}${payload[0]}`);
    }
    if (kind === 'start') asked.first = number;
    if (kind === 'done') asked.last = number;
    asked.progress();
  }
}

/** The answer, if every frame from the first to the last is there. */
function complete({ first, last, frames }: Asked): Answer | undefined {
  if (first === undefined || last === undefined) return undefined;
  const between: Frame[] = [];
  for (let number = first + 1; number < last; number++) {
    const frame = frames.get(number);
    if (frame === undefined) return undefined;
    between.push(frame);
  }
  const [, verdict, message, boardMs, free] = frames.get(last)!.payload as [number, number, string, number, number];
  const freeBefore = Number(frames.get(first)!.payload[1]);
  return { ok: verdict === 1, message: String(message), boardMs, freeBefore, free, frames: between };
}

function silence({ first, last }: Asked): string {
  if (first === undefined) return 'no answer from the board';
  return last === undefined ? 'the board began and did not end' : 'the board ended, and part of its answer is missing';
}

function newRun(): string {
  for (;;) {
    const run = randomBytes(2).toString('hex');
    if (run !== NO_RUN) return run;
  }
}
