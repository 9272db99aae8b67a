/** Everything public. A bundle carries only what it names of it; boards import from the folders. */
export type { Backlog } from './bytes/backlog.js';
export { ByteRing, type ReceiveWindow } from './bytes/byte-ring.js';
export { aes128Ccm } from './crypto/aes-ccm.js';
export { aes128Gcm, aes256Gcm } from './crypto/aes-gcm.js';
export { chacha20Poly1305 } from './crypto/chacha20-poly1305.js';
export { ecdsaP256, ecdsaP384 } from './crypto/ecdsa.js';
export { createEcdsaP256Signer, ecdsaP256Signer } from './crypto/ecdsa-sign.js';
export { createEd25519 } from './crypto/ed25519.js';
export { type ExternalKey, externalSigners } from './crypto/external-key.js';
export { portableProvider } from './crypto/portable-provider.js';
export { portableSigners } from './crypto/portable-signers.js';
export type * from './crypto/provider.js';
export { rsaPkcs1, rsaPss } from './crypto/rsa.js';
export { rsaPkcs1Signer, rsaPssSigner } from './crypto/rsa-sign.js';
export { secp256r1 } from './crypto/secp256r1.js';
export { sha256 } from './crypto/sha256.js';
export { sha384, sha512 } from './crypto/sha512.js';
export { x25519 } from './crypto/x25519.js';
export { type RingletError, ringletError } from './errors.js';
export type { Clock, RandomSource, SpiPort, Timer, TimerHandle, UnixTime } from './platform.js';
export type { Recorder } from './recorder.js';
export { connect } from './socket/connect.js';
export type { EarlyDataAnswer, HandshakeTrace, TlsSocketEvents } from './socket/events.js';
export { type FlightRecorder, flightRecorder } from './socket/flight-recorder.js';
export { type IdleKeyShares, idleKeyShares } from './socket/idle-key-shares.js';
export { memorySessions } from './socket/memory-sessions.js';
export type { Board, ConnectOptions, OnRead, SessionStore } from './socket/options.js';
export { type Pump, pump } from './socket/pump.js';
export { type Slices, slices } from './socket/slices.js';
export type { TlsSocket } from './socket/tls-socket.js';
export { serverCertificates, serverCertificatesRemembered } from './tls/certificates.js';
export * from './tls/client.js';
export { clientCertificates } from './tls/client-certificate.js';
export { keyingMaterialExporter } from './tls/exporter.js';
export { applicationLayerProtocol } from './tls/extensions/application-layer-protocol.js';
export { maxFragmentLength } from './tls/extensions/max-fragment-length.js';
export { recordSizeLimit } from './tls/extensions/record-size-limit.js';
export { serverName } from './tls/extensions/server-name.js';
export { statusRequest } from './tls/extensions/status-request.js';
export { handshakeLog } from './tls/handshake-log.js';
export { longRecords } from './tls/long-records.js';
export * from './tls/profiles.js';
export { externalKeys } from './tls/psk/external-keys.js';
export { externalKeysWithExchange } from './tls/psk/external-keys-with-exchange.js';
export { type Network, NO_DATA_YET, PEER_CLOSED, type Transport } from './transport.js';
export * from './w5500/buffer-plans.js';
export { localMac } from './w5500/mac.js';
export {
  type BufferPlan,
  type Lease,
  type NetworkEvent,
  type NetworkTimeouts,
  type W5500Network,
  type W5500Options,
  w5500Network,
} from './w5500/network.js';
export type { Certificate } from './x509/certificate.js';
export { pemToDer } from './x509/pem.js';
export { parsePrivateKey, privateKeyFromPem } from './x509/private-key.js';
export { trustAnchor, trustAnchorFromKey } from './x509/trust.js';
export type { VerifiedPath } from './x509/verify.js';
