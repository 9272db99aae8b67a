/**
 * status_request, RFC 6066 §8 and RFC 8446 §4.4.2.1: the server staples an OCSP response (RFC 6960) for its certificate. It is handed to the application as
 * `ocspResponse`, DER, and nobody has looked into it: who wants to know whether the certificate is revoked has to verify its signature and its times, and
 * to decide what it means if there is none.
 *
 * Memory: a copy of the response. One that does not fit into the handshake buffer is left out.
 */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { ExtensionType } from '../constants.js';
import { illegalParameter, malformedMessage } from '../errors.js';
import { absorb, type Expected, type Message } from '../handshake-state.js';
import { skippedIfLarge } from '../messages/streamed-message.js';
import type { Extension } from './extension.js';

/**
 *   struct {
 *       CertificateStatusType status_type = ocsp(1);
 *       ResponderID responder_id_list<0..2^16-1>;
 *       opaque request_extensions<0..2^16-1>;
 *   } CertificateStatusRequest;
 *
 * In TLS 1.3 the answer is in the CertificateEntry; in TLS 1.2 an empty one in the ServerHello says that a CertificateStatus may follow.
 */
export const statusRequest: Extension = {
  type: ExtensionType.StatusRequest,
  offer(tls, hello) {
    hello.extension(ExtensionType.StatusRequest, writer => writer.append(REQUEST, 0, REQUEST.length));
    tls.takeStatus = reader => {
      tls.ocspResponse = parseCertificateStatus(reader);
    };
  },
  accept(tls) {
    if (tls.schedule) illegalParameter('status_request in the wrong message');
    // RFC 6066 §8: it may be missing all the same.
    tls.statusOr = next => ({ 0: next[0], 12: next[12], 22: certificateStatus(next) });
  },
};

function certificateStatus(next: Expected): Message {
  return {
    pieces: skippedIfLarge,
    take(tls, reader) {
      if (!tls.streamed) {
        tls.ocspResponse = parseCertificateStatus(reader);
        absorb(tls);
      }
      return next;
    },
  };
}

/**
 *   struct {
 *       CertificateStatusType status_type = ocsp(1);
 *       opaque OCSPResponse<1..2^24-1>;
 *   } CertificateStatus;
 *
 * Answers a copy of the response.
 */
export function parseCertificateStatus(reader: ByteReader): Uint8Array {
  if (reader.readUint8() !== OCSP) malformedMessage('has a status that is not OCSP');
  const response = new Uint8Array(reader.vector(3, 1).rest());
  reader.expectEnd();
  return response;
}

const OCSP = 1;

const REQUEST = new Uint8Array([OCSP, 0, 0, 0, 0]);
