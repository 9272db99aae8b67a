/**
 * Rollup plugin, last of all, for Kaluma, which compiles a whole script into its heap: what overlay.mjs has marked becomes text in a comment in front of the
 * bundle. A comment takes no heap; the program that is in flash finds its own text there, and compiles a part of it whenever that is used. What a use has made
 * and nobody holds on to is garbage afterwards, its code too.
 *
 * `eval` is called where the overlay was, so its text means the same names. The comment begins with a checksum: code of another build is not taken for this one's.
 */
import { createHash } from 'node:crypto';
import { READER, STORED } from './overlay.mjs';
import { rewriting, visitAll } from './rewrite.mjs';

/** Stands in the bundle until its text is known. */
const MARK = '/*ringlet ........ ';

/** In front of terser: declares what reads the text. */
export const storedReader = () =>
  rewriting('stored-reader', program => {
    const body = program.body[0].declarations[0].init.callee.body.start + 1;
    return [[body, body, `const ${READER} = (${storedText})('${MARK}');\n`]];
  });

export const storedOverlays = () => rewriting('stored-overlays', edits);

export function edits(program, code) {
  const calls = [];
  visitAll(program, node => {
    if (node.type === 'CallExpression' && node.callee.name === STORED) calls.push(node);
  });
  const moved = calls.map(({ arguments: [, { start, end }] }) => [start, end]);
  const lengths = moved.map(([start, end]) => end - start + 4);
  const whole = moved.map(([start, end]) => code.slice(start, end)).join('\n');
  if (/\*\/|[^ -~\n]/.test(whole)) throw new Error('stored-overlays: the text cannot stand in a comment');
  const mark = MARK.replace('........', createHash('sha256').update(whole).digest('hex').slice(0, 8));
  const marked = code.indexOf(MARK);
  const found = [
    [0, 0, mark, ...moved.flatMap(place => ['(', place, ')()']), '*/'],
    [marked, marked + MARK.length, mark],
  ];
  let at = mark.length;
  calls.forEach(({ start, end, arguments: [reader] }, i) => {
    found.push([start, end, `()=>eval(${reader.name}(${at},${lengths[i]}))`]);
    at += lengths[i];
  });
  return found;
}

/** The bundle as if its overlays had never been stored: for tests that look at code. Others stay as they are. */
export function unstored(code) {
  if (!/^\/\*ringlet [0-9a-f]{8} /.test(code)) return code;
  const text = code.slice(0, code.indexOf('*/'));
  return code
    .slice(text.length + 2)
    .replace(/eval\([\w$]+\((\d+),(\d+)\)\)/g, (_, at, length) => text.slice(+at, +at + +length));
}

/**
 * Runs on the board. Answers what reads `length` characters from `at` of the comment that begins with `mark`. The program is in sectors 4 to 131 of Kaluma's flash, and ends with
 * a zero. An application's own script may stand in front of the bundle, if what packed both has kept the comment.
 */
export function storedText(mark) {
  const PIECE = 128;
  const SECTOR = 4096;
  let begin = -1;

  function read(from, length) {
    const flash = new (require('flash').Flash)(4, 128);
    const pieces = [];
    for (let at = 0; at < length; at += PIECE) {
      const bytes = new Uint8Array(length - at < PIECE ? length - at : PIECE);
      flash.read(0, bytes, from + at);
      pieces.push(String.fromCharCode.apply(null, bytes));
    }
    return pieces.join('');
  }

  function find() {
    for (let at = 0; at < 128 * SECTOR; at += SECTOR) {
      const text = read(at, SECTOR + mark.length);
      const here = text.indexOf(mark);
      // The bundle has the mark once more, in quotes.
      if (here >= 0 && text[here - 1] !== '"') return at + here;
      // Behind the program.
      if (text.indexOf('\0') >= 0) break;
    }
    const error = new Error('the comment in front of ringlet is not in flash: keep it when you pack your program');
    error.code = 'ERR_BOARD_NO_CODE';
    throw error;
  }

  return (at, length) => {
    if (begin < 0) begin = read(0, mark.length) === mark ? 0 : find();
    return read(begin + at, length);
  };
}
