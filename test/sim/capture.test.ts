/**
 * The simulated board's pcapng captures: read back by a reader of our own (structure, checksums, the streams), and by tshark,
 * which decrypts them with the secrets embedded.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Capture } from '../../boards/sim/index.js';
import { type CaptureFile, readPcapng } from '../../tools/replay/pcapng.js';
import { type TcpStream, tcpStreams } from '../../tools/replay/tcp-streams.js';
import { skip } from '../skip.js';
import { type ChipRig, closeChipRigs, makeChipRig } from '../socket/chip-rig.js';
import { listen, serve, story, type TestServer } from '../socket/harness.js';

const PAGE = Buffer.alloc(100000, 'not one of them was lost. ');
const HEAD = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${PAGE.length}\r\n\r\n`;

interface Captured {
  file: Buffer;
  read: CaptureFile;
  streams: TcpStream[];
  damaged: number;
}

function capturing(rig: ChipRig): Capture {
  rig.sim.lan.capture = new Capture(rig.sim.clock, Date.UTC(2026, 0, 1));
  return rig.sim.lan.capture;
}

function readBack(capture: Capture): Captured {
  const file = Buffer.from(capture.file());
  const read = readPcapng(file);
  return { file, read, ...tcpStreams(read.packets) };
}

/** One request over TLS, its answer larger than chip memory and ring, and everything the server's TCP socket has sent. */
async function page(): Promise<Captured & { sent: Buffer; received: Buffer }> {
  const server = await serve(secure => {
    secure.once('data', () => secure.end(Buffer.concat([Buffer.from(HEAD), PAGE])));
  });
  // What the server really sends, TLS and all, passes here.
  const relayed: Buffer[] = [];
  const proxy = await listen(outer => {
    const inner = net.connect(server.port, '127.0.0.1');
    inner.on('data', chunk => relayed.push(chunk));
    inner.on('error', () => outer.destroy());
    inner.pipe(outer);
    outer.pipe(inner);
  });
  try {
    const rig = makeChipRig({ ring: 16645 });
    const capture = capturing(rig);
    rig.publish(proxy.port);
    const socket = await rig.connect();
    const told = story(socket);
    socket.on('keylog', line => capture.secret(line));
    socket.on('secureConnect', () => socket.write('GET /page HTTP/1.1\r\nHost: socket.test\r\n\r\n'));
    const { events, received } = await told;
    assert.equal(events[events.length - 1], 'close false');
    return { ...readBack(capture), sent: Buffer.concat(relayed), received };
  } finally {
    await proxy.stop();
    await server.stop();
  }
}

describe('sim: pcapng captures', function () {
  this.timeout(20000);
  let server: TestServer | undefined;
  let captured: Awaited<ReturnType<typeof page>>;
  before(async () => {
    captured = await page();
  });
  afterEach(async () => {
    closeChipRigs();
    await server?.stop();
    server = undefined;
  });

  it('hold every packet with right checksums, in order of time, and the secrets before them', () => {
    assert.equal(captured.damaged, 0);
    assert.ok(captured.read.packets.length > 100);
    const times = captured.read.packets.map(({ at }) => at);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.ok(Math.abs(times[0]! - Date.UTC(2026, 0, 1)) < 10000);
    assert.equal(captured.read.keyLog.length, 4);
    assert.equal(captured.file.readUInt32LE(28), 10, 'the second block holds the secrets');
  });

  it('the streams put together are what both sides sent', () => {
    const [stream, ...more] = captured.streams;
    assert.deepEqual(more, []);
    assert.ok(stream);
    assert.match(stream.server, /^198\.51\.100\.\d+:443$/);
    assert.ok(stream.fromServer.bytes.equals(captured.sent), 'the server');
    assert.equal(stream.fromClient.bytes[0], 22);
    assert.ok(stream.fromServer.fin && stream.fromClient.fin);
    assert.ok(!stream.fromServer.rst && !stream.fromClient.rst);
    assert.ok(captured.received.subarray(HEAD.length).equals(PAGE));
  });

  it('no segment is longer than the MSS or the window that was announced', () => {
    let right = 0;
    for (const { bytes } of captured.read.packets) {
      if (bytes[23] !== 6) continue;
      const tcp = bytes.subarray(34);
      const payload = tcp.length - (tcp[12]! >> 4) * 4;
      assert.ok(payload <= 1460);
      if (tcp.readUInt16BE(2) === 443) right = tcp.readUInt32BE(8) + tcp.readUInt16BE(14);
      else if (payload > 0) assert.ok(tcp.readUInt32BE(4) + payload <= right, 'beyond the window');
    }
  });

  it('show a refused connection and one that the peer resets', async () => {
    const rig = makeChipRig();
    const capture = capturing(rig);
    const refused = await rig.connect({ host: '10.0.0.1', port: 9 });
    refused.on('error', () => undefined);
    await new Promise(resolve => refused.on('close', resolve));
    server = await listen(raw => raw.on('data', () => raw.resetAndDestroy()));
    rig.publish(server.port);
    const reset = await rig.connect();
    reset.on('error', () => undefined);
    await new Promise(resolve => reset.on('close', resolve));
    const { streams, damaged } = readBack(capture);
    assert.equal(damaged, 0);
    assert.deepEqual(
      streams.map(({ fromServer, fromClient }) => [fromClient.bytes.length > 0, fromServer.rst]),
      [
        [false, true],
        [true, true],
      ],
    );
  });

  it('nothing is kept where nobody captures', () => {
    const rig = makeChipRig();
    assert.equal(rig.sim.lan.capture, undefined);
  });

  describe('read by tshark', () => {
    let folder = '';
    let file = '';
    before(function () {
      if (spawnSync('tshark', ['--version']).status !== 0) skip(this, 'tshark is not installed');
      folder = mkdtempSync(join(tmpdir(), 'ringlet-'));
      file = join(folder, 'page.pcapng');
      writeFileSync(file, captured.file);
    });
    after(() => {
      if (folder) rmSync(folder, { recursive: true });
    });

    function tshark(filter: string, ...options: string[]): string {
      const checks = ['ip', 'tcp', 'udp'].flatMap(name => ['-o', `${name}.check_checksum:TRUE`]);
      const { status, stdout, stderr } = spawnSync('tshark', ['-r', file, ...checks, '-Y', filter, ...options], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      return stdout.trim();
    }

    it('HTTP is decrypted', () => {
      assert.match(tshark('http.request', '-T', 'fields', '-e', 'http.request.uri'), /^\/page$/);
      assert.match(tshark('http.response', '-V'), /Content-Length: 100000/);
      assert.match(tshark('http.response', '-T', 'fields', '-e', 'http.file_data'), /not one of them was lost/);
    });

    it('no bad checksum, no malformed packet, no retransmission, nothing lost', () => {
      const wrong = [
        'ip.checksum.status == "Bad"',
        'tcp.checksum.status == "Bad"',
        'udp.checksum.status == "Bad"',
        '_ws.malformed',
        '_ws.expert.severity == error',
        'tcp.analysis.retransmission',
        'tcp.analysis.fast_retransmission',
        'tcp.analysis.lost_segment',
        'tcp.analysis.ack_lost_segment',
        'tcp.analysis.duplicate_ack',
        'tcp.analysis.out_of_order',
      ];
      assert.equal(tshark(wrong.join(' || ')), '');
    });

    it('DNS is there too', () => {
      assert.match(tshark('dns.flags.response == 1', '-T', 'fields', '-e', 'dns.qry.name'), /socket\.test/);
    });
  });
});
