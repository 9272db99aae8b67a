/** The scripted server against a client that is known to be right: node:tls. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import type { KeyKind } from '../../tools/certificates.js';
import { authority, SERVER_NAME_UNDER_TEST, server as serverIdentity } from './identities.js';
import { suites } from './key-schedule.js';
import { ScriptedServer, type ServerOptions } from './scripted-server.js';
import {
  applicationData,
  certificateRequest,
  changeCipherSpec,
  closeNotify,
  fin,
  helloRetryRequest,
  keyUpdate,
  layout,
  newSessionTicket,
  serverFlight,
} from './steps.js';

/** The scripted server as a stream that node:tls can sit on. */
class ServerStream extends Duplex {
  failure?: Error;

  constructor(readonly server: ScriptedServer) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    try {
      this.server.receive(chunk);
    } catch (error) {
      this.failure = error as Error;
    }
    this.deliver();
    done(this.failure);
  }

  override _read(): void {}

  deliver(): void {
    const bytes = this.server.take();
    if (bytes.length > 0) this.push(bytes);
    if (this.server.ended) this.push(null);
  }
}

async function handshakeWithNode(options: Partial<ServerOptions>, tlsOptions: tls.ConnectionOptions = {}) {
  const identity = options.identity ?? (await serverIdentity());
  const server = new ScriptedServer({
    identity,
    flights: [serverFlight()],
    afterFinished: [applicationData('greeting'), closeNotify, fin],
    ...options,
  });
  const stream = new ServerStream(server);
  const ca = [(await authority()).pem, (await authority('p384')).pem];
  const client = tls.connect({ socket: stream, servername: SERVER_NAME_UNDER_TEST, ca, ...tlsOptions });
  let received = '';
  await new Promise<void>((resolve, reject) => {
    client.on('secureConnect', () => client.write('question'));
    client.on('data', data => (received += data));
    client.on('end', () => resolve());
    client.on('error', error => reject(stream.failure ?? error));
  });
  const protocol = client.getProtocol();
  client.destroy();
  if (stream.failure) throw stream.failure;
  assert.equal(protocol, 'TLSv1.3');
  return { server, received };
}

describe('scripted server, against node:tls as the client', () => {
  for (const { name } of suites) {
    it(name, async () => {
      const { server, received } = await handshakeWithNode({ suite: name }, { ciphers: name });
      assert.equal(received, 'greeting');
      assert.ok(server.client.finished);
      assert.equal(server.client.applicationData.toString(), 'question');
    });
  }

  const kinds: [KeyKind, KeyKind][] = [
    ['p384', 'p384'],
    ['rsa2048', 'p256'],
    ['rsa4096', 'p256'],
    ['ed25519', 'p256'],
  ];
  for (const [kind, issuerKind] of kinds) {
    it(`certificate with a key of kind ${kind}`, async () => {
      const { received } = await handshakeWithNode({ identity: await serverIdentity(kind, issuerKind) });
      assert.equal(received, 'greeting');
    });
  }

  it('HelloRetryRequest for secp256r1, with a cookie', async () => {
    const retry = [helloRetryRequest({ group: true, cookie: Buffer.from('a cookie') }), changeCipherSpec];
    const { server, received } = await handshakeWithNode({ group: 'secp256r1', flights: [retry, serverFlight()] });
    assert.equal(received, 'greeting');
    assert.equal(server.clientHellos.length, 2);
  });

  it('HelloRetryRequest with a cookie only', async () => {
    const retry = [helloRetryRequest({ cookie: Buffer.alloc(100, 7) })];
    const { received } = await handshakeWithNode({ flights: [retry, serverFlight()] });
    assert.equal(received, 'greeting');
  });

  it('CertificateRequest, answered with an empty Certificate', async () => {
    const flight = serverFlight();
    flight.splice(4, 0, certificateRequest());
    const { server, received } = await handshakeWithNode({ flights: [flight] });
    assert.equal(received, 'greeting');
    assert.deepEqual(server.client.messages, [1, 11, 20]);
  });

  it('fragments of 64 bytes, padding, tickets and KeyUpdates amid data', async () => {
    const { received } = await handshakeWithNode({
      flights: [[layout({ fragment: 64, padding: 100 }), ...serverFlight()]],
      afterFinished: [
        applicationData('one '),
        newSessionTicket(),
        keyUpdate(false),
        applicationData('two '),
        keyUpdate(true),
        applicationData('three'),
        closeNotify,
        fin,
      ],
    });
    assert.equal(received, 'one two three');
  });

  it('a whole flight in coalesced records', async () => {
    const { received } = await handshakeWithNode({ flights: [[layout({ coalesce: true }), ...serverFlight()]] });
    assert.equal(received, 'greeting');
  });
});
