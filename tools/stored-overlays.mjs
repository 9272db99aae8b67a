/**
 * Rollup plugin, last of all, for Kaluma, which compiles a whole script into its heap: what overlay.mjs and outline.mjs have marked becomes text in a comment in front of the
 * bundle. A comment takes no heap; the program that is in flash finds its own text there, and compiles a part of it whenever that is used. What a use has made
 * and nobody holds on to is garbage afterwards, its code too.
 *
 * `eval` is called where the overlay was, so its text means the same names. It answers a function, which is called when `eval` is over: otherwise each would take 0.4 KB more of the C stack. The comment begins with a checksum: code of another build is not taken for this one's.
 *
 * That is `<bundle>.min.js`. What goes onto the board is `<bundle>.packed.js`, bytes, to be read as latin1: the same packed (pack.mjs), what is not stored as well.
 */
import { createHash } from 'node:crypto';
import { kalumaNames } from './kaluma-names.mjs';
import { READER, STORED } from './overlay.mjs';
import { commonText, pack } from './pack.mjs';
import { apply, replaced, rewriting, visitAll } from './rewrite.mjs';
import { bindings } from './scopes.mjs';
import { storedText } from './stored-text.mjs';

/** Begins the comment: a checksum, how many characters of it all texts share, and how long it is. In the bundle it is all dots until they are known. */
const mark = (checksum, shared, length) => `/*ringlet ${checksum} ${shared} ${length} `;
const UNKNOWN = mark('.'.repeat(8), '.'.repeat(4), '.'.repeat(6));

/** Characters of a string that is text as well: the engine keeps every other one for ever that was in code, and most of the long ones are for errors. */
const LONG = 10;
/** With a space in it, it is for an error. */
const LONG_MESSAGE = 7;

/** A function that is a text and nothing else is 100 bytes of heap; to call it by its place takes 12 more in compiled code, and as many characters in a text. */
const MOST_CALLS = 6;
const MOST_COMPILED_CALLS = 3;

/** What is packed shares so many characters, and the bundle itself is in pieces of so many. */
const SHARED = 2048;
const PIECE = 3000;

/**
 * In front of terser, behind what gives names to globals: declares what reads the text, and needs no name around it. The bundle becomes an arrow function: another one would be kept,
 * as long as there is an `eval` in it, by its `arguments`.
 */
export const storedReader = () =>
  rewriting('stored-reader', (program, code) => {
    const { start, params, body } = program.body[0].declarations[0].init.callee;
    const given = params.map(one => code.slice(one.start, one.end));
    return [[start, body.start + 1, `(${given}) => {\nlet ${READER} = (${storedText})('${UNKNOWN}');\n`]];
  });

export const storedOverlays = () => {
  let packed;
  return {
    ...rewriting('stored-overlays', (program, code) => {
      packed = packedBundle(program, code);
      return edits(program, code);
    }),
    generateBundle(_, bundle) {
      for (const { type, fileName } of Object.values(bundle)) {
        if (type !== 'chunk') continue;
        const source = Buffer.from(packed, 'latin1');
        this.emitFile({ type: 'asset', fileName: fileName.replace(/\.min\.js$/, '.packed.js'), source });
      }
    },
  };
};

export function edits(program, code) {
  const texts = [];
  let at = UNKNOWN.length;
  const { uses } = usesOfText(program, code, parts => {
    const { length } = textOf(parts, code);
    texts.push(...parts);
    at += length;
    return `${at - length},${length}`;
  });
  const known = markOf(textOf(texts, code), 0);
  const marked = code.indexOf(UNKNOWN);
  return [[0, 0, known, ...texts, '*/'], [marked, marked + known.length, known], ...uses];
}

/** The same packed, and the bundle as well: what is left in front of the engine is what unpacks it. */
export function packedBundle(program, code) {
  const all = [];
  const learnt = usesOfText(program, code, parts => `10000,${all[all.push(textOf(parts, code)) - 1].length}`);
  const shared = commonText([...all, apply(code, learnt.uses).text], SHARED);
  let stored = shared;
  const store = parts => {
    const text = textOf(parts, code);
    const packed = pack(text, shared);
    stored += packed;
    return `${UNKNOWN.length + stored.length - packed.length},${text.length}`;
  };
  const { uses, reader, init: unpacker } = usesOfText(program, code, store, true);
  const [{ init }] = program.body[0].declarations;
  const bundle = [[0, init.start], ...uses, [init.end, code.length]];
  const pieces = apply(code, bundle).text.match(new RegExp(`[^]{1,${PIECE}}`, 'g'));
  const reads = pieces.map(one => `${reader}(${store([one])})`);
  const known = markOf(stored, shared.length);
  const unpacks = code.slice(...unpacker).replace(UNKNOWN, known);
  const made = `(${reader}=>eval(${reads.join('+')}))(${unpacks})`;
  return `${known}${stored}*/${code.slice(0, init.start)}${made}${code.slice(init.end)}`;
}

const textOf = (parts, code) => parts.map(part => (typeof part === 'string' ? part : code.slice(...part))).join('');

function markOf(text, shared) {
  if (text.includes('*/') || /[\0\r\xff]/.test(text))
    throw new Error('stored-overlays: the text cannot stand in a comment');
  const checksum = createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 8);
  const length = UNKNOWN.length + text.length + 2;
  return mark(checksum, String(shared).padStart(4, '0'), String(length).padStart(6, '0'));
}

/**
 * What comes instead of each text, whose place and length is what `store(parts)` answers; what the reader is called, and how it is made. `packed`: it is made elsewhere.
 *
 * A function of the bundle that is nothing but a text would be compiled for a few calls in other texts: `made(at, length)`, which sees what the bundle declares, comes instead of its name.
 */
function usesOfText(program, code, store, packed = false) {
  const reader = readerOf(program);
  const statements = program.body[0].declarations?.[0].init.callee.body ?? { body: [] };
  const isOwn = ({ id, init }) => id.name === reader && code.slice(init?.start, init?.end).includes(UNKNOWN);
  const [own] = declaratorsOf(statements, isOwn);
  const [made, at, length] = unusedNames(program);
  const { functions, calls } = storedFunctions(program, statements);
  const strings = new Map();
  const places = new Map();

  const items = [];
  visitAll(program, (node, ancestors) => {
    const { start, end } = node;
    if (node.type === 'Literal' && isStored(node.value, ancestors, reader))
      items.push([start, end, () => (/[\w$]/.test(code[start - 1]) ? ' ' : '') + stringOf(node.value)]);
    if (node.type === 'TemplateElement' && isStored(node.value.cooked, ancestors, reader))
      items.push([start, end, () => `\${${stringOf(node.value.cooked)}}`]);
    if (node.type === 'CallExpression' && node.callee.name === STORED)
      items.push([start, end, () => `eval(${reader}(${store(partsOf(node.arguments[1]))}))()`]);
    if (calls.has(node)) items.push([start, node.callee.end, () => `${made}(${placeOf(calls.get(node))})`]);
  });
  const gone = new Set([...functions.map(({ node }) => node), ...(packed ? [own] : [])]);
  for (const statement of statements.body)
    if (statement.type === 'VariableDeclaration')
      items.push(...removals(statement, gone).map(one => [...one, () => '']));
  items.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const uses = usesIn(0, code.length);
  if (functions.length)
    uses.push([
      statements.start + 1,
      statements.start + 1,
      `let ${made}=(${at},${length})=>eval(${reader}(${at},${length}));`,
    ]);
  return { uses, reader, init: [own?.init.start, own?.init.end] };

  /** The outermost ones between two places. */
  function usesIn(from, to) {
    const found = [];
    let end = from;
    for (const [start, stop, text] of items) {
      if (start < end || stop > to) continue;
      found.push([start, stop, text()]);
      end = stop;
    }
    return found;
  }

  function partsOf(node) {
    return replaced(node, usesIn(node.start, node.end));
  }

  function stringOf(value) {
    if (!strings.has(value)) strings.set(value, `${reader}(${store([value])})`);
    return strings.get(value);
  }

  function placeOf(one) {
    if (!places.has(one)) {
      const { start, end } = one.arrow;
      places.set(one, store([`(${one.params})=>`, ...partsOf({ start: start + '()=>'.length, end })]));
    }
    return places.get(one);
  }
}

function readerOf(program) {
  let reader;
  visitAll(program, ({ type, callee, arguments: given }) => {
    if (type === 'CallExpression' && callee.name === STORED) reader = given[0].name;
  });
  return reader;
}

function declaratorsOf({ body }, test) {
  return body.flatMap(({ type, declarations }) => (type === 'VariableDeclaration' ? declarations.filter(test) : []));
}

/** Three that no variable has, of those that the engine knows. */
function unusedNames(program) {
  const used = new Set();
  visitAll(program, ({ type, name }) => {
    if (type === 'Identifier') used.add(name);
  });
  return kalumaNames.all.filter(name => name.length > 1 && !used.has(name)).slice(0, 3);
}

/**
 * Functions of the bundle, `name = (params) => STORED(READER, () => …)`, that others only call, most of them texts, and none that comes back to itself. `calls`: the calls.
 */
function storedFunctions(program, statements) {
  const { bindingOf } = bindings(program);
  const found = new Map();
  for (const node of declaratorsOf(statements, ({ init }) => init?.type === 'ArrowFunctionExpression')) {
    const { body, params } = node.init;
    const call = body.type === 'BlockStatement' && body.body.length === 1 ? body.body[0].expression : body;
    if (call?.type !== 'CallExpression' || call.callee.name !== STORED) continue;
    if (params.some(({ type }) => type !== 'Identifier')) continue;
    const one = { node, arrow: call.arguments[1], params: params.map(({ name }) => name), calls: [], needs: new Set() };
    found.set(bindingOf.get(node.id), one);
  }
  visitAll(program, (node, ancestors) => {
    const one = node.type === 'Identifier' && found.get(bindingOf.get(node));
    const parent = ancestors[ancestors.length - 1];
    if (!one || parent === one.node) return;
    const isCall = parent.type === 'CallExpression' && parent.callee === node;
    const isText = ancestors.some(({ type, callee }) => type === 'CallExpression' && callee.name === STORED);
    one.calls.push({ node: isCall && parent, isText });
    for (const other of found.values()) if (ancestors.includes(other.node)) other.needs.add(one);
  });
  const needs = (one, other, seen = new Set()) =>
    [...one.needs].some(next => next === other || (!seen.has(next) && needs(next, other, seen.add(next))));
  const functions = [...found.values()].filter(
    one =>
      one.calls.every(({ node }) => node) &&
      one.calls.length <= MOST_CALLS &&
      one.calls.filter(({ isText }) => !isText).length <= MOST_COMPILED_CALLS &&
      !needs(one, one),
  );
  return { functions, calls: new Map(functions.flatMap(one => one.calls.map(({ node }) => [node, one]))) };
}

/** Where those of a declaration's declarators that are `gone` stand, with their commas. */
function removals({ start, end, declarations }, gone) {
  const kept = declarations.find(one => !gone.has(one));
  if (!kept) return [[start, end]];
  return declarations.flatMap((one, i) => {
    if (!gone.has(one)) return [];
    if (one.start < kept.start) return one === declarations[0] ? [[one.start, kept.start]] : [];
    return [[declarations[i - 1].end, one.end]];
  });
}

/** Not what the reader itself says, nor what has to be a literal, or is read in a loop: but messages, which end one. */
function isStored(value, ancestors, reader) {
  if (typeof value !== 'string' || !/^[ -~]*$/.test(value) || value === UNKNOWN) return false;
  const parent = ancestors[ancestors.length - 1];
  const isMessage = value.length >= LONG_MESSAGE && value.includes(' ');
  const isKey = parent.key && !parent.computed;
  const isReaders = ancestors.some(({ type, id }) => type === 'VariableDeclarator' && id.name === reader);
  const isInLoop = ancestors.some(({ type }) => /^(For|While|Do)/.test(type));
  return !isKey && !isReaders && (isMessage || (value.length >= LONG && !isInLoop));
}

/** The bundle as if its overlays had never been stored: for tests that look at code. Others stay as they are. */
export function unstored(code) {
  if (!/^\/\*ringlet [0-9a-f]{8} 0000 /.test(code)) return code;
  const text = code.slice(0, code.indexOf('*/'));
  const [, reader] = /\beval\(([\w$]+)\(/.exec(code);
  const read = `(?<![\\w$.])${reader.replaceAll('$', '\\$')}\\((\\d+),(\\d+)\\)`;
  const at = (from, length) => text.slice(+from, +from + +length);
  const [makes, made] = /let ([\w$]+)=\(([\w$]+),([\w$]+)\)=>eval\([\w$]+\(\2,\3\)\);/.exec(code) ?? [];
  const whole = part =>
    part
      .replace(new RegExp(`\\beval\\(${read}\\)`, 'g'), (_, from, length) => `(${whole(at(from, length))})`)
      .replace(new RegExp(`\\b${made}\\((\\d+),(\\d+)\\)`, 'g'), (_, from, length) => `(${whole(at(from, length))})`)
      .replace(new RegExp(read, 'g'), (_, from, length) => JSON.stringify(at(from, length)));
  return whole(code.slice(text.length + 2)).replace(makes, '');
}
