/**
 * The agent and all cases in a desktop build of Espruino, whose W5500 is simulated by hil/sim/espruino-desktop.ts behind two FIFOs in the folder it runs in;
 * `x` takes the host's commands. The board is that of boards/espruino-w5500-evb-pico.ts but for its pins, and for its randomness: on Linux
 * E.hwRand() gives the same numbers in every process.
 */
import { connect, start as startSim, trustAnchor } from '../../boards/sim-w5500.js';
import type { BufferPlan } from '../../src/w5500/network.js';
import { agent } from '../agent/agent.js';
import { cases } from '../cases/index.js';
import { resumptionCases } from '../cases/resumption.js';
import { espruinoIo } from './espruino-io.js';
import { spiStreamPort } from './spi-stream-port.js';

const mosi = E.openFile('mosi', 'w');
const miso = E.openFile('miso', 'r');
const entropy = E.openFile('/dev/urandom', 'r');

const spi = spiStreamPort(
  (data, length) => mosi.write(E.toString(data.subarray(0, length))),
  (into, offset, length) => into.set(E.toUint8Array(miso.read(length)), offset),
);

function start(options: { buffers: BufferPlan }) {
  return startSim({
    spi,
    clock: { now: () => getTime() * 1000 },
    timer: { after: (delayMs, callback) => setTimeout(callback, delayMs), cancel: id => clearTimeout(id as number) },
    random: (into, offset, length) => into.set(E.toUint8Array(entropy.read(length)), offset),
    uniqueId: E.toUint8Array(entropy.read(8)),
    hostname: 'espruino',
    receiveBuffer: 4096,
    buffers: options.buffers,
  });
}

export const x = agent(
  cases({ start, connect, trustAnchor, spiFrames: () => spi.frames(), free: espruinoIo.free }, resumptionCases),
  espruinoIo,
).x;
