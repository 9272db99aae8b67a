/**
 * The client that BoringSSL's test runner, BoGo, starts for every test: the engine of src/tls over node:net, with node:crypto.
 *
 *   runner --> shim -port 1234 -shim-id 7 -expect-version 772 ...        flags.ts: the flags it knows
 *          <-- TCP to port 1234, 8 bytes: the id, then TLS               wire.ts, connection.ts, profile.ts
 *          <-> application data: what comes is sent back ^ 0xff          exchange.ts
 *              what was negotiated is what the flags expect              expectations.ts
 *          <-- as often as -resume-count says: all of it once more, with the session of before
 *
 * Exit codes: 0 all was well; 89 a flag that is not known, or a feature that neither shim nor engine has; 1 anything else, and why on
 * stderr: the error's code and message, for which config.json says which of BoringSSL's it answers to. On success nothing
 * may be written to stderr.
 *
 * tools/bogo bundles this into one file, because it is started more than a thousand times: keep the imports few.
 */
import type { RingletError } from '../../src/errors.js';
import { exchange } from './exchange.js';
import { parseFlags } from './flags.js';
import { type ShimOptions, Unimplemented } from './options.js';
import { Wire } from './wire.js';

const UNIMPLEMENTED = 89;

async function main(): Promise<number> {
  try {
    const options = parseFlags(process.argv.slice(2));
    if (options.isHandshakerSupported) console.log('No');
    else await connections(options);
    return 0;
  } catch (error) {
    const { code, message, stack } = error as RingletError;
    process.stderr.write((code ? `${code}: ${message}` : stack) + '\n');
    return error instanceof Unimplemented ? UNIMPLEMENTED : 1;
  }
}

async function connections({ port, ipv6, shimId, resumeCount, initial, resume, retry }: ShimOptions): Promise<void> {
  let session: Uint8Array | undefined;
  for (let i = 0; i <= resumeCount; i++) {
    const wire = await Wire.open(port, ipv6, shimId);
    try {
      session = await exchange(wire, i ? resume : initial, retry, session);
    } finally {
      await wire.finish();
    }
  }
}

process.exitCode = await main();
