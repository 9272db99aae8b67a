/** Plays the runner for one shim: listens, starts the shim as a process, and puts a scripted server behind its connection. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { ScriptedServer, type ServerOptions } from '../peers/scripted-server.js';

export interface ShimRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Conversation extends ShimRun {
  server: ScriptedServer;
  /** What the shim has introduced itself with. */
  id: bigint;
}

/** Any process of the shim ends within this. */
const DEADLINE_MS = 20000;

export async function runShim(shim: string, flags: string[]): Promise<ShimRun> {
  const child = spawn(process.execPath, [shim, ...flags], { timeout: DEADLINE_MS });
  const run: ShimRun = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', text => {
    run.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    run.stderr += text;
  });
  [run.code] = await once(child, 'close');
  return run;
}

/** `afterData` is run with each piece of plaintext that the shim sends. */
export async function converse(
  shim: string,
  flags: string[],
  options: ServerOptions,
  afterData: (server: ScriptedServer) => void = () => {},
): Promise<Conversation> {
  const server = new ScriptedServer(options);
  const listener = createServer({ allowHalfOpen: true }, socket => {
    let introduction: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', bytes => {
      const missing = 8 - introduction.length;
      introduction = Buffer.concat([introduction, bytes.subarray(0, missing)]);
      if (introduction.length < 8) return;
      id = introduction.readBigUInt64LE();
      if (bytes.length <= missing) return;
      const before = server.client.applicationData.length;
      server.receive(bytes.subarray(Math.max(0, missing)));
      if (server.client.applicationData.length > before) afterData(server);
      answer(server, socket);
    });
    socket.on('end', () => socket.end());
  });
  let id = 0n;
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  try {
    const run = await runShim(shim, ['-port', String(port), '-shim-id', '72623859790382856', ...flags]);
    return { ...run, server, id };
  } finally {
    listener.close();
  }
}

function answer(server: ScriptedServer, socket: Socket): void {
  socket.write(server.take());
  if (server.ended) socket.end();
}
