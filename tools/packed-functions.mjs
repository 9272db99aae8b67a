/**
 * Rollup plugins for Espruino with machine code: functions that run now and then are packed in what goes onto the board. `markPacked` says in front of terser which those are;
 * `packedTokens` writes `<bundle>.tok` in place of pretokenise.mjs: there the body of such a function is `eval(unpack(number, length))`, and the bodies themselves, packed by packer.mjs with the
 * rest of the bundle as their dictionary, are one string behind it. The bundle's text beside it is as if nothing had been marked.
 *
 * Espruino's `eval` runs in the scope of the function that calls it, and `return` in it is that function's. A function that is made there has a copy of its code, because the
 * unpacked text lies in variables, and so nothing refers to that text once it has run. It is the same for strings.
 */
import { functionsAt, neverInlined } from './outline.mjs';
import { READER, STORED } from './overlay.mjs';
import { pack } from './packer.mjs';
import { emitTokens, pieces, pretokenise, TREACHEROUS } from './pretokenise.mjs';
import { apply, rewriting, visitAll } from './rewrite.mjs';
import { isFunction } from './scopes.mjs';

/** The global that has the packed string; the text, where nothing asks for it, does not declare it. */
const PACKED = 'packed$';
/** Calls what a text is the body of. Its parameters have names that nothing in it has. */
const OPEN = 'open$';
const STRING16 = '\xd2';

/**
 * What runs on the board; 15 is `unpack` of the machine code. Flash lies below 2^29 on every Cortex-M: when the program has been read into variables, its dictionary is not
 * in front of the packed string.
 */
const UNPACK = `
const ${READER} = (number, length) => {
  const into = new Uint8Array(length);
  const packed = E.getAddressOf(${PACKED}, true);
  if (!packed || packed >> 29) throw ringletError('ERR_BOARD_NO_CODE', 'ringlet has to be run out of Storage');
  const code = storedCode();
  code.call(15, workspaceAddress(code, into), length, packed, ${PACKED}.length | (number << 16));
  return E.toString(into);
};
`;

/** `names` as for outline.mjs. */
export const markPacked = names => rewriting('mark-packed', program => marks(program, names));

export function marks(program, names) {
  const { body } = program.body[0].declarations[0].init.callee;
  const functions = functionsAt(program, names);
  const found = functions.flatMap(({ node }) => {
    const { start, end, type } = node.body;
    const mark = `${STORED}(${READER})`;
    if (type === 'BlockStatement') return [[start + 1, start + 1, ` ${mark};`]];
    return [
      [start, start, `(${mark}, `],
      [end, end, ')'],
    ];
  });
  return [[body.start + 1, body.start + 1, UNPACK], ...found, ...neverInlined(program, functions)];
}

export function packedTokens() {
  const found = new Map();
  return {
    name: 'packed-functions',
    renderChunk(code, { fileName }) {
      const { edits, ...marked } = unmarked(this.parse(code), code);
      found.set(fileName, marked);
      const { text, mappings } = apply(code, edits);
      return { code: text, map: { version: 3, sources: ['packed-functions'], names: [], mappings } };
    },
    generateBundle(_, bundle) {
      emitTokens(this, bundle, (code, fileName) => packed(this.parse(code), code, found.get(fileName)));
    },
  };
}

/** `edits` take the marks out. `marked` are the numbers of the functions that had one, `reader` is by what they are unpacked. */
export function unmarked(program, code) {
  const functions = functionsOf(program);
  const edits = [];
  const marked = [];
  let reader;
  visitAll(program, (node, ancestors) => {
    if (node.type !== 'CallExpression' || node.callee.name !== STORED) return;
    const parent = ancestors[ancestors.length - 1];
    const isFirst = parent.type === 'SequenceExpression' && parent.expressions[0] === node;
    if (isFirst) edits.push([node.start, parent.expressions[1].start, '']);
    else if (parent.type === 'ExpressionStatement') edits.push([parent.start, parent.end, '']);
    else if (parent.type === 'ForStatement' && parent.init === node) edits.push([node.start, node.end, '']);
    else throw new Error(`packed-functions: what has become of a mark? ${code.slice(parent.start, parent.end)}`);
    marked.push(functions.indexOf(ancestors.findLast(isFunction)));
    reader = node.arguments[0].name;
  });
  return { edits, marked, reader };
}

function functionsOf(program) {
  const functions = [];
  visitAll(program, node => isFunction(node) && functions.push(node));
  return functions;
}

/** The bundle's tokens. */
export function packed(program, code, { marked, reader }) {
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
    else replaced.set(start, { end, text: () => `eval(${reader}${given()})` });
    for (const call of calls ?? []) replaced.set(call.start, { end: call.end, text: () => OPEN + given() });
  }
  const parts = pieces(code);
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
  const open = pretokenise(`function ${OPEN}(n$$,l$$){eval(${reader}(n$$,l$$))}var ${PACKED}`);
  const begin = `${textBetween(0, code.length)}${open}=${STRING16}`;
  for (const number of bodies.keys()) textOf(number);
  // No text has zeros: nothing refers to the string's length, which is not known yet.
  const [dictionary, ...unpacked] = [`${begin}\0\0`, ...texts].map(text => Buffer.from(text, 'latin1'));
  let string = pack(dictionary, unpacked).toString('latin1');
  while (TREACHEROUS.some(one => lengthOf(string).includes(one))) string += ' ';
  return `${begin}${lengthOf(string)}${string};`;
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
