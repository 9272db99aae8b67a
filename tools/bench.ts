/**
 * `npm run bench`: what TLS costs here, with node:tls against the same server in the same run as 1.0; then what the driver
 * asks of the SPI bus on the simulated chip. Medians of several runs; figures of one machine compare with nothing but
 * themselves, the ratios and the frame counts do.
 */
import { performance } from 'node:perf_hooks';
import * as tls from 'node:tls';
import { nodeCryptoProvider, nodeRandom } from '../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer, nodeUnixTime } from '../boards/node/event-loop.js';
import { nodeTcpNetwork } from '../boards/node/tcp-network.js';
import { createSimBoard, type SimBoard } from '../boards/sim/index.js';
import { idleKeyShares, start } from '../boards/sim-w5500.js';
import { portableProvider } from '../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { connect } from '../src/socket/connect.js';
import type { Board } from '../src/socket/options.js';
import type { TlsSocket } from '../src/socket/tls-socket.js';
import { tls13 } from '../src/tls/profiles.js';
import { localMac } from '../src/w5500/mac.js';
import { w5500Network } from '../src/w5500/network.js';
import { udpServices } from '../src/w5500/services.js';
import { benchResumption } from './bench-resumption.js';
import { ca, median, NAME, root, serve } from './bench-server.js';

const TARGET_HANDSHAKE_RATIO = 2.5;
const TARGET_FRAMES_PER_KILOBYTE = 8;
/** Of SPI bytes, records in the chip to records in the ring. */
const TARGET_TWO_PASSES_RATIO = 2;

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

/** A board with its simulated chip, whose network has `server` on `port` of this machine as NAME; without `crypto` it has the portable algorithms. */
function simulated(port: number, crypto?: CryptoProvider): { board: Board; sim: SimBoard } {
  const sim = createSimBoard();
  sim.lan.publish(NAME, 443, port);
  const board = start({
    spi: sim.spi,
    clock: nodeClock,
    timer: nodeTimer,
    random: nodeRandom,
    crypto,
    uniqueId: new Uint8Array([1, 2, 3, 4, 5]),
    receiveBuffer: 16645,
  });
  return { board: { ...board, unixTime: nodeUnixTime }, sim };
}

async function throughTheChip(): Promise<void> {
  const server = await serve('TLS_CHACHA20_POLY1305_SHA256');
  const { sim, board } = simulated(server.port, nodeCryptoProvider);
  const before = (): number => sim.chip.stats.frames;
  const bytes = 10240;
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
  await ringlet(board, NAME, 443, bytes, step);
  step('closed');
  sim.close();
  server.stop();
}

/**
 * What `idleKeyShares` takes off a connection through the chip, from `connect()` to `secureConnect`: CPU time of all that runs here, so the server and the simulated
 * chip are in both figures.
 */
async function keySharesInTime(): Promise<void> {
  const server = await serve('TLS_CHACHA20_POLY1305_SHA256');
  const [plain, prepared] = [simulated(server.port), simulated(server.port)];
  const idle = idleKeyShares(prepared.board);
  const times: number[][] = [[], []];
  for (let i = 0; i < 30; i++) {
    while (!idle.ready) await new Promise(resolve => setTimeout(resolve, 10));
    for (const [at, { board }] of [plain, prepared].entries()) {
      const before = process.cpuUsage();
      await ringlet(board, NAME, 443, 1, what => {
        const { user, system } = process.cpuUsage(before);
        if (what === 'handshake') times[at].push((user + system) / 1000);
      });
    }
  }
  const [without, made] = times.map(each => median(each.slice(10)));
  console.log('\nfrom connect() to secureConnect through the simulated chip, portable, with the server');
  console.log(`  key share made then        ${without.toFixed(1).padStart(6)} ms`);
  console.log(`  key share made while idle  ${made.toFixed(1).padStart(6)} ms  ${(made / without).toFixed(3)}x`);
  idle.wipe();
  for (const { sim } of [plain, prepared]) sim.close();
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

await plainTcp();
problems.push(...(await benchResumption()));
await throughTheChip();
await keySharesInTime();
await fullRecords();
for (const problem of problems) console.error('off target: ' + problem);
process.exit(problems.length > 0 ? 1 : 0);
