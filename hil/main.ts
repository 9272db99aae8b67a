#!/usr/bin/env node
/** `npm run hil`, `ringlet-hil`. */
import { notInstalled } from './packages.js';

try {
  const [{ cli }, { surroundings }] = await Promise.all([import('./cli.js'), import('./surroundings.js')]);
  process.exitCode = await cli(process.argv.slice(2), surroundings());
} catch (error) {
  // As a package ringlet brings no dependencies; who uses this program has them beside it.
  const missing = notInstalled((error as Error).message);
  if (missing === undefined) throw error;
  process.stderr.write(`hil: ${missing} (NOT_INSTALLED)\n`);
  process.exitCode = 2;
}
// Nothing should be open any more. If a port or a process is, after all, a CI step must not wait for it forever.
setTimeout(() => process.exit(), 5000).unref();
