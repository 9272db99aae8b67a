/** For boards whose memory does not take a script with all cases: one of each kind. */
import type { Case } from '../agent/case.js';
import { probeCase } from './chip.js';
import type { CaseEnvironment } from './environment.js';
import { dhcpCase } from './network.js';
import { Bench } from './rig.js';
import { echoCase } from './tcp.js';
import { pageCase } from './tls.js';

export function smokeCases(environment: CaseEnvironment): Case[] {
  const bench = new Bench(environment);
  return [probeCase(bench), dhcpCase(bench), echoCase(bench), pageCase(bench)];
}
