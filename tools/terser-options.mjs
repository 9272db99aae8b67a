/**
 * How code for Espruino and JerryScript is minified. What is set here keeps terser from writing what Espruino gets wrong
 * (test/house/language.test.ts checks the outcome):
 *
 *   toplevel is off: the one name there is `ringlet`, which whoever loads the script wants; all else is inside its function
 *   hoist_funs        Espruino does not hoist function declarations, so terser has to
 *   inline: 1         above 1 terser declares the inlined function's variables behind their first use
 *   directives: false Espruino's "jit" and "ram" stay
 *   ascii_only        Espruino reads source as bytes
 *   reserved          Espruino takes `of` and `static` for keywords
 *
 * Property names are shortened as well: on Espruino every name of more than four characters costs a block of memory per
 * property and time per use. What code outside the bundle can see keeps its name; see `visibleNames`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Declarations that callers, boards and providers outside a bundle meet, below build/. */
const BOUNDARY =
  /^(boards\/|src\/(socket\/|platform|transport|errors|crypto\/provider|bytes\/byte-ring\.|x509\/(trust|pem|path|certificate|verify)\.|tls\/(client|config)\.|w5500\/network\.))/;

const KEYWORDS = ['of', 'static'];

export function terserOptions() {
  return {
    ecma: 2015,
    compress: {
      ecma: 2015,
      hoist_funs: true,
      inline: 1,
      directives: false,
      passes: 2,
      hoist_vars: false,
    },
    mangle: {
      reserved: KEYWORDS,
      properties: { keep_quoted: true, reserved: [...KEYWORDS, ...visibleNames()] },
    },
    format: { ecma: 2015, ascii_only: true, comments: false },
  };
}

/**
 * Every name in the boundary's declarations except private members, every global of the engines, and every name that also
 * stands in quotes somewhere in the code, because `a['name']` must find `a.name`. (Names of JavaScript's own library are
 * known to terser.)
 */
function visibleNames() {
  const names = new Set();
  for (const [path, text] of builtFiles()) {
    if (path.endsWith('.d.ts') && BOUNDARY.test(path)) addIdentifiers(names, text.replace(/^\s*private .*$/gm, ''));
    else if (path.endsWith('.js'))
      for (const [, name] of text.matchAll(/['"`]([A-Za-z_$][\w$]*)['"`]/g)) names.add(name);
  }
  const globals = 'boards/globals';
  if (existsSync(globals)) {
    for (const file of readdirSync(globals)) addIdentifiers(names, readFileSync(`${globals}/${file}`, 'utf8'));
  }
  return names;
}

function addIdentifiers(names, declarations) {
  const code = declarations.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  for (const [name] of code.matchAll(/[A-Za-z_$][\w$]*/g)) names.add(name);
}

function builtFiles() {
  return readdirSync('build', { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => /^(src|boards)\/.*\.(d\.ts|js)$/.test(path) && !/^boards\/(node|sim)\//.test(path))
    .map(path => [path, readFileSync('build/' + path, 'utf8')]);
}
