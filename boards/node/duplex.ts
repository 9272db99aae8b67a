/**
 * A TlsSocket as a Node stream, so that Node's own HTTP client (or any protocol library) can run over it:
 *
 *     http.request({ createConnection: () => tlsDuplex(connect(board, options)) })
 */
import { Duplex } from 'node:stream';
import type { TlsSocket } from '../../src/socket/tls-socket.js';

export function tlsDuplex(socket: TlsSocket): Duplex {
  let pending: { bytes: Uint8Array; offset: number; done: () => void } | undefined;

  let ended = false;

  function writeOn(): void {
    if (!pending) return;
    pending.offset += socket.write(pending.bytes, pending.offset, pending.bytes.length - pending.offset);
    if (pending.offset < pending.bytes.length) return;
    const { done } = pending;
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
      // After both ends the socket says its goodbyes by itself; anything earlier is an abort.
      if (error || !ended) socket.destroy();
      done(error);
    },
  });
  socket.on('secureConnect', writeOn);
  socket.on('drain', writeOn);
  socket.on('data', chunk => {
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.on('end', () => {
    ended = true;
    duplex.push(null);
  });
  socket.on('error', error => duplex.destroy(error));
  return duplex;
}
