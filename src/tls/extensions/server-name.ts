/** server_name, RFC 6066 §3: tells a server of several names which of them is meant. */
import { usageError } from '../../errors.js';
import { parseIpAddress } from '../../x509/ip-address.js';
import { dnsName } from '../../x509/server-identity.js';
import { ExtensionType } from '../constants.js';
import type { Extension } from './extension.js';

/**
 *   struct {
 *       NameType name_type = host_name(0);
 *       opaque HostName<1..2^16-1>;
 *   } ServerName;
 *
 *   ServerName server_name_list<1..2^16-1>;
 *
 * An IP address is not sent (RFC 6066 §3 forbids it), nor the trailing dot of a name.
 */
export const serverName: Extension = {
  type: ExtensionType.ServerName,
  check(config) {
    const name = config.serverName;
    if (!name) usageError('serverName is missing');
    if (!parseIpAddress(name)) dnsName(name);
  },
  offer(tls, hello) {
    const name = tls.clientConfig.serverName;
    if (parseIpAddress(name)) return;
    const host = dnsName(name);
    hello.list(ExtensionType.ServerName, writer => {
      writer.writeUint8(0);
      writer.writeUint16(host.length);
      writer.ascii(host);
    });
  },
  accept() {},
};
