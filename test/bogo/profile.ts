/** What the shim's TLS consists of: all there is, with what the runner's flags make of an application's own decisions. */
import { keyingMaterialExporter } from '../../src/tls/exporter.js';
import { applicationLayerProtocol } from '../../src/tls/extensions/application-layer-protocol.js';
import { serverName } from '../../src/tls/extensions/server-name.js';
import { statusRequest } from '../../src/tls/extensions/status-request.js';
import { handshakeLog } from '../../src/tls/handshake-log.js';
import type { ClientHandshake } from '../../src/tls/handshake-state.js';
import type { ClientAuthentication, PreSharedKeys, Tls12, TlsProfile } from '../../src/tls/profile.js';
import { earlyData } from '../../src/tls/psk/early-data.js';
import { preSharedKeys } from '../../src/tls/psk/pre-shared-keys.js';
import { tls12 } from '../../src/tls/tls12/handshake.js';
import type { ConnectionOptions } from './options.js';
import { authenticationFor, failVerification } from './trust.js';

/** `options` are for a connection until its early data is rejected, `retry` then. */
export function profileFor(
  options: ConnectionOptions,
  retry: ConnectionOptions,
  clientCertificates: ClientAuthentication,
): TlsProfile {
  const extensions = [applicationLayerProtocol];
  if (options.hostName) extensions.unshift(serverName);
  if (options.ocspStapling) extensions.push(statusRequest);
  const reverify = (tls: ClientHandshake): void => {
    const rejected = tls.earlyData && !tls.earlyAccepted;
    const now = rejected ? retry : options;
    if (now.reverifyOnResume && now.verifyFail) failVerification(now);
  };
  return {
    certificates: authenticationFor(options, retry),
    clientCertificates,
    tls12: tls12With(reverify),
    preSharedKeys: preSharedKeysWith(reverify),
    zeroRtt: options.enableEarlyData ? earlyData : undefined,
    exporter: keyingMaterialExporter,
    handshakeLog,
    extensions,
  };
}

/** An application that does not only rely on the session, but looks at its certificate again. */
function preSharedKeysWith(reverify: (tls: ClientHandshake) => void): PreSharedKeys {
  return {
    ...preSharedKeys,
    begin(tls) {
      const expected = preSharedKeys.begin(tls);
      reverify(tls);
      return expected;
    },
  };
}

function tls12With(reverify: (tls: ClientHandshake) => void): Tls12 {
  const hooks: Tls12 = {
    ...tls12,
    begin(config) {
      const state = tls12.begin(config);
      return state && Object.assign(state, { hooks });
    },
    serverHello(tls, reader) {
      const expected = tls12.serverHello(tls, reader);
      if (tls.tls12?.resumed) reverify(tls);
      return expected;
    },
  };
  return hooks;
}
