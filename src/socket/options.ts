/** What `connect()` takes: a board, and what the application wants of the connection. */
import type { MakeBuffer } from '../bytes/make-buffer.js';
import type { CryptoProvider, PrivateKey } from '../crypto/provider.js';
import type { Clock, RandomSource, Timer, UnixTime } from '../platform.js';
import type { Recorder } from '../recorder.js';
import type { ExternalPsk, TlsProfile, TrustAnchor } from '../tls/client.js';
import type { Network } from '../transport.js';
import type { Slices } from './slices.js';
import type { TlsSocket } from './tls-socket.js';

/** What a composition root in boards/ puts together. */
export interface Board {
  readonly network: Network;
  /** What its TLS can do. */
  readonly profile: TlsProfile;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly unixTime: UnixTime;
  /** Bytes of the receive ring of each connection unless `connect` is told otherwise. */
  readonly receiveBuffer: number;
  /** Bytes of the output ring of each connection: 2048 when missing. */
  readonly outputBuffer?: number;
  /** Makes the larger buffers of connections, and what certificates are copied to; missing: in the engine's heap. */
  readonly makeBuffer?: MakeBuffer;
  /**
   * Records may be longer than the receive ring: their rest stays in the chip's memory until all of a record is there, is
   * authenticated where it lies, and then deciphered through the ring (1024 bytes or more). With 2048 bytes of ring full
   * records (16,406 bytes) need 16 KB of chip memory for the socket. Each byte beyond the ring crosses the bus twice. No CCM.
   */
  readonly recordsInChip?: boolean;
  /**
   * `slices(ms)`: the computations of a handshake are done in slices of about so many milliseconds. Between them the network is polled and the event loop gets its turn
   * (serial, watchdog, the application). Missing: each is done at once, which on an interpreter may be a minute.
   */
  readonly slices?: Slices;
  /** Makes the recorder of a connection, whose line its error then carries as `trace`. Missing: none. */
  readonly recorder?: (clock: Clock) => Recorder;
  /** Brings sessions from one connection to the next, so that its handshake is short. Missing: `session` events and the option of that name are all there is. */
  readonly sessions?: SessionStore;
  /** Is told of every connection when it is begun: `idleKeyShares` wants to know. */
  readonly watch?: (socket: TlsSocket) => void;
}

/**
 * Keeps sessions by server, `name:port`; how many and how large ones, and for how long, is up to it. They are secret. There is memorySessions, and
 * boards/flash-sessions.ts.
 */
export interface SessionStore {
  /** A session with this server, or undefined. It is not given out again unless it is saved again. */
  load(server: string): Uint8Array | undefined;
  /** Copies it, or writes it; for want of room older ones give way. */
  save(server: string, session: Uint8Array): void;
  /** For good: one that `load` has given out and that is used now, or, without one, all of this server. */
  remove(server: string, session?: Uint8Array): void;
}

/** The names are those of Node's `tls.connect` where the meaning is. */
export interface ConnectOptions {
  /** A DNS name or a dotted IPv4 address. */
  host: string;
  port: number;
  /** The name the certificate must carry, and SNI; `host` when missing. */
  servername?: string;
  /** As in Node: by default everything that the board's profile has. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /**
   * TLS 1.2: whether the server may ask for another handshake, a few times, if it has secure renegotiation (RFC 5746) and its certificate stays the same. When missing it is
   * refused with a warning, and the connection goes on.
   */
  renegotiation?: boolean;
  /** Whom to trust. At least one of `ca` and `pins` is needed: there is no default, and no way to trust everybody. */
  ca?: ReadonlyArray<TrustAnchor>;
  /** SHA-256 of acceptable SubjectPublicKeyInfos of the server, 32 bytes each. With `ca`, both must hold. */
  pins?: ReadonlyArray<Uint8Array>;
  /** What to do while the board does not know the time: 'refuse' (the default) or 'skip-validity'. */
  withoutClock?: 'refuse' | 'skip-validity';
  ALPNProtocols?: ReadonlyArray<string>;
  /**
   * Milliseconds until the handshake must be complete, TCP connection included; 120000 when missing. It bounds the wait for others: the time of slices
   * (`slices` of the board) does not count, because what is computed is bounded by itself. How long the server waits for us is up to the server.
   */
  handshakeTimeout?: number;
  /**
   * Bytes of the receive ring; the board's `receiveBuffer` when missing. A record must fit with its 5-byte header, and a
   * server that ignores our record_size_limit (OpenSSL 3.0 does) sends up to 16,406 bytes, the header included.
   */
  receiveBuffer?: number;
  /**
   * Bytes for one handshake message at a time, of a server's certificates for one of them; 6144 when missing. Certificates for
   * hundreds of names need so much.
   */
  handshakeBuffer?: number;
  /** Bytes of the server's certificates kept until they are verified, 8192 when missing; superfluous ones are left out. */
  chainMemory?: number;
  /** The client's certificate for servers that ask for one, and those above it that the server may lack, each followed by its issuer's: `pemToDer(text)`. With `key`. */
  cert?: ReadonlyArray<Uint8Array>;
  /** That of the first of `cert`: `privateKeyFromPem(text)`, or one that lives elsewhere (ExternalKey). The board's `crypto` needs `signers` for it. */
  key?: PrivateKey;
  /** One that a `session` event of a connection to this server has brought, to be used once. */
  session?: Uint8Array;
  /** A key that was given to this server too, by other means. With one, a board whose TLS has no certificates needs neither `ca` nor `pins`. */
  psk?: ExternalPsk;
  /**
   * How the key of `session` or `psk` is used: 'psk_dhe_ke', which is meant if this is missing, with a key exchange. 'psk_ke' without one, which saves nearly all of the handshake's
   * time, on servers that allow it, and has no forward secrecy: whoever learns the key later can read what was recorded today.
   */
  pskMode?: 'psk_dhe_ke' | 'psk_ke';
  /**
   * Goes out with the first flight, before the server has said a word, if `session` allows it and there is room for it. Anybody who records it can send it to the server again:
   * only for what does no harm when it is done twice. The event `earlyData` says what became of it.
   */
  earlyData?: Uint8Array;
  /** As in Node: plaintext goes into `buffer` and `callback` is told how much, instead of fresh arrays by `data` events. */
  onread?: OnRead;
}

export interface OnRead {
  buffer: Uint8Array;
  /** The bytes are valid until it returns; answering false pauses the socket. */
  callback: (length: number, buffer: Uint8Array) => boolean | undefined;
}
