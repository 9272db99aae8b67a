/** Sessions of TLS 1.3: what a NewSessionTicket makes of a connection, RFC 8446 §4.6.1. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import type { CipherSuite } from '../cipher-suites.js';
import { Version } from '../constants.js';
import type { ClientHandshake } from '../handshake-state.js';
import { EMPTY, hkdfExpandLabel, type KeySchedule } from '../key-schedule.js';
import { parseNewSessionTicket } from '../messages/new-session-ticket.js';
import { encodeSession, pinOf, usableSession } from '../session.js';
import type { Sessions } from './keys.js';

export const sessions: Sessions = { usable: usableSession, made: newSession };

/** Undefined if it is of no use: its lifetime is 0, or nobody knows the time, so that nobody could say when it is over. */
function newSession(tls: ClientHandshake, body: ByteReader): Uint8Array | undefined {
  const parsed = parseNewSessionTicket(body);
  const resumption = tls.resumptionSecret;
  const now = tls.clientConfig.unixTime();
  const lifetimeSeconds = parsed.lifetimeSeconds;
  const hash = (tls.schedule as KeySchedule).hashAlgorithm;
  if (!resumption || !lifetimeSeconds || now === undefined) return undefined;
  const secret = hkdfExpandLabel(hash, resumption, 'resumption', parsed.nonce, hash.digestLength);
  const session = encodeSession({
    version: Version.Tls13,
    suite: (tls.suite as CipherSuite).id,
    extendedMasterSecret: false,
    issuedAt: Math.floor(now),
    // "Clients MUST NOT cache tickets for longer than 7 days, regardless of the ticket_lifetime".
    lifetimeSeconds: lifetimeSeconds > 604800 ? 604800 : lifetimeSeconds,
    ageAdd: parsed.ageAdd,
    maxEarlyData: parsed.maxEarlyData,
    secret,
    sessionId: EMPTY,
    ticket: parsed.ticket,
    pin: pinOf(tls, tls.selectedKey && tls.selectedKey.resumes),
    serverName: tls.clientConfig.serverName,
    alpnProtocol: tls.chosenProtocol || '',
  });
  secret.fill(0);
  return session;
}
