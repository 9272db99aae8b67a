/**
 * Does the certificate name the server we want? RFC 9525 §6: only subjectAltName counts, never the common name.
 */
import { usageError } from '../errors.js';
import type { Certificate } from './certificate.js';
import { malformed, rejected } from './certificate-errors.js';
import { DerReader, Tag } from './der-reader.js';
import { sameBytes } from './der-values.js';
import { parseIpAddress } from './ip-address.js';

/**
 * Throws ERR_CERT_NAME_MISMATCH unless `certificate` is for `serverName`: a DNS name (ASCII, so A-labels for other
 * scripts; one trailing dot is let pass) or an IPv4 or IPv6 address. ERR_USAGE if it is neither.
 */
export function verifyServerIdentity(certificate: Certificate, serverName: string): void {
  const address = parseIpAddress(serverName);
  const name = address ? '' : dnsName(serverName);
  const names = certificate.subjectAltName;
  if (!names || !listsName(new DerReader(names, 0, names.length), name, address)) {
    rejected('NAME_MISMATCH', 'not for ' + serverName);
  }
}

/** Looks through all GeneralNames (RFC 5280 §4.2.1.6), also after a match, so that none may be malformed. */
function listsName(names: DerReader, name: string, address: Uint8Array | undefined): boolean {
  let found = false;
  do {
    const tag = names.peek();
    const value = names.view(tag);
    if (tag === Tag.Context + 7) {
      if (value.length !== 4 && value.length !== 16) malformed('IP address');
      if (address && sameBytes(value, address)) found = true;
    } else if (tag === Tag.Context + 2 && !address && matches(value, name)) found = true;
  } while (names.peek() >= 0);
  return found;
}

/**
 * RFC 9525 §6.3: letters are compared without case; `*` is a wildcard only as the whole left-most label, and stands for
 * exactly one label. Nothing is asked of what follows it (§7.1): public issuers give out no `*.com`, and a home network
 * may well have a `*.lan`. A wildcard alone matches nothing.
 */
function matches(presented: Uint8Array, name: string): boolean {
  let text = '';
  for (let i = 0; i < presented.length; i++) text += String.fromCharCode(presented[i]);
  text = text.toLowerCase();
  if (text.substring(0, 2) !== '*.') return text === name;
  const dot = name.indexOf('.');
  return dot > 0 && text.substring(1) === name.substring(dot) && text.length > 2;
}

/** The reference identifier: lower case, without the trailing dot. Throws ERR_USAGE for what is no DNS name. */
export function dnsName(serverName: string): string {
  const name = serverName.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  let good = name.length < 254;
  for (const label of labels) if (!/^[a-z0-9_-]+$/.test(label) || label.length > 63) good = false;
  // What ends in a number was meant to be an address.
  if (!good || /^[0-9]+$/.test(labels[labels.length - 1]))
    usageError('serverName must be a DNS name (ASCII, use the xn-- form) or an IP address, not ' + serverName);
  return name;
}
