/**
 * Packs texts one by one for a board that unpacks one when it is used (stored-text.mjs): LZ77 whose window begins with a dictionary that all of them share, so that short
 * ones gain as well. Bytes, because the board copies them in an interpreter, where to take single bits would cost ten times as much:
 *
 *   0ccccccc                      a character
 *   1lllaaaa bbbbbbbb             what stands 0xabb before the end, 3 + l characters of it
 *   1111aaaa bbbbbbbb cccccccc    10 + c characters of it
 */

/** What a script in flash cannot have or show (0, 13, 255), and what could end a comment: no byte of a match is one. */
const REFUSED = [0, 13, 255, '*'.charCodeAt(0)];
const SHORTEST = 3;
const LONG = 10;
const FARTHEST = 0xfff;

/** Pieces of this many characters are looked for, and judged by how many others have what they are made of, GRAM characters each. */
const PIECE = 24;
const GRAM = 5;

/** Answers bytes as latin1. `text` is ASCII. */
export function pack(text, dictionary) {
  const all = dictionary + text;
  const starts = startsOf(all);
  // From the end on: how many bytes the rest takes, and how it begins.
  const rest = new Array(all.length + 1).fill(0);
  const begins = [];
  for (let at = all.length - 1; at >= dictionary.length; at--) {
    rest[at] = 1 + rest[at + 1];
    begins[at] = { bytes: [all.charCodeAt(at)], count: 1 };
    for (const back of starts.get(all.slice(at, at + SHORTEST)) ?? []) {
      if (back >= at) break;
      const same = at - back > FARTHEST ? 0 : lengthOfSame(all, back, at);
      for (let count = SHORTEST; count <= same; count++) {
        const bytes = match(at - back, count);
        if (rest[at + count] + bytes.length >= rest[at] || bytes.some(one => REFUSED.includes(one))) continue;
        rest[at] = rest[at + count] + bytes.length;
        begins[at] = { bytes, count };
      }
    }
  }
  const found = [];
  for (let at = dictionary.length; at < all.length; at += begins[at].count) found.push(...begins[at].bytes);
  return String.fromCharCode(...found);
}

function startsOf(text) {
  const found = new Map();
  for (let i = 0; i + SHORTEST <= text.length; i++) {
    const begin = text.slice(i, i + SHORTEST);
    if (!found.has(begin)) found.set(begin, []);
    found.get(begin).push(i);
  }
  return found;
}

/** No more than there is before `at`: a copy does not see what it writes. */
function lengthOfSame(text, back, at) {
  const most = Math.min(at - back, text.length - at, LONG + 255);
  let count = SHORTEST;
  while (count < most && text[back + count] === text[at + count]) count++;
  return count > most ? 0 : count;
}

function match(distance, count) {
  const isLong = count >= LONG;
  const first = 0x80 | (((isLong ? LONG : count) - SHORTEST) << 4) | (distance >> 8);
  return isLong ? [first, distance & 255, count - LONG] : [first, distance & 255];
}

/** What many of the `texts` have in common, `length` characters at most. What is worth most comes last, where it is near. */
export function commonText(texts, length) {
  const grams = new Map();
  const worth = [];
  const numbered = texts.map(text => {
    const numbers = Array.from({ length: Math.max(0, text.length - GRAM + 1) }, (_, i) => {
      const gram = text.slice(i, i + GRAM);
      if (!grams.has(gram)) grams.set(gram, grams.size);
      return grams.get(gram);
    });
    for (const number of new Set(numbers)) worth[number] = (worth[number] ?? -1) + 1;
    return numbers;
  });
  const inPiece = PIECE - GRAM + 1;
  let found = '';
  while (found.length + PIECE <= length) {
    let best = { sum: 0 };
    numbered.forEach((numbers, i) => {
      let sum = 0;
      numbers.forEach((number, end) => {
        sum += worth[number] - (end < inPiece ? 0 : worth[numbers[end - inPiece]]);
        if (sum > best.sum && end >= inPiece - 1) best = { sum, numbers, text: texts[i], at: end - inPiece + 1 };
      });
    });
    if (!best.sum) break;
    found = best.text.slice(best.at, best.at + PIECE) + found;
    for (let i = 0; i < inPiece; i++) worth[best.numbers[best.at + i]] = 0;
  }
  return found;
}
