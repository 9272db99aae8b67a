/** `npm run pico`: a page over TLS, fetched by real firmware on the emulated Pico, in emulated milliseconds. Exit code 3: an image is missing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineOptions } from '../../hil/engines/engine.js';
import { engineFactory } from '../../hil/engines/index.js';
import { emulatedBoard } from '../../hil/link/emulated-binding.js';
import { type Link, openLink } from '../../hil/link/link.js';
import { formOf, PROJECT } from '../../hil/project.js';
import { companionsOf } from '../../hil/session/companions.js';
import { provision } from '../../hil/session/provision.js';
import type { PicoThread } from '../../hil/sim/pico-thread.js';
import { DEMO_NAME, startDemoServer } from '../fetch/demo-server.js';
import { type PicoArguments, parseArguments, USAGE } from './arguments.js';
import { pageScript } from './page-script.js';
import { Rows } from './rows.js';

/** Emulated time is slow, and the board's waits are the desktop's. */
const TIMEOUT_X = 20;
const SCRIPT = 'pico.js';

const NODE_GROUPS: Record<string, string> = { x25519: 'X25519', secp256r1: 'prime256v1' };

/** A second of the board is many of this machine. */
const PATIENT = { handshakeTimeout: 86400000, requestTimeout: 0, headersTimeout: 0 };

process.exitCode = await main();

async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2), process.env);
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  if ('wrong' in options) {
    console.error(`pico: ${options.wrong}\n\n${USAGE}`);
    return 2;
  }
  if ('missing' in options) {
    console.error(`pico: ${options.missing}`);
    return 3;
  }
  let link: Link | undefined;
  const server = await startDemoServer({
    page: 'x'.repeat(options.bytes),
    server: { ciphers: options.suite, ecdhCurve: NODE_GROUPS[options.group], ...PATIENT },
  });
  const interrupt = () => void link?.close();
  process.once('SIGINT', interrupt);
  try {
    const started = performance.now();
    const env = { HIL_FIXTURES: JSON.stringify({ [DEMO_NAME]: { host: '127.0.0.1', port: server.port } }) };
    link = await openLink({ type: 'emulated', image: options.image, bootrom: options.bootrom, env });
    const told = await fetchPage(options, link, emulatedBoard(link)!, server);
    console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s on this machine`);
    return told ? 0 : 1;
  } catch (error) {
    const { message, exitCode } = error as Error & { exitCode?: number };
    console.error(`pico: ${message}`);
    return exitCode ?? 1;
  } finally {
    process.off('SIGINT', interrupt);
    if (link?.isOpen) await new Promise<void>(resolve => link!.close(() => resolve()));
    await server.close();
  }
}

/** True if the whole page has come. */
async function fetchPage(
  options: PicoArguments,
  link: Link,
  pico: PicoThread,
  server: { port: number; root: Uint8Array },
): Promise<boolean> {
  const rows = new Rows();
  const engineOptions: EngineOptions = {
    timeoutX: TIMEOUT_X,
    watchdogS: 0,
    onText: text => rows.heard(text),
    onStep: step => console.log(`(${step})`),
  };
  const engine = engineFactory(options.engine)(link, engineOptions);
  const identity = await engine.identify();
  console.log(`${identity.engine} ${identity.version} on ${identity.board}, ${identity.freeBytes} bytes free`);
  console.log(`${options.bundle}, ${options.suite}, ${options.group}, ${options.bytes} bytes\n`);
  rows.heading();
  rows.say(pico.emulatedMs, 'boot, up to the prompt');
  for (const [name, bytes] of filesOf(options)) {
    await engine.upload(name, bytes);
    rows.say(pico.emulatedMs, `${name}, ${bytes.length} bytes, is in flash`);
  }
  await provision(engine, identity);
  rows.say(pico.emulatedMs, 'a seed of 32 bytes is in flash');
  await engine.start(SCRIPT, 'pico');
  rows.say(pico.emulatedMs, 'the script is loaded');
  const free = await engine.evaluate(`pico.anchor("${Buffer.from(server.root).toString('base64')}")`);
  rows.say(pico.emulatedMs, 'trust anchor', free);
  rows.offset = undefined;
  await engine.command(`pico.page("${DEMO_NAME}",${server.port},"/")`);
  await rows.closed(pico);
  const report = await pico.report();
  for (const text of report.violations) console.log(`violation of the W5500's datasheet: ${text}`);
  for (const text of report.warnings) console.log(`emulator: ${text}`);
  console.log(`\n${report.spi.frames} SPI frames, ${report.spi.bytes} bytes`);
  rows.summary();
  return rows.received >= options.bytes && rows.failure === '';
}

/** What goes into the board's flash: the bundle with the script, and the machine code for a bundle that asks for it. */
function filesOf({ engine, bundle, memory }: PicoArguments): [string, Uint8Array][] {
  const file = join(PROJECT, 'dist', bundle + formOf(engine));
  if (!existsSync(file)) throw new Error(`There is no ${file}; npm run build makes it.`);
  const code = readFileSync(file, 'latin1').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '');
  return [...companionsOf(code), [SCRIPT, Buffer.from(code + pageScript(engine, memory), 'latin1')]];
}
