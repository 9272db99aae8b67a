/**
 * Rollup plugin, last of all, for Kaluma, which compiles a whole script into its heap: what overlay.mjs and outline.mjs have marked becomes text in a comment in front of the
 * bundle. A comment takes no heap; the program that is in flash finds its own text there, and compiles a part of it whenever that is used. What a use has made
 * and nobody holds on to is garbage afterwards, its code too.
 *
 * `eval` is called where the overlay was, so its text means the same names. The comment begins with a checksum: code of another build is not taken for this one's.
 */
import { createHash } from 'node:crypto';
import { READER, STORED } from './overlay.mjs';
import { replaced, rewriting, visitAll } from './rewrite.mjs';

/** Stands in the bundle until its text is known. */
const MARK = '/*ringlet ........ ';

/** Characters of a string that is text as well: the engine keeps every other one for ever that was in code, and most of the long ones are for errors. */
const LONG = 10;

/** In front of terser: declares what reads the text. The bundle becomes an arrow function: another one would be kept, as long as there is an `eval` in it, by its `arguments`. */
export const storedReader = () =>
  rewriting('stored-reader', (program, code) => {
    const { start, params, body } = program.body[0].declarations[0].init.callee;
    const given = params.map(one => code.slice(one.start, one.end));
    return [[start, body.start + 1, `(${given}) => {\nconst ${READER} = (${storedText})('${MARK}');\n`]];
  });

export const storedOverlays = () => rewriting('stored-overlays', edits);

export function edits(program, code) {
  let uses = [];
  const texts = [];
  const strings = new Map();
  let at = MARK.length;
  let reader;
  const store = text => {
    const length = text.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : part[1] - part[0]), 0);
    texts.push(...text);
    at += length;
    return `${at - length},${length}`;
  };
  visitAll(program, ({ type, callee, arguments: given }) => {
    if (type === 'CallExpression' && callee.name === STORED) reader = given[0].name;
  });
  // From the inside out: the text of one may use another's.
  visitAll(
    program,
    () => {},
    ({ type, callee, start, end, value, arguments: given }, ancestors) => {
      if (type === 'Literal' && isStored(value, ancestors, reader)) {
        if (!strings.has(value)) strings.set(value, `${reader}(${store([value])})`);
        uses.push([start, end, (/[\w$]/.test(code[start - 1]) ? ' ' : '') + strings.get(value)]);
      }
      if (type !== 'CallExpression' || callee.name !== STORED) return;
      const inner = uses.filter(one => one[0] > start).sort((a, b) => a[0] - b[0]);
      uses = uses.filter(one => one[0] < start);
      uses.push([start, end, `eval(${reader}(${store(['(', ...replaced(given[1], inner), ')()'])}))`]);
    },
  );
  const whole = texts.map(part => (typeof part === 'string' ? part : code.slice(...part))).join('');
  if (/\*\/|[^ -~\n]/.test(whole)) throw new Error('stored-overlays: the text cannot stand in a comment');
  const mark = MARK.replace('........', createHash('sha256').update(whole).digest('hex').slice(0, 8));
  const marked = code.indexOf(MARK);
  return [[0, 0, mark, ...texts, '*/'], [marked, marked + MARK.length, mark], ...uses];
}

/** Not what the reader itself says, nor what has to be a literal, or is read in a loop. */
function isStored(value, ancestors, reader) {
  const parent = ancestors[ancestors.length - 1];
  const isKey = parent.key && !parent.computed;
  const isElsewhere = ancestors.some(
    ({ type, id }) => /^(For|While|Do)/.test(type) || (type === 'VariableDeclarator' && id.name === reader),
  );
  return typeof value === 'string' && value.length >= LONG && /^[ -~]*$/.test(value) && !isKey && !isElsewhere;
}

/** The bundle as if its overlays had never been stored: for tests that look at code. Others stay as they are. */
export function unstored(code) {
  if (!/^\/\*ringlet [0-9a-f]{8} /.test(code)) return code;
  const text = code.slice(0, code.indexOf('*/'));
  const [, reader] = /\beval\(([\w$]+)\(/.exec(code);
  const read = `(?<![\\w$.])${reader.replaceAll('$', '\\$')}\\((\\d+),(\\d+)\\)`;
  const at = (from, length) => text.slice(+from, +from + +length);
  const whole = part =>
    part
      .replace(new RegExp(`\\beval\\(${read}\\)`, 'g'), (_, from, length) => whole(at(from, length)))
      .replace(new RegExp(read, 'g'), (_, from, length) => JSON.stringify(at(from, length)));
  return whole(code.slice(text.length + 2));
}

/**
 * Runs on the board. Answers what reads `length` characters from `at` of the comment that begins with `mark`. The program is in sectors 4 to 131 of Kaluma's flash, and ends with
 * a zero. An application's own script may stand in front of the bundle, if what packed both has kept the comment.
 */
export function storedText(mark) {
  const PIECE = 128;
  const SECTOR = 4096;
  const flash = new (require('flash').Flash)(4, 128);
  let begin = -1;

  function bytesAt(from, length) {
    const bytes = new Uint8Array(length);
    flash.read(0, bytes, from);
    return bytes;
  }

  /** An application's script may have any bytes. */
  function sectorAt(from) {
    const pieces = [];
    for (let at = 0; at < SECTOR + mark.length; at += PIECE)
      pieces.push(String.fromCharCode.apply(null, bytesAt(from + at, PIECE)));
    return pieces.join('');
  }

  function find() {
    for (let at = 0; at < 128 * SECTOR; at += SECTOR) {
      const text = sectorAt(at);
      const here = text.indexOf(mark);
      // The bundle has the mark once more, in quotes; one that begins a sector was seen behind the one before.
      if ((here > 0 || (here === 0 && at === 0)) && !/["'`]/.test(text[here - 1])) return at + here;
      // Behind the program.
      if (text.indexOf('\0') >= 0) break;
    }
    const error = new Error('the comment in front of ringlet is not in flash: keep it when you pack your program');
    error.code = 'ERR_BOARD_NO_CODE';
    throw error;
  }

  // The engine makes a string of bytes by itself, 20 times as fast as fromCharCode.
  const textAt = (from, length) => new TextDecoder().decode(bytesAt(from, length));

  return (at, length) => {
    if (begin < 0) begin = textAt(0, mark.length) === mark ? 0 : find();
    return textAt(begin + at, length);
  };
}
