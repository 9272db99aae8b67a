/**
 * One self-contained script per board, out of what tsc left in build/:
 *
 *   dist/<board>.js      readable; the board's exports are the properties of the global `ringlet`
 *   dist/<board>.min.js  what goes onto the board; the house tests check the language it uses, and its size
 *   dist/ringlet.js      the ES module of src/index.ts, for bundlers; its types are in build/src/
 *   dist/test-*.min.js   what test/engines runs inside Espruino and JerryScript
 *
 * A board is a file boards/*.ts that no other file there imports.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import terser from '@rollup/plugin-terser';
import { constToLet } from './tools/const-to-let.mjs';
import { terserOptions } from './tools/terser-options.mjs';

const iife = (input, file, minify) => ({
  input,
  output: {
    file,
    format: 'iife',
    name: 'ringlet',
    strict: false,
    generatedCode: { constBindings: true, arrowFunctions: true, objectShorthand: true },
    externalLiveBindings: false,
    esModule: false,
    freeze: false,
    sourcemap: minify,
    sourcemapExcludeSources: true,
    plugins: minify ? [constToLet(), terser(terserOptions())] : [],
  },
  onwarn: refuse,
});

/** What rollup only warns about (an unresolved import, a cycle) would be a broken script on a board. */
function refuse(warning) {
  throw new Error(warning.message);
}

function boards() {
  const files = readdirSync('boards').filter(name => /^[^.]+\.ts$/.test(name));
  const sources = files.map(name => readFileSync('boards/' + name, 'utf8'));
  return files
    .map(name => name.slice(0, -'.ts'.length))
    .filter(name => !sources.some(source => source.includes(`'./${name}.js'`)));
}

function engineTests() {
  const folder = 'build/test/engines/';
  return existsSync(folder) ? readdirSync(folder).filter(name => /^bundle-.*\.js$/.test(name)) : [];
}

export default [
  ...boards().flatMap(board => [
    iife(`build/boards/${board}.js`, `dist/${board}.js`, false),
    iife(`build/boards/${board}.js`, `dist/${board}.min.js`, true),
  ]),
  { input: 'build/src/index.js', output: { file: 'dist/ringlet.js', format: 'es' }, onwarn: refuse },
  ...engineTests().map(name =>
    iife('build/test/engines/' + name, `dist/test-${name.slice('bundle-'.length, -'.js'.length)}.min.js`, true),
  ),
];
