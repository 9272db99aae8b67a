/**
 * TLS 1.2, RFC 5246, with ephemeral key exchange and AEADs only: what the ClientHello says for it, and the server's part of the handshake. Its end is in finish.ts.
 *
 *   ServerHello ----------- takes up a session --> the server's end
 *   Certificate ----------- the signatures of a path are computed
 *   CertificateStatus ----- or at once
 *   ServerKeyExchange ----- its signature is computed
 *   CertificateRequest ---- or at once
 *   ServerHelloDone ------- our share and the shared secret are computed, then our end
 *
 * A share of the group that the ClientHello of TLS 1.3 offered one of is there already.
 */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { equalConstantTime } from '../../bytes/constant-time.js';
import { copyBytes } from '../../bytes/copy-bytes.js';
import type { KeyExchangeGroup, KeyShare } from '../../crypto/provider.js';
import { usageError } from '../../errors.js';
import { sameBytes } from '../../x509/der-values.js';
import type { VerifiedPath } from '../../x509/verify.js';
import { certificatePieces, offeredSchemes, pathSearch } from '../certificates.js';
import { type CipherSuite, suiteOf } from '../cipher-suites.js';
import type { TlsClientConfig } from '../config.js';
import { ExtensionType, Size, Version } from '../constants.js';
import { illegalParameter, tlsError } from '../errors.js';
import {
  absorb,
  absorbServerHello,
  type ClientHandshake,
  Computing,
  compute,
  type Expected,
  endOfRecord,
  type PieceReader,
  pieces,
  wipeKeyShare,
} from '../handshake-state.js';
import { EMPTY } from '../key-schedule.js';
import type { HelloWriter } from '../messages/client-hello.js';
import { parseExtensions } from '../messages/extensions.js';
import type { Tls12 } from '../profile.js';
import { suiteFitsKey, tls12Suites } from './cipher-suites.js';
import { makeKeys, sendKeyExchange, serverEnds } from './finish.js';
import { certificateRequestPieces } from './messages/certificate-request.js';
import { isDowngraded, parseTls12ServerHello } from './messages/server-hello.js';
import { parseServerKeyExchange } from './messages/server-key-exchange.js';
import { answer, HELLO_REQUEST, TLS12_SERVER_HELLO } from './renegotiation.js';
import { offeredSession } from './sessions.js';
import { Tls12State } from './state.js';

export const tls12: Tls12 = { begin, prepare, offer, serverHello, expected: TLS12_SERVER_HELLO, answer };

function begin(config: TlsClientConfig): Tls12State | undefined {
  const least = versionOf(config.minVersion, Version.Tls12);
  const most = versionOf(config.maxVersion, Version.Tls13);
  if (least > most) usageError('minVersion is above maxVersion');
  if (least > Version.Tls12) return undefined;
  const suites = tls12Suites(config.crypto);
  return new Tls12State(tls12, suites, offeredSession(config, suites));
}

function versionOf(name: string | undefined, fallback: Version): Version {
  if (!name) return fallback;
  const at = ['TLSv1.2', 'TLSv1.3'].indexOf(name);
  if (at < 0) usageError("minVersion, maxVersion: 'TLSv1.2' or 'TLSv1.3'");
  return Version.Tls12 + at;
}

function prepare(tls: ClientHandshake): void {
  const state = tls.tls12 as Tls12State;
  const hello = tls.clientHello;
  // A ticket may be larger than there is room for; then the handshake is a full one.
  const room = tls.incoming.capacity < tls.writer.room ? tls.incoming.capacity : tls.writer.room;
  if (state.session && state.session.ticket.length + 1024 > room) state.forgetSession();
  const session = state.session;
  const suites = state.suites.map(suite => suite.id);
  const only = versionOf(tls.clientConfig.maxVersion, Version.Tls13) === Version.Tls12;
  hello.versions = only ? [Version.Tls12] : [Version.Tls13, Version.Tls12];
  hello.suites = only ? suites : hello.suites.concat(suites);
  // With a ticket any will do: a server that takes it up repeats it (RFC 5077 §3.4).
  if (session && session.sessionId.length) {
    hello.sessionIdLength = session.sessionId.length;
    hello.randoms.set(session.sessionId, 32);
  } else if (only && !session) hello.sessionIdLength = 0;
  if (only) hello.keyGroup = undefined;
}

function offer(tls: ClientHandshake, hello: HelloWriter): void {
  const state = tls.tls12 as Tls12State;
  const session = state.session;
  const verifyData = state.verifyData;
  // RFC 8422 §5.1.2: uncompressed(0) is all there is.
  hello.extension(ExtensionType.EcPointFormats, writer => writer.writeUint16(0x0100));
  hello.extension(ExtensionType.ExtendedMasterSecret, () => {});
  hello.extension(ExtensionType.RenegotiationInfo, writer => {
    const length = verifyData.length / 2;
    writer.writeUint8(length);
    if (length) writer.append(verifyData, 0, length);
  });
  if (state.renegotiating || !(tls.listening.session || session)) return;
  hello.extension(ExtensionType.SessionTicket, writer => {
    if (session && session.ticket.length) writer.append(session.ticket, 0, session.ticket.length);
  });
}

function serverHello(tls: ClientHandshake, reader: ByteReader): Expected {
  const state = tls.tls12 as Tls12State;
  const ours = tls.clientHello;
  const session = state.session;
  const theirs = parseTls12ServerHello(reader);
  const id = theirs.sessionId;
  const suite = suiteOf(state.suites, theirs.suite);
  // Others than those of what is exported until this handshake is over.
  state.randoms = new Uint8Array(64);
  copyBytes(state.randoms, 0, ours.randoms, 0, 32);
  state.randoms.set(theirs.random, 32);
  state.chosen = true;
  // RFC 8446 §4.2.10: a client that has sent early data must not go on with an older version.
  if (tls.earlyKeys)
    tlsError('PROTOCOL_VERSION', 'the server of this session has changed to TLS 1.2: connect again without it');
  if (ours.versions[0] === Version.Tls13 && isDowngraded(theirs.random)) illegalParameter('downgrade to TLS 1.2');
  if (!suite) return illegalParameter('cipher suite');
  parseServerExtensions(tls, reader);
  reader.expectEnd();
  // There is no content type in it.
  if (tls.records.limit > Size.MaxFragment) tls.records.limit = Size.MaxFragment;
  state.sessionId = new Uint8Array(id);
  // That of an earlier handshake is for another master secret.
  state.ticket = EMPTY;
  state.resumed =
    id.length > 0 && id.length === ours.sessionIdLength && equalConstantTime(id, 0, ours.randoms, 32, id.length);
  if (state.resumed) {
    if (!session || session.suite !== suite.id) return illegalParameter('session_id');
    if (!state.extendedMasterSecret) handshakeFailure('extended_master_secret');
    state.masterSecret = new Uint8Array(session.secret);
    wipeKeyShare(tls);
    ours.keyGroup = undefined;
  } else state.forgetSession();
  absorbServerHello(tls, suite, false);
  if (!state.verifyData.length) state.verifyData = new Uint8Array(24);
  if (!state.resumed) return CERTIFICATE;
  makeKeys(tls);
  return serverEnds(tls);
}

function parseServerExtensions(tls: ClientHandshake, reader: ByteReader): void {
  const state = tls.tls12 as Tls12State;
  const extensions = tls.extensions || [];
  const verifyData = state.verifyData;
  const hadExtendedMasterSecret = state.extendedMasterSecret;
  let secure = false;
  state.extendedMasterSecret = state.ticketExpected = false;
  tls.statusOr = undefined;
  const answers = [
    ExtensionType.SupportedGroups,
    ExtensionType.EcPointFormats,
    ExtensionType.ExtendedMasterSecret,
    ExtensionType.SessionTicket,
    ExtensionType.RenegotiationInfo,
  ].concat(extensions.map(extension => extension.type));
  if (reader.bytesLeft > 0) {
    parseExtensions(reader, tls.offeredExtensions, answers, (type, body) => {
      if (type === ExtensionType.ExtendedMasterSecret) state.extendedMasterSecret = true;
      else if (type === ExtensionType.SessionTicket) state.ticketExpected = true;
      else if (type === ExtensionType.RenegotiationInfo) {
        const info = body.vector(1, 0).rest();
        const length = verifyData.length;
        secure = info.length === length && equalConstantTime(info, 0, verifyData, 0, length);
        if (!secure) handshakeFailure('renegotiation_info');
      } else if (type === ExtensionType.EcPointFormats) {
        if (body.vector(1, 1).rest().indexOf(0) < 0) illegalParameter('ec_point_formats');
        // Some servers answer with it: of no use here.
      } else if (type === ExtensionType.SupportedGroups) body.rest();
      else for (const extension of extensions) if (extension.type === type) extension.accept(tls, body);
      return true;
    });
  }
  if (state.renegotiating) {
    if (!secure) handshakeFailure('renegotiation_info');
    if (state.extendedMasterSecret !== hadExtendedMasterSecret) handshakeFailure('extended_master_secret');
  }
  state.secureRenegotiation = secure;
}

function handshakeFailure(extension: string): never {
  tlsError('HANDSHAKE_FAILURE', 'the server lacks ' + extension + ', or has another than before');
}

function expectCertificate(tls: ClientHandshake): Expected {
  const before = tls.serverPath;
  return compute(tls, Computing.Path, pathSearch(tls), path => {
    if (!suiteFitsKey(tls.suite as CipherSuite, path.publicKey)) illegalParameter('certificate for this cipher suite');
    if (before && !sameBytes(before.path[0].der, path.path[0].der)) illegalParameter('other certificate than before');
    tls.serverPath = path;
    return tls.statusOr ? tls.statusOr(SERVER_KEY_EXCHANGE) : SERVER_KEY_EXCHANGE;
  });
}

function expectServerKeyExchange(tls: ClientHandshake, reader: ByteReader): Expected {
  const state = tls.tls12 as Tls12State;
  const key = (tls.serverPath as VerifiedPath).publicKey;
  const theirs = parseServerKeyExchange(reader, state.randoms, offeredSchemes(tls), key, tls.clientConfig.crypto);
  state.group = theirs.group;
  state.point = theirs.point;
  return compute(tls, Computing.CertificateVerify, theirs.check, good => {
    if (!good) tlsError('BAD_CERTIFICATE_VERIFY', 'the server lacks the key of its certificate');
    absorb(tls);
    return CERTIFICATE_REQUEST;
  });
}

function certificateRequest(tls: ClientHandshake, length: number): PieceReader {
  const own = tls.profile.clientCertificates;
  const accept = own ? own.choose(tls) : () => {};
  return pieces(tls, length, certificateRequestPieces(length, tls.incoming.capacity, accept));
}

function expectCertificateRequest(tls: ClientHandshake): Expected {
  tls.certificateRequested = true;
  return SERVER_HELLO_DONE;
}

function expectServerHelloDone(tls: ClientHandshake, reader: ByteReader): Expected {
  const hello = tls.clientHello;
  const group = (tls.tls12 as Tls12State).group as KeyExchangeGroup;
  const share = hello.keyShare;
  reader.expectEnd();
  endOfRecord(tls);
  absorb(tls);
  if (share && hello.keyGroup === group) return agree(tls, share);
  wipeKeyShare(tls);
  hello.keyGroup = group;
  return compute(tls, Computing.KeyShare, group.generate(tls.clientConfig.random), generated => {
    hello.keyShare = generated;
    return agree(tls, generated);
  });
}

function agree(tls: ClientHandshake, share: KeyShare): Expected {
  const state = tls.tls12 as Tls12State;
  return compute(tls, Computing.SharedSecret, share.agree(state.point), premaster => {
    const publicKey = share.publicKey;
    wipeKeyShare(tls);
    if (!premaster) return illegalParameter('public key in ServerKeyExchange');
    return sendKeyExchange(tls, publicKey, premaster);
  });
}

const CERTIFICATE: Expected = {
  0: HELLO_REQUEST,
  11: { pieces: (tls, length) => certificatePieces(tls, length, true), take: expectCertificate },
};

const SERVER_KEY_EXCHANGE: Expected = { 0: HELLO_REQUEST, 12: { take: expectServerKeyExchange } };

const SERVER_HELLO_DONE: Expected = { 0: HELLO_REQUEST, 14: { take: expectServerHelloDone } };

const CERTIFICATE_REQUEST: Expected = {
  0: HELLO_REQUEST,
  13: { pieces: certificateRequest, take: expectCertificateRequest },
  14: SERVER_HELLO_DONE[14],
};
