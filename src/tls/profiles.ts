/** Profiles that boards have in common. */
import { serverCertificates } from './certificates.js';
import { clientCertificates } from './client-certificate.js';
import { keyingMaterialExporter } from './exporter.js';
import { applicationLayerProtocol } from './extensions/application-layer-protocol.js';
import { maxFragmentLength } from './extensions/max-fragment-length.js';
import { recordSizeLimit } from './extensions/record-size-limit.js';
import { serverName } from './extensions/server-name.js';
import { statusRequest } from './extensions/status-request.js';
import { handshakeLog } from './handshake-log.js';
import { longRecords } from './long-records.js';
import type { TlsProfile } from './profile.js';
import { earlyData } from './psk/early-data.js';
import { preSharedKeys } from './psk/pre-shared-keys.js';
import { tls12 } from './tls12/handshake.js';

/** TLS 1.3 with servers that have certificates. */
export const tls13 = {
  certificates: serverCertificates,
  extensions: [serverName, applicationLayerProtocol, recordSizeLimit],
  longRecords,
  handshakeLog,
} satisfies TlsProfile;

/** The same, and a second connection to a server resumes the first one: for boards that keep sessions. */
export const tls13Sessions: TlsProfile = {
  certificates: serverCertificates,
  preSharedKeys,
  extensions: tls13.extensions,
  longRecords,
  handshakeLog,
};

/** All there is. */
export const everything: TlsProfile = {
  certificates: serverCertificates,
  clientCertificates,
  tls12,
  preSharedKeys,
  zeroRtt: earlyData,
  exporter: keyingMaterialExporter,
  extensions: [serverName, applicationLayerProtocol, recordSizeLimit, maxFragmentLength, statusRequest],
  longRecords,
  handshakeLog,
};
