/** The agent and all cases on a W5500-EVB-Pico with stock Espruino; `x` takes the host's commands. */
import { connect, start, trustAnchor } from '../../boards/espruino-portable.js';
import { agent } from '../agent/agent.js';
import { cases } from '../cases/index.js';
import { espruinoIo } from './espruino-io.js';

export const x = agent(cases({ start, connect, trustAnchor, free: espruinoIo.free }), espruinoIo).x;
