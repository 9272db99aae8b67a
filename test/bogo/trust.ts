/**
 * How the shim has the runner's server authenticated: as any application would, by the root that -trust-cert names, and with the signature schemes of
 * -verify-prefs. The engine has no "accept anything", and the runner's certificates need none.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ringletError } from '../../src/errors.js';
import { authenticationBy } from '../../src/tls/certificates.js';
import { supportedSchemes } from '../../src/tls/cipher-suites.js';
import type { ServerAuthentication } from '../../src/tls/profile.js';
import { ServerChain } from '../../src/x509/server-chain.js';
import { type TrustPolicy, trustAnchor } from '../../src/x509/trust.js';
import { type ConnectionOptions, Unimplemented } from './options.js';

/** In the runner's certificates, where no name is to be sent. */
const CERTIFICATE_NAME = 'test';

/** A pin that no key has: whom to trust when the runner names nobody. */
const NOBODY: TrustPolicy = { pins: [new Uint8Array(32)] };

const ED25519 = 0x0807;

export function trustFor({ trustCert }: ConnectionOptions): TrustPolicy {
  return trustCert ? { anchors: certificates(trustCert).map(trustAnchor) } : NOBODY;
}

/** `retry` goes for a handshake that does not resume although it has begun with early data. */
export function authenticationFor(options: ConnectionOptions, retry: ConnectionOptions): ServerAuthentication {
  if (options.verifyFail && !options.verifyPeer) throw new Unimplemented('going on without verification');
  return authenticationBy(
    crypto => {
      const allowed = options.verifyPrefs;
      const schemes = supportedSchemes(crypto).filter(({ id }) =>
        // Ed25519 is on request only, as in BoringSSL.
        allowed.length > 0 ? allowed.includes(id) : id !== ED25519,
      );
      if (schemes.length === 0) throw new Unimplemented('signature schemes that the provider lacks');
      return schemes;
    },
    (config, memory) => {
      const now = config.earlyData && config.session ? retry : options;
      const chain = new ServerChain({ ...config, serverName: options.hostName ?? CERTIFICATE_NAME }, memory);
      if (now.verifyFail) chain.verify = () => failVerification(now);
      return chain;
    },
  );
}

/** An application that has its own mind about certificates; the alert is the one that BoringSSL sends for it. */
export function failVerification({ customVerify }: ConnectionOptions): never {
  const why = 'the runner wants the verification to fail';
  throw ringletError(customVerify ? 'ERR_CERT_NO_CLOCK' : 'ERR_TLS_HANDSHAKE_FAILURE', why);
}

/** The certificates of a PEM file, DER. */
export function certificates(path: string): Uint8Array[] {
  const blocks = readFileSync(path, 'latin1').match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(block => new Uint8Array(new X509Certificate(block).raw));
}
