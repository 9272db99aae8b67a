/** NewSessionTicket, RFC 8446 §4.6.1. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { ExtensionType } from '../constants.js';
import { parseExtensions } from './extensions.js';

export interface NewSessionTicket {
  lifetimeSeconds: number;
  ageAdd: number;
  nonce: Uint8Array;
  ticket: Uint8Array;
  /** max_early_data_size; 0 if the server takes no early data. */
  maxEarlyData: number;
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
 * The arrays are views.
 */
export function parseNewSessionTicket(reader: ByteReader): NewSessionTicket {
  // Fields are evaluated in their order.
  const parsed: NewSessionTicket = {
    lifetimeSeconds: reader.readUint(4),
    ageAdd: reader.readUint(4),
    nonce: reader.vector(1, 0).rest(),
    ticket: reader.vector(2, 1).rest(),
    maxEarlyData: 0,
  };
  parseExtensions(reader, undefined, [ExtensionType.EarlyData], (type, body) => {
    const known = type === ExtensionType.EarlyData;
    if (known) parsed.maxEarlyData = body.readUint(4);
    return known;
  });
  reader.expectEnd();
  return parsed;
}
