/**
 * The client that BoringSSL's test runner, BoGo, starts for every test: the engine of src/tls over node:net, with node:crypto.
 *
 *   runner --> shim -port 1234 -shim-id 7 -expect-version 772 ...        flags.ts: the flags it knows
 *          <-- TCP to port 1234, 8 bytes: the id, then TLS               wire.ts, connection.ts
 *          <-> application data: what comes is sent back ^ 0xff          exchange.ts
 *              what was negotiated is what the flags expect              expectations.ts
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
import { type ConnectionOptions, type ShimOptions, Unimplemented } from './options.js';
import { Wire } from './wire.js';

const UNIMPLEMENTED = 89;
const TLS13 = 0x0304;
/** The alert. */
const PROTOCOL_VERSION = 70;

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

async function connections(options: ShimOptions): Promise<void> {
  checkVersions(options.initial);
  const wire = await Wire.open(options.port, options.ipv6, options.shimId);
  try {
    await exchange(wire, options.initial);
  } catch (error) {
    throw wantsTls12(error as RingletError) && !onlyTls13(options.initial) ? new Unimplemented('TLS 1.2') : error;
  } finally {
    await wire.finish();
  }
}

/** The runner's server speaks, or wants, a version that it may expect to be offered. */
function wantsTls12({ code, alert }: RingletError): boolean {
  return code === 'ERR_TLS_PROTOCOL_VERSION' || alert === PROTOCOL_VERSION;
}

function onlyTls13({ noTls12, minVersion = 0 }: ConnectionOptions): boolean {
  return noTls12 || minVersion >= TLS13;
}

function checkVersions({ noTls13, maxVersion = TLS13 }: ConnectionOptions): void {
  if (noTls13 || maxVersion < TLS13) throw new Unimplemented('TLS 1.2 or older');
}

process.exitCode = await main();
