/**
 * The simulated board's whole bundle in QuickJS, with a heap limit: driver, DHCP, DNS, SNTP, TLS 1.3 with a chain of three, and a page.
 * The chip, its LAN and the server are the desktop's; what goes between the two are SPI frames, times and random bytes.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { QuickJSContext } from 'quickjs-emscripten-core';
import { createSimBoard, type SimBoard } from '../../boards/sim/index.js';
import { DEMO_NAME, startDemoServer } from '../../tools/fetch/demo-server.js';
import { evaluate, global, inQuickJs, QUICKJS_HEAP } from './engine-runs.js';

/** What runs in front of the bundle's `start`: an SpiPort, a clock and timers out of functions that take and give strings. */
const HOST = `
var timers = [];
function digits(bytes) { return Array.from(bytes, function (b) { return (256 + b).toString(16).slice(1); }).join(''); }
function bytes(text) { return Uint8Array.from(text.match(/../g) || [], function (d) { return parseInt(d, 16); }); }
function random(into, offset, length) { into.set(bytes(hostRandom(String(length))), offset); }
var spi = {
  read: function (header, into, offset, length) {
    into.set(bytes(hostSpi(digits(header) + '00'.repeat(length))).subarray(3), offset);
  },
  write: function (header, data, offset, length) {
    hostSpi(digits(header) + digits(data.subarray(offset, offset + length)));
  }
};
var timer = {
  after: function (ms, callback) { timers.push(callback); hostAfter(ms + ' ' + (timers.length - 1)); return timers.length - 1; },
  cancel: function (id) { timers[id] = undefined; }
};
function fire(id) { var callback = timers[id]; timers[id] = undefined; if (callback) callback(); }
var clock = { now: function () { return Number(hostNow('')); } };
`;

const FETCH = (root: string) => `
var board = ringlet.start({ spi: spi, clock: clock, timer: timer, random: random, uniqueId: bytes('0102030405060708'), receiveBuffer: 4096 });
function lease() {
  board.network.poll();
  if (!board.network.lease) return timer.after(2, lease);
  board.network.queryTime('10.0.0.1', function (error) { if (error) print('error ' + error.code); else fetch(); });
}
function fetch() {
  var socket = ringlet.connect(board, { host: '${DEMO_NAME}', port: 443, ca: [ringlet.trustAnchor(bytes('${root}'))] });
  var body = '';
  socket.on('secureConnect', function () {
    print('secure ' + socket.authorized + ' ' + socket.tls.cipherSuite + ' ' + socket.tls.peerPath.path.length);
    socket.write('GET / HTTP/1.1\\r\\nHost: ${DEMO_NAME}\\r\\nConnection: close\\r\\n\\r\\n');
  });
  socket.on('data', function (piece) { body += String.fromCharCode.apply(null, piece); });
  socket.on('end', function () { print('end'); });
  socket.on('error', function (error) { print('error ' + error.code + ' ' + error.message); });
  socket.on('close', function () { print('page ' + body); print('close'); });
}
lease();
`;

describe('engines: QuickJS with a board', () => {
  it('fetches a page with the whole bundle, over the simulated chip', async function () {
    this.timeout(60000);
    const server = await startDemoServer();
    const sim = createSimBoard();
    sim.lan.publish(DEMO_NAME, 443, server.port);
    const lines: string[] = [];
    try {
      const most = await inQuickJs(context => fetchInside(context, sim, server.root, lines));
      const told = lines.filter(line => !line.startsWith('page '));
      assert.match(told.shift()!, /^secure true TLS_AES_\d+_GCM_SHA\d+ 2$/);
      assert.deepEqual(told, ['end', 'close']);
      assert.match(lines.join('\n'), /not one of them was lost/);
      assert.deepEqual(sim.chip.violations, []);
      console.log(`        ${most} of ${QUICKJS_HEAP} bytes of heap at most`);
    } finally {
      sim.close();
      await server.close();
    }
  });
});

/** Resolves once the script has printed 'close' or an error. */
async function fetchInside(context: QuickJSContext, sim: SimBoard, root: Uint8Array, lines: string[]): Promise<void> {
  const text = (made: string) => context.newString(made);
  const answering = (name: string, body: (argument: string) => string) =>
    context
      .newFunction(name, argument => text(body(context.getString(argument))))
      .consume(handle => context.setProp(context.global, name, handle));
  const pending = new Set<NodeJS.Timeout>();
  await new Promise<void>((resolve, reject) => {
    const guarded = (code: string) => {
      try {
        evaluate(context, code);
      } catch (error) {
        reject(error as Error);
      }
    };
    answering('hostSpi', hex => {
      sim.chip.select();
      const answer = sim.chip.transferBytes(Buffer.from(hex, 'hex'));
      sim.chip.deselect();
      return Buffer.from(answer).toString('hex');
    });
    answering('hostRandom', length => randomBytes(Number(length)).toString('hex'));
    answering('hostNow', () => String(performance.now()));
    global(context, 'hostAfter', request => {
      const [ms, id] = request.split(' ');
      const timeout = setTimeout(() => {
        pending.delete(timeout);
        guarded(`fire(${id})`);
      }, Number(ms));
      pending.add(timeout);
    });
    global(context, 'print', line => {
      lines.push(line);
      if (/^(close|error)/.test(line)) resolve();
    });
    guarded(HOST + readFileSync('dist/sim-w5500.min.js', 'latin1'));
    guarded(FETCH(Buffer.from(root).toString('hex')));
  }).finally(() => {
    for (const timeout of pending) clearTimeout(timeout);
  });
}
