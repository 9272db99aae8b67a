/** What the shim's TLS consists of: all there is, with what the runner's flags make of an application's own decisions. */
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { clientCertificates } from '../../src/tls/client-certificate.js';
import { keyingMaterialExporter } from '../../src/tls/exporter.js';
import { applicationLayerProtocol } from '../../src/tls/extensions/application-layer-protocol.js';
import { serverName } from '../../src/tls/extensions/server-name.js';
import { statusRequest } from '../../src/tls/extensions/status-request.js';
import type { ClientAuthentication, TlsProfile } from '../../src/tls/profile.js';
import { earlyData } from '../../src/tls/psk/early-data.js';
import { preSharedKeys } from '../../src/tls/psk/pre-shared-keys.js';
import { tls12 } from '../../src/tls/tls12/handshake.js';
import type { ConnectionOptions } from './options.js';
import { authenticationFor } from './trust.js';

export function profileFor(options: ConnectionOptions): TlsProfile {
  const extensions = [applicationLayerProtocol];
  if (options.hostName) extensions.unshift(serverName);
  if (options.ocspStapling) extensions.push(statusRequest);
  return {
    certificates: authenticationFor(options),
    clientCertificates: signingWith(options.signingPrefs),
    tls12,
    preSharedKeys,
    earlyData: options.enableEarlyData ? earlyData : undefined,
    exporter: keyingMaterialExporter,
    extensions,
  };
}

/** A client that signs with these schemes only, if there are any. */
function signingWith(prefs: readonly number[]): ClientAuthentication {
  if (!prefs.length) return clientCertificates;
  return {
    ...clientCertificates,
    choose(tls, schemes) {
      const bytes: number[] = [];
      while (schemes.bytesLeft > 0) {
        const id = schemes.readUint16();
        if (prefs.includes(id)) bytes.push(id >> 8, id & 255);
      }
      const fail = (what: string): never => {
        throw new Error(what);
      };
      clientCertificates.choose(tls, new ByteReader(new Uint8Array(bytes), 0, bytes.length, fail));
    },
  };
}
