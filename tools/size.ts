/**
 * `npm run size`: bytes of every bundle in dist/ as it goes onto a board, by folder of src/ and by file, against the budgets in sizes.json.
 * A bundle's bytes are attributed through the source map of its minified text: each character belongs to the source its mapping names, so the
 * parts add up to the whole; then what each part of a TlsProfile adds (size-parts.ts). Ends with code 1 if something is over its budget.
 *
 *   npm run size               folders
 *   npm run size -- --files    files as well
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureParts, type PartSize } from './size-parts.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

export interface BundleSize {
  name: string;
  bytes: number;
  /** Minified bytes by source file, as `src/tls/client.ts`. */
  files: Map<string, number>;
}

/** Espruino's own form of a script: tools/pretokenise.mjs. Its bytes are those of the minified text that they stand for. */
const TOKENISED = /\.tok$/;
/** Kaluma's: tools/stored-overlays.mjs. */
const PACKED = /\.packed\.js$/;
const OTHER_FORM = /\.(tok|packed\.js)$/;
const { pieces, withoutMap } = (await import(new URL('../../tools/pretokenise.mjs', import.meta.url).href)) as {
  pieces(code: string): { start: number; text: string }[];
  withoutMap(code: string): string;
};

const { isPacked } = (await import(new URL('../../tools/overlays-of-boards.mjs', import.meta.url).href)) as {
  isPacked(input: string): boolean;
};

export function measureBundle(name: string): BundleSize {
  const minified = name.replace(OTHER_FORM, '.min.js');
  const code = withoutMap(readFileSync(join(ROOT, 'dist', minified), 'utf8'));
  const map = new SourceMap(JSON.parse(readFileSync(join(ROOT, 'dist', minified + '.map'), 'utf8')));
  const lines = [0, ...[...code.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const parts = TOKENISED.test(name) ? pieces(code) : Array.from(code, (text, start) => ({ start, text }));
  const files = new Map<string, number>();
  for (const { start, text } of parts) {
    const row = lines.findLastIndex(line => line <= start);
    const entry = map.findEntry(row, start - lines[row]!) as { originalSource?: string };
    const file = entry.originalSource ? sourceName(entry.originalSource) : '(wrapper)';
    files.set(file, (files.get(file) ?? 0) + text.length);
  }
  const bytes = OTHER_FORM.test(name) ? statSync(join(ROOT, 'dist', name)).size : Buffer.byteLength(code);
  // What is packed counts as it was before, and what that saves is a part of its own.
  const saved = bytes - [...files.values()].reduce((sum, part) => sum + part, 0);
  if (PACKED.test(name) || isPacked(`boards/${name}`)) files.set('(packed)', saved);
  return { name, bytes, files };
}

/** Of boards, as they go onto them. */
export function bundleNames(): string[] {
  const names = readdirSync(join(ROOT, 'dist')).filter(name =>
    /^(?!test-|hil-|glue-).*\.(min\.js|tok|packed\.js)$/.test(name),
  );
  const others = names.filter(name => OTHER_FORM.test(name));
  const minified = others.map(name => name.replace(OTHER_FORM, '.min.js'));
  return names.filter(name => !minified.includes(name));
}

/** Budgets in bytes: whole bundles by name, and folders of src/ as they are in the largest bundle. */
export function budgets(): Record<string, number> {
  return JSON.parse(readFileSync(join(ROOT, 'sizes.json'), 'utf8')).budgets;
}

export function byFolder(files: Map<string, number>): Map<string, number> {
  const folders = new Map<string, number>();
  for (const [file, bytes] of files) {
    const parts = file.split('/');
    const folder = parts.length > 2 ? parts.slice(0, 2).join('/') : parts[0];
    folders.set(folder, (folders.get(folder) ?? 0) + bytes);
  }
  return folders;
}

/** What is over its budget or has none, one sentence each. */
export function overBudget(sizes: BundleSize[], limits: Record<string, number>): string[] {
  const found: string[] = [];
  for (const { name, bytes, files } of sizes) {
    const parts: Array<[string, number]> = [
      [name, bytes],
      ...[...byFolder(files)].filter(([folder]) => folder.startsWith('src/')),
    ];
    for (const [what, size] of parts) {
      const limit = limits[what];
      if (limit === undefined) found.push(`${what} has no budget in sizes.json (${size} bytes in ${name})`);
      else if (size > limit) found.push(`${what} is ${size} bytes in ${name}, budget ${limit}`);
    }
  }
  return found;
}

/** The same for parts: those that `parts` of sizes.json names. */
function partsOverBudget(sizes: PartSize[]): string[] {
  const limits: Record<string, number> = JSON.parse(readFileSync(join(ROOT, 'sizes.json'), 'utf8')).parts ?? {};
  return sizes
    .filter(({ name, bytes }) => bytes > limits[name])
    .map(({ name, bytes }) => `${name} adds ${bytes} bytes, budget ${limits[name]}`);
}

function sourceName(source: string): string {
  const path = posix
    .normalize(source)
    .replace(/^(\.\.\/)+/, '')
    .replace(/^build\//, '');
  return path.replace(/\.js$/, '.ts');
}

function print(size: BundleSize, limits: Record<string, number>, withFiles: boolean): void {
  console.log(`${size.name}: ${size.bytes} bytes, budget ${limits[size.name] ?? 'none'}`);
  const descending = (map: Map<string, number>): Array<[string, number]> => [...map].sort((a, b) => b[1] - a[1]);
  for (const [folder, bytes] of descending(byFolder(size.files))) {
    console.log(`  ${String(bytes).padStart(7)}  ${folder}`);
    if (!withFiles) continue;
    for (const [file, part] of descending(size.files)) {
      if (file.startsWith(folder + '/'))
        console.log(`           ${String(part).padStart(7)}  ${file.slice(folder.length + 1)}`);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = bundleNames().map(measureBundle);
  for (const size of sizes) print(size, budgets(), process.argv.includes('--files'));
  const parts = await measureParts();
  console.log('what parts of a TlsProfile add to a bundle:');
  for (const { name, bytes } of parts) console.log(`  ${String(bytes).padStart(7)}  ${name}`);
  const over = [...overBudget(sizes, budgets()), ...partsOverBudget(parts)];
  for (const line of over) console.error('over budget: ' + line);
  process.exitCode = over.length > 0 ? 1 : 0;
}
