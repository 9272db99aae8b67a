/**
 * A TlsSocket as a Node stream, so that Node's own HTTP client (or any protocol library) can run over it:
 *
 *     http.request({ createConnection: () => tlsDuplex(connect(board, options)) })
 */
import { Duplex } from 'node:stream';
import { ringletError } from '../../src/errors.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';

export function tlsDuplex(socket: TlsSocket): Duplex {
  let pending: { bytes: Uint8Array; offset: number; done: (error?: Error) => void } | undefined;
  /** The socket has met its end, or failed: it says its goodbyes by itself and takes nothing more. */
  let over = false;

  function writeOn(): void {
    if (!pending) return;
    const { bytes, done } = pending;
    if (over) {
      // A failed write destroys the stream: not before all that the peer said has been read.
      if (!duplex.readableEnded) return;
      pending = undefined;
      done(ringletError('ERR_NET_RESET', 'The peer ended the connection before it took everything'));
      return;
    }
    pending.offset += socket.write(bytes, pending.offset, bytes.length - pending.offset);
    if (pending.offset < bytes.length) return;
    pending = undefined;
    done();
  }

  const duplex = new Duplex({
    read() {
      socket.resume();
    },
    write(bytes: Uint8Array, _encoding, done) {
      pending = { bytes, offset: 0, done };
      writeOn();
    },
    final(done) {
      socket.end();
      done();
    },
    destroy(error, done) {
      // Anything before the end is an abort.
      if (!over) socket.destroy();
      done(error);
    },
  });
  socket.on('secureConnect', writeOn);
  socket.on('drain', writeOn);
  socket.on('data', chunk => {
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.on('end', () => {
    over = true;
    duplex.push(null);
  });
  duplex.on('end', writeOn);
  socket.on('error', error => {
    over = true;
    duplex.destroy(error);
  });
  return duplex;
}
