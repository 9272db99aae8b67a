/**
 * What a board's TLS consists of besides the handshake of RFC 8446 itself, which alone cannot tell who the server is. A composition root lists what it wants; the rest is
 * neither offered to a server nor in the bundle. Types only: this file costs no byte.
 */
import type { ByteReader } from '../bytes/byte-reader.js';
import type { MakeBuffer } from '../bytes/make-buffer.js';
import type { CryptoProvider, HashAlgorithm } from '../crypto/provider.js';
import type { CertificateChain } from '../x509/server-chain.js';
import type { CipherSuite, SignatureScheme } from './cipher-suites.js';
import type { TlsClientConfig } from './config.js';
import type { Extension } from './extensions/extension.js';
import type { ClientHandshake, Expected } from './handshake-state.js';
import type { KeySchedule } from './key-schedule.js';
import type { HelloWriter } from './messages/client-hello.js';
import type { ServerHello } from './messages/server-hello.js';
import type { RecordKeys } from './record-protection.js';
import type { RecordReader } from './record-reader.js';
import type { Session } from './session.js';
import type { Tls12State } from './tls12/state.js';

export interface TlsProfile {
  /** How the server proves who it is: `serverCertificates`. Without it only a pre-shared key does. */
  readonly certificates?: ServerAuthentication;
  /** For servers that ask who the client is: `clientCertificates`. */
  readonly clientCertificates?: ClientAuthentication;
  /** Keys that client and server have in common: `preSharedKeys`, `externalKeys` without sessions, or `externalKeysWithExchange` without psk_ke either. */
  readonly preSharedKeys?: PreSharedKeys;
  /** `earlyData`, which needs `preSharedKeys`. */
  readonly zeroRtt?: EarlyData;
  /** With servers that do not speak TLS 1.3, TLS 1.2: `tls12`. */
  readonly tls12?: Tls12;
  /** Offered in this order, before all others. */
  readonly extensions?: ReadonlyArray<Extension>;
  /** For exportKeyingMaterial: `keyingMaterialExporter`. */
  readonly exporter?: Exporter;
  /** For `message` and `keylog` of a listener: `handshakeLog`. */
  readonly handshakeLog?: HandshakeLog;
  /** Takes records that are longer than the ring where they lie, if that has a backlog (`recordsInChip` of a board): `longRecords`. */
  readonly longRecords?: (reader: RecordReader, makeBuffer?: MakeBuffer) => LongRecords;
}

/** How the server authenticates itself, RFC 8446 §4.4. */
export interface ServerProof {
  /** What comes behind EncryptedExtensions. */
  begin(tls: ClientHandshake): Expected;
}

/** Certificate and CertificateVerify, RFC 8446 §4.4.2 and §4.4.3: at their end `serverPath` of the handshake is set. */
export interface ServerAuthentication extends ServerProof {
  /** Throws ERR_USAGE if the configuration does not say whom to trust. */
  check(config: TlsClientConfig): void;
  /** Those that the ClientHello offers. */
  schemes(crypto: CryptoProvider): SignatureScheme[];
  /** signature_algorithms. */
  offer(tls: ClientHandshake, hello: HelloWriter): void;
  /** Takes and verifies the certificates of one handshake. */
  chain(config: TlsClientConfig): CertificateChain;
}

/** The client's own Certificate and CertificateVerify, RFC 8446 §4.4.2 and §4.4.3, or RFC 5246 §7.4.6 and §7.4.8. */
export interface ClientAuthentication {
  /**
   * Throws ERR_USAGE if certificate and key of the configuration do not go together, or cannot be used. Answers the size of the output ring: `outputSize`, or what they need
   * at least.
   */
  check(config: TlsClientConfig, outputSize: number): number;
  /** Bytes of output that they take. */
  flight(config: TlsClientConfig): number;
  /** What takes the signature schemes of a CertificateRequest: `signing` of the handshake becomes the one to use, if there is one. */
  choose(tls: ClientHandshake): (schemes: ByteReader) => void;
  /** Certificate; `signing` is there. */
  send(tls: ClientHandshake): void;
  /** CertificateVerify, when it is computed. Then `proceed` answers what may come next. */
  verify(tls: ClientHandshake, proceed: () => Expected): Expected;
}

/** A key in a ClientHello, RFC 8446 §4.2.11. */
export interface OfferedKey {
  readonly identity: Uint8Array;
  /** Begun with it. */
  readonly schedule: KeySchedule;
  /** What it is out of; undefined if it is an external one. */
  readonly resumes: Session | undefined;
}

/** Sessions and external keys, RFC 8446 §2.2: what they do, in the order of the handshake. */
export interface PreSharedKeys extends ServerProof {
  /** Whether this connection uses them without a key exchange (psk_ke, RFC 8446 §4.2.9); missing if none can. */
  readonly pskKe?: ((tls: ClientHandshake) => boolean) | undefined;
  /** Throws ERR_USAGE if the configuration lacks a key that is needed. */
  check(config: TlsClientConfig): void;
  /** Chooses `offeredKeys` of the handshake. */
  start(tls: ClientHandshake): void;
  /** pre_shared_key, which is the last extension of a ClientHello, and those that go with it. */
  offer(tls: ClientHandshake, hello: HelloWriter): void;
  /** Fills in the binders of a ClientHello of `length` bytes. Answers how many of them the transcript has now. */
  bind(tls: ClientHandshake, message: Uint8Array, length: number): number;
  /** The ClientHello is in the output. */
  helloSent(tls: ClientHandshake): void;
  /** Behind a HelloRetryRequest. */
  retry(tls: ClientHandshake): void;
  /** The key that the ServerHello selects, if any: `selectedKey` of the handshake. Throws if it cannot be that one. */
  select(tls: ClientHandshake, hello: ServerHello, suite: CipherSuite): OfferedKey | undefined;
  /** Our Finished is sealed. */
  finish(tls: ClientHandshake): void;
  /** The body of a NewSessionTicket; missing without sessions. */
  readonly ticket?: ((tls: ClientHandshake, body: ByteReader) => void) | undefined;
  wipe(tls: ClientHandshake): void;
}

/** 0-RTT, RFC 8446 §2.3. */
export interface EarlyData {
  /** Says early_data if there are any for this server, and room for them behind a ClientHello that will be `rest` bytes longer. */
  offer(tls: ClientHandshake, hello: HelloWriter, rest: number): void;
  /** The first ClientHello is in the output. */
  send(tls: ClientHandshake): void;
  /** They will not be accepted: what is sent now is plaintext, or is given its keys by the caller. */
  refuse(tls: ClientHandshake): void;
  /** EncryptedExtensions have come. */
  answered(tls: ClientHandshake): void;
  /** Goes before our second flight. */
  end(tls: ClientHandshake): void;
  /** The server is authenticated. */
  finish(tls: ClientHandshake): void;
}

/** Keying material exporters, RFC 8446 §7.5 and RFC 5705: they set `keyingMaterial` of a handshake that is authenticated. */
export interface Exporter {
  /** The schedule's stage is that of the application data; `transcriptHash` covers ClientHello...server Finished. */
  tls13(tls: ClientHandshake, transcriptHash: Uint8Array): void;
  tls12(tls: ClientHandshake, prf: Prf): void;
}

/** `length` bytes of PRF(secret, label, seed), RFC 5246 §5, as a new array. */
export type Prf = (
  hash: HashAlgorithm,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
) => Uint8Array;

export interface KeyingMaterial {
  /** `length` bytes, a new array. Throws ERR_USAGE. */
  derive(length: number, label: string, context: Uint8Array | undefined): Uint8Array;
  wipe(): void;
}

/** Tells the listener, if it listens. */
export interface HandshakeLog {
  /** A message was sent, or its header has come; `length` includes that. */
  message(tls: ClientHandshake, sent: boolean, type: number, length: number): void;
  /** A secret of a key log. */
  secret(tls: ClientHandshake, label: string, secret: Uint8Array): void;
}

/** What a RecordReader does with a record that is longer than its ring. */
export interface LongRecords {
  /** Bytes of content in chunks that are not opened yet. */
  readonly ahead: number;
  /** Whether all of a record of `whole` bytes has come; if not, more is asked for. */
  isHere(whole: number): boolean;
  /** Authenticates `inner` bytes behind `front`, and finds the content type. Answers the length of the content, negative if there is no type. */
  open(protection: RecordKeys, front: number, inner: number): number;
  /** That record, its front discarded, is taken from now on: `content` of `inner` bytes. Opens its first chunk, as `next`. */
  begin(protection: RecordKeys | undefined, content: number, inner: number): boolean;
  /** Opens the next chunk; false while it is not in the ring. */
  next(): boolean;
  /** Gives up what has come of what follows the content. Answers how much has not. */
  drop(): number;
}

/** TLS 1.2, RFC 5246. What it knows of a connection is `tls12` of its handshake, which is there as long as that version is possible. */
export interface Tls12 {
  /** Undefined if the configuration excludes it. */
  begin(config: TlsClientConfig): Tls12State | undefined;
  /** Adds what the first ClientHello says outside of extensions. */
  prepare(tls: ClientHandshake): void;
  offer(tls: ClientHandshake, hello: HelloWriter): void;
  /** Behind a ClientHello. */
  readonly expected: Expected;
  /** Takes a ServerHello that does not select TLS 1.3. */
  serverHello(tls: ClientHandshake, reader: ByteReader): Expected;
  /** Answers a HelloRequest, when there is room for the answer. */
  answer(tls: ClientHandshake): void;
}
