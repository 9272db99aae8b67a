/**
 * What Espruino takes instead of a bundle's text says the same, token by token. Its bytes are told here once more, as src/jslex.h of Espruino 2v29 numbers them, and
 * held against those that tools/pretokenise.mjs has.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parse, type Token } from 'acorn';

const { pretokenise, withoutMap } = (await import(
  new URL('../../../tools/pretokenise.mjs', import.meta.url).href
)) as Record<'pretokenise' | 'withoutMap', (code: string) => string>;

const { unpacked } = (await import(new URL('../../../tools/packed-functions.mjs', import.meta.url).href)) as {
  unpacked(tokens: string): { plain: string; texts: string[] };
};

/** By what tokens are when functions are packed: `eval(_$(number,length))` is what stands in a function, `open$(number,length)` calls one. */
const PACKED = ['espruino-psk.tok', 'espruino-w5500-evb-pico.tok'];

const LEX_EQUAL = 138;
const OPERATORS =
  '== === != !== <= << <<= >= >> >>> >>= >>>= += -= ++ -- *= /= %= &= && |= || ^= => if else do while for break continue function return ' +
  'var let const this throw try catch finally true false null undefined new in instanceof switch case default delete typeof void ' +
  'debugger class extends super static of';
const LEX_NULLISH = 208;
const LEX_RAW_STRING8 = 209;

/** As Espruino's lexer reads it, but for what is in quotes, templates and regular expressions: there is nothing of it. */
function detokenise(text: string): string {
  const words = OPERATORS.split(' ');
  let code = '';
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    if (byte === LEX_RAW_STRING8) {
      const length = text.charCodeAt(++i);
      code += JSON.stringify(text.slice(i + 1, i + 1 + length));
      i += length;
    } else if (byte === LEX_NULLISH) code += ' ?? ';
    else if (byte < 128) code += text[i];
    else {
      const word = words[byte - LEX_EQUAL];
      assert.ok(word, `byte ${byte} at ${i}`);
      code += ` ${word} `;
    }
  }
  return code;
}

type Tokens = [string, unknown][];

function tokens(code: string): Tokens {
  const found: Token[] = [];
  parse(code, { ecmaVersion: 2020, onToken: found, allowReturnOutsideFunction: true });
  return (found as (Token & { value: unknown })[]).map(({ type, value }) => [
    type.label,
    value instanceof Object ? JSON.stringify(value) : value,
  ]);
}

/** Of a bundle with packed functions; `whole` are its text's, out of which goes what `open$` calls. */
function unpackedTokens(bundle: string, whole: Tokens): Tokens {
  const { plain, texts } = unpacked(bundle);
  const opened = new Map<string, string>();
  const calls = /open\$\((\d+),(\d+)\)/g;
  const said = (text: string): string => {
    const inPlace = text.replace(/eval\(_\$\((\d+),(\d+)\)\)/g, (_, number: number) => said(texts[number]!));
    return inPlace.replace(calls, (_, number: string) => {
      if (!opened.has(number))
        opened.set(number, cut(tokens(detokenise(said(texts[Number(number)]!))).slice(0, -1), whole));
      return opened.get(number) + '()';
    });
  };
  return tokens(detokenise(said(plain)));
}

/** The function with that body goes out of `whole`; answers its name. */
function cut(body: Tokens, whole: Tokens): string {
  const begins = whole.flatMap(([label], i) =>
    label === 'function' &&
    body.every(([what, value], k) => whole[i + 5 + k]?.[0] === what && whole[i + 5 + k]![1] === value)
      ? [i]
      : [],
  );
  assert.equal(begins.length, 1, 'functions that are ' + body.slice(0, 20).join(' '));
  const [, [, name], ...rest] = whole.splice(begins[0]!, body.length + 6);
  assert.deepEqual(
    [...rest.slice(0, 3), rest[rest.length - 1]!].map(([label]) => label),
    ['(', ')', '{', '}'],
  );
  return name as string;
}

function same(code: string): string {
  const text = pretokenise(code);
  assert.deepEqual(tokens(detokenise(text)), tokens(code));
  return text;
}

describe('house: scripts as Espruino has them in memory', () => {
  const bundles = readdirSync('dist').filter(name => name.endsWith('.tok'));

  it('are made for its boards', () => {
    for (const name of ['espruino-w5500-evb-pico.tok', 'espruino-psk.tok', 'hil-espruino.tok'])
      assert.ok(bundles.includes(name), name);
  });

  for (const name of bundles) {
    it(`${name} has the tokens of its text, a tenth shorter`, () => {
      const code = withoutMap(readFileSync('dist/' + name.replace('.tok', '.min.js'), 'utf8'));
      const text = readFileSync('dist/' + name, 'latin1');
      const whole = tokens(code);
      assert.deepEqual(PACKED.includes(name) ? unpackedTokens(text, whole) : tokens(detokenise(text)), whole);
      assert.ok(text.length < 0.9 * code.length, `${text.length} of ${code.length}`);
      assert.ok(!text.includes('//# sourceMappingURL'));
    });

    it(`${name} has no byte that an upload would have to go round`, () => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      assert.equal(/[\0\x03\x04\n\r\x11\x13]/.exec(readFileSync('dist/' + name, 'latin1')), null);
    });
  }

  it('a reserved word and an operator of several characters is a byte', () => {
    assert.equal(same('if(a)b();else c()'), '\xa3(a)b();\xa4c()');
    assert.equal(same('a=b??c,d>>>=2'), 'a=b\xd0c,d\x952');
    assert.equal(same('for(let e of f)e=>this'), '\xa7(\xade\xc6f)e\xa2\xaf');
  });

  it('a space stays where two of its neighbours would become one', () => {
    for (const code of ['a- -b', 'a+ +b', '1 .x', 'a/ /x/.y']) assert.equal(same(code), code);
    assert.equal(same('a in b'), 'a\xb9b');
    assert.equal(same('a- --b'), 'a-\x99b');
  });

  it('names of properties are names', () => {
    assert.equal(same('a.delete({of:1,default(){}},b.new)'), 'a.delete({of:1,default(){}},b.new)');
  });

  it('templates and regular expressions stay as they are', () => {
    for (const code of ['a=`if $' + '{b?`$' + '{"x"}`:this} else`', '/if|"a"/.test(b)']) assert.equal(same(code), code);
  });

  it('strings are bytes with a length, but for empty and long ones, and for bytes that mean something on a line', () => {
    assert.equal(same('f("abcd\\xff","")'), 'f(\xd1\x05abcd\xff,"")');
    for (const length of [3, 4, 10, 13, 17, 19, 256]) assert.equal(same(`"${'x'.repeat(length)}"`)[0], '"');
    for (const length of [1, 2, 5, 9, 255]) assert.equal(same(`"${'x'.repeat(length)}"`)[0], '\xd1');
    for (const escaped of ['\\0', '\\x03', '\\n', '\\r', '\\x11', '\\u0100'])
      assert.equal(same(`"12${escaped}"`)[0], '"');
  });

  it('refuses code that is not ASCII', () => assert.throws(() => pretokenise('a="\xe4"'), /not ASCII/));
});
