/** Runs scenario after scenario and keeps count. */
import { judge } from './checks.js';
import { type Outcome, runScenario } from './connection.js';
import { drawScenario, type FaultName, formatScenario, type Scenario } from './scenario.js';

export interface Finding {
  scenario: Scenario;
  outcome: Outcome;
  wrong: string[];
}

export class Explorer {
  connections = 0;
  frames = 0;
  bytes = 0;
  /** Connections in which at least one fault has begun. */
  troubled = 0;
  readonly faults = new Map<string, number>();
  readonly results = new Map<string, number>();
  private readonly startedAt = performance.now();

  constructor(private readonly only?: FaultName) {}

  /** One connection; what is wrong with it, if anything is. */
  explore(seed: number): Finding | undefined {
    const scenario = drawScenario(seed, this.only);
    const outcome = runScenario(scenario);
    this.connections++;
    this.frames += outcome.frames;
    this.bytes += outcome.bytes;
    if (outcome.begun.length > 0) this.troubled++;
    for (const { fault } of outcome.begun) count(this.faults, fault);
    count(this.results, outcome.result);
    const wrong = judge(scenario, outcome);
    return wrong.length > 0 ? { scenario, outcome, wrong } : undefined;
  }

  /** Connections a second so far. */
  get rate(): number {
    return (this.connections * 1000) / (performance.now() - this.startedAt);
  }
}

/** What a person needs to look into it. */
export function formatFinding({ scenario, outcome, wrong }: Finding): string {
  return [
    `seed ${scenario.seed}: ${formatScenario(scenario)}`,
    `  events: ${outcome.events.join(', ')}`,
    `  ${outcome.result} ${outcome.message}`,
    ...wrong.map(text => `  WRONG: ${text}`),
    `  npm run faults -- --one ${scenario.seed}`,
  ].join('\n');
}

/** `a 5, b 3`, most frequent first. */
export function formatCounts(counts: Map<string, number>): string {
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
