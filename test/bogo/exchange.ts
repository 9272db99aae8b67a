/** What the runner and a shim say to each other over one connection. */
import type { RingletError } from '../../src/errors.js';
import { CLOSE_NOTIFY, Connection, earlyDataLimit } from './connection.js';
import { checkEarlyData, checkNegotiated, checkRenegotiations, checkSessions } from './expectations.js';
import type { ConnectionOptions } from './options.js';
import type { Wire } from './wire.js';

/**
 * `session` is that of the connection before. `retry` is what goes for the rest of a connection whose early data was not accepted. Answers the session for the
 * next one. Throws what went wrong: an error of the engine, or an expectation that is not met.
 */
export async function exchange(
  wire: Wire,
  first: ConnectionOptions,
  retry: ConnectionOptions,
  session?: Uint8Array,
): Promise<Uint8Array | undefined> {
  const greeting = first.shimWritesFirst || first.readWithUnfinishedWrite ? greetingOf(first) : Buffer.alloc(0);
  const early = greeting.subarray(0, session && first.enableEarlyData ? earlyDataLimit(session) : 0);
  const connection = new Connection(wire, first, retry, session, early);
  await connection.handshake();
  const { client, offeredEarlyData } = connection;
  const rejected = offeredEarlyData && !client.earlyDataAccepted;
  const options = rejected ? retry : first;
  checkEarlyData(connection, first, options);
  checkNegotiated(connection, options);
  if (!rejected) await connection.write(greeting.subarray(offeredEarlyData ? early.length : 0));
  else if (retry.shimWritesFirst) await connection.write(greetingOf(retry));
  await exportKeys(connection, options);
  if (options.shimShutsDown) connection.closeWrite();
  const closed = options.shimShutsDown && !options.checkCloseNotify ? true : await echo(connection, options);
  checkSessions(connection, options);
  checkRenegotiations(connection, options);
  if (options.checkCloseNotify && !closed) throw new Error('the runner did not send close_notify');
  if (!options.shimShutsDown) connection.closeWrite();
  return connection.sessions.at(-1) ?? session;
}

function greetingOf({ shimInitialWrite, repeatShimInitialWrite }: ConnectionOptions): Buffer {
  return Buffer.from(shimInitialWrite.repeat(repeatShimInitialWrite), 'latin1');
}

async function exportKeys(connection: Connection, options: ConnectionOptions): Promise<void> {
  const { exportKeyingMaterial, exportLabel, exportContext, useExportContext } = options;
  if (!exportKeyingMaterial) return;
  const context = useExportContext ? Buffer.from(exportContext, 'latin1') : undefined;
  await connection.write(connection.client.exportKeyingMaterial(exportKeyingMaterial, exportLabel, context));
}

/** Answers every byte, turned over, until the runner closes; and whether it did that with close_notify. */
async function echo(connection: Connection, options: ConnectionOptions): Promise<boolean> {
  const into = new Uint8Array(options.readSize);
  for (;;) {
    if (options.keyUpdateBeforeRead) connection.updateKeys(false);
    let length: number;
    try {
      length = await connection.read(into);
    } catch (error) {
      // Whether a truncated stream does harm is for the application to say: to this one it does not.
      if ((error as RingletError).code === 'ERR_TLS_TRUNCATED') return false;
      throw error;
    }
    if (length === CLOSE_NOTIFY) return true;
    if (options.keyUpdate) connection.updateKeys(false);
    if (options.shimShutsDown) throw new Error('application data for an application that has finished');
    await connection.write(into.slice(0, length).map(byte => byte ^ 0xff));
  }
}
