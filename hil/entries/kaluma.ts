/**
 * The agent on a W5500-EVB-Pico with Kaluma, with the smoke cases: more than that does not fit into its heap of 180 KB beside TLS. `x` takes the host's commands.
 */
import { after, connect, start, trustAnchor } from '../../boards/kaluma-w5500-evb-pico.js';
import { agent } from '../agent/agent.js';
import { smokeCases } from '../cases/smoke.js';

const free = () => {
  const memory = process.memoryUsage();
  return memory.heapTotal - memory.heapUsed;
};

export const x = agent(smokeCases({ start, connect, trustAnchor, free }), {
  // print() ends no line here.
  write: line => console.log(line),
  after,
  now: millis,
  free,
}).x;
