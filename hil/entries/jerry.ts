/**
 * The agent and all cases in JerryScript on a desktop: boards/jerryscript-w5500.ts in the firmware of hil/sim/jerry-host.c, with the simulated W5500 of
 * hil/sim/jerry-desktop.ts; `x` takes the host's commands.
 */
import { connect, start, trustAnchor } from '../../boards/jerryscript-w5500.js';
import { agent } from '../agent/agent.js';
import { cases } from '../cases/index.js';
import { resumptionCases } from '../cases/resumption.js';

export const x = agent(
  cases(
    {
      start,
      connect,
      trustAnchor,
      spiFrames: () => host.frames(),
      free: host.free() < 0 ? undefined : () => host.free(),
    },
    resumptionCases,
  ),
  {
    write: line => print(line),
    after: (ms, callback) => setTimeout(callback, ms),
    now: () => ringletNative.now(),
    crc32: text => host.crc32(text),
    free: () => host.free(),
  },
).x;
