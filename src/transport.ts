/**
 * The contract between whoever moves bytes (a chip, node:net, a test) and whoever needs them (socket/).
 *
 * "No data yet" and "the peer has closed" are different answers, and neither of them is a length: a length is 1 or more.
 */

import type { Backlog } from './bytes/backlog.js';
import type { Recorder } from './recorder.js';

export { NO_DATA_YET } from './bytes/outcomes.js';

/** The peer has sent FIN, and every byte before it has been handed over. The answer stays the same from now on. */
export const PEER_CLOSED = -2;

/** One TCP connection. Every call returns at once. */
export interface Transport {
  /** Set by whoever opened the connection: what the layers below tell. @internal */
  tape?: Recorder;
  /** True from the moment the connection is established; it stays true afterwards. */
  readonly connected: boolean;
  /** True once both sides are done with the connection, or it was aborted or lost: nothing will move any more. */
  readonly closed: boolean;
  /** What was received and waits for `receive`, if it lies where it can be read without being taken. @internal */
  readonly unreceived?: Backlog;
  /**
   * Takes received bytes: at most `length` (1 or more, otherwise ERR_USAGE) into `into` from `offset`.
   * Answers how many (1 or more), NO_DATA_YET (also while connecting), or PEER_CLOSED.
   * A refused, reset or timed-out connection throws (ERR_NET_…); so does every later call.
   */
  receive(into: Uint8Array, offset: number, length: number): number;
  /**
   * Hands over bytes: answers how many of `length` were taken now, which may be fewer or 0 (also while connecting).
   * `bytes` is not kept. Throws like `receive`.
   */
  send(bytes: Uint8Array, offset: number, length: number): number;
  /** No more sends: what was taken is still delivered, then FIN goes out. Receiving goes on until PEER_CLOSED. Idempotent. */
  close(): void;
  /** Ends the connection now, without waiting for anything. Idempotent. */
  abort(): void;
}

/** Something that can open connections, and that wants to be called regularly while any is open. */
export interface Network {
  /** Starts to resolve `host` (a name or a dotted IPv4 address) and to connect; failures come from the transport's calls. */
  connect(host: string, port: number): Transport;
  /** Drives name lookup, lease, link and connections. Answers true if anything happened, so that calling again soon pays. */
  poll(): boolean;
}
