/** Sessions and keys that the scripted server knows too. */
import { randomBytes } from 'node:crypto';
import type { ExternalPsk } from '../../src/tls/client.js';
import { encodeSession, type Session } from '../../src/tls/session.js';
import type { ExchangeOptions } from './exchange.js';
import { SERVER_NAME_UNDER_TEST } from './identities.js';
import type { ServerOptions, ServerPsk } from './scripted-server.js';

export interface KnownSession {
  client: Partial<ExchangeOptions>;
  server: Partial<ServerOptions>;
}

/** A session with TLS_AES_128_GCM_SHA256, a minute old, unless `changes` say otherwise; both sides know it. */
export function knownSession(changes: Partial<Session> = {}): KnownSession & { psk: ServerPsk } {
  const secret = randomBytes(changes.suite === 0x1302 ? 48 : 32);
  const ticket = randomBytes(100);
  const session = encodeSession({
    version: 0x0304,
    suite: 0x1301,
    extendedMasterSecret: false,
    issuedAt: Math.floor(Date.now() / 1000) - 60,
    lifetimeSeconds: 7200,
    ageAdd: 0xfffffff0,
    maxEarlyData: 0,
    secret,
    sessionId: Buffer.alloc(0),
    ticket,
    pin: Buffer.alloc(32, 1),
    serverName: SERVER_NAME_UNDER_TEST,
    alpnProtocol: '',
    ...changes,
  });
  const psk = { identity: ticket, key: secret };
  return { client: { session }, server: { psks: [psk] }, psk };
}

/** An external key that both sides know. */
export function knownKey(hash: ExternalPsk['hash'] = 'sha256'): KnownSession & { psk: ServerPsk } {
  const identity = Buffer.from('board 7');
  const key = randomBytes(32);
  const psk = { identity, key, external: true };
  return { client: { psk: { identity, key, hash } }, server: { psks: [psk] }, psk };
}
