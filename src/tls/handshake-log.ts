/** For who wants to look at handshakes: `message` and `keylog` of the listener. Lines are in the NSS key log format (RFC 9850): what Wireshark needs to decrypt a capture. */
import { toHex } from '../x509/der-values.js';
import { tell } from './handshake-state.js';
import type { HandshakeLog } from './profile.js';

export const handshakeLog: HandshakeLog = {
  message(tls, sent, type, length) {
    tell(tls, 'message', sent, type, length);
  },
  secret(tls, label, secret) {
    const random = tls.clientHello.randoms.subarray(0, 32);
    if (tls.listening.keylog) tell(tls, 'keylog', label + ' ' + toHex(random) + ' ' + toHex(secret));
  },
};
