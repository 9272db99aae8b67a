/** The host's servers and what they leave in a run's folder. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { fillPattern } from '../../hil/cases/pattern.js';
import { HilError } from '../../hil/errors.js';
import { FIXTURE_NAMES, type Fixtures, lanAddress, startFixtures } from '../../hil/fixtures/index.js';
import { parseScript } from '../../hil/fixtures/script.js';
import { play } from './agent-in-process.js';

const LOOPBACK = '127.0.0.1';

interface Heard {
  bytes: Buffer;
  /** 'end', or the code of the error. */
  end: string;
}

/** All that a server says to a line. */
function talk(socket: net.Socket, line: string): Promise<Heard> {
  const chunks: Buffer[] = [];
  let end = '';
  return new Promise(resolve => {
    socket.on('data', chunk => chunks.push(chunk));
    socket.on('end', () => (end ||= 'end'));
    socket.on('error', error => (end ||= (error as NodeJS.ErrnoException).code!));
    socket.on('close', () => resolve({ bytes: Buffer.concat(chunks), end }));
    socket.write(line);
  });
}

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  fillPattern(bytes, length, 0);
  return bytes;
}

describe('hil: fixtures', () => {
  let folder: string;
  let fixtures: Fixtures;
  const port = (name: string) => Number(fixtures.values[name]!['port']);
  const connectTcp = () => net.connect({ host: LOOPBACK, port: port('tcp') });
  const connectTls = (name: string) =>
    tls.connect({
      host: LOOPBACK,
      port: port(name),
      servername: 'tls.fixture.test',
      ca: `-----BEGIN CERTIFICATE-----\n${fixtures.values[name]!['anchor']}\n-----END CERTIFICATE-----`,
    });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringlet-hil-'));
    fixtures = await startFixtures([...FIXTURE_NAMES, 'w5500', 'tcp'], { address: LOOPBACK, runFolder: folder });
  });
  after(async () => {
    await fixtures.stop();
    rmSync(folder, { recursive: true });
  });

  it('offers what it has, and says why not the rest', () => {
    assert.deepEqual(Object.keys(fixtures.values), FIXTURE_NAMES);
    assert.deepEqual(fixtures.missing, { w5500: 'this machine has no such fixture' });
  });

  it('fits into the lines that agents take', () => {
    for (const [name, values] of Object.entries(fixtures.values)) {
      assert.ok(JSON.stringify(JSON.stringify(values)).length < 850, name);
    }
  });

  it('TCP: pieces, in order, then FIN', async () => {
    assert.deepEqual(await talk(connectTcp(), 'send 100 7;wait 20;send 50;end\n'), { bytes: pattern(150), end: 'end' });
  });

  it('TCP: RST', async () => {
    assert.deepEqual(await talk(connectTcp(), 'send 100;wait 100;rst\n'), { bytes: pattern(100), end: 'ECONNRESET' });
  });

  it('TCP: what is no script ends in RST', async () => {
    assert.equal((await talk(connectTcp(), 'GET / HTTP/1.0\n')).end, 'ECONNRESET');
    assert.equal((await talk(connectTcp(), 'x'.repeat(300))).end, 'ECONNRESET');
  });

  it('TCP: echo, what came behind the line first', async () => {
    const socket = connectTcp();
    const heard = talk(socket, 'echo\nabc');
    setTimeout(() => socket.end('def'), 30);
    assert.deepEqual(await heard, { bytes: Buffer.from('abcdef'), end: 'end' });
  });

  for (const name of ['tls', 'tls-dribble']) {
    it(`${name}: a chain that node accepts, and a clean end`, async () => {
      assert.deepEqual(await talk(connectTls(name), 'send 500 100;end\n'), { bytes: pattern(500), end: 'end' });
    });
  }

  it('TLS: RST behind data', async () => {
    assert.deepEqual(await talk(connectTls('tls'), 'send 500;wait 100;rst\n'), {
      bytes: pattern(500),
      end: 'ECONNRESET',
    });
  });

  it('leaves key log, log and capture of a simulated board', async () => {
    const { verdict, message } = await play('tls/page', { fixtures });
    assert.equal(`${verdict} ${message}`, 'pass ');
    const read = (name: string) => readFileSync(join(folder, name), 'latin1');
    assert.match(read('keys.log'), /^(\w+ [0-9a-f]{64} [0-9a-f]+\n)+$/);
    assert.match(read('fixtures.log'), /tls \d+ handshake complete, TLS_\w+\n.* tls \d+ send 3000 1000;end\n/);
    const capture = read('capture.pcapng');
    // The secrets that the server has written are in the capture, and so is the question for its name.
    assert.ok(capture.includes(read('keys.log').trim().split('\n').pop()!));
    assert.ok(capture.includes('\x03tls\x07fixture\x04test'));
  });

  it('says in its log which handshake was by a session', async () => {
    assert.equal((await play('tls/resumed', { fixtures })).verdict, 'pass');
    const log = readFileSync(join(folder, 'fixtures.log'), 'latin1');
    assert.match(log, /handshake complete, \w+\n.* handshake complete, \w+, resumed\n/s);
  });

  it('a second board in the same folder has a capture of its own', async () => {
    await play('net/dhcp', { fixtures });
    assert.ok(readFileSync(join(folder, 'capture-2.pcapng')).length > 1000);
  });

  it('an address that is not of this machine is an error of the infrastructure', async () => {
    await assert.rejects(startFixtures(['closed', 'tcp'], { address: '203.0.113.1' }), (error: HilError) => {
      assert.ok(error instanceof HilError);
      assert.deepEqual([error.code, error.exitCode], ['FIXTURE', 4]);
      assert.match(error.message, /203\.0\.113\.1: .*EADDRNOTAVAIL/);
      return true;
    });
  });

  it('real boards get an address of this machine, and no time server unless one is named', async function () {
    let address: string;
    try {
      address = lanAddress();
    } catch (error) {
      assert.equal((error as HilError).code, 'FIXTURE_ADDRESS');
      console.log('      no address but loopback: skipped');
      return this.skip();
    }
    const real = await startFixtures(['tcp', 'time'], { address });
    try {
      assert.equal(real.values['tcp']!['host'], address);
      assert.deepEqual([real.lan, real.missing], [{}, { time: 'no time server was named' }]);
    } finally {
      await real.stop();
    }
  });

  it('scripts: what is wrong is said', () => {
    assert.equal(parseScript('send 10;jump'), "'jump' is no step");
    assert.equal(parseScript('send 99999999'), "'send 99999999' is too much");
    assert.equal(parseScript(''), "'' is no step");
  });
});
