/** The engine of a connection, as its board and its options want it. */
import type { ByteRing } from '../bytes/byte-ring.js';
import type { Recorder } from '../recorder.js';
import { TlsClient, type TlsListener } from '../tls/client.js';
import type { Board, ConnectOptions } from './options.js';

export function engineFor(
  board: Board,
  options: ConnectOptions,
  session: Uint8Array | undefined,
  input: ByteRing,
  listener: TlsListener,
  tape: Recorder | undefined,
): TlsClient {
  return new TlsClient({
    profile: board.profile,
    serverName: options.servername || options.host,
    minVersion: options.minVersion,
    maxVersion: options.maxVersion,
    renegotiation: options.renegotiation,
    crypto: board.crypto,
    random: board.random,
    unixTime: board.unixTime,
    trust: { anchors: options.ca, pins: options.pins, withoutClock: options.withoutClock },
    input,
    alpnProtocols: options.ALPNProtocols,
    handshakeBufferSize: options.handshakeBuffer,
    chainMemory: options.chainMemory,
    outputSize: board.outputBuffer,
    makeBuffer: board.makeBuffer,
    sliced: board.slices && true,
    cert: options.cert,
    key: options.key,
    session,
    psk: options.psk,
    pskMode: options.pskMode,
    earlyData: options.earlyData,
    listener,
    tape,
  });
}
