/** KeyUpdate, RFC 8446 §4.6.3. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { illegalParameter } from '../errors.js';

/**
 *   enum { update_not_requested(0), update_requested(1), (255) } KeyUpdateRequest;
 *
 *   struct {
 *       KeyUpdateRequest request_update;
 *   } KeyUpdate;
 *
 * Answers whether an update of ours is requested.
 */
export function parseKeyUpdate(reader: ByteReader): boolean {
  const request = reader.readUint8();
  reader.expectEnd();
  if (request > 1) illegalParameter('request_update');
  return request === 1;
}
