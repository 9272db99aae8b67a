/** The agent on a W5500-EVB-Pico with stock Espruino, with the cases that need no TLS: of 12,000 variables the script with all cases leaves none. */
import { start } from '../../boards/espruino-w5500-evb-pico.js';
import { agent } from '../agent/agent.js';
import { plainCases } from '../cases/plain.js';
import { espruinoIo } from './espruino-io.js';

export const x = agent(plainCases({ start, free: espruinoIo.free }), espruinoIo).x;
