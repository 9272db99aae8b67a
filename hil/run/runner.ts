/**
 * The cases of one board, one after the other. A verdict is what the board said in an answer that arrived whole; anything
 * else is a crash (it started again), a hang (silent, but there afterwards) or a lost link, and only those are repeated.
 */
import { HilError } from '../errors.js';
import { FrameDecoder } from '../protocol/decoder.js';
import { LONGEST_COMMAND } from '../protocol/frame.js';
import type { Session } from '../session/session.js';
import { type Answer, Conversation, NoAnswer } from './conversation.js';
import type { RunOptions } from './run-board.js';
import type { CaseResult, RunResult, Verdict } from './verdict.js';

/** Infrastructure failures in a row after which a board is left alone for the rest of the run. */
const RETIRE_AFTER = 3;
/** Characters for the JSON of `set` as they stand in the line; the rest of it is words. */
const SET_CHARACTERS = LONGEST_COMMAND - 100;
const PIECE = 250;
/** Steps of a session's ladder after which nothing of the run is left on the board. */
const DESTRUCTIVE = /reset|watchdog|Ctrl-C|power|uhubctl|open the port/;
const PROMPTS = /^(>|jerry>|\s)*$/;
/** Whether the agent is there: an expression that every engine prints the same way. */
const AGENT_THERE = 'typeof hil=="undefined"?0:1';

interface Planned {
  index: number;
  name: string;
  timeoutMs: number;
  needs: string[];
}

interface Outcome {
  verdict: Verdict;
  message?: string;
  answer?: Answer;
}

export class Runner {
  private readonly decoder: FrameDecoder;
  private conversation: Conversation | undefined;
  private given = new Set<string>();
  private failures = 0;
  private lost = false;
  private current: string | undefined;

  /** `own` is what the board has beside the host's servers. */
  constructor(
    private readonly session: Session,
    private readonly script: string,
    private readonly own: readonly string[],
    private readonly options: RunOptions,
  ) {
    this.decoder = new FrameDecoder({
      frame: frame => this.conversation?.frame(frame),
      text: line => {
        this.conversation?.text(line);
        if (!PROMPTS.test(line)) this.log(line);
      },
    });
    session.onGone = () => this.conversation?.gone();
  }

  /** What the board says, as it comes. */
  heard(text: string): void {
    this.decoder.push(text);
  }

  /** Fills `result`. Throws a HilError if the board cannot go on. */
  async run(result: RunResult): Promise<void> {
    const all = await this.firstPlan();
    const planned = all.filter(one => this.options.select?.(one.name) ?? true);
    result.planned.push(...planned.map(one => one.name));
    this.options.onEvent?.({ type: 'plan', names: result.planned });
    if (planned.length === 0) {
      throw new HilError('NO_CASES', `None of the ${all.length} cases on the board was chosen: nothing ran.`, 5);
    }
    const total = planned.length;
    for (const [at, one] of planned.entries()) {
      this.stopIfHopeless();
      this.current = one.name;
      this.options.onEvent?.({ type: 'start', name: one.name, number: at + 1, total });
      const found = await this.result(one);
      result.results.push(found);
      this.options.onEvent?.({ type: 'result', result: found, number: at + 1, total });
      if (this.options.bail && found.verdict !== 'pass' && found.verdict !== 'skip') return;
    }
  }

  private stopIfHopeless(): void {
    if (this.options.signal?.aborted) throw new Error('interrupted');
    if (this.lost)
      throw new HilError('BOARD_LOST', 'The board does not come back: the rest of the plan was not run.', 4);
    if (this.failures >= RETIRE_AFTER) {
      throw new HilError(
        'BOARD_RETIRED',
        `The board crashed, hung or was lost ${this.failures} times in a row: the rest of the plan was not run.`,
        4,
      );
    }
  }

  private async result(one: Planned): Promise<CaseResult> {
    const missing = one.needs.filter(need => !this.own.includes(need) && this.options.fixtures?.[need] === undefined);
    if (missing.length > 0) {
      const reasons = missing.map(need => {
        const reason = this.options.missing?.[need];
        return reason === undefined ? need : `${need} (${reason})`;
      });
      const message = `needs ${reasons.join(', ')}`;
      return { name: one.name, verdict: 'skip', message, ms: 0, metrics: {}, retries: 0 };
    }
    const most = this.options.retries ?? 1;
    const troubles: string[] = [];
    for (;;) {
      const began = performance.now();
      const outcome = await this.attempt(one);
      const sound = outcome.verdict === 'pass' || outcome.verdict === 'fail';
      this.failures = sound ? 0 : this.failures + 1;
      if (!sound) troubles.push(`${outcome.verdict}: ${outcome.message}`);
      const hopeless = this.lost || this.failures >= RETIRE_AFTER || this.options.signal?.aborted;
      if (!sound && troubles.length <= most && !hopeless) continue;
      const retries = sound ? troubles.length : troubles.length - 1;
      const before = sound && retries > 0 ? `before that ${troubles.join('; ')}` : '';
      return caseResult(one.name, outcome, before, performance.now() - began, retries);
    }
  }

  private async attempt(one: Planned): Promise<Outcome> {
    const before = this.session.steps.length;
    const ms = Math.ceil(one.timeoutMs * this.session.timeoutX);
    const words = `run ${one.index} ${ms}`;
    try {
      if (this.conversation === undefined || this.session.engine.freshCases) await this.begin();
      await this.give(one.needs);
      return told(await this.conversation!.ask(words, ms));
    } catch (error) {
      return this.judge(error as Error, words, before);
    }
  }

  /** What a missing answer means, by what the board is like now; before it there were so many steps of the ladder. */
  private async judge(error: Error, words: string, stepsBefore: number): Promise<Outcome> {
    const { conversation, session } = this;
    const { message } = error;
    this.conversation = undefined;
    if (this.options.signal?.aborted) return { verdict: 'link', message: 'interrupted' };
    const trouble = error instanceof NoAnswer ? error.trouble : 'silent';
    if (!(error instanceof NoAnswer) && !(error instanceof HilError)) throw error;
    if (error instanceof HilError && error.code === 'SCRIPT_FAILED') throw error;
    if (trouble === 'restarted') return { verdict: 'crash', message };
    if (trouble === 'contradiction') return { verdict: 'link', message };
    if (!session.isOpen) {
      if (await session.returns()) return { verdict: 'crash', message: 'the board went away, and came back' };
      this.lost = true;
      return { verdict: 'link', message: 'the board went away, and did not come back' };
    }
    if (!(await session.recover())) {
      this.lost = true;
      return { verdict: 'link', message: `${message}, and nothing brings it back` };
    }
    const steps = session.steps.slice(stepsBefore).filter(step => DESTRUCTIVE.test(step));
    if (steps.length > 0) return { verdict: 'hang', message: `${message}; it came back after ${steps.join(', ')}` };
    return this.judgeSilence(conversation, message, words);
  }

  /** The board was silent and answers now, with whatever it had before. */
  private async judgeSilence(conversation: Conversation | undefined, message: string, words: string): Promise<Outcome> {
    try {
      const there = (await this.session.engine.evaluate(AGENT_THERE)).includes('1');
      if (!there) return { verdict: 'crash', message: 'the board has started again' };
      if (conversation?.words !== words) return { verdict: 'link', message };
      // An answer that got lost too often is still there to be asked for.
      this.conversation = conversation;
      return told(await conversation.askAgain());
    } catch {
      this.conversation = undefined;
      return { verdict: 'hang', message: `${message}; its console answers` };
    }
  }

  /** Fresh state on the board, and an agent that knows this run. */
  private async begin(): Promise<void> {
    this.conversation = undefined;
    this.given = new Set();
    await this.session.engine.start(this.script);
    const conversation = new Conversation({
      timeoutX: this.session.timeoutX,
      send: line => this.session.engine.command(line),
      onLog: text => this.log(text),
    });
    this.conversation = conversation;
    try {
      await this.surely(conversation, 'begin');
    } catch (error) {
      this.conversation = undefined;
      throw error;
    }
  }

  /** Nothing is known of any case yet: trouble here is tried once more, and then the run's own. */
  private async firstPlan(): Promise<Planned[]> {
    try {
      await this.begin();
      return await this.plan();
    } catch (error) {
      if ((error as HilError).code === 'SCRIPT_FAILED' || this.options.signal?.aborted) throw error;
      if (!this.session.isOpen) await this.session.reopen();
      else if (!(await this.session.recover())) throw new HilError('BOARD_LOST', `The board has gone: ${error}.`, 4);
    }
    try {
      await this.begin();
      return await this.plan();
    } catch (error) {
      if (error instanceof HilError) throw error;
      throw new HilError('AGENT_SILENT', `The script runs, and its agent does not tell its plan: ${error}.`, 4);
    }
  }

  private async plan(): Promise<Planned[]> {
    const planned: Planned[] = [];
    for (let index = 0, count = 1; index < count; index++) {
      const { ok, message, frames } = await this.surely(this.conversation!, `plan ${index}`);
      const frame = frames.find(({ kind }) => kind === 'plan');
      if (!ok || !frame) throw new HilError('PLAN', `The agent has no plan: ${message}.`, 4);
      const [total, name, timeoutMs, needs] = frame.payload as [number, string, number, string];
      count = total;
      planned.push({ index, name, timeoutMs, needs: needs.split(' ').filter(need => need !== '') });
    }
    return planned;
  }

  private async give(needs: string[]): Promise<void> {
    for (const need of needs) {
      const values = this.options.fixtures?.[need];
      if (values === undefined || this.given.has(need)) continue;
      for (const json of lines(values)) await this.surely(this.conversation!, `set ${need} ${json}`);
      this.given.add(need);
    }
  }

  /** A command that does no work: an agent that is there has an answer, however often it has to be asked. */
  private async surely(conversation: Conversation, words: string): Promise<Answer> {
    let answer = conversation.ask(words);
    for (let more = 3; ; more--) {
      try {
        return await answer;
      } catch (error) {
        if (more === 0 || !(error instanceof NoAnswer) || error.trouble !== 'silent') throw error;
        if (!(await this.session.engine.evaluate(AGENT_THERE)).includes('1')) throw error;
        answer = conversation.askAgain();
      }
    }
  }

  private log(text: string): void {
    this.options.onEvent?.({ type: 'log', name: this.current, text });
  }
}

function told(answer: Answer): Outcome {
  return { verdict: answer.ok ? 'pass' : 'fail', message: answer.message || undefined, answer };
}

function caseResult(name: string, outcome: Outcome, before: string, ms: number, retries: number): CaseResult {
  const { verdict, answer } = outcome;
  const message = [outcome.message, before].filter(Boolean).join('; ') || undefined;
  const metrics: Record<string, number> = {};
  for (const { kind, payload } of answer?.frames ?? []) {
    if (kind === 'm' && typeof payload[1] === 'number') metrics[String(payload[0])] = payload[1];
  }
  if (answer && answer.free >= 0)
    Object.assign(metrics, { freeBytesBefore: answer.freeBefore, freeBytes: answer.free });
  return { name, verdict, message, ms, boardMs: answer?.boardMs, metrics, retries };
}

/** A fixture as JSON objects that fit a line each; the board appends strings to those of the same name. */
export function lines(values: Record<string, string | number>): string[] {
  const found: string[] = [];
  let part: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(values)) {
    const pieces = typeof value === 'string' ? (value.match(new RegExp(`[^]{1,${PIECE}}`, 'g')) ?? ['']) : [value];
    for (const piece of pieces) {
      const longer = { ...part, [key]: piece };
      if (key in part || JSON.stringify(JSON.stringify(longer)).length > SET_CHARACTERS) {
        found.push(JSON.stringify(part));
        part = { [key]: piece };
      } else part = longer;
    }
  }
  return [...found, JSON.stringify(part)];
}
