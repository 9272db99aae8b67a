/**
 * How code for Espruino and JerryScript is minified. What is set here keeps terser from writing what Espruino gets wrong
 * (test/house/language.test.ts checks the outcome):
 *
 *   toplevel is off: the one name there is `ringlet`, which whoever loads the script wants; all else is inside its function
 *   hoist_funs        Espruino does not hoist function declarations, so terser has to
 *   inline: 1         above 1 terser declares the inlined function's variables behind their first use
 *   directives: false Espruino's "jit" and "ram" stay
 *   ascii_only        Espruino reads source as bytes
 *   reserved          Espruino takes `of` and `static` for keywords, and no keyword for the name of a method: short names would be `in` or `do`; `$` is for
 *                     global-names.mjs
 *
 * Property names are shortened as well: on Espruino every name of more than four characters costs a block of memory per
 * property and time per use. What code outside the bundle can see keeps its name; see `visibleNames`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import terser from '@rollup/plugin-terser';
import { isPropertyName, visitAll } from './rewrite.mjs';

/**
 * Declarations that applications meet, below build/. Of providers only keys are seen: in a certificate, and the application's own. What is marked @internal, and
 * what boards are put together of, they leave alone.
 */
const BOUNDARY =
  /^(boards\/[\w-]*(psk|portable|w5500)[\w-]*\.|src\/(socket\/(connect|events|idle-key-shares|options|tls-socket)\.|transport|errors|crypto\/external-key|x509\/(trust|pem|private-key|path|certificate|verify)\.|tls\/(client|psk\/external-psk)\.|w5500\/network\.))/;
const COMPOSITION = /interface (Board|W5500BoardParts|W5500Options|SimParts) [^{]*\{[\s\S]*?\n\}/g;
/** What applications write and never read. */
const OPTIONS = /interface (ConnectOptions|OnRead|StartOptions|ExternalPsk|TrustPolicy) [^{]*\{[\s\S]*?\n\}/g;

/** Those as well where parts of a board, and providers, may come from outside. */
const PARTS = /^src\/(platform|recorder|crypto\/(provider|computation))\./;

const INTERNAL = /\/\*\*[^*]*@internal \*\/\s*[^\n{]*(\{[^}]*\};)?.*$/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;
const KEYWORDS = ['of', 'static', 'do', 'if', 'in', 'for', 'let', 'new', 'try', 'var'];

/** Rollup plugin: terser. `visible`: see visibleNames. `names` are those that an engine likes best, for terser's `nth_identifier`. */
export const shorten = (visible, names = undefined) => ({
  name: 'shorten',
  renderChunk(code, chunk, options) {
    const plugin = terser(terserOptions(visible, names, this.parse(code)));
    return plugin.renderChunk.call(this, code, chunk, options);
  },
});

export function terserOptions(visible, names, program) {
  return {
    ecma: 2015,
    compress: {
      ecma: 2015,
      hoist_funs: true,
      keep_fargs: false,
      inline: 1,
      directives: false,
      passes: 3,
      hoist_vars: false,
      pure_getters: true,
    },
    mangle: {
      reserved: [...KEYWORDS, '$'],
      ...(names && { nth_identifier: names }),
      properties: {
        ...(names && { nth_identifier: names }),
        keep_quoted: true,
        builtins: true,
        reserved: [...visible],
        cache: { props: shortestNames(visible, program) },
      },
    },
    format: { ecma: 2015, ascii_only: true, comments: false },
  };
}

/**
 * Every name in the boundary's declarations except private members and what is marked @internal, every global of the engines, JavaScript's own library,
 * and every name that also stands in quotes somewhere in the code, because `a['name']` must find `a.name`. (Left to itself
 * terser also keeps the thousands of names of the browsers' library: hence `builtins`.)
 *
 * `hil` is for a bundle with cases (hil/entries/): what the host says to them are properties that stand in no declaration. `engine` is that of a bundle which
 * runs on no other one.
 */
export function visibleNames(hil, partsOutside, engine = '') {
  return namesIn(text => text, hil, partsOutside, engine);
}

/** Of those the ones that are more than options: other code may read them. */
export function readNames(hil, partsOutside, engine = '') {
  return namesIn(text => (hil ? text : text.replace(OPTIONS, '')), hil, partsOutside, engine);
}

function namesIn(part, hil, partsOutside, engine) {
  const names = new Set(KEYWORDS);
  const typedArray = Object.getPrototypeOf(Uint8Array);
  const libraries = [
    Object,
    Function,
    Array,
    String,
    Number,
    Boolean,
    Error,
    ArrayBuffer,
    DataView,
    typedArray,
    RegExp,
  ];
  for (const { prototype } of libraries) addAll(names, Object.getOwnPropertyNames(prototype));
  // What nobody uses of a library, as `Object.create`, may be a short name of ours.
  const used = /\b(?:Object|String|Number|Math|JSON|\w*Array|ArrayBuffer)\.([A-Za-z]\w*)/g;
  for (const [path, text] of builtFiles())
    if (path.endsWith('.js')) for (const [, name] of text.matchAll(used)) names.add(name);
  for (const [path, text] of builtFiles()) {
    if (path.endsWith('.js')) for (const [, name] of text.matchAll(/['"]([A-Za-z_$][\w$]*)['"]/g)) names.add(name);
    else if (BOUNDARY.test(path)) addMembers(names, part(partsOutside ? text : text.replace(COMPOSITION, '')));
    else if (partsOutside && PARTS.test(path)) addMembers(names, text);
    else if (path.endsWith('crypto/provider.d.ts')) {
      for (const [keys] of text.matchAll(/interface (Public|Private)Key \{[^}]*\}/g)) addMembers(names, keys);
    }
  }
  if (hil) addAll(names, namesOfCases());
  const globals = 'boards/globals';
  if (existsSync(globals)) {
    for (const file of readdirSync(globals).filter(name => name.startsWith(engine)))
      addMembers(names, readFileSync(`${globals}/${file}`, 'utf8').replace(COMMENT, ''));
  }
  return names;
}

/**
 * Those that only a composition root gives: what a board has, and its profile. Where it is in the bundle, nobody outside adds any. Some are as well names of
 * options, which everybody gives.
 */
export function composedNames() {
  const texts = new Map(builtFiles());
  const members = (file, names) => {
    const found = new Set();
    for (const name of names) {
      const [, body] = new RegExp(`interface ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(texts.get(file + '.d.ts'));
      addMembers(found, body);
    }
    return found;
  };
  const composed = members('src/tls/profile', ['TlsProfile']);
  addAll(composed, members('src/socket/options', ['Board']));
  addAll(composed, members('src/w5500/network', ['W5500Options']));
  addAll(composed, members('src/transport', ['Network', 'Transport']));
  const options = members('src/socket/options', ['ConnectOptions', 'OnRead']);
  addAll(options, members('boards/w5500-board', ['StartOptions']));
  return [...composed].filter(name => !options.has(name));
}

/** Every property that the board's side of hil/ reads or writes, and the names of its interfaces. */
function namesOfCases() {
  const names = new Set();
  for (const folder of ['agent', 'cases', 'entries']) {
    for (const file of readdirSync('build/hil/' + folder)) {
      const text = /\.(d\.ts|js)$/.test(file)
        ? readFileSync(`build/hil/${folder}/${file}`, 'utf8').replace(COMMENT, '')
        : '';
      if (file.endsWith('.d.ts')) addMembers(names, text);
      else for (const [, name] of text.matchAll(/\.([A-Za-z_$][\w$]*)/g)) names.add(name);
    }
  }
  return names;
}

/** The names that a bundle writes most often get the 54 of one letter; terser hands names out in the order it meets them. */
function shortestNames(visible, program) {
  const uses = new Map();
  visitAll(program, (node, ancestors) => {
    const parent = ancestors[ancestors.length - 1];
    if (node.type === 'Identifier' && parent && isPropertyName(node, parent) && !visible.has(node.name))
      uses.set(node.name, (uses.get(node.name) ?? 0) + 1);
  });
  // A letter that is a property's name already would stay, and mean two things: terser takes no name for one to shorten that it has given out.
  const names = [...uses.keys()].filter(name => name.length > 1).sort((a, b) => uses.get(b) - uses.get(a));
  const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_'].filter(
    letter => !visible.has(letter) && !uses.has(letter),
  );
  return Object.fromEntries(letters.slice(0, names.length).map((letter, i) => ['$' + names[i], letter]));
}

function addAll(names, more) {
  for (const name of more) names.add(name);
}

/** Every identifier of declarations, except in imports, strings, private members and lists of parameters. */
function addMembers(names, declarations) {
  let members = declarations.replace(/^(import|\s*private) .*$|'[^']*'/gm, '');
  // From the inside out: a parameter may be a function.
  for (let before = ''; before !== members; ) {
    before = members;
    members = before.replace(/\([^(){}]*\)/g, '');
  }
  for (const [name] of members.matchAll(/[A-Za-z_$][\w$]*/g)) names.add(name);
}

let files;

function builtFiles() {
  files ??= readdirSync('build', { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => /^(src|boards)\/.*\.(d\.ts|js)$/.test(path) && !/^boards\/(node|sim)\//.test(path))
    .map(path => [
      path,
      readFileSync('build/' + path, 'utf8')
        .replace(INTERNAL, '')
        .replace(COMMENT, ''),
    ]);
  return files;
}
