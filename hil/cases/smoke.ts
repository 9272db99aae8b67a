/** For boards whose memory takes no more: the agent itself, the chip, DHCP, TCP, and a page over TLS. */
import type { Case } from '../agent/case.js';
import { probeCase } from './chip.js';
import type { CaseEnvironment } from './environment.js';
import { dhcpCase } from './network.js';
import { Bench } from './rig.js';
import { selfCases } from './self.js';
import { echoCase } from './tcp.js';
import { pageCase } from './tls.js';

export function smokeCases(environment: CaseEnvironment): Case[] {
  const bench = new Bench(environment);
  return selfCases.concat(probeCase(bench), dhcpCase(bench), echoCase(bench), pageCase(bench));
}
