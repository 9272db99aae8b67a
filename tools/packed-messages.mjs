/**
 * Rollup plugin, in front of terser, for Espruino, where text is 8 % of a bundle: in the messages of errors the 127 pairs of characters that save most are one byte
 * each, of which a pair may be made again (byte pair encoding, P. Gage, 1994). `ringletError` puts them back. Packed is what stands in its call, or in that of a function
 * that does nothing with a parameter but hand it on to there; what is added at run time has to be ASCII, or comes out garbled.
 */
import { TREACHEROUS } from './pretokenise.mjs';
import { isPropertyName, rewriting, visitAll } from './rewrite.mjs';

const FIRST = 0x80;
const LAST = 0xfe;
const LEAST = 4;

/** Runs on the board. Not by recursion: an error may be thrown where little of the stack is left. */
const UNPACK = pairs => `
function unpacked(text) {
  let whole = '';
  while (text) {
    const code = text.charCodeAt(0);
    text = text.substr(1);
    if (code < ${FIRST}) whole += String.fromCharCode(code);
    else text = ${pairs}.substr(2 * code - ${2 * FIRST}, 2) + text;
  }
  return whole;
}`;

export const packedMessages = () => rewriting('packed-messages', edits);

export function edits(program, code) {
  const { functions, calls } = find(program);
  const creator = functions.get('ringletError');
  const takers = new Map([['ringletError', 1]]);
  let found;
  do {
    found = [];
    for (const { callee, arguments: values } of calls)
      if (takers.has(callee.name)) collect(values[takers.get(callee.name)], found);
  } while (addTakers(takers, functions, new Set(found)));
  const texts = found.flatMap(textsOf);
  if (!creator) throw new Error('packed-messages: there is no ringletError');
  const { packed, pairs } = pack(texts.map(({ text }) => text));
  const made = /new Error\((\w+)\)/.exec(code.slice(creator.start, creator.end));
  const message = creator.start + made.index + 'new Error('.length;
  return [
    [creator.start, creator.start, UNPACK(quoted(pairs)), '\n'],
    [message, message, 'unpacked('],
    [message + made[1].length, message + made[1].length, ')'],
    ...texts.map(({ start, end, before, after }, i) => [start, end, before + quoted(packed[i]) + after]),
  ];
}

/** Functions by name, if nothing else has it, and calls. */
function find(program) {
  const functions = new Map();
  const others = new Set();
  const calls = [];
  visitAll(program, node => {
    if (node.type === 'CallExpression') calls.push(node);
    if (node.type === 'VariableDeclarator') others.add(node.id.name);
    if (/Function/.test(node.type)) for (const { name } of node.params) others.add(name);
    if (node.type !== 'FunctionDeclaration') return;
    if (functions.has(node.id.name)) others.add(node.id.name);
    functions.set(node.id.name, node);
  });
  for (const name of others) functions.delete(name);
  return { functions, calls };
}

/** Functions with a parameter that is nothing but a part of messages. True if there are more than before. */
function addTakers(takers, functions, parts) {
  const before = takers.size;
  for (const [name, node] of functions) {
    if (takers.has(name)) continue;
    const index = node.params.findIndex(param => {
      const uses = [];
      visitAll(node.body, (one, ancestors) => {
        const parent = ancestors[ancestors.length - 1];
        if (one.type === 'Identifier' && one.name === param.name && !isPropertyName(one, parent)) uses.push(one);
      });
      return uses.length > 0 && uses.every(one => parts.has(one));
    });
    if (index >= 0) takers.set(name, index);
  }
  return takers.size > before;
}

/** What a message is put together of. */
function collect(node, parts) {
  if (!node) return;
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    collect(node.left, parts);
    collect(node.right, parts);
  } else if (node.type === 'ConditionalExpression') {
    collect(node.consequent, parts);
    collect(node.alternate, parts);
  } else {
    parts.push(node);
    if (node.type === 'TemplateLiteral') for (const one of node.expressions) collect(one, parts);
  }
}

/** Its texts: where they are, and what stands around them instead of a template's signs. */
function textsOf({ type, value, quasis, start, end }) {
  if (type === 'Literal' && typeof value === 'string') return [{ start, end, text: value, before: '', after: '' }];
  if (type !== 'TemplateLiteral') return [];
  return quasis.map((quasi, i) => ({
    start: quasi.start - 1,
    end: quasi.end + (quasi.tail ? 1 : 2),
    text: quasi.value.cooked,
    before: i === 0 ? '(' : ')+',
    after: quasi.tail ? ')' : '+(',
  }));
}

/** Each text with its pairs replaced, most frequent first. `pairs`: two characters for each byte from FIRST on. */
export function pack(texts) {
  let packed = texts;
  let pairs = '';
  for (let next = FIRST; next <= LAST; next++) {
    const [pair, count] = mostFrequent(packed);
    if (count < LEAST) break;
    packed = packed.map(text => text.replaceAll(pair, String.fromCharCode(next)));
    pairs += pair;
  }
  return { packed: packed.map(text => atGoodLength(text, pairs)), pairs };
}

/** A string whose length is a treacherous byte would have an escape for each pair: one pair less, and it is another length. */
function atGoodLength(text, pairs) {
  const at = [...text].findIndex(one => one.charCodeAt(0) >= FIRST);
  if (at < 0 || !TREACHEROUS.includes(String.fromCharCode(text.length))) return text;
  const pair = pairs.substr(2 * (text.charCodeAt(at) - FIRST), 2);
  return atGoodLength(text.slice(0, at) + pair + text.slice(at + 1), pairs);
}

function mostFrequent(texts) {
  const counts = new Map();
  let best = ['', 0];
  for (const text of texts) {
    for (let i = 0; i + 1 < text.length; i++) {
      const pair = text.slice(i, i + 2);
      // Three of one kind are one pair.
      if (i > 0 && text[i - 1] === text[i] && pair[0] === pair[1]) continue;
      const count = (counts.get(pair) ?? 0) + 1;
      counts.set(pair, count);
      if (count > best[1]) best = [pair, count];
    }
  }
  return best;
}

const quoted = text => JSON.stringify(text).replace(/[\x7f-\xff]/g, one => '\\x' + one.charCodeAt(0).toString(16));
