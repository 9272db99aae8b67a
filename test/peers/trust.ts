/** The trust policy of these tests: the given certificates are the anchors. */
import { type TrustPolicy, trustAnchor } from '../../src/x509/trust.js';
import type { Identity } from '../../tools/certificates.js';

export function trusting(...anchors: Identity[]): TrustPolicy {
  return { anchors: anchors.map(({ der }) => trustAnchor(der)) };
}
