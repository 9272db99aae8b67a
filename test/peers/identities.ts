/** Certificates for the tests of this directory, each made once a process. */
import { type CertificateOptions, type Identity, type KeyKind, makeCertificate } from '../../tools/certificates.js';

export const SERVER_NAME_UNDER_TEST = 'server.test';

const made = new Map<string, Promise<unknown>>();

function once<T>(slot: string, make: () => Promise<T>): Promise<T> {
  let identity = made.get(slot) as Promise<T> | undefined;
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

/** A certificate for a client, and the one above it, both signed under `authority()`. */
export function client(kind: KeyKind = 'p256'): Promise<Identity[]> {
  return once('client ' + kind, async () => {
    const above = await makeCertificate({ ca: true, subject: 'CN=Clients', issuer: await authority() });
    const subject = 'CN=' + 'a device of this kind '.repeat(2) + kind;
    return [await makeCertificate({ kind, subject, issuer: above, extendedKeyUsage: [CLIENT_AUTH] }), above];
  });
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
