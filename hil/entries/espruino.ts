/** The agent and all cases on a W5500-EVB-Pico with stock Espruino and machine code, which goes into its Storage beside this script; `x` takes the host's commands. */
import { connect, start, trustAnchor } from '../../boards/espruino-w5500-evb-pico.js';
import { agent } from '../agent/agent.js';
import { cases } from '../cases/index.js';
import { espruinoIo } from './espruino-io.js';

export const x = agent(cases({ start, connect, trustAnchor, free: espruinoIo.free }), espruinoIo).x;
