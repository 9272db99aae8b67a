/** The client's certificate and key, of -cert-file and -key-file. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TlsClientConfig } from '../../src/tls/client.js';
import { privateKeyFromPem } from '../../src/x509/private-key.js';
import { type ConnectionOptions, Unimplemented } from './options.js';
import { certificates } from './trust.js';

export function clientIdentity(options: ConnectionOptions): Pick<TlsClientConfig, 'cert' | 'key'> {
  const { certFile, keyFile, credentials } = options;
  if (credentials > 1) throw new Unimplemented('a choice of certificates');
  if (!certFile || !keyFile) return {};
  const pem = readFileSync(keyFile, 'latin1');
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
  const { namedCurve, modulusLength = 0 } = asymmetricKeyDetails ?? {};
  const usable = asymmetricKeyType === 'rsa' ? modulusLength >= 2048 : namedCurve === 'prime256v1';
  if (!usable) throw new Unimplemented('a key other than P-256 or RSA with 2048 bits');
  return { cert: certificates(certFile), key: privateKeyFromPem(pem) };
}
