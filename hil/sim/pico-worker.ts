/** The thread that an emulated Pico runs in, with its LAN: a board that computes would otherwise hold up whoever drives it. Told by ./pico-thread.ts. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { EmulatedPico } from '../../boards/pico/emulated-pico.js';
import { publishFixtures } from '../fixtures/lan.js';
import type { FromPico, PicoReport, PicoWorkerData, ToPico } from './pico-thread.js';

const { image, bootrom, env, time } = workerData as PicoWorkerData;
const host = parentPort!;
const tell = (message: FromPico) => host.postMessage(message);

/** A board that was unplugged has what it had in flash, if it has a folder for it. */
const folder = env['HIL_FOLDER'];
const kept = folder === undefined ? undefined : join(folder, 'flash.bin');

const warnings = new Map<string, number>();
const pico = new EmulatedPico({
  image: kept !== undefined && existsSync(kept) ? readFileSync(kept) : image,
  bootrom,
  onWarning: text => {
    // Which instruction it was is in the text: what matters is what went wrong, and how often.
    const kind = text.replace(/\b(0x)?[0-9a-f]{4,}\b/g, '…');
    warnings.set(kind, (warnings.get(kind) ?? 0) + 1);
  },
});
const published = publishFixtures(pico.sim, env);
const clock = new Float64Array(time);

pico.console.on('data', (bytes: Uint8Array) => tell({ type: 'data', bytes }));
pico.console.on('connected', () => tell({ type: 'connected' }));
pico.onSlice = () => {
  clock[0] = pico.milliseconds;
};
host.on('message', (message: ToPico) => {
  if (message.type === 'write') {
    pico.console.write(message.bytes, () => tell({ type: 'written' }));
  } else if (message.type === 'report') {
    tell({ type: 'report', report: report() });
  } else if (message.type === 'restart') {
    pico.restart();
  } else {
    published.close();
    if (kept !== undefined) writeFileSync(kept, pico.flashContent());
    pico.stop();
    tell({ type: 'stopped', report: report() });
    host.close();
  }
});
pico.start();

function report(): PicoReport {
  return {
    emulatedMs: pico.milliseconds,
    restarts: pico.restarts,
    flash: { ...pico.flash.stats },
    spi: { frames: pico.sim.chip.stats.frames, bytes: pico.sim.chip.stats.bytes },
    violations: [...pico.sim.chip.violations],
    warnings: [...warnings].map(([text, times]) => `${text} (${times})`),
  };
}
