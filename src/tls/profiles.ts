/** Profiles that boards have in common. */
import { serverCertificates } from './certificates.js';
import { applicationLayerProtocol } from './extensions/application-layer-protocol.js';
import { recordSizeLimit } from './extensions/record-size-limit.js';
import { serverName } from './extensions/server-name.js';
import type { TlsProfile } from './profile.js';

/** TLS 1.3 with servers that have certificates. */
export const tls13: TlsProfile = {
  certificates: serverCertificates,
  extensions: [serverName, applicationLayerProtocol, recordSizeLimit],
};
