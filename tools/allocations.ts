/**
 * `npm run allocations`: how many typed arrays the portable path makes while 1 MiB is received and sent over an established
 * connection, and from where. On an interpreter each costs as much as hundreds of additions, so in steady state there are
 * to be none. The constructors and `subarray` are wrapped before the engine is loaded.
 */
import * as tls from 'node:tls';
import type { Backlog } from '../src/bytes/backlog.js';
import { tls13 } from '../src/tls/profiles.js';

const CONSTRUCTORS = ['Uint8Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float64Array'] as const;

let counting = false;
const origins = new Map<string, number>();

function count(what: string): void {
  if (!counting) return;
  counting = false;
  const frame = new Error().stack?.split('\n').find(line => /build\/src\//.test(line));
  // Node's own arrays, and those of the harness around the engine, do not count.
  // The view that copyBytes makes is gone when it returns.
  if (frame && !frame.includes('src/bytes/copy-bytes')) {
    const where = `${what} ${frame.replace(/^.*build\//, '').replace(/\)$/, '')}`;
    origins.set(where, (origins.get(where) ?? 0) + 1);
  }
  counting = true;
}

for (const name of CONSTRUCTORS) {
  const original = globalThis[name] as any;
  (globalThis as any)[name] = new Proxy(original, {
    construct(target, parameters, newTarget) {
      count('new ' + name);
      return Reflect.construct(target, parameters, newTarget);
    },
  });
}
const prototype = Object.getPrototypeOf(Uint8Array.prototype);
for (const method of ['subarray', 'slice', 'map', 'filter']) {
  const original = prototype[method];
  prototype[method] = function (this: unknown, ...parameters: unknown[]) {
    count(method);
    return original.apply(this, parameters);
  };
}

/**
 * Sends `bytes` to a server that echoes them; answers where typed arrays were made, and how many, after the first `warm` bytes.
 * A `ring` that is too small for full records has the rest of them in memory behind it.
 */
async function countAllocations(
  suite: string,
  ring: number,
  bytes: number,
  warm: number,
): Promise<Map<string, number>> {
  const { ByteRing } = await import('../src/bytes/byte-ring.js');
  const { TlsClient } = await import('../src/tls/client.js');
  const { trustAnchor } = await import('../src/x509/trust.js');
  const { portableProvider } = await import('../src/crypto/portable-provider.js');
  const { nodeRandom } = await import('../boards/node/crypto-provider.js');
  const { makeCertificate } = await import('./certificates.js');
  const { connect } = await import('node:net');
  const root = await makeCertificate({ ca: true, subject: 'CN=Root' });
  const leaf = await makeCertificate({ issuer: root, dnsNames: ['count.test'] });
  const options = { key: leaf.keyPem, cert: leaf.pem, minVersion: 'TLSv1.3', ciphers: suite } as tls.TlsOptions;
  let echoed = 0;
  const server = tls.createServer(options, socket => {
    socket.on('error', () => {});
    socket.on('data', data => {
      echoed += data.length;
      socket.write(data);
    });
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  const input = new ByteRing(ring);
  const queue: Buffer[] = [];
  if (ring < 16645) input.backlog = behind(queue);
  const client = new TlsClient({
    profile: tls13,
    serverName: 'count.test',
    crypto: portableProvider,
    random: nodeRandom,
    unixTime: () => Date.now() / 1000,
    trust: { anchors: [trustAnchor(root.der)] },
    input,
  });
  const into = new Uint8Array(4096);
  const page = new Uint8Array(4096).fill(7);
  let received = 0;
  let sent = 0;
  origins.clear();
  await new Promise<void>((resolve, reject) => {
    const turn = (): void => {
      try {
        for (let moved = true; moved; ) {
          moved = false;
          counting = sent >= warm;
          const got = client.read(into, 0, into.length);
          if (got > 0) {
            received += got;
            moved = true;
          }
          // Not more than 32 KB under way, or both sides wait for each other.
          if (client.handshakeComplete && sent < bytes && sent - received < 32768) {
            const taken = client.write(page, 0, Math.min(page.length, bytes - sent));
            sent += taken;
            moved ||= taken > 0;
          }
          const output = client.output;
          const length = output.spanAt(0, output.length);
          if (length > 0) {
            const at = output.offsetAt(0);
            counting = false;
            socket.write(Buffer.from(output.bytes.subarray(at, at + length)));
            counting = sent >= warm;
            client.outputSent(length);
            moved = true;
          }
          counting = false;
          while (queue.length > 0 && input.space > 0) {
            const taken = input.write(queue[0], 0, queue[0].length);
            queue[0] = queue[0].subarray(taken);
            if (queue[0].length === 0) queue.shift();
            moved = true;
          }
        }
        if (received >= bytes) resolve();
      } catch (error) {
        counting = false;
        reject(error);
      }
    };
    socket.on('error', reject);
    socket.on('data', data => {
      queue.push(data);
      turn();
    });
    turn();
  });
  socket.destroy();
  server.close();
  if (echoed < bytes) throw new Error('the server saw ' + echoed + ' bytes only');
  return new Map(origins);
}

/** Of these only the bytes are read, one by one: an array made here would count as the engine's. */
function behind(queue: Buffer[]): Backlog {
  return {
    capacity: 65536,
    get length() {
      let length = 0;
      for (const bytes of queue) length += bytes.length;
      return length;
    },
    ended: false,
    copy(index, into, offset, length) {
      for (const bytes of queue) {
        for (let i = index; i < bytes.length && length > 0; i++, length--) into[offset++] = bytes[i];
        index = index > bytes.length ? index - bytes.length : 0;
      }
    },
    makeRoom() {},
  };
}

const BYTES = 1 << 20;
// With --handshake all is counted from the start: that must find some, which shows that counting works.
const warm = process.argv.includes('--handshake') ? 0 : 65536;
let total = 0;
for (const [suite, ring] of [
  ['TLS_CHACHA20_POLY1305_SHA256', 16645],
  ['TLS_CHACHA20_POLY1305_SHA256', 2048],
  ['TLS_AES_128_GCM_SHA256', 16645],
  ['TLS_AES_128_GCM_SHA256', 2048],
] as const) {
  const found = await countAllocations(suite, ring, BYTES, warm);
  const sum = [...found.values()].reduce((all, one) => all + one, 0);
  total += sum;
  console.log(`${suite}, ring ${ring}: ${sum} typed arrays while ${BYTES} bytes came and went`);
  for (const [where, times] of [...found].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${String(times).padStart(7)}  ${where}`);
  }
}
process.exit(total > 0 ? 1 : 0);
