/** Whom the shim trusts: the root that the runner names. There is no "accept anything" in the engine, and the runner's certificates need none. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type TrustPolicy, trustAnchor } from '../../src/x509/trust.js';
import type { ConnectionOptions } from './options.js';

/** In every certificate of the runner. */
export const CERTIFICATE_NAME = 'test';

/** A pin that no key has: what the runner calls a failing verification, and whom to trust when it names nobody. */
const NOBODY: TrustPolicy = { pins: [new Uint8Array(32)] };

export function trustFor({ trustCert, verifyFail }: ConnectionOptions): TrustPolicy {
  if (verifyFail || !trustCert) return NOBODY;
  return { anchors: certificates(trustCert).map(trustAnchor) };
}

/** The certificates of a PEM file, DER. */
export function certificates(path: string): Uint8Array[] {
  const blocks = readFileSync(path, 'latin1').match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(block => new Uint8Array(new X509Certificate(block).raw));
}
