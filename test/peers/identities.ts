/** Certificates for the tests of this directory, each made once a process. */
import { type CertificateOptions, type Identity, type KeyKind, makeCertificate } from '../../tools/certificates.js';

export const SERVER_NAME_UNDER_TEST = 'server.test';

const made = new Map<string, Promise<Identity>>();

function once(slot: string, make: () => Promise<Identity>): Promise<Identity> {
  let identity = made.get(slot);
  if (!identity) made.set(slot, (identity = make()));
  return identity;
}

/** A self-signed CA with a key of this kind: the trust anchor. */
export function authority(kind: KeyKind = 'p256'): Promise<Identity> {
  return once('ca ' + kind, () => makeCertificate({ kind, ca: true, subject: `CN=Test CA ${kind}` }));
}

/** A server certificate for server.test, signed by `authority(issuerKind)`. */
export function server(kind: KeyKind = 'p256', issuerKind: KeyKind = 'p256'): Promise<Identity> {
  return once(`server ${kind} ${issuerKind}`, async () => leaf({ kind, issuer: await authority(issuerKind) }));
}

/** A server certificate with something different. */
export function leaf(options: CertificateOptions): Promise<Identity> {
  return makeCertificate({ subject: 'CN=server.test', dnsNames: [SERVER_NAME_UNDER_TEST], ...options });
}
