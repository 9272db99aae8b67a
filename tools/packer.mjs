/**
 * Packs texts as firmware-glue/thumb/unpack.c unpacks them, which tells the format: LZ77 with a dictionary of what lies in front of the packed string, its symbols coded by a static
 * range coder into digits of base 249. Each text is packed by itself; the tables of frequencies are of all of them.
 *
 * `unpack` says the same as the C, for tests.
 */
import { TREACHEROUS } from './pretokenise.mjs';

const BASE = 249;
const HEADER = 6;
const NEVER = 32;
const SKIPPING = 232;
const LITERALS = 24;
const SHORTEST = 2;
const LONGEST = 250;
const TOTAL = 1024;
const MOST_FREQUENT = SKIPPING - NEVER - 1;
const SMALLEST = 2 ** 24;
const ROUNDS = 8;

const BYTES = Array.from({ length: 256 }, (_, byte) => byte).filter(
  byte => !TREACHEROUS.includes(String.fromCharCode(byte)),
);

/** Buffers. `texts` are in no order; each has a byte or more. */
export function pack(dictionary, texts) {
  const found = texts.map(text => matches(Buffer.concat([dictionary, text]), dictionary.length));
  // Symbols that nothing has come with yet could still be good ones.
  let costs = [new Array(LITERALS + 256).fill(8), new Array(LITERALS + 16).fill(6)];
  let steps;
  let counts;
  for (let round = 0; round < ROUNDS; round++) {
    steps = texts.map((text, i) => cheapest(text, found[i], costs));
    counts = costs.map(table => table.map(() => 0));
    for (const { literal, length, distance } of steps.flat()) {
      counts[0][literal === undefined ? split(length - SHORTEST).symbol : LITERALS + literal]++;
      if (distance) counts[1][split(distance - 1).symbol]++;
    }
    costs = counts.map(table => {
      const total = table.reduce((sum, one) => sum + one, 0);
      return table.map(one => Math.log2((total + table.length / 4) / (one + 0.25)));
    });
  }
  const shares = counts.map(sharesOf);
  const tables = shares.map(written);
  const codes = steps.map(text => coded(text, shares));
  let at = HEADER + 2 * texts.length + tables[0].length + tables[1].length;
  const places = codes.map(code => (at += code.length) - code.length);
  const digits = [
    ...numeral(dictionary.length, 3),
    ...[texts.length, tables[0].length, tables[1].length].flatMap(one => numeral(one, 1)),
    ...places.flatMap(place => numeral(place, 2)),
  ];
  return Buffer.concat([bytesOf(digits), ...tables, ...codes.map(bytesOf)]);
}

const bytesOf = digits => Buffer.from(digits.map(digit => BYTES[digit]));

function numeral(value, length) {
  const digits = Array.from({ length }, (_, i) => Math.floor(value / BASE ** (length - 1 - i)));
  if (digits[0] >= BASE) throw new Error(`packer: ${value} is too large`);
  return digits.map(digit => digit % BASE);
}

/** For each place behind `begin`: the nearest match of each length, [length, distance]. */
function matches(all, begin) {
  const last = new Map();
  const before = new Int32Array(all.length).fill(-1);
  const found = [];
  for (let i = 0; i < all.length; i++) {
    const pair = all[i] * 256 + (all[i + 1] ?? 0);
    if (i >= begin) {
      const here = [];
      let longest = SHORTEST - 1;
      for (let j = last.get(pair) ?? -1; j >= 0 && longest < LONGEST; j = before[j]) {
        let length = 0;
        while (i + length < all.length && length < LONGEST && all[j + length] === all[i + length]) length++;
        for (longest++; longest <= length; longest++) here.push([longest, i - j]);
        longest = here.length + SHORTEST - 1;
      }
      found.push(here);
    }
    before[i] = last.get(pair) ?? -1;
    last.set(pair, i);
  }
  return found;
}

/** The steps, literals and matches, that cost the fewest bits. */
function cheapest(text, found, [literals, distances]) {
  const bits = new Float64Array(text.length + 1).fill(Number.POSITIVE_INFINITY);
  const by = [];
  bits[0] = 0;
  const take = (from, length, cost, step) => {
    if (bits[from] + cost >= bits[from + length]) return;
    bits[from + length] = bits[from] + cost;
    by[from + length] = { length, ...step };
  };
  for (let i = 0; i < text.length; i++) {
    take(i, 1, literals[LITERALS + text[i]], { literal: text[i] });
    for (const [length, distance] of found[i]) {
      const many = split(length - SHORTEST);
      const far = split(distance - 1);
      take(i, length, literals[many.symbol] + many.bits + distances[far.symbol] + far.bits, { distance });
    }
  }
  const steps = [];
  for (let i = text.length; i > 0; i -= by[i].length) steps.unshift(by[i]);
  return steps;
}

/** A number as a symbol and bits behind its two highest. */
function split(value) {
  if (value < 8) return { symbol: value, bits: 0, value };
  const bits = 30 - Math.clz32(value);
  return { symbol: 8 + 2 * (bits - 2) + ((value >> bits) & 1), bits, value };
}

/** Of 1,024, and at least one for each that comes. */
function sharesOf(counts) {
  const total = counts.reduce((sum, one) => sum + one, 0) || 1;
  const shares = counts.map(one => one && Math.min(MOST_FREQUENT, Math.max(1, Math.round((one * TOTAL) / total))));
  const worth = i => counts[i] / shares[i];
  for (let left = TOTAL - shares.reduce((sum, one) => sum + one, 0); left !== 0; left -= Math.sign(left)) {
    const open = shares.flatMap((one, i) => ((left > 0 ? one < MOST_FREQUENT : one > 1) ? [i] : []));
    open.sort((a, b) => (left > 0 ? worth(b) - worth(a) : worth(a) - worth(b)));
    shares[open[0]] += Math.sign(left);
  }
  return shares;
}

function written(shares) {
  const bytes = [];
  const last = shares.findLastIndex(one => one > 0);
  for (let i = 0; i <= last; i++) {
    let skipped = 0;
    while (shares[i + skipped] === 0 && skipped < 256 - SKIPPING) skipped++;
    bytes.push(skipped > 0 ? SKIPPING + skipped - 1 : NEVER + shares[i]);
    if (skipped > 0) i += skipped - 1;
  }
  return Buffer.from(bytes);
}

/** The digits. `low` is exact, so there are no carries to think of. */
function coded(steps, [literals, distances]) {
  let low = 0n;
  let range = BASE ** 4;
  let length = 4;
  const narrow = (below, part) => {
    low += BigInt(below);
    range = part;
    for (; range < SMALLEST; range *= BASE, length++) low *= BigInt(BASE);
  };
  const tell = (shares, symbol) => {
    const unit = Math.floor(range / TOTAL);
    const below = shares.slice(0, symbol).reduce((sum, one) => sum + one, 0);
    narrow(below * unit, shares[symbol] * unit);
  };
  const number = (shares, whole) => {
    const { symbol, bits, value } = split(whole);
    tell(shares, symbol);
    for (let i = bits - 1; i >= 0; i--) {
      const half = Math.floor(range / 2);
      narrow((value >> i) & 1 ? half : 0, half);
    }
  };
  for (const { literal, length: many, distance } of steps) {
    if (literal !== undefined) tell(literals, LITERALS + literal);
    else {
      number(literals, many - SHORTEST);
      number(distances, distance - 1);
    }
  }
  // As few digits as name a number that stays in the range, whatever digits follow.
  let unit = 1n;
  while (above(low, unit * BigInt(BASE)) + unit * BigInt(BASE) <= low + BigInt(range)) {
    unit *= BigInt(BASE);
    length--;
  }
  let rest = above(low, unit) / unit;
  const digits = [];
  for (; digits.length < length; rest /= BigInt(BASE)) digits.unshift(Number(rest % BigInt(BASE)));
  return digits;
}

const above = (low, unit) => ((low + unit - 1n) / unit) * unit;

/** The first `length` bytes of text number `text`. */
export function unpack(dictionary, packed, text, length) {
  const digit = at => Math.max(0, BYTES.indexOf(packed[at] ?? BYTES[0]));
  const literals = HEADER + 2 * digit(3);
  const distances = literals + digit(4);
  const behind = distances + digit(5);
  let next = digit(HEADER + 2 * text) * BASE + digit(HEADER + 2 * text + 1);
  let range = 1;
  let code = 0;
  const narrow = (below, part) => {
    code -= below;
    range = part;
    for (; range < SMALLEST; range *= BASE) code = code * BASE + digit(next++);
  };
  const symbolOf = (from, to) => {
    const unit = Math.floor(range / TOTAL);
    let below = 0;
    let symbol = 0;
    for (const share of packed.subarray(from, to)) {
      if (share >= SKIPPING) symbol += share - SKIPPING + 1;
      else if (code < below + (share - NEVER) * unit) {
        narrow(below, (share - NEVER) * unit);
        return symbol;
      } else {
        below += (share - NEVER) * unit;
        symbol++;
      }
    }
    throw new Error('packer: no such symbol');
  };
  const number = symbol => {
    if (symbol < 8) return symbol;
    let value = 2 + (symbol & 1);
    for (let bits = ((symbol - 8) >> 1) + 2; bits > 0; bits--) {
      const half = Math.floor(range / 2);
      const bit = code >= half ? 1 : 0;
      value = 2 * value + bit;
      narrow(bit * half, half);
    }
    return value;
  };
  narrow(0, 1);
  const all = [...dictionary];
  while (all.length < dictionary.length + length) {
    const one = symbolOf(literals, distances);
    if (one >= LITERALS) all.push(one - LITERALS);
    else {
      const count = number(one) + SHORTEST;
      const distance = number(symbolOf(distances, behind)) + 1;
      for (let i = 0; i < count; i++) all.push(all[all.length - distance]);
    }
  }
  return Buffer.from(all.slice(dictionary.length, dictionary.length + length));
}
