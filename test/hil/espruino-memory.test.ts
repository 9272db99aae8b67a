/**
 * Connections one after another in the real Espruino, with the bundle of a board: what one has taken comes back. ESPRUINO names the engine, whose desktop build has
 * no SPI: an object in its place reaches the simulated chip.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startFixtures } from '../../hil/fixtures/index.js';
import { skip } from '../skip.js';
import { openBoard, until } from './desktop-boards.js';

const CONNECTIONS = 5;
/** Of the script after a connection: how many there were, and the variables in use when all garbage is collected. */
const ROW = /@(\d),(\w.*)$/gm;

describe('memory of Espruino', function () {
  this.timeout(10 * 60 * 1000);

  before(function () {
    if (!process.env['ESPRUINO']) skip(this, 'ESPRUINO does not name an Espruino binary');
  });

  it('five connections, one after another, leave as many variables in use as two', async () => {
    const fixtures = await startFixtures(['tls'], { address: '127.0.0.1' });
    const board = await openBoard('sim-espruino', {}, fixtures.env);
    try {
      const { engine } = board.session;
      const bundle = readFileSync('dist/espruino-portable.tok', 'latin1');
      const script = oneLine(SPI) + bundle + oneLine(application(fixtures.values['tls']!));
      await engine.upload('memory', Buffer.from(script, 'latin1'));
      await engine.start('memory', 'memory');
      await engine.command('memory.next()');
      const rows = () => [...board.text().matchAll(ROW)].map(([, number, used]) => [number, used!.trim()]);
      await until(() => rows().length === CONNECTIONS, `${CONNECTIONS} connections`, 4 * 60 * 1000);
      for (const [number, said] of rows()) assert.match(said!, /^\d+$/, `connection ${number}: ${said}`);
      const used = rows().map(([, variables]) => Number(variables));
      console.log(`        ${used.join(', ')} variables`);
      assert.equal(used[4], used[1]);
    } finally {
      await board.session.close();
      await fixtures.stop();
    }
  });
});

const oneLine = (script: string) => script.replace(/\s*\n\s*/g, ' ');

/** Ports that boards/espruino-board.ts drives, by way of hil/sim/spi-stream.ts; frames are short enough for it. */
const SPI = `
var mosi = E.openFile('mosi', 'w'), miso = E.openFile('miso', 'r');
function spiFrame(top, header, length) {
  mosi.write(E.toString(new Uint8Array([top + (length >> 8), length, header[0], header[1], header[2]])));
}
var SPI1 = {
  setup: function () {},
  send: function (data) {
    var n = data[1].length, answer = new Uint8Array(3 + n);
    spiFrame(0, data[0], n);
    answer.set(E.toUint8Array(miso.read(n)), 3);
    return answer;
  },
  write: function (header, data) {
    spiFrame(0x80, header, data.length);
    mosi.write(E.toString(data));
  }
};
var D16 = 0, D17 = { write: function () {} }, D18 = 0, D19 = 0, D20 = D17;
mosi.write('\\0\\0\\0\\0\\0');
miso.read(1);
`;

function application({ host, port, name, pin, unix }: Record<string, string | number>): string {
  return `
var memory = (function () {
  var board = ringlet.start();
  var number = 0;
  board.unixTime = function () { return ${unix}; };
  board.seed(E.toUint8Array(E.openFile('/dev/urandom', 'r').read(32)));
  function told(text) { print('@' + ++number + ',' + text); }
  function next() {
    var received = 0, failure = '';
    var socket = ringlet.connect(board, { host: '${host}', port: ${port}, servername: '${name}', pins: [E.toUint8Array(atob('${pin}'))], handshakeTimeout: 600000 });
    socket.on('secureConnect', function () { socket.write('send 3000 1000;end\\n'); });
    socket.on('data', function (bytes) { received += bytes.length; });
    socket.on('error', function (error) { failure = error.code + ' ' + error.message; });
    socket.on('close', function () {
      var well = received === 3000 && !failure;
      socket = undefined;
      setTimeout(function () {
        if (!well) told('NaN ' + received + ' ' + failure);
        else told(process.memory().usage);
        if (number < ${CONNECTIONS}) next();
      }, 100);
    });
  }
  return { next: next };
})();
`;
}
