/**
 * Rollup plugins for Espruino with machine code: functions that run now and then are packed in what goes onto the board. `markPacked` says in front of terser which those are;
 * `packedTokens` writes `<bundle>.tok` in place of pretokenise.mjs: there the body of such a function is `eval(unpack(number, length))`, and the bodies themselves, packed by packer.mjs with the
 * rest of the bundle as their dictionary, are one string behind it. The bundle's text beside it is as if nothing had been marked.
 *
 * Espruino's `eval` runs in the scope of the function that calls it, and `return` in it is that function's. A function that is made there has a copy of its code, because the
 * unpacked text lies in variables, and so nothing refers to that text once it has run. It is the same for strings.
 */
import { functionsAt, neverInlined } from './outline.mjs';
import { STORED } from './overlay.mjs';
import { pack, unpack } from './packer.mjs';
import { emitTokens, pieces, pretokenise, TREACHEROUS } from './pretokenise.mjs';
import { apply, rewriting, visitAll } from './rewrite.mjs';
import { isFunction } from './scopes.mjs';

/** Names that no other pass makes: of the packed string, of what unpacks, and of what calls a text as the body of a function. */
const PACKED = 'packed$';
const UNPACK = '_$';
const OPEN = 'open$';
const STRING16 = '\xd2';

/** Of the bundle, for UNPACK. */
const NEEDED = ['storedCode', 'workspaceAddress', 'ringletError'];

/**
 * Runs on the board; 15 is `unpack` of the machine code. Flash lies below 2^29 on every Cortex-M: when the program has been read into variables, its dictionary is not
 * in front of the packed string. OPEN's parameters have names that no text has.
 */
const unpacker = ([storedCode, workspaceAddress, ringletError]) =>
  `function ${UNPACK}(n,l){let i=new Uint8Array(l),a=E.getAddressOf(${PACKED},true),c=${storedCode}();` +
  `if(!a||a>>29)throw ${ringletError}("ERR_BOARD_NO_CODE","ringlet has to be run out of Storage");` +
  `c.call(15,${workspaceAddress}(c,i),l,a,${PACKED}.length|n<<16);return E.toString(i)}` +
  `function ${OPEN}(n$$,l$$){eval(${UNPACK}(n$$,l$$))}`;

/** `names` as for outline.mjs. */
export const markPacked = names => rewriting('mark-packed', (program, code) => edits(program, code, names));

export function edits(program, _, names) {
  const functions = functionsAt(program, names);
  const found = functions.flatMap(({ node }) => {
    const { start, end, type } = node.body;
    const mark = `${STORED}(${NEEDED})`;
    if (type === 'BlockStatement') return [[start + 1, start + 1, ` ${mark};`]];
    return [
      [start, start, `(${mark}, `],
      [end, end, ')'],
    ];
  });
  return [...found, ...neverInlined(program, functions)];
}

export function packedTokens() {
  const found = new Map();
  return {
    name: 'packed-functions',
    renderChunk(code, { fileName }) {
      const { removed, ...marked } = unmarked(this.parse(code), code);
      found.set(fileName, marked);
      const { text, mappings } = apply(code, removed);
      return { code: text, map: { version: 3, sources: ['packed-functions'], names: [], mappings } };
    },
    generateBundle(_, bundle) {
      emitTokens(this, bundle, (code, fileName) => packed(this.parse(code), code, found.get(fileName)));
    },
  };
}

/** `removed` takes the marks out. `marked` are the numbers of the functions that had one, `needed` is what NEEDED is called now. */
export function unmarked(program, code) {
  const functions = functionsOf(program);
  const removed = [];
  const marked = [];
  let needed = [];
  visitAll(program, (node, ancestors) => {
    if (node.type !== 'CallExpression' || node.callee.name !== STORED) return;
    const parent = ancestors[ancestors.length - 1];
    const isFirst = parent.type === 'SequenceExpression' && parent.expressions[0] === node;
    if (isFirst) removed.push([node.start, parent.expressions[1].start, '']);
    else if (parent.type === 'ExpressionStatement') removed.push([parent.start, parent.end, '']);
    else if (parent.type === 'ForStatement' && parent.init === node) removed.push([node.start, node.end, '']);
    else throw new Error(`packed-functions: what has become of a mark? ${code.slice(parent.start, parent.end)}`);
    marked.push(functions.indexOf(ancestors.findLast(isFunction)));
    needed = node.arguments.map(({ name }) => name);
  });
  return { removed, marked, needed };
}

function functionsOf(program) {
  const functions = [];
  visitAll(program, node => isFunction(node) && functions.push(node));
  return functions;
}

/** The bundle's tokens. */
export function packed(program, code, { marked, needed }) {
  const functions = functionsOf(program);
  const bodies = [];
  // By where it begins, what comes instead of a part of the code, and where that ends.
  const replaced = new Map();
  for (const node of marked.map(number => functions[number])) {
    const number = bodies.push(bodyOf(node)) - 1;
    const { start, end } = bodies[number];
    const given = () => `(${number},${textOf(number).length})`;
    const calls = callsOfOverlay(program, node);
    if (calls) replaced.set(node.start, { end: node.end, text: () => '' });
    else replaced.set(start, { end, text: () => `eval(${UNPACK}${given()})` });
    for (const call of calls ?? []) replaced.set(call.start, { end: call.end, text: () => OPEN + given() });
  }
  const parts = pieces(code);
  for (const place of replaced.keys())
    if (!parts.some(({ start }) => start === place)) throw new Error('packed-functions: something begins with a space');
  const textBetween = (from, to) => {
    let text = '';
    let at = from;
    for (const part of parts) {
      if (part.start < at || part.start >= to) continue;
      const other = replaced.get(part.start);
      // Unless it is what is being packed.
      if (other && !(part.start === from && other.end === to)) at = other.end;
      text += at > part.start ? other.text() : part.text;
    }
    return text;
  };
  const texts = [];
  const textOf = number => (texts[number] ??= textBetween(bodies[number].start, bodies[number].end));
  const begin = `${textBetween(0, code.length)}${pretokenise(`${unpacker(needed)}var ${PACKED}`)}=${STRING16}`;
  for (const number of bodies.keys()) textOf(number);
  // No text has zeros: nothing refers to the string's length, which is not known yet.
  const [dictionary, ...unpacked] = [`${begin}\0\0`, ...texts].map(text => Buffer.from(text, 'latin1'));
  let string = pack(dictionary, unpacked).toString('latin1');
  while (TREACHEROUS.some(one => lengthOf(string).includes(one))) string += ' ';
  return `${begin}${lengthOf(string)}${string};`;
}

/** Of tokens that `packed` has made: `plain` is what is in front of what unpacks, `texts` are what calls of that in `plain`, or in one another, stand for. For tests. */
export function unpacked(tokens) {
  const string = tokens.indexOf(`${PACKED}=${STRING16}`) + PACKED.length + 4;
  const [dictionary, packed] = [tokens.slice(0, string), tokens.slice(string, -1)].map(one =>
    Buffer.from(one, 'latin1'),
  );
  const plain = tokens.slice(0, tokens.lastIndexOf(pretokenise(`function ${UNPACK}(){}`).slice(0, -3)));
  const texts = [];
  const read = text => {
    for (const [, number, length] of text.matchAll(/(?:eval\(_|open)\$\((\d+),(\d+)\)/g)) {
      texts[number] ??= unpack(dictionary, packed, Number(number), Number(length)).toString('latin1');
      read(texts[number]);
    }
  };
  read(plain);
  return { plain, texts };
}

const lengthOf = ({ length }) => String.fromCharCode(length & 255, length >> 8);

/** Of a function of the bundle without parameters that is never asked for but to be called: where that is. It does without its declaration then. */
function callsOfOverlay(program, { type, id, params }) {
  if (type !== 'FunctionDeclaration' || params.length > 0 || !program.body.some(one => one.id === id)) return undefined;
  const calls = [];
  let uses = 0;
  visitAll(program, (node, ancestors) => {
    if (node.type !== 'Identifier' || node.name !== id.name || node === id) return;
    const parent = ancestors[ancestors.length - 1];
    if (parent.type === 'CallExpression' && parent.callee === node && parent.arguments.length === 0) calls.push(parent);
    uses++;
  });
  return calls.length === uses ? calls : undefined;
}

/** What is in braces, or an expression with the parentheses that the mark was in: without them it could be taken for a block. */
function bodyOf({ body: { type, start, end } }) {
  return type === 'BlockStatement' ? { start: start + 1, end: end - 1 } : { start: start - 1, end: end + 1 };
}
