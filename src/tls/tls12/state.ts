/**
 * What TLS 1.2 remembers of a connection.
 *
 * Memory: 64 bytes of randoms, 48 of master secret, 24 of Finished; in a handshake the session that was offered and the server's share.
 */
import type { KeyExchangeGroup } from '../../crypto/provider.js';
import type { CipherSuite } from '../cipher-suites.js';
import { EMPTY } from '../key-schedule.js';
import type { Tls12 } from '../profile.js';
import type { RecordKeys } from '../record-protection.js';
import type { Session } from '../session.js';

/** What a HelloRequest is to be answered with. */
export const enum Owed {
  Nothing,
  /** A warning: no_renegotiation. */
  Refusal,
  ClientHello,
}

export class Tls12State {
  readonly hooks: Tls12;
  readonly suites: CipherSuite[];
  /** By the server. */
  chosen?: boolean;
  /** The client's, then the server's. */
  randoms: Uint8Array;
  /** The one that is offered. */
  session?: Session;
  /** It is the one that the server has taken up. */
  resumed?: boolean;
  masterSecret: Uint8Array;
  /** RFC 7627. */
  extendedMasterSecret?: boolean;
  /** The server has renegotiation_info (RFC 5746). */
  secureRenegotiation?: boolean;
  /** The client's Finished of the last handshake, then the server's. */
  verifyData: Uint8Array;
  /** The server's; empty if it keeps none. */
  sessionId: Uint8Array;
  /** A NewSessionTicket will come (RFC 5077 §3.2). */
  ticketExpected?: boolean;
  /** Empty if there is none. */
  ticket: Uint8Array;
  /** Seconds; 0 if the server does not say. */
  ticketLifetime: number;
  group?: KeyExchangeGroup;
  /** The server's share. */
  point: Uint8Array;
  // From when they are made until they come into use.
  readKeys?: RecordKeys;
  writeKeys?: RecordKeys;
  owed: Owed;
  /** From a ClientHello of ours on, if it is not the first, to the server's Finished. */
  renegotiating?: boolean;
  renegotiations: number;
  /** Application data has to wait: what is owed needs the room, or our keys have changed and the server's have not. */
  holdsWrites?: boolean;

  constructor(hooks: Tls12, suites: CipherSuite[], session: Session | undefined) {
    this.hooks = hooks;
    this.suites = suites;
    this.session = session;
    this.randoms = this.masterSecret = this.verifyData = this.sessionId = this.ticket = this.point = EMPTY;
    this.ticketLifetime = this.renegotiations = 0;
    this.owed = Owed.Nothing;
  }

  wipe(): void {
    this.masterSecret.fill(0);
    this.forgetSession();
    if (this.readKeys) this.readKeys.wipe();
    if (this.writeKeys) this.writeKeys.wipe();
  }

  forgetSession(): void {
    if (this.session) this.session.secret.fill(0);
    this.session = undefined;
  }
}
