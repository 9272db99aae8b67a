/** All cases, in the order in which they run: each relies on what those before it have shown. */
import type { Case } from '../agent/case.js';
import { chipCases } from './chip.js';
import type { CaseEnvironment } from './environment.js';
import { networkCases } from './network.js';
import { Bench } from './rig.js';
import { selfCases } from './self.js';
import { tcpCases } from './tcp.js';
import { tlsCases } from './tls.js';

/** `more`: those that not every board has room for. */
export function cases(environment: CaseEnvironment, more?: (bench: Bench) => Case[]): Case[] {
  const bench = new Bench(environment);
  const all = selfCases.concat(chipCases(bench), networkCases(bench), tcpCases(bench), tlsCases(bench));
  return more ? all.concat(more(bench)) : all;
}
