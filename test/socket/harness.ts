/** A board without a chip, and TLS servers that can end a connection in every way there is. */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer, nodeUnixTime } from '../../boards/node/event-loop.js';
import { nodeTcpNetwork } from '../../boards/node/tcp-network.js';
import type { Board } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { everything } from '../../src/tls/profiles.js';
import { type TrustAnchor, trustAnchor } from '../../src/x509/trust.js';
import { type Identity, makeCertificate } from '../../tools/certificates.js';

export const NAME = 'socket.test';

export const board: Board = {
  network: nodeTcpNetwork,
  crypto: nodeCryptoProvider,
  profile: everything,
  random: nodeRandom,
  clock: nodeClock,
  timer: nodeTimer,
  unixTime: nodeUnixTime,
  receiveBuffer: 16645,
};

let made: Promise<{ leaf: Identity; ca: TrustAnchor[] }> | undefined;

/** One certificate for all tests here, and its anchor. */
export function identity(): Promise<{ leaf: Identity; ca: TrustAnchor[] }> {
  made ??= (async () => {
    const root = await makeCertificate({ ca: true, subject: 'CN=Socket Root' });
    const leaf = await makeCertificate({ issuer: root, dnsNames: [NAME], ipAddresses: ['127.0.0.1'] });
    return { leaf, ca: [trustAnchor(root.der)] };
  })();
  return made;
}

export interface TestServer {
  port: number;
  stop(): Promise<void>;
}

/** `onConnection` gets the TLS side and the TCP socket below it, whose `end()` is a FIN without close_notify. */
export async function serve(onConnection: (secure: tls.TLSSocket, raw: net.Socket) => void): Promise<TestServer> {
  const { leaf } = await identity();
  return listen(raw => {
    const secure = new tls.TLSSocket(raw, {
      isServer: true,
      cert: leaf.pem,
      key: leaf.keyPem,
      minVersion: 'TLSv1.3',
    } as tls.TLSSocketOptions);
    secure.on('error', () => raw.destroy());
    onConnection(secure, raw);
  });
}

/** A TCP server on a free loopback port. */
export async function listen(onConnection: (raw: net.Socket) => void): Promise<TestServer> {
  const open = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, raw => {
    open.add(raw);
    raw.on('close', () => open.delete(raw));
    raw.on('error', () => raw.destroy());
    onConnection(raw);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    stop: () =>
      new Promise(resolve => {
        for (const raw of open) raw.destroy();
        server.close(() => resolve());
      }),
  };
}

/** What a socket said, in order: event names, `data:N` with neighbours added up, and codes of errors. */
export interface Story {
  events: string[];
  received: Buffer;
}

/** Listens to everything and resolves at `close`. */
export function story(socket: TlsSocket): Promise<Story> {
  const events: string[] = [];
  const chunks: Buffer[] = [];
  return new Promise(resolve => {
    socket.on('connect', () => events.push('connect'));
    socket.on('secureConnect', () => events.push('secureConnect'));
    socket.on('data', chunk => {
      chunks.push(Buffer.from(chunk));
      if (events[events.length - 1] !== 'data') events.push('data');
    });
    socket.on('end', () => events.push('end'));
    socket.on('error', error => events.push('error ' + error.code));
    socket.on('close', hadError => {
      events.push('close ' + hadError);
      resolve({ events, received: Buffer.concat(chunks) });
    });
  });
}
