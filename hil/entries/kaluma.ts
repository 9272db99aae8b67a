/**
 * The agent on a W5500-EVB-Pico with Kaluma, with the cases that need no TLS, and without TLS in the bundle: Kaluma compiles the whole program into
 * its heap of 180 KB, 1.6 bytes for every byte of it, and with all cases it does not come up any more. `x` takes the host's commands.
 */
import { after, start } from '../../boards/kaluma-w5500-evb-pico.js';
import { agent } from '../agent/agent.js';
import { plainCases } from '../cases/plain.js';

const free = () => {
  const memory = process.memoryUsage();
  return memory.heapTotal - memory.heapUsed;
};

export const x = agent(plainCases({ start, free }), {
  // print() ends no line here.
  write: line => console.log(line),
  after,
  now: millis,
  free,
}).x;
