/** application_layer_protocol_negotiation, RFC 7301. */
import { usageError } from '../../errors.js';
import type { TlsClientConfig } from '../config.js';
import { ExtensionType } from '../constants.js';
import { illegalParameter } from '../errors.js';
import type { Extension } from './extension.js';

/**
 *   opaque ProtocolName<1..2^8-1>;
 *   ProtocolName protocol_name_list<2..2^16-1>;
 *
 * RFC 7301 §3.1: the answer's list has exactly one name; §3.2: one of ours.
 */
export const applicationLayerProtocol: Extension = {
  type: ExtensionType.ApplicationLayerProtocolNegotiation,
  check(config) {
    for (const protocol of protocolsOf(config)) {
      if (!(protocol.length >= 1 && protocol.length <= 255))
        usageError('alpnProtocols must have 1 to 255 characters each');
    }
  },
  offer(tls, hello) {
    const protocols = protocolsOf(tls.clientConfig);
    if (!protocols.length) return;
    hello.list(ExtensionType.ApplicationLayerProtocolNegotiation, writer => {
      for (const protocol of protocols) {
        writer.writeUint8(protocol.length);
        writer.ascii(protocol);
      }
    });
  },
  accept(tls, body) {
    const list = body.vector(2, 2);
    const name = list.vector(1, 1);
    let text = '';
    list.expectEnd();
    while (name.bytesLeft > 0) text += String.fromCharCode(name.readUint8());
    if (protocolsOf(tls.clientConfig).indexOf(text) < 0) illegalParameter('ALPN protocol');
    tls.chosenProtocol = text;
  },
};

function protocolsOf(config: TlsClientConfig): ReadonlyArray<string> {
  return config.alpnProtocols || [];
}
