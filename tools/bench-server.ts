/** The server of `npm run bench`: node:tls, with certificates of its own. */
import type * as net from 'node:net';
import * as tls from 'node:tls';
import { type TrustAnchor, trustAnchor } from '../src/x509/trust.js';
import { makeCertificate } from './certificates.js';

export const NAME = 'bench.test';

export interface Server {
  port: number;
  stop(): void;
}

export const root = await makeCertificate({ ca: true, subject: 'CN=Bench Root' });
export const leaf = await makeCertificate({ issuer: root, dnsNames: [NAME] });
export const ca: TrustAnchor[] = [trustAnchor(root.der)];

/** Sends as many bytes as the first line it gets says, then closes. */
export function serve(ciphers: string, more: tls.TlsOptions = {}): Promise<Server> {
  const options = { key: leaf.keyPem, cert: leaf.pem, minVersion: 'TLSv1.3', ciphers, ...more } as tls.TlsOptions;
  const server = tls.createServer({ ...options, noDelay: true }, socket => {
    socket.on('error', () => {});
    socket.once('data', line => socket.end(Buffer.alloc(Number(line.toString()))));
  });
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ port: (server.address() as net.AddressInfo).port, stop: () => server.close() });
    });
  });
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
