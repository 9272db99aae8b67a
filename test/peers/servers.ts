/** Real TLS servers for the interoperability matrix: started, waited for, and stopped by their own pid. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import type { Identity } from '../../tools/certificates.js';

export interface RunningServer {
  port: number;
  /** Everything the server has printed. */
  readonly log: string;
  /** Types a line on its standard input; only servers that are processes. */
  type(line: string): void;
  stop(): Promise<void>;
}

/** A pipe brings what a server prints later than a socket what it sends. */
export async function untilPrinted(server: RunningServer, text: string): Promise<void> {
  const deadline = Date.now() + 10000;
  while (!server.log.includes(text)) {
    if (Date.now() > deadline) throw new Error(`the server has not printed "${text}" but:\n${server.log}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

/** How every server here answers a request, in lower case. */
export const PAGE = 'http/1.0 200 ok';

export function isInstalled(command: string): boolean {
  return spawnSync(command, [command === 'openssl' ? 'version' : '--version']).status === 0;
}

/** `openssl s_server`; `args` after certificate and key. TLS 1.3 unless they say `-tls1_2`. */
export async function startOpenssl(identity: Identity, args: string[], chain: Identity[] = []): Promise<RunningServer> {
  return withFiles(identity, chain, files =>
    startProcess(
      'openssl',
      ['s_server', '-accept', '127.0.0.1:0', '-cert', files.certificate, '-key', files.key]
        .concat(args.some(arg => arg.startsWith('-tls1_')) ? [] : ['-tls1_3'])
        .concat(chain.length > 0 ? ['-cert_chain', files.chain] : [])
        .concat(args),
      /ACCEPT 127\.0\.0\.1:(\d+)/,
    ),
  );
}

/** `gnutls-serv --http`; `priority` after "NONE:+VERS-TLS1.3…". */
export async function startGnutls(identity: Identity, priority: string, args: string[] = []): Promise<RunningServer> {
  const port = await freePort();
  return withFiles(identity, [], files =>
    startProcess(
      'gnutls-serv',
      [
        '--http',
        ...(args.includes('--require-client-cert') ? [] : ['--disable-client-cert']),
        '-p',
        String(port),
        '--priority',
        priority,
      ]
        .concat(['--x509certfile', files.certificate, '--x509keyfile', files.key])
        .concat(args),
      /listening on IPv4 0\.0\.0\.0 port (\d+)\.\.\.done/,
    ),
  );
}

/** node:tls in this process; unless `serve` does something else, it answers a request with a page and ends. */
export function startNode(
  identity: Identity,
  options: tls.TlsOptions,
  serve: (socket: tls.TLSSocket) => void = servePage,
): Promise<RunningServer> {
  const sockets = new Set<tls.TLSSocket>();
  const server = tls.createServer(
    { cert: identity.pem, key: identity.keyPem, minVersion: 'TLSv1.3', ...options },
    socket => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      serve(socket);
    },
  );
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        log: '',
        type: () => undefined,
        stop: () =>
          new Promise(stopped => {
            for (const socket of sockets) socket.destroy();
            server.close(() => stopped());
          }),
      }),
    );
  });
}

function servePage(socket: tls.TLSSocket): void {
  socket.once('data', () => socket.end(PAGE + '\r\n\r\nhello from node:tls'));
}

interface Files {
  directory: string;
  certificate: string;
  key: string;
  chain: string;
}

async function withFiles(
  identity: Identity,
  chain: Identity[],
  start: (files: Files) => Promise<RunningServer>,
): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), 'ringlet-peer-'));
  const files = {
    directory,
    certificate: join(directory, 'certificate.pem'),
    key: join(directory, 'key.pem'),
    chain: join(directory, 'chain.pem'),
  };
  writeFileSync(files.certificate, identity.pem);
  writeFileSync(files.key, identity.keyPem);
  writeFileSync(files.chain, chain.map(({ pem }) => pem).join('\n'));
  try {
    return await start(files);
  } finally {
    // Both servers have read them before they listen.
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Resolves when `listening` matches the output; its first group is the port. */
function startProcess(command: string, args: string[], listening: RegExp): Promise<RunningServer> {
  const child: ChildProcessWithoutNullStreams = spawn(command, args);
  let log = '';
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 2000);
      await exited;
      clearTimeout(patience);
    }
    child.stdin.destroy();
  };
  return new Promise((resolve, reject) => {
    let started = false;
    const giveUp = setTimeout(() => fail(`${command} does not listen`), 10000);
    const fail = (message: string) => {
      clearTimeout(giveUp);
      if (!started) stop().then(() => reject(new Error(`${message}: ${args.join(' ')}\n${log}`)));
    };
    const read = (chunk: Buffer) => {
      log += chunk.toString('latin1');
      const match = listening.exec(log);
      if (!match || started) return;
      started = true;
      clearTimeout(giveUp);
      resolve({
        port: Number(match[1]),
        get log() {
          return log;
        },
        type: line => void child.stdin.write(line + '\n'),
        stop,
      });
    };
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', error => fail(error.message));
    child.once('exit', code => fail(`${command} exited with ${code}`));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
