/**
 * The C of firmware-glue/thumb, compiled for this machine with the address and undefined-behaviour sanitizers, as a NativeCode: a
 * process that is asked through two FIFOs (host-driver.c). It is fast where the emulated core is slow, and sees other mistakes.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativeCode } from '../../src/crypto/native/native-code.js';

const root = (path: string): string => fileURLToPath(new URL('../../../' + path, import.meta.url));
const THUMB = root('firmware-glue/thumb/');
const CC = process.env['CC'] ?? 'cc';
const FLAGS = ['-std=c99', '-O2', '-g', '-fno-strict-aliasing', '-I', THUMB];
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Addresses as 32-bit numbers: a slot of 64 KB for each array. */
const SLOT_BITS = 16;
const FIRST_SLOT = 0x3000;
const SLOTS = 0x1000;

/** Why there is no host build here, or undefined. */
export function missingHost(): string | undefined {
  if (process.platform !== 'linux') return 'host build of the C: only on Linux';
  const { error, status } = spawnSync(CC, ['--version']);
  return error || status !== 0 ? `no C compiler (${CC})` : undefined;
}

/** The C files, without those whose entries the host build of another test does not want. */
export function thumbSources(): string[] {
  return readdirSync(THUMB)
    .filter(name => name.endsWith('.c'))
    .map(name => join(THUMB, name));
}

/** Compiles test/native/`main` with all of firmware-glue/thumb; answers the program's path in `folder`. */
export function compileHost(folder: string, main: string, sanitize: boolean, libraries: string[] = []): string {
  const program = join(folder, main.replace(/\.c$/, ''));
  const files = thumbSources();
  const defined = files.map(file => readFileSync(file, 'utf8')).join('\n');
  const names = readFileSync(join(THUMB, 'entries.txt'), 'utf8').trim().split('\n');
  const present = names.map(name => (defined.includes(`ENTRY(${name})`) ? name : undefined));
  writeFileSync(
    join(folder, 'entries.h'),
    [
      ...present.filter(name => name !== undefined).map(name => `entry ${name};`),
      `static entry *const ENTRIES[] = {${present.map(name => name ?? '0').join(', ')}};\n`,
    ].join('\n'),
  );
  const options = [...FLAGS, '-I', folder, ...(sanitize ? SANITIZERS : []), '-o', program];
  execFileSync(CC, [...options, root('test/native/' + main), ...files, ...libraries], { stdio: 'inherit' });
  return program;
}

export class HostCode implements NativeCode {
  /** Every array's memory is in one piece. */
  private readonly folder = mkdtempSync(join(tmpdir(), 'ringlet-host-'));
  private readonly child: ChildProcess;
  private readonly requests: number;
  private readonly answers: number;
  private readonly slots: Array<ArrayBufferLike | undefined> = [];
  private readonly slotOf = new WeakMap<ArrayBufferLike, number>();
  private nextSlot = 0;

  constructor() {
    const program = compileHost(this.folder, 'host-driver.c', true);
    const fifos = ['requests', 'answers'].map(name => join(this.folder, name));
    execFileSync('mkfifo', fifos);
    this.child = spawn(program, fifos, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.child.unref();
    this.requests = openSync(fifos[0]!, 'w');
    this.answers = openSync(fifos[1]!, 'r');
  }

  stop(): void {
    closeSync(this.requests);
    closeSync(this.answers);
    rmSync(this.folder, { recursive: true, force: true });
  }

  call(entry: number, a: number, b: number, c: number, d: number): number {
    const buffers: ArrayBufferLike[] = [];
    const given: number[] = [];
    for (const value of [a, b, c, d]) {
      const slot = (value >>> SLOT_BITS) - FIRST_SLOT;
      const buffer = slot >= 0 && slot < SLOTS ? this.slots[slot] : undefined;
      if (buffer && !buffers.includes(buffer)) buffers.push(buffer);
      given.push(buffer ? buffers.indexOf(buffer) : -1, buffer ? value & 0xffff : value);
    }
    const parts: Uint8Array[] = [words(entry, buffers.length)];
    for (const buffer of buffers) parts.push(words(buffer.byteLength), new Uint8Array(buffer));
    parts.push(words(...given));
    writeAll(this.requests, Buffer.concat(parts));
    const [result] = new Int32Array(this.read(4).buffer);
    for (const buffer of buffers) new Uint8Array(buffer).set(this.read(buffer.byteLength));
    return result!;
  }

  addressOf(array: Uint8Array): number {
    const { buffer } = array;
    let slot = this.slotOf.get(buffer);
    if (slot === undefined || this.slots[slot] !== buffer) {
      slot = this.nextSlot;
      this.nextSlot = (slot + 1) % SLOTS;
      this.slots[slot] = buffer;
      this.slotOf.set(buffer, slot);
    }
    return ((FIRST_SLOT + slot) << SLOT_BITS) + array.byteOffset;
  }

  private read(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.answers, bytes, done, length - done, null);
      if (count === 0) throw new Error('the host build has ended: a sanitizer has found something, see above');
      done += count;
    }
    return bytes;
  }
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
