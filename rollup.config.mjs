/**
 * One self-contained script per board, out of what tsc left in build/:
 *
 *   dist/<board>.js      readable; the board's exports are the properties of the global `ringlet`
 *   dist/<board>.min.js  what goes onto the board; the house tests check the language it uses, and its size
 *   dist/<board>.tok  what goes onto the board instead if it has Espruino: the same, in that engine's own form (tools/pretokenise.mjs)
 *   dist/<board>.packed.js  what goes onto the board instead if it has Kaluma: the same, packed (tools/stored-overlays.mjs)
 *   dist/ringlet.js      the ES module of src/index.ts, for bundlers; its types are in build/src/
 *   dist/test-*.min.js   what test/engines runs inside Espruino, JerryScript and QuickJS
 *   dist/glue-*.min.js   what test/glue runs inside an engine with firmware-glue's native code
 *   dist/hil-*.min.js    what hil/ puts onto a board: the agent and its cases, as the global `hil`
 *
 * A board is a file boards/*.ts that no other file there imports, and so is an entry of hil/entries/.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { FORMAT, minifiers } from './tools/minifiers.mjs';

/** No getter here does anything but answer: `{ 2: TABLE[2] }` that nobody uses must not keep TABLE, and what that needs, in a bundle. */
const TREESHAKE = { propertyReadSideEffects: false };

const iife = (input, file, minify, name = 'ringlet') => ({
  input,
  output: {
    ...FORMAT,
    file,
    name,
    sourcemap: minify,
    sourcemapExcludeSources: true,
    plugins: minify ? minifiers(name === 'hil', input) : [],
  },
  treeshake: TREESHAKE,
  onwarn: refuse,
});

/** What rollup only warns about (an unresolved import, a cycle) would be a broken script on a board. */
function refuse(warning) {
  throw new Error(warning.message);
}

function entries(folder) {
  const files = readdirSync(folder).filter(name => /^[^.]+\.ts$/.test(name));
  const sources = files.map(name => readFileSync(`${folder}/${name}`, 'utf8'));
  return files
    .map(name => name.slice(0, -'.ts'.length))
    .filter(name => !sources.some(source => source.includes(`'./${name}.js'`)));
}

/** What a folder of build/test/ has to be run inside engines. */
function insideEngines(folder, prefix) {
  const names = existsSync(folder) ? readdirSync(folder).filter(name => /^bundle-.*\.js$/.test(name)) : [];
  return names.map(name =>
    iife(folder + name, `dist/${prefix}-${name.slice('bundle-'.length, -'.js'.length)}.min.js`, true),
  );
}

const all = [
  ...entries('boards').map(board => iife(`build/boards/${board}.js`, `dist/${board}.js`, false)),
  ...entries('boards').map(board => iife(`build/boards/${board}.js`, `dist/${board}.min.js`, true)),
  { input: 'build/src/index.js', output: { file: 'dist/ringlet.js', format: 'es' }, onwarn: refuse },
  ...insideEngines('build/test/engines/', 'test'),
  ...insideEngines('build/test/glue/', 'glue'),
  ...entries('hil/entries').map(name => iife(`build/hil/entries/${name}.js`, `dist/hil-${name}.min.js`, true, 'hil')),
];

/** `BUNDLES=hil-node npx rollup -c` makes only those whose path fits that expression; BUNDLES_HALF, 0 or 1, every other one of them. */
const { BUNDLES = '', BUNDLES_HALF } = process.env;
export default all
  .filter(({ output }) => new RegExp(BUNDLES).test(output.file))
  .filter((_, i) => BUNDLES_HALF === undefined || i % 2 === Number(BUNDLES_HALF));
