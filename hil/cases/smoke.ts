/** For boards whose memory takes no TLS beside the cases: the agent itself, the chip, DHCP and TCP. */
import type { Case } from '../agent/case.js';
import { probeCase } from './chip.js';
import type { CaseEnvironment } from './environment.js';
import { dhcpCase } from './network.js';
import { Bench } from './rig.js';
import { selfCases } from './self.js';
import { echoCase } from './tcp.js';

/** What `connect` and `trustAnchor` bring with them stays out of the bundle. */
export type PlainEnvironment = Pick<CaseEnvironment, 'start' | 'spiFrames' | 'free'>;

export function plainCases(environment: PlainEnvironment): Case[] {
  const bench = new Bench(environment as CaseEnvironment);
  return selfCases.concat(probeCase(bench), dhcpCase(bench), echoCase(bench));
}
