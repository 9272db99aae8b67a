/**
 * How the shim has the runner's server authenticated: as any application would, by the root that -trust-cert names, and with the signature schemes of
 * -verify-prefs. The engine has no "accept anything", and the runner's certificates need none.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ringletError } from '../../src/errors.js';
import { authenticationBy } from '../../src/tls/certificates.js';
import { supportedSchemes } from '../../src/tls/cipher-suites.js';
import { ExtensionType } from '../../src/tls/constants.js';
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

export function authenticationFor(options: ConnectionOptions): ServerAuthentication {
  const authentication = authenticationBy((config, memory) => {
    const chain = new ServerChain({ ...config, serverName: options.hostName ?? CERTIFICATE_NAME }, memory);
    if (options.verifyFail) chain.verify = () => fail(options);
    return chain;
  });
  return {
    ...authentication,
    offer(tls, hello) {
      const allowed = options.verifyPrefs;
      const schemes = supportedSchemes(tls.clientConfig.crypto).filter(({ id }) =>
        // Ed25519 is on request only, as in BoringSSL.
        allowed.length > 0 ? allowed.includes(id) : id !== ED25519,
      );
      if (schemes.length === 0) throw new Unimplemented('signature schemes that the provider lacks');
      tls.schemes = schemes;
      hello.list(ExtensionType.SignatureAlgorithms, writer => {
        for (const scheme of schemes) writer.writeUint16(scheme.id);
      });
    },
  };
}

/** An application that has its own mind about certificates; the alert is the one that BoringSSL sends for it. */
function fail({ customVerify }: ConnectionOptions): never {
  const why = 'the runner wants the verification to fail';
  throw ringletError(customVerify ? 'ERR_CERT_NO_CLOCK' : 'ERR_TLS_HANDSHAKE_FAILURE', why);
}

/** The certificates of a PEM file, DER. */
export function certificates(path: string): Uint8Array[] {
  const blocks = readFileSync(path, 'latin1').match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(block => new Uint8Array(new X509Certificate(block).raw));
}
