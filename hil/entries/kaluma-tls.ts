/**
 * The agent on a W5500-EVB-Pico with Kaluma, with one case of each kind, TLS among them: what its heap takes beside all of ringlet (`script` of the
 * map is `kaluma-tls`). `x` takes the host's commands.
 */
import { after, connect, start, trustAnchor } from '../../boards/kaluma-w5500-evb-pico.js';
import { agent } from '../agent/agent.js';
import { smokeCases } from '../cases/smoke.js';

const free = () => {
  const memory = process.memoryUsage();
  return memory.heapTotal - memory.heapUsed;
};

export const x = agent(smokeCases({ start, connect, trustAnchor, free }), {
  write: line => console.log(line),
  after,
  now: millis,
  free,
}).x;
