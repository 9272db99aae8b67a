/**
 * `npm run bench`: what TLS costs here, with node:tls against the same server in the same run as 1.0; then what the driver
 * asks of the SPI bus on the simulated chip. Medians of several runs; figures of one machine compare with nothing but
 * themselves, the ratios and the frame counts do.
 */
import * as net from 'node:net';
import { performance } from 'node:perf_hooks';
import * as tls from 'node:tls';
import { nodeCryptoProvider, nodeRandom } from '../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer, nodeUnixTime } from '../boards/node/event-loop.js';
import { nodeTcpNetwork } from '../boards/node/tcp-network.js';
import { createSimBoard } from '../boards/sim/index.js';
import { start } from '../boards/sim-w5500.js';
import { ByteRing } from '../src/bytes/byte-ring.js';
import { portableProvider } from '../src/crypto/portable-provider.js';
import { preparedGroup } from '../src/crypto/prepared-group.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { connect } from '../src/socket/connect.js';
import type { Board } from '../src/socket/options.js';
import type { TlsSocket } from '../src/socket/tls-socket.js';
import { serverCertificatesRemembered } from '../src/tls/certificates.js';
import { TlsClient } from '../src/tls/client.js';
import { tls13 } from '../src/tls/profiles.js';
import { preSharedKeys } from '../src/tls/psk/pre-shared-keys.js';
import { localMac } from '../src/w5500/mac.js';
import { w5500Network } from '../src/w5500/network.js';
import { udpServices } from '../src/w5500/services.js';
import { type TrustAnchor, trustAnchor } from '../src/x509/trust.js';
import { makeCertificate } from './certificates.js';

const NAME = 'bench.test';
const TARGET_HANDSHAKE_RATIO = 2.5;
const TARGET_FRAMES_PER_KILOBYTE = 8;
/** Of SPI bytes, records in the chip to records in the ring. */
const TARGET_TWO_PASSES_RATIO = 2;

interface Server {
  port: number;
  stop(): void;
}

const root = await makeCertificate({ ca: true, subject: 'CN=Bench Root' });
const leaf = await makeCertificate({ issuer: root, dnsNames: [NAME] });
const ca: TrustAnchor[] = [trustAnchor(root.der)];
/** As public servers have them: ECDSA of Let's Encrypt, a key for P-256 under one for P-384. */
const publicRoot = await makeCertificate({ kind: 'p384', ca: true, subject: 'CN=Bench Public Root' });
const between = await makeCertificate({ kind: 'p384', ca: true, subject: 'CN=Bench Public', issuer: publicRoot });
const publicLeaf = await makeCertificate({ issuer: between, dnsNames: [NAME] });

/** Sends as many bytes as the first line it gets says, then closes. */
function serve(ciphers: string, more: tls.TlsOptions = {}): Promise<Server> {
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

interface Figures {
  /** TCP connection included, in ms. */
  handshake: number;
  /** From the request to the end, in ms. */
  download: number;
}

function nodeTls(port: number, bytes: number): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let connected = 0;
    const socket = tls.connect({ port, host: '127.0.0.1', servername: NAME, ca: root.pem }, () => {
      connected = performance.now();
      socket.write(String(bytes));
    });
    socket.on('data', () => {});
    socket.on('error', reject);
    socket.on('close', () => resolve({ handshake: connected - began, download: performance.now() - connected }));
  });
}

function ringlet(
  board: Board,
  host: string,
  port: number,
  bytes: number,
  onEvent?: (what: string) => void,
): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let connected = 0;
    let received = 0;
    const onread = {
      buffer: new Uint8Array(16384),
      callback(length: number): undefined {
        received += length;
        if (received === bytes) onEvent?.('received');
      },
    };
    const socket: TlsSocket = connect(board, { host, port, servername: NAME, ca, onread }, () => {
      connected = performance.now();
      onEvent?.('handshake');
      socket.write(String(bytes));
    });
    socket.on('connect', () => onEvent?.('connect'));
    socket.on('error', reject);
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      if (received !== bytes) reject(new Error(`${received} of ${bytes} bytes`));
      resolve({ handshake: connected - began, download: performance.now() - connected });
    });
  });
}

const boardWith = (crypto: CryptoProvider): Board => ({
  network: nodeTcpNetwork,
  crypto,
  profile: tls13,
  random: nodeRandom,
  clock: nodeClock,
  timer: nodeTimer,
  unixTime: nodeUnixTime,
  receiveBuffer: 16645,
});

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

async function medians(runs: number, one: () => Promise<Figures>): Promise<Figures> {
  await one();
  const all: Figures[] = [];
  for (let i = 0; i < runs; i++) all.push(await one());
  return { handshake: median(all.map(each => each.handshake)), download: median(all.map(each => each.download)) };
}

const problems: string[] = [];

async function plainTcp(): Promise<void> {
  for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']) {
    const server = await serve(suite);
    console.log(`${suite}, x25519, P-256 certificates, over TCP on loopback`);
    console.log('                         handshake            download');
    const bytes = 4 << 20;
    const base = await medians(15, () => nodeTls(server.port, bytes));
    row('node:tls', base, base, bytes);
    const native = await medians(15, () => ringlet(boardWith(nodeCryptoProvider), '127.0.0.1', server.port, bytes));
    row('ringlet, node:crypto', native, base, bytes);
    const ratio = native.handshake / base.handshake;
    if (ratio > TARGET_HANDSHAKE_RATIO)
      problems.push(`a handshake with node:crypto takes ${ratio.toFixed(2)} times node:tls's`);
    const portable = await medians(3, () => ringlet(boardWith(portableProvider), '127.0.0.1', server.port, 1 << 20));
    row('ringlet, portable', portable, { ...base, download: (base.download * (1 << 20)) / bytes }, 1 << 20);
    console.log();
    server.stop();
  }
}

function row(name: string, figures: Figures, base: Figures, bytes: number): void {
  const rate = bytes / 1048576 / (figures.download / 1000);
  const slower = figures.download / base.download;
  console.log(
    `  ${name.padEnd(20)} ${figures.handshake.toFixed(1).padStart(7)} ms  ${(figures.handshake / base.handshake).toFixed(2).padStart(6)}x` +
      ` ${rate.toFixed(1).padStart(8)} MiB/s, time ${slower.toFixed(2)}x`,
  );
}

async function throughTheChip(): Promise<void> {
  const server = await serve('TLS_CHACHA20_POLY1305_SHA256');
  const sim = createSimBoard();
  const before = (): number => sim.chip.stats.frames;
  const bytes = 10240;
  sim.lan.publish(NAME, 443, server.port);
  const board = start({
    spi: sim.spi,
    clock: nodeClock,
    timer: nodeTimer,
    random: nodeRandom,
    crypto: nodeCryptoProvider,
    uniqueId: new Uint8Array([1, 2, 3, 4, 5]),
    receiveBuffer: 16645,
  });
  let frames = before();
  const step = (what: string): void => {
    const used = before() - frames;
    frames = before();
    const perKilobyte = what === 'received' ? `, ${(used / (bytes / 1024)).toFixed(1)} a kilobyte` : '';
    console.log(`  until ${what.padEnd(12)} ${String(used).padStart(5)} frames${perKilobyte}`);
    if (what === 'received' && used / (bytes / 1024) >= TARGET_FRAMES_PER_KILOBYTE)
      problems.push('too many frames a kilobyte');
  };
  console.log(`SPI frames on the simulated chip, ${bytes} bytes downloaded`);
  await ringlet({ ...board, unixTime: nodeUnixTime }, NAME, 443, bytes, step);
  step('closed');
  sim.close();
  server.stop();
}

/** One megabyte through one socket with 16 KB: the records in a ring that holds them, and in the chip behind a small ring. */
async function fullRecords(): Promise<void> {
  const server = await serve('TLS_CHACHA20_POLY1305_SHA256');
  const bytes = 1 << 20;
  let plain = 0;
  console.log('\nSPI traffic of 1 MiB in full records, all 16 KB of the chip for one socket');
  for (const receiveBuffer of [16645, 2048]) {
    const sim = createSimBoard();
    const network = w5500Network({
      services: udpServices,
      spi: sim.spi,
      clock: nodeClock,
      random: nodeRandom,
      mac: localMac(new Uint8Array([1, 2, 3, 4, 5])),
      address: {
        ip: new Uint8Array([10, 0, 0, 7]),
        mask: new Uint8Array([255, 255, 255, 0]),
        gateway: new Uint8Array([10, 0, 0, 1]),
        dns: [],
      },
      buffers: { rx: [16], tx: [16] },
    });
    const host = sim.lan.publish(NAME, 443, server.port);
    const recordsInChip = receiveBuffer < 16645;
    const board: Board = { ...boardWith(nodeCryptoProvider), network, receiveBuffer, recordsInChip };
    let from = { ...sim.chip.stats };
    network.start();
    await ringlet(board, host, 443, bytes, what => {
      if (what === 'handshake') from = { ...sim.chip.stats };
      if (what !== 'received') return;
      const frames = sim.chip.stats.frames - from.frames;
      const moved = sim.chip.stats.bytes - from.bytes;
      plain = plain || moved;
      console.log(
        `  ${(recordsInChip ? 'two passes,' : 'one pass,').padEnd(11)} ring ${String(receiveBuffer).padStart(5)} ` +
          `${(frames / (bytes / 1024)).toFixed(2).padStart(6)} frames a kilobyte ${String(moved).padStart(8)} bytes, ` +
          `${(moved / bytes).toFixed(2)} a byte, ${(moved / plain).toFixed(2)}x`,
      );
      if (moved / plain > TARGET_TWO_PASSES_RATIO) problems.push('two passes move too many bytes over SPI');
      if (frames / (bytes / 1024) >= TARGET_FRAMES_PER_KILOBYTE) problems.push('too many frames a kilobyte');
    });
    sim.close();
  }
  server.stop();
}

const KNOWN = 'certificates known';
const READY = 'key share ready';
const BOTH = 'both of these';
const MODES = ['full', KNOWN, READY, BOTH, 'psk_dhe_ke', 'psk_ke'] as const;
const remembered = serverCertificatesRemembered();

/** Of a full handshake's time, with the certificates of public servers. */
const TARGET_RESUMED: Record<string, number> = { psk_dhe_ke: 1 / 3, psk_ke: 1 / 10 };

/** What a handshake takes of the client alone, without the network and the server: the time in the engine's calls. The sessions that come go to `sessions`. */
function handshake(
  port: number,
  anchor: TrustAnchor,
  crypto: CryptoProvider,
  mode: string,
  sessions: Uint8Array[],
): Promise<number> {
  const input = new ByteRing(16645);
  const resuming = mode.startsWith('psk');
  const session = resuming ? sessions.shift() : undefined;
  const pskMode = mode === 'psk_ke' ? mode : undefined;
  const { random, unixTime } = boardWith(crypto);
  const listener = { session: (one: Uint8Array) => void sessions.push(one) };
  const group = preparedGroup(crypto.groups[0], random);
  if (mode === READY || mode === BOTH) while (!group.step(1 << 20));
  const certificates = mode === KNOWN || mode === BOTH ? remembered : tls13.certificates;
  const profile = { ...tls13, certificates, preSharedKeys };
  const config = {
    serverName: NAME,
    crypto: { ...crypto, groups: [group] },
    random,
    unixTime,
    trust: { anchors: [anchor] },
    input,
    listener,
  };
  const into = new Uint8Array(1024);
  return new Promise((resolve, reject) => {
    let took = 0;
    let complete = false;
    const timed = <T>(work: () => T): T => {
      const began = performance.now();
      const result = work();
      if (!complete) took += performance.now() - began;
      return result;
    };
    const client = timed(() => new TlsClient({ ...config, profile, session, pskMode }));
    const socket = net.connect(port, '127.0.0.1');
    const send = (): void => {
      const { output } = client;
      while (output.length > 0) {
        const bytes = new Uint8Array(output.length);
        output.copy(0, bytes, 0, bytes.length);
        socket.write(bytes);
        timed(() => client.outputSent(bytes.length));
      }
      if (!client.handshakeComplete || complete) return;
      complete = true;
      if (client.resumed !== resuming) reject(new Error(`${mode}: not resumed`));
      // Its answer comes behind the tickets.
      client.write(Buffer.from('1'), 0, 1);
      send();
    };
    socket.on('connect', send);
    socket.on('data', bytes => {
      for (let at = 0; at < bytes.length; ) {
        at += input.write(bytes, at, bytes.length - at);
        const read = timed(() => client.read(into, 0, into.length));
        send();
        if (read > 0) socket.destroy();
      }
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(took));
  });
}

/** What a session saves, and what is known or made beforehand; the server is OpenSSL's, through node:tls, which allows psk_ke by an option that has no name there. */
async function resumption(): Promise<void> {
  const SSL_OP_ALLOW_NO_DHE_KEX = 0x400;
  const chains: [string, tls.TlsOptions, TrustAnchor, boolean][] = [
    ['a P-256 certificate', { key: leaf.keyPem, cert: leaf.pem }, ca[0], false],
    [
      'P-256 under P-384 under P-384',
      { key: publicLeaf.keyPem, cert: [publicLeaf.pem, between.pem].join('\n') },
      trustAnchor(publicRoot.der),
      true,
    ],
  ];
  for (const [chain, identity, anchor, counts] of chains) {
    const suite = 'TLS_CHACHA20_POLY1305_SHA256';
    const server = await serve(suite, { ...identity, secureOptions: SSL_OP_ALLOW_NO_DHE_KEX });
    console.log(`\nwhat handshakes take of the client: ${suite}, x25519, ${chain}`);
    for (const [name, crypto, runs] of [
      ['node:crypto', nodeCryptoProvider, 25],
      ['portable', portableProvider, 15],
    ] as const) {
      const times: number[][] = MODES.map(() => []);
      // By turns, so that all are as warm. The full handshake brings a session for each of the others.
      for (let i = 0; i <= runs; i++) {
        const sessions: Uint8Array[] = [];
        for (const [at, mode] of MODES.entries())
          times[at].push(await handshake(server.port, anchor, crypto, mode, sessions));
      }
      const full = median(times[0].slice(1));
      for (const [at, mode] of MODES.entries()) {
        const took = median(times[at].slice(1));
        console.log(
          `  ${name.padEnd(12)} ${mode.padEnd(18)} ${took.toFixed(1).padStart(7)} ms  ${(took / full).toFixed(3)}x`,
        );
        if (counts && name === 'portable' && took / full > (TARGET_RESUMED[mode] ?? 1))
          problems.push(`a handshake with ${mode} takes ${(took / full).toFixed(2)} of a full one`);
      }
    }
    server.stop();
  }
}

await plainTcp();
await resumption();
await throughTheChip();
await fullRecords();
for (const problem of problems) console.error('off target: ' + problem);
process.exit(problems.length > 0 ? 1 : 0);
