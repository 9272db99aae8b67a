/** A TlsClient over a node:net socket, or over any function that takes its ciphertext: what the tests of src/tls drive it with. */
import * as net from 'node:net';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import type { RingletError } from '../../src/errors.js';
import { CLOSE_NOTIFY, TlsClient, type TlsClientConfig } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import type { TrustPolicy } from '../../src/x509/trust.js';

export type ClientOptions = Partial<TlsClientConfig> & { inputSize?: number };

export function makeConfig(trust: TrustPolicy, options: ClientOptions = {}): TlsClientConfig & { input: ByteRing } {
  const { inputSize = 16384 + 300, ...config } = options;
  return {
    profile: everything,
    serverName: 'server.test',
    crypto: nodeCryptoProvider,
    random: nodeRandom,
    unixTime: () => Date.now() / 1000,
    trust,
    ...config,
    input: new ByteRing(inputSize),
  };
}

export function makeClient(trust: TrustPolicy, options: ClientOptions = {}): { client: TlsClient; input: ByteRing } {
  const config = makeConfig(trust, options);
  return { client: new TlsClient(config), input: config.input };
}

/** The node provider with only these suites and groups. */
export function provider(aeads: string[], groups: string[]): CryptoProvider {
  return {
    ...nodeCryptoProvider,
    aeads: aeads.map(name => nodeCryptoProvider.aeads.find(aead => aead.name === name)!),
    groups: groups.map(name => nodeCryptoProvider.groups.find(group => group.name === name)!),
  };
}

/** Takes up to `limit` bytes of the client's output. */
export function takeOutput(client: TlsClient, limit = Infinity): Buffer {
  const pieces: Buffer[] = [];
  let taken = 0;
  while (client.output.length > 0 && taken < limit) {
    const n = client.output.spanAt(0, Math.min(limit - taken, client.output.length));
    pieces.push(Buffer.from(client.output.bytes.subarray(client.output.offsetAt(0), client.output.offsetAt(0) + n)));
    client.outputSent(n);
    taken += n;
  }
  return Buffer.concat(pieces);
}

/** Puts as much of `bytes` as there is space for into `input`; answers the rest. */
export function feed(input: ByteRing, bytes: Buffer): Buffer {
  return bytes.subarray(input.write(bytes, 0, bytes.length));
}

export interface Drained {
  data: Buffer;
  /** NO_DATA_YET, CLOSE_NOTIFY, or the error's code. */
  end: number | string;
}

/** Reads until there is nothing more to read. */
export function drain(client: TlsClient, size = 4096): Drained {
  const into = new Uint8Array(size);
  const pieces: Buffer[] = [];
  for (;;) {
    let n: number;
    try {
      n = client.read(into, 0, size);
    } catch (error) {
      return { data: Buffer.concat(pieces), end: (error as RingletError).code ?? String((error as Error).stack) };
    }
    if (n === NO_DATA_YET || n === CLOSE_NOTIFY) return { data: Buffer.concat(pieces), end: n };
    pieces.push(Buffer.from(into.subarray(0, n)));
  }
}

export interface Exchange {
  client: TlsClient;
  data: Buffer;
  /** How reading ended: CLOSE_NOTIFY or an error's code. */
  end: number | string;
}

/**
 * Connects to 127.0.0.1:`port`, writes `request` once the handshake is complete, reads to the end. `onStep` runs after each
 * event of the socket.
 */
export function exchange(
  port: number,
  trust: TrustPolicy,
  request: string | Buffer,
  options: ClientOptions = {},
  onStep: (client: TlsClient) => void = () => {},
): Promise<Exchange> {
  const { client, input } = makeClient(trust, options);
  const socket = net.connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  let incoming = Buffer.alloc(0);
  let rest = Buffer.from(request);
  let closing = false;
  return new Promise((resolve, reject) => {
    const step = () => {
      let end: number | string;
      do {
        const before = incoming.length;
        incoming = feed(input, incoming) as Buffer<ArrayBuffer>;
        const drained = drain(client);
        received.push(drained.data);
        end = drained.end;
        if (before === incoming.length) break;
      } while (end === NO_DATA_YET);
      for (;;) {
        const out = takeOutput(client);
        if (out.length === 0) break;
        socket.write(out);
        if (client.error || closing || !client.handshakeComplete) continue;
        rest = rest.subarray(client.write(rest, 0, rest.length));
      }
      if (client.handshakeComplete && !client.error && rest.length > 0) {
        rest = rest.subarray(client.write(rest, 0, rest.length));
        return step();
      }
      onStep(client);
      if (end !== NO_DATA_YET && !closing) {
        closing = true;
        if (end === CLOSE_NOTIFY) client.closeWrite();
        socket.end(takeOutput(client));
        resolve({ client, data: Buffer.concat(received), end });
      }
    };
    socket.on('error', reject);
    socket.on('connect', step);
    socket.on('data', bytes => {
      incoming = Buffer.concat([incoming, bytes]);
      step();
    });
    socket.on('end', () => {
      client.inputEnded();
      step();
    });
  });
}
