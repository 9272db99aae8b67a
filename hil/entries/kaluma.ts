/** The agent and all cases on a W5500-EVB-Pico with Kaluma; `x` takes the host's commands. */
import { after, connect, start, trustAnchor } from '../../boards/kaluma-w5500-evb-pico.js';
import { agent } from '../agent/agent.js';
import { cases } from '../cases/index.js';

const free = () => {
  const memory = process.memoryUsage();
  return memory.heapTotal - memory.heapUsed;
};

export const x = agent(cases({ start, connect, trustAnchor, free }), {
  // print() ends no line here.
  write: line => console.log(line),
  after,
  now: millis,
  free,
}).x;
