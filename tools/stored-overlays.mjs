/**
 * Rollup plugin, last of all, for Kaluma, which compiles a whole script into its heap: what overlay.mjs and outline.mjs have marked becomes text in a comment in front of the
 * bundle. A comment takes no heap; the program that is in flash finds its own text there, and compiles a part of it whenever that is used. What a use has made
 * and nobody holds on to is garbage afterwards, its code too.
 *
 * `eval` is called where the overlay was, so its text means the same names. The comment begins with a checksum: code of another build is not taken for this one's.
 *
 * That is `<bundle>.min.js`. What goes onto the board is `<bundle>.packed.js`, bytes, to be read as latin1: the same packed (pack.mjs), what is not stored as well.
 */
import { createHash } from 'node:crypto';
import { READER, STORED } from './overlay.mjs';
import { commonText, pack } from './pack.mjs';
import { apply, replaced, rewriting, visitAll } from './rewrite.mjs';

/** Begins the comment: a checksum, how many characters of it all texts share, and how long it is. In the bundle it is all dots until they are known. */
const mark = (checksum, shared, length) => `/*ringlet ${checksum} ${shared} ${length} `;
const UNKNOWN = mark('.'.repeat(8), '.'.repeat(4), '.'.repeat(6));

/** Characters of a string that is text as well: the engine keeps every other one for ever that was in code, and most of the long ones are for errors. */
const LONG = 10;

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
  const { uses, reader, declared } = usesOfText(program, code, store);
  const [{ init }] = program.body[0].declarations;
  const bundle = [[0, init.start], ...uses, declared.place, [init.end, code.length]];
  const pieces = apply(code, bundle).text.match(new RegExp(`[^]{1,${PIECE}}`, 'g'));
  const reads = pieces.map(one => `${reader}(${store([one])})`);
  const known = markOf(stored, shared.length);
  const unpacks = code.slice(...declared.init).replace(UNKNOWN, known);
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

/** What comes instead of each text, whose place and length is what `store(parts)` answers; and what the reader is called and where it is declared, beside others. */
function usesOfText(program, code, store) {
  let uses = [];
  const strings = new Map();
  let reader;
  let declared;
  visitAll(program, ({ type, callee, arguments: given }) => {
    if (type === 'CallExpression' && callee.name === STORED) reader = given[0].name;
  });
  // From the inside out: the text of one may use another's.
  visitAll(
    program,
    ({ type, start, end, declarations: all }) => {
      if (type !== 'VariableDeclaration' || declared) return;
      const i = all.findIndex(
        ({ id, init }) => id.name === reader && code.slice(init?.start, init?.end).includes(UNKNOWN),
      );
      if (i < 0) return;
      const next = all[i + 1]?.start;
      const place = i > 0 ? [all[i - 1].end, all[i].end] : next ? [all[0].start, next] : [start, end];
      declared = { place, init: [all[i].init.start, all[i].init.end] };
    },
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
  return { uses, reader, declared };
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
  if (!/^\/\*ringlet [0-9a-f]{8} 0000 /.test(code)) return code;
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
 * Runs on the board. Answers what reads `length` characters, from `at` of the comment that begins with `mark`. The program is in sectors 4 to 131 of Kaluma's flash, and ends with
 * a zero. An application's own script may stand in front of the bundle, if what packed both has kept the comment.
 */
export function storedText(mark) {
  const PIECE = 128;
  const SECTOR = 4096;
  const shared = +mark.slice(19, 23);
  const flash = new (require('flash').Flash)(4, 128);
  let begin = -1;

  function bytesAt(from, length) {
    const bytes = new Uint8Array(length);
    flash.read(0, bytes, from);
    return bytes;
  }

  // The engine makes a string of bytes by itself, 20 times as fast as fromCharCode.
  const textAt = (from, length) => new TextDecoder().decode(bytesAt(from, length));

  /** An application's script may have any bytes. */
  function sectorAt(from) {
    const pieces = [];
    for (let at = 0; at < SECTOR + mark.length; at += PIECE)
      pieces.push(String.fromCharCode.apply(null, bytesAt(from + at, PIECE)));
    return pieces.join('');
  }

  function find() {
    if (textAt(0, mark.length) === mark) return 0;
    for (let at = 0; at < 128 * SECTOR; at += SECTOR) {
      const text = sectorAt(at);
      const here = text.indexOf(mark);
      // The bundle has the mark once more, in quotes; one that begins a sector was seen behind the one before.
      if ((here > 0 || (here === 0 && at === 0)) && !/["'`]/.test(text[here - 1])) return at + here;
      // Behind the program.
      if (text.indexOf('\0') >= 0) break;
    }
    return -1;
  }

  /** See pack.mjs. What all share lies behind the mark, and there is always as much behind that. */
  function unpacked(from, length) {
    const packed = bytesAt(from, length);
    const memory = bytesAt(begin + mark.length, shared + length);
    const end = memory.length;
    for (let to = shared, next = 0; to < end; ) {
      const first = packed[next++];
      if (first < 128) memory[to++] = first;
      else {
        const back = to - ((first & 15) << 8) - packed[next++];
        let count = (first >> 4) - 5;
        if (count > 9) count += packed[next++];
        memory.copyWithin(to, back, back + count);
        to += count;
      }
    }
    return new TextDecoder().decode(memory.slice(shared));
  }

  return (at, length) => {
    if (begin < 0) {
      begin = find();
      if (begin < 0 || textAt(begin + +mark.slice(24, 30) - 2, 2) !== '*/') {
        begin = -1;
        const error = new Error(
          'the comment in front of ringlet is not in flash, or not byte by byte: keep it when you pack your program',
        );
        error.code = 'ERR_BOARD_NO_CODE';
        throw error;
      }
    }
    return (shared ? unpacked : textAt)(begin + at, length);
  };
}
