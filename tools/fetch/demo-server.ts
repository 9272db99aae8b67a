/**
 * The real server that `npm start` fetches from when no address is given: node:https on loopback, TLS 1.3, with a chain of
 * three made on the spot: a root (the trust anchor), an intermediate, and a P-256 leaf.
 */
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from '../certificates.js';

export const DEMO_NAME = 'first-light.test';

const PAGE = `First light.

This page came from node:https over TCP, into the memory of a simulated W5500, over its SPI pins
into a driver, through a ring of fixed size into a TLS 1.3 engine that checked every byte of it,
and not one of them was lost.
`;

export interface DemoServer {
  /** Where it listens on 127.0.0.1. */
  port: number;
  /** The root certificate, DER. */
  root: Uint8Array;
  close(): Promise<void>;
}

/** `page` instead of the usual one; `server` is for node:https: suites, curves, times. */
export async function startDemoServer(
  options: { page?: string; server?: https.ServerOptions } = {},
): Promise<DemoServer> {
  const root = await makeCertificate({ subject: 'CN=First Light Root', ca: true });
  const intermediate = await makeCertificate({ subject: 'CN=First Light CA', ca: true, pathLength: 0, issuer: root });
  const leaf = await makeCertificate({ subject: `CN=${DEMO_NAME}`, dnsNames: [DEMO_NAME], issuer: intermediate });
  const server = https.createServer(
    { key: leaf.keyPem, cert: leaf.pem + '\n' + intermediate.pem, minVersion: 'TLSv1.3', ...options.server },
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
      response.end(options.page ?? PAGE);
    },
  );
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    root: root.der,
    close: () => new Promise(resolve => void server.close(() => resolve())),
  };
}
