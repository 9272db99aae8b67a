/** `npm start` as a person runs it: a process with arguments, what it prints, and its exit code. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Identity } from '../../tools/certificates.js';
import { type FetchArguments, parseArguments } from '../../tools/fetch/arguments.js';
import { authority, leaf } from '../peers/identities.js';

const MAIN = fileURLToPath(new URL('../../tools/fetch/main.js', import.meta.url));

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

function run(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let out = '';
  let err = '';
  child.stdout.on('data', text => (out += text));
  child.stderr.on('data', text => (err += text));
  return new Promise(resolve => child.on('close', code => resolve({ code, out, err })));
}

describe('npm start', () => {
  let folder = '';
  let server: https.Server | undefined;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringlet-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  });

  /** A page on a free port; answers the port. */
  async function serve(identity: Identity, page?: string): Promise<number> {
    server = https.createServer(
      { cert: identity.pem, key: identity.keyPem, minVersion: 'TLSv1.3' },
      (request, response) => response.end(page ?? `you asked for ${request.url}`),
    );
    await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function caFile(): Promise<string> {
    const file = join(folder, 'ca.pem');
    writeFileSync(file, (await authority()).pem);
    return file;
  }

  for (const board of ['sim', 'sim-node', 'espruino', 'kaluma']) {
    it(`prints a page of its own server on board ${board}`, async () => {
      const { code, out, err } = await run('--board', board);
      assert.equal(code, 0, err);
      assert.match(out, /First light\./);
      assert.match(out, /tls +← CertificateVerify, \d+ bytes/);
      assert.match(out, /TLSv1\.3, TLS_/);
      assert.match(out, /chain +CN=first-light\.test ← CN=First Light CA\nanchor +CN=First Light Root/);
      assert.doesNotMatch(out, /violation/);
    });
  }

  it('fetches from any server, logs keys, traces frames by register name', async () => {
    const issuer = await authority();
    const port = await serve(await leaf({ issuer, dnsNames: ['localhost'] }));
    const keylog = join(folder, 'keys.txt');
    const url = `https://localhost:${port}/some/path?x=1`;
    const { code, out, err } = await run(url, '--ca', await caFile(), '--keylog', keylog, '--trace');
    assert.equal(code, 0, err);
    assert.match(out, /you asked for \/some\/path\?x=1/);
    assert.match(out, /Sn_CR.*CONNECT/);
    const labels = readFileSync(keylog, 'latin1').match(/^[A-Z_0-9]+/gm);
    assert.equal(labels?.length, 4);
  });

  it('says in one sentence why a certificate is refused: exit code 1', async () => {
    const port = await serve(await leaf({ issuer: await authority(), dnsNames: ['elsewhere.test'] }));
    const { code, err } = await run(`https://127.0.0.1:${port}/`, '--ca', await caFile());
    assert.equal(code, 1);
    assert.match(err, /^\nringlet: [A-Z][^\n]+\. \(ERR_CERT_NAME_MISMATCH\)\n$/);
  });

  it('nobody listens: exit code 1', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => free.once('listening', resolve));
    const { port } = free.address() as { port: number };
    await new Promise(resolve => free.close(resolve));
    const { code, out, err } = await run(`https://127.0.0.1:${port}/`, '--ca', await caFile());
    assert.equal(code, 1);
    assert.match(err, /\(ERR_NET_REFUSED\)/);
    assert.match(out, /^trace +T1 ERR_NET_REFUSED /m);
  });

  it('records of 16 KB through a ring of 2 KB with --plan 16; without it, what to change', async () => {
    const issuer = await authority();
    const page = 'not one byte lost; '.repeat(5000);
    const port = await serve(await leaf({ issuer, dnsNames: ['localhost'] }), page);
    const args = [`https://localhost:${port}/`, '--ca', await caFile(), '--ring', '2048'];
    for (const board of ['sim-node', 'espruino', 'kaluma']) {
      const { code, out, err } = await run(...args, '--plan', '16', '--board', board);
      assert.equal(code, 0, err);
      assert.ok(out.includes(page.trimEnd()));
      if (board === 'sim-node') assert.match(out, /receive ring \d+ of 2048/);
      assert.doesNotMatch(out, /violation/);
    }
    const { code, err } = await run(...args, '--plan', '8/4/2/2');
    assert.equal(code, 1);
    assert.match(err, /16406 .*2048 .*ERR_TLS_RECORD_TOO_LARGE/);
  });

  it('--plan takes only what the chip has', () => {
    const wrong = ['', '3', '16/1', '8/8:16/16', '16:0/16', '0', '2/2/2/2/2/2/2/1/1', '16:16:16', '0x10', ' 16', 'all'];
    for (const plan of wrong)
      assert.match((parseArguments(['--plan', plan]) as { wrong: string }).wrong, /^--plan /, plan);
    assert.deepEqual((parseArguments(['--plan', '8/4/2/2']) as FetchArguments).plan, {
      rx: [8, 4, 2, 2],
      tx: [8, 4, 2, 2],
    });
    assert.deepEqual((parseArguments(['--plan', '16:8/8']) as FetchArguments).plan, { rx: [16], tx: [8, 8] });
  });

  it('wrong arguments: usage and exit code 2', async () => {
    for (const args of [
      ['--no-such'],
      ['ftp://x.test/'],
      ['nonsense'],
      ['--board', 'toaster'],
      ['--ring', '1'],
      ['--ca', '/nowhere/ca.pem'],
      ['--capture', '/nowhere/out.pcapng'],
      ['--keylog', '/nowhere/keys.txt'],
      ['--ring', '1023', '--board', 'espruino'],
      ['--plan', '16/1'],
    ]) {
      const { code, out, err } = await run(...args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(out, '');
      assert.match(err, /^ringlet: .+/);
    }
    assert.equal((await run('--help')).code, 0);
  });
});
