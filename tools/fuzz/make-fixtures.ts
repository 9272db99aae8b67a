/** Makes test/fuzz/fixtures.json anew. The seeds of the targets `handshake` and `chain` fit the fixtures they were made with. */
import { writeFileSync } from 'node:fs';
import { type CertificateOptions, type Identity, makeCertificate } from '../certificates.js';

const validity = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2045-01-01T00:00:00Z') };
const make = (options: CertificateOptions) => makeCertificate({ ...validity, ...options });
const base64 = (identity: Identity) => Buffer.from(identity.der).toString('base64');

const root = await make({ kind: 'p256', ca: true, subject: 'CN=Root' });
const server = await make({ kind: 'ed25519', issuer: root, subject: 'CN=server.test', dnsNames: ['server.test'] });
const chainRoot = await make({ kind: 'p384', ca: true, subject: 'CN=Chain root, O=Test' });
const chainMiddle = await make({ kind: 'rsa2048', ca: true, subject: 'CN=Middle', issuer: chainRoot, pathLength: 0 });
const chainLeaf = await make({
  kind: 'p256',
  subject: 'CN=leaf',
  issuer: chainMiddle,
  pss: true,
  dnsNames: ['server.test', '*.server.test'],
  ipAddresses: ['10.0.0.1', '::1'],
});
const certificates = {
  root: base64(root),
  server: base64(server),
  chainRoot: base64(chainRoot),
  chainMiddle: base64(chainMiddle),
  chainLeaf: base64(chainLeaf),
};
const serverKey = server.keyPem.replace(/-----.*-----|\n/g, '');
writeFileSync('test/fuzz/fixtures.json', JSON.stringify({ certificates, serverKey }, null, 2) + '\n');
