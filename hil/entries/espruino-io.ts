/** What an agent needs, out of Espruino's globals. */
import type { AgentIo } from '../agent/agent.js';

export const espruinoIo: AgentIo = {
  write: line => print(line),
  after: (ms, callback) => setTimeout(callback, ms),
  now: () => getTime() * 1000,
  crc32: text => E.CRC32(text),
  free() {
    const memory = process.memory();
    return memory.free * (memory.blocksize || 16);
  },
};
