/** Everything public. Boards import from here or from the folders; a bundle carries only what it names. */
export { ByteRing, type ReceiveWindow } from './bytes/byte-ring.js';
export type { CryptoProvider } from './crypto/provider.js';
export { type RingletError, ringletError } from './errors.js';
export type { Clock, RandomSource, SpiPort, Timer, TimerHandle, UnixTime } from './platform.js';
export { connect } from './socket/connect.js';
export type { HandshakeTrace, TlsSocketEvents } from './socket/events.js';
export type { Board, ConnectOptions, OnRead } from './socket/options.js';
export { Pump } from './socket/pump.js';
export { TlsSocket } from './socket/tls-socket.js';
export * from './tls/client.js';
export { type Network, NO_DATA_YET, PEER_CLOSED, type Transport } from './transport.js';
