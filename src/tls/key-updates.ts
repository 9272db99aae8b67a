/**
 * KeyUpdates of both sides, RFC 8446 §4.6.3. One of ours goes out before the next record; requests that come before it is sent share it. We ask the peer for one
 * only once until it has answered: a peer that got a request with every record until its answer is here would call it a flood.
 */
import { tlsError } from './errors.js';
import { sendKeyUpdate } from './handshake.js';
import type { ClientHandshake } from './handshake-state.js';

export const enum Update {
  None,
  Owed,
  OwedAndRequesting,
}

export class KeyUpdates {
  /** What of ours is to go before the next record. */
  owed: Update;
  private readonly handshake: ClientHandshake;
  /** We have asked the peer for new keys, and it has not changed them yet. */
  private requested?: boolean;

  constructor(handshake: ClientHandshake) {
    this.handshake = handshake;
    this.owed = Update.None;
  }

  /** Throws ERR_TLS_KEY_LIMIT in TLS 1.2, which has none: keys that have protected as many records as they should are the end. */
  owe(update: Update): void {
    if (this.handshake.tls12) tlsError('KEY_LIMIT', 'TLS 1.2 has used its keys up: connect again');
    if (update > this.owed) this.owed = update;
  }

  /** The peer's keys have protected as many records as they should. */
  ask(): void {
    if (!this.requested) this.owe(Update.OwedAndRequesting);
  }

  /** Sends what is owed, if there is room. */
  seal(): void {
    const handshake = this.handshake;
    if (this.owed === Update.None || handshake.writer.room < 5) return;
    const requesting = this.owed === Update.OwedAndRequesting;
    sendKeyUpdate(handshake, requesting);
    if (requesting) this.requested = true;
    this.owed = Update.None;
  }

  /** One of the peer's has come. Answers true if we had asked for it. */
  received(): boolean {
    const wanted = !!this.requested;
    if (this.handshake.updateRequested) this.owe(Update.Owed);
    this.requested = false;
    return wanted;
  }
}
