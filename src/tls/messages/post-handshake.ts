/** NewSessionTicket and KeyUpdate, RFC 8446 §4.6. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { illegalParameter } from '../errors.js';
import { parseExtensions } from './extensions.js';

export interface NewSessionTicket {
  /** Seconds. */
  lifetimeSeconds: number;
  ageAdd: number;
  nonce: Uint8Array;
  ticket: Uint8Array;
}

/**
 *   struct {
 *       uint32 ticket_lifetime;
 *       uint32 ticket_age_add;
 *       opaque ticket_nonce<0..255>;
 *       opaque ticket<1..2^16-1>;
 *       Extension extensions<0..2^16-2>;
 *   } NewSessionTicket;
 *
 * The arrays are copies.
 */
export function parseNewSessionTicket(reader: ByteReader): NewSessionTicket {
  const lifetimeSeconds = reader.readUint(4);
  const ageAdd = reader.readUint(4);
  const nonce = new Uint8Array(reader.vector(1, 0).rest());
  const ticket = new Uint8Array(reader.vector(2, 1).rest());
  parseExtensions(reader, undefined, [], () => false);
  reader.expectEnd();
  return { lifetimeSeconds, ageAdd, nonce, ticket };
}

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
