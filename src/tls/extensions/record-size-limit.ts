/** record_size_limit, RFC 8449: how long a record may be so that it fits into the receive ring. */
import { ExtensionType, Size } from '../constants.js';
import { illegalParameter } from '../errors.js';
import type { ClientHandshake } from '../handshake-state.js';
import type { Extension } from './extension.js';

/** uint16 RecordSizeLimit: of the content with, in TLS 1.3, its type. */
export const recordSizeLimit: Extension = {
  type: ExtensionType.RecordSizeLimit,
  offer(tls, hello) {
    hello.extension(ExtensionType.RecordSizeLimit, writer => writer.writeUint16(ourLimit(tls)));
  },
  accept(tls, body) {
    const limit = body.readUint16();
    // RFC 8449 §4: "An endpoint MUST treat receipt of a smaller value as a fatal error"; both directions have agreed.
    // §5: "A client MUST treat receipt of both "max_fragment_length" and "record_size_limit" as a fatal error".
    if (limit < 64 || tls.limitedBy === ExtensionType.MaxFragmentLength) illegalParameter('record_size_limit');
    tls.limitedBy = ExtensionType.RecordSizeLimit;
    tls.records.limit = ourLimit(tls);
    if (limit <= tls.writer.limit) tls.writer.limit = limit - 1;
  },
};

function ourLimit(tls: ClientHandshake): number {
  const fitting =
    tls.clientConfig.input.capacity - (tls.tls12 ? Size.Tls12RecordOverhead : Size.RecordHeader + Size.Tag);
  return fitting > Size.MaxFragment ? Size.MaxFragment + 1 : fitting;
}
