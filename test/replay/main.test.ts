/** `npm run replay` as a person runs it: traces, captures, raw streams, wrong arguments, exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replayCommand } from '../../tools/replay/command.js';
import { readPcapng } from '../../tools/replay/pcapng.js';
import { tcpStreams } from '../../tools/replay/tcp-streams.js';

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** In a process of its own. */
function spawned(tool: string, args: string[], input = ''): Outcome {
  const path = fileURLToPath(new URL(`../../tools/${tool}`, import.meta.url));
  return spawnSync(process.execPath, [path, ...args], { encoding: 'utf8', input, timeout: 30000 });
}

async function replay(args: string[]): Promise<Outcome> {
  const outcome = { status: 0, stdout: '', stderr: '' };
  outcome.status = await replayCommand(args, {
    log: text => (outcome.stdout += text + '\n'),
    error: text => (outcome.stderr += text + '\n'),
  });
  return outcome;
}

const RESET =
  'T1 ERR_NET_RESET 16645 0 711 0 o22,206,0 M1,206,0 48c5889,0,2048 s1,0,0 w211,0,0 7c5904,0,1837 1c5892,711,2048' +
  ' r711,0,0 i22,122,122 m2,122,0 1i20,1,1 i22,23,6 m8,6,0 i22,386,369 m11,369,0 i22,96,79 m15,79,0 i22,53,36' +
  ' m20,36,0 o20,1,0 o22,53,0 M20,36,0 w64,0,0 s2,0,0 o23,35,0 c5904,0,1984 w40,0,0 259c0,0,2048';

describe('npm run replay', function () {
  this.timeout(40000);
  let folder = '';
  let capture = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringlet-'));
    capture = join(folder, 'out.pcapng');
    const { status, stderr } = spawned('fetch/main.js', ['--capture', capture, '--board', 'sim-node']);
    assert.equal(status, 0, stderr);
  });
  after(() => rmSync(folder, { recursive: true }));

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('puts a trace into words and replays it: as an argument, in a file, from the standard input', async () => {
    for (const { status, stdout, stderr } of [
      await replay([RESET]),
      await replay(RESET.split(' ')),
      await replay([file('log.txt', `it failed: ${RESET}\nand so on\n`)]),
      spawned('replay/main.js', ['-'], RESET),
    ]) {
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /message {3}← CertificateVerify, 79 bytes/);
      assert.match(stdout, /replayed: ends with ERR_NET_RESET, as before\n +6 of 6 records and 1 of 1 cuts/);
    }
  });

  it('says so when it does not end the same, or cannot: exit code 1', async () => {
    const other = await replay([RESET.replace('ERR_NET_RESET', 'ERR_TLS_BAD_RECORD_MAC')]);
    assert.equal(other.status, 1);
    assert.match(other.stdout, /ends with \S+, not with ERR_TLS_BAD_RECORD_MAC/);
    const content = await replay([RESET.replace('ERR_NET_RESET', 'ERR_CERT_EXPIRED')]);
    assert.equal(content.status, 1);
    assert.match(content.stdout, /cannot be replayed/);
  });

  it('decrypts a capture with the secrets in it, the same under every partition', async () => {
    const { status, stdout, stderr } = await replay([capture, '--cut', '1', '--cut', '7', '--random', '5']);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /message {2}ServerHello.*\n[\s\S]*message {2}Finished[\s\S]*alert {4}close_notify/);
    assert.match(stdout, /end: close_notify/);
    assert.equal(stdout.match(/: the same/g)?.length, 3);
  });

  it('reads the bytes of a server with a key log, and sees where they are cut off', async () => {
    const { packets, keyLog } = readPcapng(readFileSync(capture));
    const { bytes } = tcpStreams(packets).streams[0]!.fromServer;
    const keys = file('keys.txt', `# a comment\n${keyLog.join('\r\n')}\n`);
    const whole = await replay([file('whole.bin', bytes), '--keylog', keys]);
    assert.equal(whole.status, 0, whole.stderr);
    assert.match(whole.stdout, /end: close_notify/);
    const cut = await replay([file('cut.bin', bytes.subarray(0, -30)), '--keylog', keys]);
    assert.equal(cut.status, 0, cut.stderr);
    assert.match(cut.stdout, /end: the end of the recording without close_notify, \d+ bytes into a record/);
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 100]! ^= 1;
    const damaged = await replay([file('flipped.bin', flipped), '--keylog', keys]);
    assert.equal(damaged.status, 1);
    assert.match(damaged.stdout, /end: ERR_TLS_BAD_RECORD_MAC/);
    const small = await replay([capture, '--ring', '512']);
    assert.equal(small.status, 1);
    assert.match(small.stdout, /end: ERR_TLS_RECORD_TOO_LARGE/);
  });

  it('a capture of a handshake that has failed is read as far as it went', async () => {
    const failed = join(folder, 'failed.pcapng');
    const { status, stderr } = spawned('fetch/main.js', ['--capture', failed, '--board', 'sim-node', '--ring', '512']);
    assert.equal(status, 1, stderr);
    const { status: again, stdout } = await replay([failed]);
    assert.equal(again, 0, stdout);
    assert.match(stdout, /message {2}Certificate,[\s\S]*message {2}Finished[\s\S]*end: FIN without close_notify/);
  });

  it('without the secret of the application data it stops behind the Finished, and says why', async () => {
    const { keyLog } = readPcapng(readFileSync(capture));
    const keys = file('half.txt', keyLog.filter(line => !line.includes('SERVER_TRAFFIC_SECRET_0')).join('\n'));
    const { status, stdout } = await replay([capture, '--keylog', keys]);
    assert.equal(status, 1);
    assert.match(stdout, /message {2}Finished[\s\S]*end: the key log has no SERVER_TRAFFIC_SECRET_0/);
  });

  it('captures without a beginning, without secrets, or damaged: a sentence and exit code 1', async () => {
    const empty = await replay([capture, '--keylog', file('none.txt', '')]);
    assert.equal(empty.status, 1);
    assert.match(empty.stderr, /SERVER_HANDSHAKE_TRAFFIC_SECRET|there are no secrets/);
    const none = await replay([capture, '--stream', '9']);
    assert.equal(none.status, 1);
    assert.match(none.stderr, /^replay: the capture has 1 TCP connections/);
    const cut = await replay([file('cut.pcapng', readFileSync(capture).subarray(0, -10))]);
    assert.equal(cut.status, 1);
    assert.match(cut.stderr, /^replay: pcapng: the block at \d+/);
  });

  it('wrong arguments: usage and exit code 2', async () => {
    for (const args of [
      [],
      ['--no-such'],
      [join(folder, 'missing')],
      [file('text.txt', 'nothing')],
      [file('old.pcap', Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'))],
      ['one', 'two'],
      [capture, '--cut', '0'],
      [capture, '--random', 'x'],
      [capture, '--ring', '1'],
    ]) {
      const { status, stdout, stderr } = await replay(args);
      assert.equal(status, 2, args.join(' ') + stdout);
      assert.match(stderr, /^replay: [^\n]+\n\nusage:/, args.join(' '));
    }
    assert.equal((await replay(['--help'])).status, 0);
    assert.equal(spawned('replay/main.js', []).status, 2);
  });
});
