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
import { seededRandom } from '../boards/sim/seeded-random.js';
import { idleKeyShares, start } from '../boards/sim-w5500.js';
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
const intermediate = await makeCertificate({ ca: true, subject: 'CN=Bench', issuer: root });
const ordinaryLeaf = await makeCertificate({ issuer: intermediate, dnsNames: [NAME] });
/** As public servers have them: ECDSA of Let's Encrypt, a key for P-256 under one for P-384. */
const publicRoot = await makeCertificate({ kind: 'p384', ca: true, subject: 'CN=Bench Public Root' });
const between = await makeCertificate({ kind: 'p384', ca: true, subject: 'CN=Bench Public', issuer: publicRoot });
const publicLeaf = await makeCertificate({ issuer: between, dnsNames: [NAME] });

/** What servers send; the goals of resumption are judged by the ordinary one. */
const CHAINS = [
  { chain: 'P-256 leaf under a root', certificates: [leaf.pem], keyPem: leaf.keyPem, anchor: ca[0], judged: false },
  {
    chain: 'P-256 leaf, P-256 intermediate',
    certificates: [ordinaryLeaf.pem, intermediate.pem],
    keyPem: ordinaryLeaf.keyPem,
    anchor: ca[0],
    judged: true,
  },
  {
    chain: 'P-256 leaf, P-384 intermediate and root',
    certificates: [publicLeaf.pem, between.pem],
    keyPem: publicLeaf.keyPem,
    anchor: trustAnchor(publicRoot.der),
    judged: false,
  },
];

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

/** What `idleKeyShares` takes off a connection through the chip, from `connect()` to `secureConnect`, with the next key share made or not. */
async function keySharesInTime(): Promise<void> {
  const server = await serve('TLS_CHACHA20_POLY1305_SHA256');
  const simulated = (): { board: Board; close(): void } => {
    const sim = createSimBoard();
    sim.lan.publish(NAME, 443, server.port);
    const board = start({
      spi: sim.spi,
      clock: nodeClock,
      timer: nodeTimer,
      random: nodeRandom,
      uniqueId: new Uint8Array([1, 2, 3, 4, 5]),
      receiveBuffer: 16645,
    });
    return { board: { ...board, unixTime: nodeUnixTime }, close: () => sim.close() };
  };
  const [plain, prepared] = [simulated(), simulated()];
  const idle = idleKeyShares(prepared.board);
  const times: number[][] = [[], []];
  for (let i = 0; i < 30; i++) {
    while (!idle.ready) await new Promise(resolve => setTimeout(resolve, 10));
    for (const [at, { board }] of [plain, prepared].entries()) {
      times[at].push((await ringlet(board, NAME, 443, 1)).handshake);
    }
  }
  const [without, made] = times.map(each => median(each.slice(10)));
  console.log('\nfrom connect() to secureConnect through the simulated chip, portable');
  console.log(`  key share made then        ${without.toFixed(1).padStart(6)} ms`);
  console.log(`  key share made while idle  ${made.toFixed(1).padStart(6)} ms  ${(made / without).toFixed(3)}x`);
  idle.wipe();
  for (const { close } of [plain, prepared]) close();
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

/** Of a full handshake's time with the ordinary chain. */
const TARGET_RESUMED: Record<string, number> = { psk_dhe_ke: 1 / 3, psk_ke: 1 / 10 };

/** Handshakes of each mode that are measured, and as many before them that are not. */
const ROUNDS = 60;

/** One handshake, to be gone through again and again: with the same random numbers at the same time, the client says the same, and what the server says to it fits. */
interface Recording {
  anchor: TrustAnchor;
  mode: (typeof MODES)[number];
  now: number;
  session?: Uint8Array;
  /** What the server says until the client has done its part. */
  answers: Uint8Array[];
}

/** A client of this handshake and its ring; the sessions that come go to `sessions`. */
function replayed(recording: Recording, sessions: Uint8Array[]): { input: ByteRing; begin: () => TlsClient } {
  const { anchor, mode, now, session } = recording;
  const input = new ByteRing(16645);
  const below = seededRandom(1);
  const random = (into: Uint8Array, offset: number, length: number): void => {
    for (let i = offset; i < offset + length; i++) into[i] = below(256);
  };
  const group = preparedGroup(portableProvider.groups[0], random);
  if (mode === READY || mode === BOTH) while (!group.step(1 << 20));
  const certificates = mode === KNOWN || mode === BOTH ? remembered : tls13.certificates;
  const config = {
    serverName: NAME,
    crypto: { ...portableProvider, groups: [group] },
    random,
    unixTime: () => now,
    trust: { anchors: [anchor] },
    input,
    listener: { session: (one: Uint8Array) => void sessions.push(one) },
    profile: { ...tls13, certificates, preSharedKeys },
    // The client wipes its secret.
    session: session && new Uint8Array(session),
    pskMode: mode === 'psk_ke' ? mode : undefined,
  } as const;
  return { input, begin: () => new TlsClient(config) };
}

/** Goes through the handshake with a server, up to its tickets. */
function record(port: number, recording: Recording, sessions: Uint8Array[]): Promise<void> {
  const { input, begin } = replayed(recording, sessions);
  const client = begin();
  const socket = net.connect(port, '127.0.0.1');
  const into = new Uint8Array(1024);
  return new Promise((resolve, reject) => {
    let complete = false;
    const send = (): void => {
      const { output } = client;
      while (output.length > 0) {
        const bytes = new Uint8Array(output.length);
        output.copy(0, bytes, 0, bytes.length);
        socket.write(bytes);
        client.outputSent(bytes.length);
      }
      if (!client.handshakeComplete || complete) return;
      complete = true;
      if (client.resumed !== recording.mode.startsWith('psk')) reject(new Error(`${recording.mode}: wrongly resumed`));
      // Its answer comes behind the tickets.
      client.write(Buffer.from('1'), 0, 1);
      send();
    };
    socket.on('connect', send);
    socket.on('data', bytes => {
      if (!complete) recording.answers.push(bytes);
      input.write(bytes, 0, bytes.length);
      const read = client.read(into, 0, into.length);
      send();
      if (read > 0) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

/** The CPU time in ms that the client takes for all of the handshake: waiting for other programs of this machine is not in it. */
function replay(recording: Recording): number {
  const { input, begin } = replayed(recording, []);
  const into = new Uint8Array(1024);
  const before = process.cpuUsage();
  const client = begin();
  client.outputSent(client.output.length);
  for (const bytes of recording.answers) {
    input.write(bytes, 0, bytes.length);
    if (client.handshakeComplete) break;
    client.read(into, 0, into.length);
    client.outputSent(client.output.length);
  }
  const { user, system } = process.cpuUsage(before);
  if (!client.handshakeComplete) throw new Error(recording.mode + ': is not reproduced');
  return (user + system) / 1000;
}

/** What a session saves, and what is known or made beforehand; the server is OpenSSL's, through node:tls, which allows psk_ke by an option that has no name there. */
async function resumption(): Promise<void> {
  const SSL_OP_ALLOW_NO_DHE_KEX = 0x400;
  const suite = 'TLS_CHACHA20_POLY1305_SHA256';
  const now = Math.floor(Date.now() / 1000);
  console.log(`what handshakes take of the client, portable: ${suite}, x25519`);
  for (const { chain, certificates, keyPem, anchor, judged } of CHAINS) {
    const cert = certificates.join('\n');
    const server = await serve(suite, { key: keyPem, cert, secureOptions: SSL_OP_ALLOW_NO_DHE_KEX });
    const sessions: Uint8Array[] = [];
    const recordings: Recording[] = [];
    // The full handshakes bring sessions for the others.
    for (const mode of MODES) {
      const session = mode.startsWith('psk') ? sessions.shift() : undefined;
      const recording: Recording = { anchor, mode, now, session, answers: [] };
      await record(server.port, recording, sessions);
      recordings.push(recording);
    }
    server.stop();
    // By turns, so that all are as warm.
    const times = MODES.map((): number[] => []);
    for (let i = 0; i < 2 * ROUNDS; i++) {
      for (const [at, recording] of recordings.entries()) times[at].push(replay(recording));
    }
    const [full, ...others] = times.map(each => median(each.slice(ROUNDS)));
    console.log(`  ${chain.padEnd(38)} ${full.toFixed(2).padStart(6)} ms`);
    for (const [at, took] of others.entries()) {
      const mode = MODES[at + 1];
      const goal = TARGET_RESUMED[mode];
      const above = took / full > goal;
      const verdict = goal ? `, goal ${goal.toFixed(3)}${above ? ': missed' : ''}${judged ? '' : ', not judged'}` : '';
      console.log(`    ${mode.padEnd(36)} ${took.toFixed(2).padStart(6)} ms  ${(took / full).toFixed(3)}x${verdict}`);
      if (above && judged) problems.push(`a handshake with ${mode} takes ${(took / full).toFixed(3)} of a full one`);
    }
  }
  console.log();
}

await plainTcp();
await resumption();
await throughTheChip();
await keySharesInTime();
await fullRecords();
for (const problem of problems) console.error('off target: ' + problem);
process.exit(problems.length > 0 ? 1 : 0);
