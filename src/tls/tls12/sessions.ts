/**
 * Resumption in TLS 1.2: by session ID (RFC 5246 §7.3) or by ticket (RFC 5077), and only of sessions with an extended master secret (RFC 7627 §5.3). Other than in
 * TLS 1.3 a session may be used again; so a resumed one is told again, for stores that give each out once.
 */
import { type CipherSuite, suiteOf } from '../cipher-suites.js';
import type { TlsClientConfig } from '../config.js';
import { Version } from '../constants.js';
import { type ClientHandshake, tell } from '../handshake-state.js';
import { EMPTY } from '../key-schedule.js';
import { encodeSession, pinOf, type Session, usableSession } from '../session.js';
import type { Tls12State } from './state.js';

/** Seconds, where the server says nothing: RFC 5246 §F.1.4 suggests an upper limit of 24 hours. */
const LIFETIME = 86400;

/** That of the configuration, if it is one of TLS 1.2 and one of `suites`. */
export function offeredSession(config: TlsClientConfig, suites: CipherSuite[]): Session | undefined {
  const session = usableSession(config);
  if (!session || session.version !== Version.Tls12) return undefined;
  return suiteOf(suites, session.suite) && session;
}

/** When a handshake is over: what a later one can resume, if there is anything. */
export function tellSession(tls: ClientHandshake): void {
  const state = tls.tls12 as Tls12State;
  const config = tls.clientConfig;
  const now = config.unixTime();
  const old = state.session;
  const ticket = state.ticket.length || !old ? state.ticket : old.ticket;
  if (
    tls.listening.session &&
    now !== undefined &&
    state.extendedMasterSecret &&
    (ticket.length || state.sessionId.length)
  ) {
    const session = encodeSession({
      version: Version.Tls12,
      suite: (tls.suite as CipherSuite).id,
      extendedMasterSecret: true,
      issuedAt: state.ticket.length || !old ? Math.floor(now) : old.issuedAt,
      lifetimeSeconds: state.ticket.length || !old ? state.ticketLifetime || LIFETIME : old.lifetimeSeconds,
      ageAdd: 0,
      maxEarlyData: 0,
      secret: state.masterSecret,
      sessionId: ticket.length ? EMPTY : state.sessionId,
      ticket,
      pin: pinOf(tls, old),
      serverName: config.serverName,
      alpnProtocol: tls.chosenProtocol || '',
    });
    tell(tls, 'session', session);
  }
  state.forgetSession();
}
