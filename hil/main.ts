#!/usr/bin/env node
/** `npm run hil`, `ringlet-hil`. */
import { cli } from './cli.js';
import { surroundings } from './surroundings.js';

process.exitCode = await cli(process.argv.slice(2), surroundings());
// Nothing should be open any more. If a port or a process is, after all, a CI step must not wait for it forever.
setTimeout(() => process.exit(), 5000).unref();
