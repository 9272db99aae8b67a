/**
 * Espruino's own form of a script: its lexer (src/jslex.h there) takes a byte for each reserved word and each operator of several characters, so no space is
 * needed around them, and a string as it is in memory: one of more than ten characters is then used where it lies in flash. The bytes are numbered as in every
 * firmware since 2v00; `??` is from 2v14, strings from 2v21. Integers (2v26) stay digits: their bytes are neither fewer nor faster.
 *
 * A rollup plugin writes `<bundle>.tok` beside `<bundle>.min.js`: what goes into Storage. It is bytes, not text: to be read as latin1, and not to be pasted.
 */
import { parse } from 'acorn';
import { isPropertyName, visitAll } from './rewrite.mjs';

const FIRST = 0x8a;
const TOKENS = (
  '== === != !== <= << <<= >= >> >>> >>= >>>= += -= ++ -- *= /= %= &= && |= || ^= => ' +
  'if else do while for break continue function return var let const this throw try catch finally true false null undefined ' +
  'new in instanceof switch case default delete typeof void debugger class extends super static of'
).split(' ');
const BYTES = new Map(TOKENS.map((token, i) => [token, String.fromCharCode(FIRST + i)]));
BYTES.set('??', '\xd0');
const STRING8 = 0xd1;

/** Bytes that a console on the way to the board, or who takes a script for text, takes for something else. Without line ends a column in an error is an offset. */
export const TREACHEROUS = [...'\0\x03\x04\n\r\x11\x13'];

/** Rollup plugin, last of all. */
export const pretokenised = () => ({
  name: 'pretokenise',
  generateBundle(_, bundle) {
    emitTokens(this, bundle, pretokenise);
  },
});

/** `tokensOf(code, fileName)` makes them. */
export function emitTokens(context, bundle, tokensOf) {
  for (const { type, fileName, code } of Object.values(bundle)) {
    if (type !== 'chunk') continue;
    const source = Buffer.from(tokensOf(withoutMap(code), fileName), 'latin1');
    context.emitFile({ type: 'asset', fileName: fileName.replace(/\.min\.js$/, '.tok'), source });
  }
}

export const withoutMap = code => code.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '');

/** `code` is minified ASCII: where it has a space between two tokens, one is needed. */
export function pretokenise(code) {
  return pieces(code)
    .map(({ text }) => text)
    .join('');
}

/** What comes instead of which part of the code, in order: `{ start, text }`. */
export function pieces(code) {
  if (/[^\n -~]/.test(code)) throw new Error('pretokenise: the code is not ASCII');
  const { tokens, names } = read(code);
  const found = [];
  let end = 0;
  let before = '';
  for (const token of tokens) {
    const text = encoded(token, code, names);
    if (token.start > end && isPlain(before) && isPlain(text)) found.push({ start: end, text: ' ' });
    found.push({ start: token.start, text });
    end = token.end;
    before = text;
  }
  return found;
}

const isPlain = text => text !== '' && text.charCodeAt(0) < 0x80;

/** A template is one token. `names`: where properties are named, which are no reserved words there. */
function read(code) {
  const tokens = [];
  const names = new Set();
  const templates = new Map();
  visitAll(parse(code, { ecmaVersion: 2020, onToken: tokens }), (node, ancestors) => {
    const parent = ancestors[ancestors.length - 1];
    if (node.type === 'Identifier' && isPropertyName(node, parent)) names.add(node.start);
    if (node.type === 'TemplateLiteral') templates.set(node.start, node.end);
  });
  let end = 0;
  const whole = tokens.filter(token => {
    if (token.start < end) return false;
    end = templates.get(token.start) ?? token.end;
    token.end = end;
    return true;
  });
  return { tokens: whole, names };
}

function encoded({ type, value, start, end }, code, names) {
  const text = code.slice(start, end);
  if (type.label === 'string') return string(value) ?? text;
  return names.has(start) ? text : (BYTES.get(text) ?? text);
}

/** As long as in quotes, but for what is escaped there. */
function string(value) {
  if (value === '' || value.length > 255 || /[^\0-\xff]/.test(value)) return undefined;
  const raw = String.fromCharCode(STRING8, value.length) + value;
  return TREACHEROUS.some(one => raw.includes(one)) ? undefined : raw;
}
