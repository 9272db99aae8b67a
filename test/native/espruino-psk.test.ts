/**
 * The smallest bundle as it goes onto the board, minified, with a server that has its key and no certificate: what Espruino gives it stands in front of the simulated chip,
 * and of the emulated Cortex-M0+ core for its machine code.
 */
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as vm from 'node:vm';
import { crc32 } from 'node:zlib';
import { createSimBoard } from '../../boards/sim/index.js';
import type { ConnectOptions } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { makeCertificate } from '../../tools/certificates.js';
import { isInstalled, PAGE, startOpenssl } from '../peers/servers.js';
import { skip } from '../skip.js';
import { BLOB, ThumbCore } from './thumb-core.js';

const BUNDLE = fileURLToPath(new URL('../../../dist/espruino-psk.min.js', import.meta.url));
const FLASH = 0x10101000;
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const IDENTITY = 'board 7';

interface Bundle {
  start(address: object): { seed(bytes: Uint8Array): number };
  connect(board: object, options: ConnectOptions): TlsSocket;
}

/** What of Espruino the bundle uses; `send` clocks a frame through the chip. */
function espruino(send: (bytes: Uint8Array) => Uint8Array): object {
  const core = new ThumbCore();
  const blob = readFileSync(BLOB);
  const files = new Map<string, string>([['ringlet-thumb', blob.toString('latin1')]]);
  const pin = () => ({ write() {}, mode() {} });
  const join = (parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]));
  return {
    SPI1: {
      setup() {},
      send: (parts: Uint8Array[]) => send(join(parts)),
      write: (header: Uint8Array, data: Uint8Array) => void send(join([header, data])),
    },
    ...Object.fromEntries([16, 17, 18, 19, 20].map(n => ['D' + n, pin()])),
    E: {
      hwRand: () => randomFillSync(new Int32Array(1))[0],
      CRC32: (text: string) => crc32(Buffer.from(text, 'latin1')),
      toArrayBuffer: (text: string) => new Uint8Array(Buffer.from(text, 'latin1')).buffer,
      getAddressOf: (value: string | Uint8Array) => (typeof value === 'string' ? FLASH : core.addressOf(value)),
      nativeCall(address: number) {
        for (let entry = 0; entry < core.entries; entry++) {
          if (blob.readUInt32LE(16 + 4 * entry) === address - FLASH)
            return (a: number, b: number, c: number, d: number) => core.call(entry, a, b, c, d);
        }
        throw new Error('no entry there');
      },
    },
    require: () => ({
      read: (name: string) => files.get(name),
      write: (name: string, data: Uint8Array) => files.set(name, Buffer.from(data).toString('latin1')),
    }),
    getTime: () => performance.now() / 1000,
    getSerial: () => 'ringlet simulator',
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
    clearTimeout: (id: NodeJS.Timeout) => clearTimeout(id),
    // Those of this realm, whose buffers the core knows.
    Uint8Array,
  };
}

async function fetchPage(
  key: Uint8Array,
): Promise<{ page: string; suite: string | undefined; group: string | undefined }> {
  const server = await startOpenssl(await makeCertificate(), [
    ...['-nocert', '-www', '-psk', Buffer.from(KEY).toString('hex'), '-psk_identity', IDENTITY],
  ]);
  const sim = createSimBoard();
  try {
    const context = espruino(bytes => {
      sim.chip.select();
      const answer = sim.chip.transferBytes(bytes);
      sim.chip.deselect();
      return answer;
    });
    const ringlet: Bundle = vm.runInNewContext(`${readFileSync(BUNDLE, 'latin1')};ringlet`, context);
    const quad = (...bytes: number[]) => Uint8Array.from(bytes);
    const address = { ip: quad(10, 0, 0, 77), mask: quad(255, 255, 255, 0), gateway: quad(10, 0, 0, 1), dns: [] };
    const board = ringlet.start(address);
    assert.ok(board.seed(randomFillSync(new Uint8Array(32))) >= 128);
    const psk = { identity: new Uint8Array(Buffer.from(IDENTITY)), key, hash: 'sha256' as const };
    const host = sim.lan.publish('psk.test', 443, server.port);
    return await new Promise((resolve, reject) => {
      let page = '';
      const socket = ringlet.connect(board, { host, port: 443, psk });
      socket.on('secureConnect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
      socket.on('data', bytes => {
        page += Buffer.from(bytes).toString('latin1');
      });
      socket.on('error', reject);
      socket.on('end', () => resolve({ page, suite: socket.tls.cipherSuite, group: socket.tls.group }));
    });
  } finally {
    sim.close();
    await server.stop();
  }
}

describe('native: the smallest bundle of Espruino', () => {
  before(function () {
    if (!existsSync(BUNDLE)) skip(this, `${BUNDLE} is not built`);
    if (!isInstalled('openssl')) skip(this, 'openssl is not installed');
  });

  it('fetches a page with a key that the server has', async function () {
    this.timeout(60000);
    const { page, suite, group } = await fetchPage(KEY);
    assert.ok(page.toLowerCase().startsWith(PAGE), page.slice(0, 100));
    assert.match(suite!, /^TLS_(CHACHA20_POLY1305|AES_128_GCM)_SHA256$/);
    assert.equal(group, 'x25519');
  });

  it('says that the server does not take another key', async function () {
    this.timeout(60000);
    await assert.rejects(fetchPage(new Uint8Array(32)), { code: /^ERR_TLS_/ });
  });
});
