/** `connect()`: where an application starts. */
import { ByteRing } from '../bytes/byte-ring.js';
import { usageError } from '../errors.js';
import type { Board, ConnectOptions } from './options.js';
import { TlsSocket } from './tls-socket.js';

/**
 * Opens a TLS connection: resolves, connects, and makes the handshake. `onSecureConnect` is called once the server is
 * authenticated and our Finished has left. Throws ERR_USAGE for options that cannot work; all else comes as `error`.
 */
export function connect(board: Board, options: ConnectOptions, onSecureConnect?: () => void): TlsSocket {
  const onread = options.onread;
  if (onread && !(onread.buffer.length > 0)) usageError('connect: onread.buffer must hold at least one byte');
  if (!(options.port > 0 && options.port < 65536)) usageError('connect: port must be 1 to 65535');
  const config = {
    serverName: options.servername || options.host,
    crypto: board.crypto,
    random: board.random,
    unixTime: board.unixTime,
    trust: { anchors: options.ca, pins: options.pins, withoutClock: options.withoutClock },
    input: new ByteRing(options.receiveBuffer || board.receiveBuffer),
    alpnProtocols: options.ALPNProtocols,
    handshakeBufferSize: options.handshakeBuffer,
    chainMemory: options.chainMemory,
    outputSize: board.outputBuffer,
    sliced: board.sliceMs !== undefined,
    listener: {},
    tape: board.recorder && board.recorder(board.clock),
  };
  const socket = new TlsSocket(board, config, options);
  if (onSecureConnect) socket.on('secureConnect', onSecureConnect);
  return socket;
}
