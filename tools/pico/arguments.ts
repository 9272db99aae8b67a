/** What `npm run pico` is told, and where the firmware is that it needs. */
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run pico -- --engine espruino|kaluma [options]

Boots real firmware on an emulated W5500-EVB-Pico (RP2040), puts ringlet onto it, fetches a page of 10 KB over TLS 1.3 from a
server on this machine, and prints emulated milliseconds step by step.

  --engine NAME     espruino or kaluma
  --image FILE      the firmware, .bin or .uf2; ESPRUINO_RP2040 or KALUMA_RP2040 if missing
  --bootrom FILE    RP2040's boot ROM (B1, 16 KB); RP2040_BOOTROM if missing
  --bundle NAME     a board of dist/ instead of the engine's own, for example espruino-portable
  --suite NAME      TLS_AES_128_GCM_SHA256 (default) or TLS_CHACHA20_POLY1305_SHA256 (default of kaluma)
  --group NAME      x25519 (default) or secp256r1
  --bytes N         of the page; 10240 if missing
  --memory          asks for free memory at every step, which takes time: the milliseconds are more then`;

export type PicoEngine = 'espruino' | 'kaluma';

export interface PicoArguments {
  engine: PicoEngine;
  image: string;
  bootrom: string;
  bundle: string;
  suite: string;
  group: string;
  bytes: number;
  memory: boolean;
}

const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'];
const GROUPS = ['x25519', 'secp256r1'];

const SOURCES = {
  espruino:
    'Espruino for the Raspberry Pi Pico, espruino_2v…_rp2040_pico.uf2: from its downloads, or `make BOARD=RP2040_PICO` in its source.',
  kaluma:
    'Kaluma 1.2.1 for the Pico, kaluma-rp2-pico-1.2.1.uf2, from its releases on GitHub (1.3 and newer are for RP2350).',
  bootrom:
    "RP2040's boot ROM of revision B1, as 16 KB of plain bytes: from Raspberry Pi's pico-bootrom-rp2040 releases, or out of the demo folder of rp2040js.",
};

/** `wrong`: the calling; `missing`: a file that somebody has to get. */
export function parseArguments(
  argv: string[],
  env: NodeJS.ProcessEnv,
): PicoArguments | 'help' | { wrong: string } | { missing: string } {
  const text = { type: 'string' } as const;
  let values: Record<string, string | boolean | undefined>;
  try {
    const options = { engine: text, image: text, bootrom: text, bundle: text, suite: text, group: text, bytes: text };
    const flags = { memory: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    values = parseArgs({ args: argv, options: { ...options, ...flags } }).values;
  } catch (error) {
    return { wrong: (error as Error).message };
  }
  if (values['help']) return 'help';
  const {
    engine,
    suite = SUITES[values['engine'] === 'kaluma' ? 1 : 0]!,
    group = GROUPS[0]!,
    bytes = '10240',
  } = values as Record<string, string>;
  if (engine !== 'espruino' && engine !== 'kaluma') return { wrong: '--engine is espruino or kaluma' };
  if (!SUITES.includes(suite)) return { wrong: `--suite is one of ${SUITES.join(', ')}` };
  if (!GROUPS.includes(group)) return { wrong: `--group is one of ${GROUPS.join(', ')}` };
  if (!/^\d{1,7}$/.test(bytes)) return { wrong: '--bytes is a number' };
  const variable = `${engine.toUpperCase()}_RP2040`;
  const image = (values['image'] as string) ?? env[variable];
  if (!image) return { missing: `No firmware: ${variable} (or --image) has to name it.\n${SOURCES[engine]}` };
  const bootrom = (values['bootrom'] as string) ?? env['RP2040_BOOTROM'];
  if (!bootrom) return { missing: `No boot ROM: RP2040_BOOTROM (or --bootrom) has to name it.\n${SOURCES.bootrom}` };
  const bundle = (values['bundle'] as string) ?? `${engine}-w5500-evb-pico`;
  return { engine, image, bootrom, bundle, suite, group, bytes: Number(bytes), memory: values['memory'] === true };
}
