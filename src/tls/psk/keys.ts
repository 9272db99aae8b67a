/**
 * Keys that client and server have in common already, RFC 8446 §2.2 and §4.2.11: of a session, and external ones. The server that selects one of them has authenticated itself
 * by that, and sends no certificate; the one that selects none has to.
 *
 *   psk_dhe_ke    with a key exchange: nobody who learns the key later reads this connection
 *   psk_ke        without: the ClientHello has an empty key_share, so that a server that wants a full handshake asks for one by a HelloRetryRequest
 *
 * Secrets: of each offered key its Early Secret lives from the ClientHello to the ServerHello, then that of the selected one goes the way of the key schedule.
 */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { copyBytes } from '../../bytes/copy-bytes.js';
import type { Hash, HashAlgorithm } from '../../crypto/provider.js';
import { usageError } from '../../errors.js';
import type { CipherSuite } from '../cipher-suites.js';
import type { TlsClientConfig } from '../config.js';
import { ExtensionType, Version } from '../constants.js';
import { illegalParameter, tlsError } from '../errors.js';
import { FINISHED } from '../handshake.js';
import { type ClientHandshake, tell, transcriptHash, wipeKeyShare } from '../handshake-state.js';
import { deriveSecret, digestOf, KeySchedule } from '../key-schedule.js';
import type { HelloWriter } from '../messages/client-hello.js';
import type { ServerHello } from '../messages/server-hello.js';
import type { OfferedKey, PreSharedKeys } from '../profile.js';
import type { Session } from '../session.js';

/** What a board may do without that has external keys only. */
export interface Sessions {
  /** The one that the configuration has, if it may be used. Throws ERR_USAGE. */
  usable(config: TlsClientConfig): Session | undefined;
  /** What the server's next ticket (the body of a NewSessionTicket) makes of this connection, as `session` events bring it. */
  made(tls: ClientHandshake, body: ByteReader): Uint8Array | undefined;
}

/** `pskMode` is 'psk_ke': for boards that can do that. */
export const withoutKeyExchange = (tls: ClientHandshake): boolean => tls.clientConfig.pskMode === 'psk_ke';

/** Without `sessions` only external keys are offered, and no tickets asked for. Without `pskKe` there is always a key exchange. */
export function keysWith(
  sessions: Sessions | undefined,
  pskKe: ((tls: ClientHandshake) => boolean) | undefined,
): PreSharedKeys {
  return {
    pskKe,
    check,
    start: tls => start(tls, sessions && sessions.usable(tls.clientConfig)),
    offer: (tls, hello) => offer(tls, hello, !!sessions && !!tls.listening.session),
    bind,
    helloSent(tls) {
      if (tls.profile.zeroRtt) tls.profile.zeroRtt.send(tls);
    },
    retry,
    select,
    begin(tls) {
      if (tls.profile.zeroRtt) tls.profile.zeroRtt.answered(tls);
      return FINISHED;
    },
    finish(tls) {
      const schedule = tls.schedule as KeySchedule;
      if (!sessions || !tls.listening.session) return;
      const hash = schedule.hashAlgorithm;
      tls.resumptionSecret = deriveSecret(hash, schedule.stageSecret, 'res master', transcriptHash(tls));
    },
    ticket:
      sessions &&
      ((tls, body) => {
        const session = sessions.made(tls, body);
        if (session) tell(tls, 'session', session);
      }),
    wipe,
  };
}

function check(config: TlsClientConfig): void {
  const profile = config.profile;
  const psk = config.psk;
  const mode = config.pskMode;
  if (psk) {
    const length = psk.identity.length;
    if (!(length > 0 && length < 65536 && psk.key.length > 15))
      usageError('psk: identity is empty, or key below 16 bytes');
    if (psk.hash !== 'sha256' && psk.hash !== 'sha384') usageError("psk.hash: 'sha256' or 'sha384'");
  } else if (!profile.certificates) usageError('psk is missing');
  const without = (profile.preSharedKeys as PreSharedKeys).pskKe && mode === 'psk_ke';
  if (mode && mode !== 'psk_dhe_ke' && !without) usageError("pskMode: 'psk_dhe_ke', or 'psk_ke' if the profile can");
  if (!config.crypto.groups.length && !without) usageError('crypto lacks groups (psk_ke needs none)');
  if (config.earlyData && !profile.zeroRtt) usageError('earlyData: the profile has none');
}

/** The session first: it may have early data. */
function start(tls: ClientHandshake, session: Session | undefined): void {
  const pskKe = (tls.profile.preSharedKeys as PreSharedKeys).pskKe;
  const config = tls.clientConfig;
  const psk = config.psk;
  if (tls.profile.zeroRtt && config.earlyData) tls.earlyData = new Uint8Array(config.earlyData);
  // A ticket may be larger than there is room for; then the handshake is a full one.
  const room = tls.incoming.capacity < tls.writer.room ? tls.incoming.capacity : tls.writer.room;
  if (session && session.version === Version.Tls13) {
    if (session.ticket.length + 768 <= room) {
      add(tls, session.ticket, session.secret, session.suite === 0x1302 ? 'sha384' : 'sha256', session);
    }
    session.secret.fill(0);
  }
  if (psk && !add(tls, psk.identity, psk.key, psk.hash, undefined)) usageError('psk.hash: crypto lacks it');
  if (pskKe && pskKe(tls) && tls.offeredKeys.length) tls.clientHello.keyGroup = undefined;
}

/** False if no suite has its hash. */
function add(
  tls: ClientHandshake,
  identity: Uint8Array,
  psk: Uint8Array,
  hashName: string,
  session: Session | undefined,
): boolean {
  let hash: HashAlgorithm | undefined;
  for (const suite of tls.suites) if (suite.hash.name === hashName) hash = suite.hash;
  if (hash) tls.offeredKeys.push({ identity, schedule: new KeySchedule(hash, psk), resumes: session });
  return !!hash;
}

/**
 *   struct {
 *       opaque identity<1..2^16-1>;
 *       uint32 obfuscated_ticket_age;
 *   } PskIdentity;
 *
 *   opaque PskBinderEntry<32..255>;
 *
 *   struct {
 *       PskIdentity identities<7..2^16-1>;
 *       PskBinderEntry binders<33..2^16-1>;
 *   } OfferedPsks;
 */
function offer(tls: ClientHandshake, hello: HelloWriter, wantsTickets: boolean): void {
  const pskKe = (tls.profile.preSharedKeys as PreSharedKeys).pskKe;
  const keys = tls.offeredKeys;
  const ours = tls.clientHello;
  // Without it a server must not send tickets (RFC 8446 §4.2.9): psk_ke(0), psk_dhe_ke(1).
  if (keys.length || wantsTickets) {
    hello.extension(ExtensionType.PskKeyExchangeModes, writer =>
      writer.writeUint16(pskKe && pskKe(tls) ? 0x100 : 0x101),
    );
  }
  if (!keys.length) return;
  let size = 6 + bindersLength(tls);
  for (const key of keys) size += 6 + key.identity.length;
  if (pskKe && !ours.keyGroup && ours.groups.length) hello.list(ExtensionType.KeyShare, () => {});
  if (tls.profile.zeroRtt) tls.profile.zeroRtt.offer(tls, hello, size);
  hello.extension(ExtensionType.PreSharedKey, writer => {
    hello.vector(2, () => {
      for (const key of keys) {
        const identity = key.identity;
        writer.writeUint16(identity.length);
        writer.append(identity, 0, identity.length);
        writer.writeUint32(key.resumes ? obfuscatedAge(tls, key.resumes) : 0);
      }
    });
    // What they are of is all before them.
    writer.reserve(bindersLength(tls));
  });
}

function obfuscatedAge(tls: ClientHandshake, session: Session): number {
  const age = Math.floor(tls.clientConfig.unixTime() || 0) - session.issuedAt;
  return (age * 1000 + session.ageAdd) % 4294967296;
}

function bindersLength(tls: ClientHandshake): number {
  let length = 2;
  for (const key of tls.offeredKeys) length += 1 + key.schedule.hashAlgorithm.digestLength;
  return length;
}

/** RFC 8446 §4.2.11.2: over the ClientHello up to the binders, and what the transcript has before it. */
function bind(tls: ClientHandshake, message: Uint8Array, length: number): number {
  const transcript = tls.transcript;
  const truncated = length - bindersLength(tls);
  let at = truncated + 2;
  if (!tls.offeredKeys.length) return 0;
  if (transcript) transcript.update(message, 0, truncated);
  message[truncated] = (length - at) >> 8;
  message[truncated + 1] = length - at;
  for (const key of tls.offeredKeys) {
    const schedule = key.schedule;
    const hash = schedule.hashAlgorithm;
    const label = key.resumes ? 'res binder' : 'ext binder';
    const binderKey = deriveSecret(hash, schedule.stageSecret, label, schedule.emptyHash);
    const binder = schedule.verifyData(binderKey, digestOf(hash, transcript || hashed(hash, message, truncated)));
    binderKey.fill(0);
    message[at++] = binder.length;
    copyBytes(message, at, binder, 0, binder.length);
    at += binder.length;
  }
  return transcript ? truncated : 0;
}

function hashed(algorithm: HashAlgorithm, bytes: Uint8Array, length: number): Hash {
  const hash = algorithm.create();
  hash.update(bytes, 0, length);
  return hash;
}

/** RFC 8446 §4.1.4: the suite is known now; keys of another hash are of no use any more, and early data is not accepted. */
function retry(tls: ClientHandshake): void {
  const hash = (tls.suite as CipherSuite).hash;
  if (tls.profile.zeroRtt) tls.profile.zeroRtt.refuse(tls);
  keep(tls, key => key.schedule.hashAlgorithm === hash);
}

/** RFC 8446 §4.2.11: its hash is that of the suite; §4.2.9: and its mode the offered one. */
function select(tls: ClientHandshake, hello: ServerHello, suite: CipherSuite): OfferedKey | undefined {
  const early = tls.profile.zeroRtt;
  const pskKe = (tls.profile.preSharedKeys as PreSharedKeys).pskKe;
  const at = hello.selectedIdentity;
  const selected = at < 0 ? undefined : tls.offeredKeys[at];
  if (at < 0) {
    if (!tls.profile.certificates) tlsError('HANDSHAKE_FAILURE', 'the server does not take psk');
  } else if (!selected || selected.schedule.hashAlgorithm !== suite.hash) {
    illegalParameter('selected_identity');
  } else if (pskKe && pskKe(tls)) {
    if (hello.keyGroup >= 0) illegalParameter('key_share');
    wipeKeyShare(tls);
    tls.clientHello.keyGroup = undefined;
  }
  // Early data is the first key's, with the suite that it came with.
  const session = selected && !at ? selected.resumes : undefined;
  if (early && !(session && session.suite === suite.id)) early.refuse(tls);
  keep(tls, key => key === selected);
  tls.selectedKey = selected;
  return selected;
}

/** Only these; the secrets of the others are wiped. */
function keep(tls: ClientHandshake, wanted: (key: OfferedKey) => boolean): void {
  tls.offeredKeys = tls.offeredKeys.filter(key => {
    if (wanted(key)) return true;
    key.schedule.wipe();
    return false;
  });
}

function wipe(tls: ClientHandshake): void {
  keep(tls, () => false);
  if (tls.resumptionSecret) tls.resumptionSecret.fill(0);
}
