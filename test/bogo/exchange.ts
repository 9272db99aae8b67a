/** What the runner and a shim say to each other over one connection. */
import type { RingletError } from '../../src/errors.js';
import { CLOSE_NOTIFY, Connection } from './connection.js';
import { checkNegotiated, checkSessions } from './expectations.js';
import type { ConnectionOptions } from './options.js';
import type { Wire } from './wire.js';

/** Throws what went wrong: an error of the engine, or an expectation that is not met. */
export async function exchange(wire: Wire, options: ConnectionOptions): Promise<void> {
  const connection = new Connection(wire, options);
  await connection.handshake();
  checkNegotiated(connection, options);
  if (options.shimWritesFirst || options.readWithUnfinishedWrite) {
    for (let i = 0; i < options.repeatShimInitialWrite; i++) {
      connection.write(Buffer.from(options.shimInitialWrite, 'latin1'));
    }
  }
  if (options.shimShutsDown) connection.closeWrite();
  const closed = options.shimShutsDown && !options.checkCloseNotify ? true : await echo(connection, options);
  checkSessions(connection, options);
  if (options.checkCloseNotify && !closed) throw new Error('the runner did not send close_notify');
  if (!options.shimShutsDown) connection.closeWrite();
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
    if (!options.shimShutsDown) connection.write(into.subarray(0, length).map(byte => byte ^ 0xff));
  }
}
