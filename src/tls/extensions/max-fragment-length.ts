/**
 * max_fragment_length, RFC 6066 §4: a small receive ring's other way to say so, for servers that do not know record_size_limit (OpenSSL). Those that do must ignore it
 * (RFC 8449 §5), so both are offered, and at most one is answered.
 */
import { ExtensionType, Size } from '../constants.js';
import { illegalParameter } from '../errors.js';
import type { ClientHandshake } from '../handshake-state.js';
import type { Extension } from './extension.js';

/** Of a record beside its content: header, explicit nonce (TLS 1.2) and tag. */
const OVERHEAD = 29;

/**
 *   enum { 2^9(1), 2^10(2), 2^11(3), 2^12(4), (255) } MaxFragmentLength;
 *
 * The largest whose records fit into the ring; not offered if any record does, or the rest of it may wait in a backlog.
 */
export const maxFragmentLength: Extension = {
  type: ExtensionType.MaxFragmentLength,
  offer(tls, hello) {
    const code = fitting(tls);
    if (code) hello.extension(ExtensionType.MaxFragmentLength, writer => writer.writeUint8(code));
  },
  accept(tls, body) {
    const code = body.readUint8();
    // "If a client receives a maximum fragment length negotiation response that differs from the length it requested, it MUST also abort".
    if (code !== fitting(tls) || tls.limitedBy === ExtensionType.RecordSizeLimit)
      illegalParameter('max_fragment_length');
    const limit = 256 << code;
    tls.limitedBy = ExtensionType.MaxFragmentLength;
    tls.writer.limit = limit;
    // With the content type. RFC 8446 §5.4: the limit is one on the padding, too.
    tls.records.limit = limit + 1;
  },
};

/** 0 if there is nothing to ask for. */
function fitting(tls: ClientHandshake): number {
  const input = tls.clientConfig.input;
  const content = input.capacity - OVERHEAD;
  let code = 1;
  if (input.backlog || content >= Size.MaxFragment) return 0;
  while (code < 4 && 512 << code <= content) code++;
  return code;
}
