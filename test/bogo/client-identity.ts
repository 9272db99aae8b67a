/** What the client shows to a server that asks who it is: the first certificate that it can sign for with one of the server's schemes. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import type { TlsClientConfig } from '../../src/tls/client.js';
import { clientCertificates } from '../../src/tls/client-certificate.js';
import { malformedMessage } from '../../src/tls/errors.js';
import type { ClientAuthentication } from '../../src/tls/profile.js';
import { privateKeyFromPem } from '../../src/x509/private-key.js';
import { type ConnectionOptions, Unimplemented } from './options.js';
import { certificates } from './trust.js';

interface Identity extends Required<Pick<TlsClientConfig, 'cert' | 'key'>> {
  /** As the runner counts them; -1 is that of -cert-file. */
  number: number;
  signingPrefs: number[];
}

/** That the engine signs with. */
const SCHEMES = [0x0401, 0x0501, 0x0601, 0x0403, 0x0804, 0x0805, 0x0806];

/** In order of preference. */
function identitiesOf({ credentials, defaultCredential }: ConnectionOptions): Identity[] {
  const identities: Identity[] = [];
  let given = 0;
  for (const [at, { certFile, keyFile, signingPrefs }] of [...credentials, defaultCredential].entries()) {
    if (!certFile || !keyFile) continue;
    if (signingPrefs.length > 0 && !signingPrefs.some(id => SCHEMES.includes(id))) {
      throw new Unimplemented('signature schemes that the engine lacks');
    }
    given++;
    const pem = readFileSync(keyFile, 'latin1');
    const number = at < credentials.length ? at : -1;
    if (isUsable(pem))
      identities.push({ number, signingPrefs, cert: certificates(certFile), key: privateKeyFromPem(pem) });
  }
  if (given > 0 && identities.length === 0) throw new Unimplemented('keys other than P-256 and RSA from 2048 bits on');
  return identities;
}

function isUsable(pem: string): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
  const { namedCurve, modulusLength = 0 } = asymmetricKeyDetails ?? {};
  return asymmetricKeyType === 'rsa' ? modulusLength >= 2048 : namedCurve === 'prime256v1';
}

/** The part of a profile that chooses, and the configuration that it begins with. */
export class ClientIdentity {
  readonly authentication: ClientAuthentication;
  readonly config: Pick<TlsClientConfig, 'cert' | 'key'>;
  /** The number of the one that was chosen. */
  chosen?: number;

  constructor(options: ConnectionOptions) {
    const identities = identitiesOf(options);
    const [first] = identities;
    this.config = first ? { cert: first.cert, key: first.key } : {};
    this.authentication = {
      ...clientCertificates,
      choose: tls => schemes => {
        const ids: number[] = [];
        while (schemes.bytesLeft > 0) ids.push(schemes.readUint16());
        for (const { number, signingPrefs, cert, key } of identities) {
          const allowed = ids.filter(id => signingPrefs.length === 0 || signingPrefs.includes(id));
          const bytes = new Uint8Array(allowed.flatMap(id => [id >> 8, id & 255]));
          Object.assign(tls.clientConfig, { cert, key });
          clientCertificates.choose(tls)(new ByteReader(bytes, 0, bytes.length, malformedMessage));
          this.chosen = number;
          if (tls.signing) return;
        }
        this.chosen = undefined;
      },
    };
  }
}
