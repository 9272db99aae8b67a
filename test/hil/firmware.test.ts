/**
 * Real firmware on the emulated Pico, with the simulated W5500 at its pins: KALUMA_RP2040 and ESPRUINO_RP2040 name images, RP2040_BOOTROM the 16 KB
 * boot ROM. None of them is part of this project. Needs the bundles (npm run build), and minutes: emulated time is slow.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { startFixtures } from '../../hil/fixtures/index.js';
import { type BoardDescription, bundleFor, runBoard } from '../../hil/run/run-board.js';
import { skip } from '../skip.js';

/** The last one with a chain that is verified: by machine code on Espruino, with BigInt on Kaluma. */
const SMOKE = ['chip/probe', 'net/dhcp', 'tcp/echo-odd', 'tls/page'];
const MINUTES = 60000;

const boards = [
  { engine: 'kaluma', image: 'KALUMA_RP2040' },
  { engine: 'espruino', image: 'ESPRUINO_RP2040' },
] as const;

describe('hil: real firmware on the emulated Pico', () => {
  for (const { engine, image } of boards) {
    describe(engine, () => {
      const [firmware, bootrom] = [process.env[image], process.env['RP2040_BOOTROM']];
      const description: BoardDescription = {
        id: `emulated-${engine}`,
        engine,
        console: { type: 'emulated', image: firmware ?? '', bootrom: bootrom ?? '' },
        sim: true,
        fixtures: ['w5500'],
        limits: { timeoutX: 20 },
      };

      before(function () {
        if (firmware === undefined) skip(this, `${image} names no firmware`);
        if (bootrom === undefined) skip(this, 'RP2040_BOOTROM names no boot ROM');
        if (!existsSync(bundleFor(description))) skip(this, `${bundleFor(description)} is not built`);
      });

      it('is identified, takes its script, and passes the smoke cases', async function () {
        this.timeout(20 * MINUTES);
        const fixtures = await startFixtures(['tcp', 'tls'], { address: '127.0.0.1' });
        try {
          const result = await runBoard(description, {
            fixtures: fixtures.values,
            missing: fixtures.missing,
            env: fixtures.env,
            select: name => SMOKE.includes(name),
          });
          const told = result.results.map(
            ({ name, verdict, message, boardMs }) => `${name} ${verdict} ${message ?? ''} ${boardMs} emulated ms`,
          );
          console.log([`${engine} ${result.identity.version}`, ...told].map(line => `      ${line}`).join('\n'));
          assert.ifError(result.error);
          assert.equal(result.identity.engine, engine);
          assert.deepEqual(
            result.results.filter(({ verdict }) => verdict === 'pass').map(({ name }) => name),
            SMOKE,
          );
        } finally {
          await fixtures.stop();
        }
      });
    });
  }
});
