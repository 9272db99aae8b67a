/**
 * The agent and all cases in JerryScript on a desktop (hil/sim/jerry-host.c), with the simulated W5500 of hil/sim/jerry-desktop.ts; `x` takes the
 * host's commands.
 */
import { connect, start as startSim, trustAnchor } from '../../boards/sim-w5500.js';
import type { BufferPlan } from '../../src/w5500/network.js';
import { agent } from '../agent/agent.js';
import { cases } from '../cases/index.js';
import { spiStreamPort } from './spi-stream-port.js';

const spi = spiStreamPort(
  (data, length) => host.spiSend(data, length),
  (into, offset, length) => host.spiReceive(into, offset, length),
);

function start(options: { buffers: BufferPlan }) {
  const uniqueId = new Uint8Array(8);
  host.random(uniqueId, 0, 8);
  return startSim({
    spi,
    clock: { now: () => host.now() },
    timer: { after: (delayMs, callback) => setTimeout(callback, delayMs), cancel: id => clearTimeout(id as number) },
    random: (into, offset, length) => host.random(into, offset, length),
    uniqueId,
    hostname: 'jerry',
    receiveBuffer: 4096,
    buffers: options.buffers,
  });
}

export const x = agent(
  cases({
    start,
    connect,
    trustAnchor,
    spiFrames: () => spi.frames(),
    free: host.free() < 0 ? undefined : () => host.free(),
  }),
  {
    write: line => print(line),
    after: (ms, callback) => setTimeout(callback, ms),
    now: () => host.now(),
    crc32: text => host.crc32(text),
    free: () => host.free(),
  },
).x;
