/**
 * The client's own certificate, for servers that ask for one: RFC 8446 §4.3.2, §4.4.2 and §4.4.3, and in TLS 1.2 RFC 5246 §7.4.4, §7.4.6 and §7.4.8.
 *
 * If none of the server's signature schemes fits the key, the server is told that there is no certificate, and goes on or not, as it likes. Which authorities it names is
 * not looked at, because there is one certificate to send or none. In TLS 1.2 the hash has to be the suite's: for another one a second transcript would have to be
 * kept from the ClientHello on.
 *
 * Certificate is sent at once, so that the server verifies it while we sign.
 *
 * Memory: Certificate is put together in the handshake buffer; the output ring holds the whole flight.
 */
import type { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import type { Hash, HashAlgorithm, PrivateKey, PublicKey, Signer } from '../crypto/provider.js';
import { type RingletError, usageError } from '../errors.js';
import { publicKeyIn } from '../x509/certificate.js';
import { sameBytes } from '../x509/der-values.js';
import type { CipherSuite } from './cipher-suites.js';
import type { TlsClientConfig } from './config.js';
import { ContentType, HandshakeType, Size, Version } from './constants.js';
import { messageTooLarge } from './errors.js';
import {
  type ClientHandshake,
  Computing,
  compute,
  type Expected,
  tellMessage,
  transcriptHash,
} from './handshake-state.js';
import { digestOf } from './key-schedule.js';
import { signedContent } from './messages/certificate-verify.js';
import type { ClientAuthentication } from './profile.js';

export const clientCertificates: ClientAuthentication = {
  check,
  flight,
  choose,
  send: sendCertificate,
  verify: sendCertificateVerify,
};

/** How we sign. */
export interface Signing {
  /** SignatureScheme, RFC 8446 §4.2.3. */
  readonly id: number;
  readonly signer: Signer;
  readonly hash: HashAlgorithm;
}

function check(config: TlsClientConfig, outputSize: number): number {
  const chain = config.cert || [];
  const key = config.key;
  const least = LEAST_OUTPUT + flight(config);
  if (!chain.length && !key) return outputSize;
  if (!chain.length || !key) usageError('cert and key: one of them is missing');
  const own = publicKeyOf(chain[0]);
  const same = own.kind === key.kind && own.curve === key.curve && !own.pssOnly;
  if (!same || !isOf(own.point, key.point) || !isOf(own.modulus, key.modulus)) {
    usageError('key is not the one of the first certificate in cert, or neither P-256 nor RSA');
  }
  if (!(config.crypto.signers || []).filter(signer => fits(signer, key)).length) {
    usageError('crypto lacks signers for key');
  }
  const length = messageLength(chain);
  const capacity = config.handshakeBufferSize || 6144;
  if (length > capacity) throw messageTooLarge(length, capacity, 'handshakeBufferSize');
  return outputSize < least ? least : outputSize;
}

function publicKeyOf(der: Uint8Array): PublicKey {
  try {
    return publicKeyIn(der);
  } catch (error) {
    return usageError('cert: ' + (error as RingletError).message);
  }
}

/** One that lives elsewhere has no numbers to look at. */
function isOf(number: Uint8Array | undefined, keys: Uint8Array | undefined): boolean {
  return !number || !keys || sameBytes(number, keys);
}

/** Of a Certificate with `chain`, its header included. */
function messageLength(chain: ReadonlyArray<Uint8Array>): number {
  let length = 8;
  for (const der of chain) length += der.length + 5;
  return length;
}

function flight(config: TlsClientConfig): number {
  const key = config.key;
  if (!key) return 0;
  const signature = key.kind === 'ec' ? 72 : key.modulus ? key.modulus.length : 512;
  const length = messageLength(config.cert || []) + Size.Tls12RecordOverhead + 8 + signature;
  // A server that wants small records gets more of them.
  return length + (length >> 4);
}

function fits(signer: Signer, key: PrivateKey): boolean {
  return signer.name.indexOf(key.kind === 'ec' ? 'ecdsa-secp256r1' : 'rsa') === 0;
}

function choose(tls: ClientHandshake): (schemes: ByteReader) => void {
  const crypto = tls.clientConfig.crypto;
  const key = tls.clientConfig.key;
  return schemes => {
    const ids: number[] = [];
    while (schemes.bytesLeft > 0) ids.push(schemes.readUint16());
    tls.signing = undefined;
    if (!key) return;
    for (const signer of crypto.signers || []) {
      for (const hash of crypto.hashes) {
        const id = fits(signer, key) ? schemeOf(tls, signer, hash) : 0;
        if (!tls.signing && id && ids.indexOf(id) >= 0) tls.signing = { id, signer, hash };
      }
    }
  };
}

/** Its number; 0 if there is no such one in the version of this connection. */
function schemeOf(tls: ClientHandshake, signer: Signer, hash: HashAlgorithm): number {
  const at = ['sha256', 'sha384', 'sha512'].indexOf(hash.name);
  // An ECDSA scheme says the curve too (RFC 8446 §4.2.3), where TLS 1.2 has it for every curve.
  if (tls.tls12 ? hash !== (tls.suite as CipherSuite).hash : signer.name === 'ecdsa-secp256r1' && at > 0) return 0;
  if (signer.name === 'rsa-pss') return 0x0804 + at;
  if (signer.name !== 'rsa-pkcs1') return 0x0403 + (at << 8);
  return tls.tls12 ? 0x0401 + (at << 8) : 0;
}

/** RFC 8446 §4.4.2: an empty context, and no extensions. TLS 1.2 has neither. */
function sendCertificate(tls: ClientHandshake): void {
  const chain = tls.clientConfig.cert || [];
  const length = messageLength(chain);
  const buffer = tls.incoming.roomFor(length, 0);
  const writer = new ByteWriter(buffer, 0, length, () => tls.incoming.tooLarge(length, 1));
  writer.writeUint8(HandshakeType.Certificate);
  const body = writer.openVector(3);
  if (!tls.tls12) writer.writeUint8(0);
  const list = writer.openVector(3);
  for (const der of chain) {
    const certificate = writer.openVector(3);
    writer.append(der, 0, der.length);
    writer.closeVector(certificate, 3);
    if (!tls.tls12) writer.writeUint16(0);
  }
  writer.closeVector(list, 3);
  writer.closeVector(body, 3);
  put(tls, buffer, writer.offset);
}

/** RFC 8446 §4.4.3, RFC 5246 §7.4.8: over every message before it. */
function sendCertificateVerify(tls: ClientHandshake, proceed: () => Expected): Expected {
  const scheme = tls.signing as Signing;
  const config = tls.clientConfig;
  const hash = scheme.hash;
  let digest = transcriptHash(tls);
  if (!tls.tls12) {
    const content = signedContent(digest, 'client');
    const running = hash.create();
    running.update(content, 0, content.length);
    digest = digestOf(hash, running);
  }
  const signing = scheme.signer.sign(config.key as PrivateKey, hash, digest, config.random);
  return compute(tls, Computing.Signature, signing, signature => {
    const length = signature.length;
    const body = length + 4;
    const message = new Uint8Array(Size.HandshakeHeader + body);
    message.set([HandshakeType.CertificateVerify, 0, body >> 8, body, scheme.id >> 8, scheme.id, length >> 8, length]);
    message.set(signature, 8);
    put(tls, message, message.length);
    return proceed();
  });
}

/** In as many records as the server's limit on their size takes. */
function put(tls: ClientHandshake, message: Uint8Array, length: number): void {
  const writer = tls.writer;
  const limit = writer.limit;
  (tls.transcript as Hash).update(message, 0, length);
  for (let at = 0; at < length; at += limit) {
    const size = length - at < limit ? length - at : limit;
    if (size + RESERVE > writer.output.space) throw messageTooLarge(size + RESERVE, writer.output.space, 'outputSize');
    writer.record(ContentType.Handshake, Version.Tls12, message, at, size);
  }
  tellMessage(tls, true, message[0], length);
}

/** What is in it besides; the least there may be without a certificate. */
const LEAST_OUTPUT = 512;

/** For what sealing adds, and two alerts. The writer's own may hold this flight. */
const RESERVE = Size.Tls12RecordOverhead + 2 * Size.AlertRecord;
