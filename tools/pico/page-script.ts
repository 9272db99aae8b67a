/**
 * What runs on the emulated board behind ringlet's bundle: `pico.page()` fetches one page and prints a row a step, with the board's own
 * clock, and what memory is left where that is asked for (to ask takes time). Garbage is collected before, so what is told is what an application could have. The
 * language is Espruino's.
 */

/** A row is this, the milliseconds, free memory or nothing, and what has happened. */
export const ROW = /^@(\d+(?:\.\d+)?),(\d*),(.*)$/;
export const LAST_ROW = 'closed';

/** Kaluma counts garbage as used until it is collected, which happens before a number of 62 KB is refused. */
const ENGINES = {
  espruino: `function now() { return getTime() * 1000; }
    function free() { return process.memory().free; }`,
  kaluma: `function now() { return micros() / 1000; }
    function free() {
      try { BigInt(1) << BigInt(500000); } catch (e) {}
      var m = process.memoryUsage();
      return m.heapTotal - m.heapUsed;
    }`,
};

/** On one line: what Kaluma's flash holds is compared with what was sent, and line ends are not printed as they are. */
/** `always`: memory is asked for at every step. */
export function pageScript(engine: keyof typeof ENGINES, always: boolean): string {
  const text = `
var pico = (function () {
  ${ENGINES[engine]}
  var NAMES = { 1: 'ClientHello', 2: 'ServerHello', 4: 'NewSessionTicket', 8: 'EncryptedExtensions', 11: 'Certificate', 15: 'CertificateVerify', 20: 'Finished' };
  var anchor;
  function row(ms, text, memory) {
    console.log('@' + ms.toFixed(1) + ',' + (memory || ${always} ? free() : '') + ',' + text);
  }
  function fetch(board, host, port, path) {
    var computed = '', computedAt = 0, received = 0;
    function step(text, memory) {
      var ms = now();
      if (computed) row(computedAt, 'computed: ' + computed);
      computed = '';
      row(ms, text, memory);
    }
    var socket = ringlet.connect(board, { host: host, port: port, ca: [anchor], handshakeTimeout: 86400000 });
    step('connect() has returned', true);
    socket.on('connect', function () { step('TCP connected'); });
    socket.on('message', function (m) { step((m.sent ? 'sent ' : 'received ') + (NAMES[m.type] || m.type)); });
    socket.on('progress', function (p) {
      var ms = now();
      if (computed && computed !== p.step) row(computedAt, 'computed: ' + computed);
      computed = p.step;
      computedAt = ms;
    });
    socket.on('secureConnect', function () {
      step('secure: ' + socket.tls.cipherSuite + ', ' + socket.tls.group + ', path of ' + socket.tls.peerPath.path.length, true);
      socket.write('GET ' + path + ' HTTP/1.1\\r\\nHost: ' + host + '\\r\\nConnection: close\\r\\n\\r\\n');
    });
    socket.on('data', function (bytes) {
      if (!received) step('first byte of the answer');
      received += bytes.length;
    });
    socket.on('end', function () { step(received + ' bytes, and their end'); });
    socket.on('error', function (error) { step('error ' + error.code + ' ' + error.message); });
    socket.on('close', function () { step('closed', true); });
  }
  return {
    anchor: function (base64) {
      anchor = ringlet.trustAnchor(ringlet.pemToDer('-----BEGIN CERTIFICATE-----' + base64 + '-----END CERTIFICATE-----')[0]);
      return free();
    },
    page: function (host, port, path) {
      row(now(), 'begin', true);
      var board = ringlet.start();
      row(now(), 'chip set up, pool of entropy filled', true);
      function leased() {
        board.network.poll();
        if (!board.network.lease) { setTimeout(leased, 2); return; }
        row(now(), 'DHCP lease');
        board.network.queryTime('10.0.0.1', function (error) {
          if (error) { row(now(), 'error ' + error.code + ' ' + error.message); row(now(), 'closed'); return; }
          row(now(), 'SNTP time');
          try { fetch(board, host, port, path); } catch (e) { row(now(), 'error ' + e.code + ' ' + e.message); row(now(), 'closed'); }
        });
      }
      leased();
    }
  };
})();
`;
  return text.replace(/\s*\n\s*/g, ' ');
}
