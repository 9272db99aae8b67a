/**
 * Builds firmware-glue/thumb/ into the blob of machine code that stock Espruino calls: `npm run thumb`. The blob's format and
 * what is refused stand in firmware-glue/thumb/README.md. Needs arm-none-eabi-gcc (Debian: gcc-arm-none-eabi).
 *
 *   node tools/thumb.mjs           build, print bytes by file, write ringlet-thumb.bin and ringlet-thumb.json
 *   node tools/thumb.mjs --check   build and compare only
 *
 * The tests use what is exported here.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

const FOLDER = fileURLToPath(new URL('../firmware-glue/thumb/', import.meta.url));
export const BLOB = join(FOLDER, 'ringlet-thumb.bin');
export const RECORD = join(FOLDER, 'ringlet-thumb.json');

const PREFIX = 'arm-none-eabi-';
const FLAGS = (
  '-std=c99 -mcpu=cortex-m0plus -mthumb -fPIC -fvisibility=hidden -ffreestanding -ffunction-sections -fdata-sections ' +
  '-fno-strict-aliasing -fno-unwind-tables -fno-asynchronous-unwind-tables -fno-common -fno-tree-loop-distribute-patterns ' +
  '-Wall -Wextra -Wconversion -Wno-sign-conversion -Werror'
).split(' ');
/** What takes most of the time is compiled for speed; everything else for size. */
const FAST = new Set(['aes.c', 'chacha20.c', 'ghash.c', 'poly1305.c', 'sha256.c']);
const LINK = ['-mcpu=cortex-m0plus', '-mthumb', '-nostdlib', '-static', '-Wl,--gc-sections', '-Wl,--build-id=none'];

const FORMAT_VERSION = 2;
const HEADER_LENGTH = 16;
const MOST_BYTES = 24576;

/** Why there is nothing to build with, or undefined. */
export function missingCompiler() {
  const { error, status } = spawnSync(PREFIX + 'gcc', ['--version']);
  return error || status !== 0 ? `no ${PREFIX}gcc` : undefined;
}

export const compilerVersion = () => tool('gcc', ['--version']).split('\n')[0];

/** The names of the entries, in order of number. */
export const entryNames = () => read('entries.txt').trim().split('\n');

/** SHA-256 of everything that the blob is made of, the compiler excepted. */
export function inputsHash() {
  const hash = createHash('sha256');
  for (const name of sources(/\.(c|h|ld)$|^entries\.txt$/)) hash.update(`${name}\n${read(name).length}\n${read(name)}`);
  return hash.update(JSON.stringify([FLAGS, [...FAST], LINK, FORMAT_VERSION])).digest('hex');
}

/** Compiles and links: the blob, and bytes by file. */
export function build() {
  const folder = mkdtempSync(join(tmpdir(), 'ringlet-thumb-'));
  try {
    const objects = sources(/\.c$/).map(name => {
      const object = join(folder, name.replace(/c$/, 'o'));
      tool('gcc', [...FLAGS, FAST.has(name) ? '-O2' : '-Os', '-c', join(FOLDER, name), '-o', object]);
      return object;
    });
    const header = join(folder, 'header.o');
    writeFileSync(join(folder, 'header.s'), headerSource(new Set(objects.flatMap(definedBy))));
    tool('gcc', ['-mcpu=cortex-m0plus', '-mthumb', '-c', join(folder, 'header.s'), '-o', header]);
    const map = join(folder, 'map');
    const blob = link(folder, [header, ...objects], 0, map);
    // Two addresses that share no bit: anything absolute would differ.
    if (!blob.equals(link(folder, [header, ...objects], 0x15555550, map))) {
      fail(
        'the code depends on the address it is linked at: is something declared without ringlet.h, or a table of addresses?',
      );
    }
    const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
    view.setUint32(8, blob.length, true);
    view.setUint32(12, crc32(blob.subarray(HEADER_LENGTH)), true);
    if (blob.length > MOST_BYTES) fail(`${blob.length} bytes are more than ${MOST_BYTES}`);
    return { blob, bytesByFile: bytesByFile(readFileSync(map, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function headerSource(defined) {
  const names = entryNames();
  const table = names.map(name => (defined.has(name) ? `.word ${name} - blob` : '.word 0'));
  return [
    '.section .header,"a",%progbits',
    '.balign 4',
    '.global blob',
    'blob:',
    '.ascii "RLTH"',
    `.hword ${FORMAT_VERSION}, ${names.length}`,
    '.word 0, 0',
    ...table,
    '',
  ].join('\n');
}

function link(folder, objects, address, map) {
  const elf = join(folder, 'blob.elf');
  const script = join(folder, 'blob.ld');
  writeFileSync(script, read('blob.ld').replace('BLOB_ADDRESS', `0x${address.toString(16)}`));
  tool('gcc', [...LINK, '-T', script, `-Wl,-Map=${map}`, ...objects, '-lgcc', '-o', elf]);
  for (const line of tool('readelf', ['-SW', elf]).split('\n')) {
    const [, name, size, flags] =
      /\]\s+(\.\S+)\s+\S+\s+[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) \d\d\s+([A-Z]*)\s/.exec(line) ?? [];
    if (name && name !== '.blob' && /A/.test(flags) && parseInt(size, 16) > 0) {
      fail(`${parseInt(size, 16)} bytes of ${name}: writable data, or a table of addresses`);
    }
  }
  const binary = join(folder, 'blob.bin');
  tool('objcopy', ['-O', 'binary', '-j', '.blob', elf, binary]);
  return readFileSync(binary);
}

/** The global symbols that an object file defines. */
function definedBy(object) {
  return tool('nm', ['--defined-only', '-g', object])
    .split('\n')
    .map(line => line.split(' ')[2]);
}

/** From the linker's map: bytes of each object file that are in the blob. */
function bytesByFile(map) {
  const bytes = {};
  const kept = map.slice(map.indexOf('Linker script and memory map'));
  for (const [, size, path] of kept.matchAll(
    /^ (?:\.text|\.rodata|\.header)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)/gm,
  )) {
    const name = /libgcc/.test(path) ? 'libgcc' : path.replace(/^.*\/|\.o$/g, '');
    bytes[name] = (bytes[name] ?? 0) + parseInt(size, 16);
  }
  return Object.fromEntries(Object.entries(bytes).filter(([, size]) => size > 0));
}

function sources(pattern) {
  return readdirSync(FOLDER)
    .filter(name => pattern.test(name))
    .sort();
}

function read(name) {
  return readFileSync(join(FOLDER, name), 'utf8');
}

function tool(name, args) {
  const { error, status, stdout, stderr } = spawnSync(PREFIX + name, args, { encoding: 'utf8' });
  if (error || status !== 0) fail(`${PREFIX}${name}: ${error?.message ?? stderr}`);
  if (stderr) process.stderr.write(stderr);
  return stdout;
}

function fail(message) {
  throw new Error(message);
}

const sha256 = bytes => createHash('sha256').update(bytes).digest('hex');

function main() {
  const missing = missingCompiler();
  if (missing) fail(`${missing}: install it (Debian: apt-get install gcc-arm-none-eabi)`);
  const { blob, bytesByFile } = build();
  for (const [name, bytes] of Object.entries(bytesByFile)) console.log(`${String(bytes).padStart(6)}  ${name}`);
  console.log(`${String(blob.length).padStart(6)}  in all`);
  const record = {
    inputs: inputsHash(),
    compiler: compilerVersion(),
    sha256: sha256(blob),
    length: blob.length,
    bytesByFile,
  };
  if (process.argv.includes('--check')) {
    const committed = JSON.parse(readFileSync(RECORD, 'utf8'));
    console.log(
      committed.sha256 === record.sha256 ? 'The committed blob is the same.' : 'The committed blob is another one.',
    );
    process.exitCode = committed.sha256 === record.sha256 ? 0 : 1;
    return;
  }
  writeFileSync(BLOB, blob);
  writeFileSync(RECORD, JSON.stringify(record, null, 2) + '\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
