/**
 * The server's authentication by certificate, RFC 8446 §4.4.2 and §4.4.3: between EncryptedExtensions and Finished.
 *
 *   CertificateRequest ---- or at once the Certificate
 *   Certificate             then the signatures of a path are computed
 *   CertificateVerify       computed as well
 *
 * Certificate and CertificateRequest are taken in pieces.
 */
import type { ByteReader } from '../bytes/byte-reader.js';
import type { Computation } from '../crypto/computation.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { usageError } from '../errors.js';
import { KnownSignatures } from '../x509/known-signatures.js';
import { type CertificateChain, ServerChain } from '../x509/server-chain.js';
import { checkTrust, type VerifiedPath } from '../x509/verify.js';
import { type SignatureScheme, supportedSchemes } from './cipher-suites.js';
import { sizeOption, type TlsClientConfig } from './config.js';
import { ExtensionType } from './constants.js';
import { tlsError } from './errors.js';
import { FINISHED } from './handshake.js';
import {
  absorb,
  type ClientHandshake,
  Computing,
  compute,
  type Expected,
  type PieceReader,
  pieces,
  transcriptHash,
} from './handshake-state.js';
import { verifyCertificateVerify } from './messages/certificate-verify.js';
import { streamedMessage } from './messages/streamed-message.js';
import type { ServerAuthentication } from './profile.js';

/**
 * `chainOf` makes what takes the certificates of one handshake and verifies them; `memory` is how many bytes of them it may keep. `schemes` are those to offer: asked
 * for again when the CertificateVerify is here, because to keep them takes more memory than that takes time.
 */
export function authenticationBy(
  schemes: (crypto: CryptoProvider) => SignatureScheme[],
  chainOf: (config: TlsClientConfig, memory: number) => CertificateChain,
): ServerAuthentication {
  return {
    schemes,
    check(config) {
      checkTrust(config.trust);
      chainMemory(config);
      if (!schemes(config.crypto).length) usageError('crypto lacks signatures, or their hashes');
    },
    offer(tls, hello) {
      hello.list(ExtensionType.SignatureAlgorithms, writer => {
        for (const scheme of schemes(tls.clientConfig.crypto)) writer.writeUint16(scheme.id);
      });
    },
    chain: config => chainOf(config, chainMemory(config)),
    begin: () => CERTIFICATE_REQUEST,
  };
}

/** Whom the trust policy says: path, name, validity and usage, as x509/server-chain.ts checks them. */
export const serverCertificates: ServerAuthentication = authenticationBy(
  supportedSchemes,
  (config, memory) => new ServerChain(config, memory),
);

/** As serverCertificates, but a signature on a certificate that was right once is not computed again: see x509/known-signatures.ts. */
export function serverCertificatesRemembered(): ServerAuthentication {
  const signatures = new KnownSignatures();
  return authenticationBy(
    supportedSchemes,
    (config, memory) =>
      new ServerChain(
        {
          serverName: config.serverName,
          trust: config.trust,
          unixTime: config.unixTime,
          crypto: signatures.remembering(config.crypto),
          makeBuffer: config.makeBuffer,
        },
        memory,
      ),
  );
}

export function offeredSchemes(tls: ClientHandshake): SignatureScheme[] {
  return (tls.profile.certificates as ServerAuthentication).schemes(tls.clientConfig.crypto);
}

function chainMemory(config: TlsClientConfig): number {
  return sizeOption(config.chainMemory, 'chainMemory', 8192, 1024);
}

function expectCertificateRequest(tls: ClientHandshake): Expected {
  tls.certificateRequested = true;
  return CERTIFICATE;
}

/** Takes a Certificate into `serverChain` of the handshake; with `bare` it is one of TLS 1.2. */
export function certificatePieces(tls: ClientHandshake, length: number, bare?: boolean): PieceReader {
  const chain = (tls.profile.certificates as ServerAuthentication).chain(tls.clientConfig);
  tls.serverChain = chain;
  return pieces(
    tls,
    length,
    streamedMessage(length, tls.incoming.capacity, tls.offeredExtensions, chain, tls.takeStatus, bare),
  );
}

/** The search for a path among the certificates that have come. It takes most memory of all, so what took them and the buffer for them are given up first. */
export function pathSearch(tls: ClientHandshake): Computation<VerifiedPath> {
  const chain = tls.serverChain as CertificateChain;
  tls.serverChain = tls.streamed = undefined;
  tls.incoming.release();
  return chain.verify();
}

function expectCertificate(tls: ClientHandshake): Expected {
  return compute(tls, Computing.Path, pathSearch(tls), path => {
    tls.serverPath = path;
    return CERTIFICATE_VERIFY;
  });
}

function expectCertificateVerify(tls: ClientHandshake, reader: ByteReader): Expected {
  const key = (tls.serverPath as VerifiedPath).publicKey;
  const check = verifyCertificateVerify(reader, offeredSchemes(tls), key, transcriptHash(tls));
  return compute(tls, Computing.CertificateVerify, check, good => {
    if (!good) tlsError('BAD_CERTIFICATE_VERIFY', 'the server lacks the key of its certificate');
    absorb(tls);
    return FINISHED;
  });
}

const CERTIFICATE: Expected = { 11: { pieces: certificatePieces, take: expectCertificate } };

const CERTIFICATE_REQUEST: Expected = {
  11: CERTIFICATE[11],
  13: {
    pieces(tls, length) {
      const own = tls.profile.clientCertificates;
      const take = own && own.choose(tls);
      return pieces(
        tls,
        length,
        streamedMessage(length, tls.incoming.capacity, tls.offeredExtensions, undefined, take),
      );
    },
    take: expectCertificateRequest,
  },
};

const CERTIFICATE_VERIFY: Expected = { 15: { take: expectCertificateVerify } };
