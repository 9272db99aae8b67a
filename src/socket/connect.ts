/** `connect()`: where an application starts. */
import { usageError } from '../errors.js';
import type { Board, ConnectOptions } from './options.js';
import { type TlsSocket, tlsSocket } from './tls-socket.js';

/**
 * Opens a TLS connection: resolves, connects, and makes the handshake. `onSecureConnect` is called once the server is
 * authenticated and our Finished has left. Throws ERR_USAGE for options that cannot work; all else comes as `error`.
 */
export function connect(board: Board, options: ConnectOptions, onSecureConnect?: () => void): TlsSocket {
  const onread = options.onread;
  if (onread && !(onread.buffer.length > 0)) usageError('onread.buffer is empty');
  if (!(options.port > 0 && options.port < 65536)) usageError('port: 1 to 65535');
  const socket = tlsSocket(board, options);
  if (board.watch) board.watch(socket);
  if (onSecureConnect) socket.on('secureConnect', onSecureConnect);
  return socket;
}
