/**
 * The bundles in dist/ are what Espruino and JerryScript run: what those cannot do, or do differently, is refused here, by
 * parsing. The modules of src/ are checked as well, because a line number there is easier to find than in a bundle.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyNode, type Program, parse } from 'acorn';
import { type Finding, isNamed, SYNTAX_RULES } from './language-rules.js';
import { analyse, freeNames, heldLoopVariables, unsafeCompounds, usedBeforeDeclared, walk } from './language-scopes.js';

const { unstored } = (await import(new URL('../../../tools/stored-overlays.mjs', import.meta.url).href)) as {
  unstored(code: string): string;
};

/** Globals that all engines have. */
const GLOBALS = (
  'undefined NaN Infinity isNaN parseInt Math String Number Boolean Object Array Error JSON ArrayBuffer DataView Int8Array Uint8Array ' +
  'Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array'
).split(' ');

/** What a board's own file may use besides, by the beginning of its bundle's name. */
const BOARD_GLOBALS: Record<string, string[]> = {
  espruino:
    'E require process print console setTimeout clearTimeout setInterval clearInterval getTime getSerial digitalWrite digitalRead pinMode SPI1 SPI2 SPI Pin D0 D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 D12 D13 D14 D15 D16 D17 D18 D19 D20 D21 D22'.split(
      ' ',
    ),
  kaluma:
    'require process print console setTimeout clearTimeout setInterval clearInterval board pinMode digitalWrite digitalRead millis micros OUTPUT INPUT TextDecoder module'.split(
      ' ',
    ),
  jerry: ['print', 'setTimeout', 'clearTimeout', 'host', 'ringletNative'],
  sim: ['ringletBoard'],
  node: ['nodeBoard'],
};

/** JerryScript has it: what unpacks Kaluma's bundle (tools/stored-overlays.mjs) spends most of its time there. */
const BOARD_METHODS: Record<string, string[]> = { kaluma: ['copyWithin'] };

/** BigInt is for src/crypto/bigint/ and for boards that compose it, on engines that have it. */
const BIGINT_FOLDER = 'src/crypto/bigint/';

interface Options {
  /** Names of globals that may be used. */
  globals?: string[];
  /** Names of methods that may be used though an engine has none. */
  methods?: string[];
  /** The code went through terser, which puts function declarations first. */
  minified?: boolean;
}

function findings(code: string, options: Options = {}): Finding[] {
  const program = parse(code, { ecmaVersion: 'latest', sourceType: options.minified ? 'script' : 'module' });
  const found: Finding[] = [];
  walk(program, (node, ancestors) => {
    for (const rule of SYNTAX_RULES) {
      const isKnown = node.type === 'MemberExpression' && options.methods?.some(name => isNamed(node.property, name));
      if (!isKnown && rule.refuses(node, ancestors[ancestors.length - 1], code))
        found.push({ rule: rule.name, start: node.start });
    }
  });
  const scopes = analyse(program);
  found.push(
    ...freeNames(scopes, new Set(options.globals ?? GLOBALS)),
    ...usedBeforeDeclared(scopes, options.minified === true),
  );
  found.push(...heldLoopVariables(scopes), ...unsafeCompounds(program, scopes));
  return found;
}

function described(path: string, code: string, options: Options): string[] {
  return findings(code, options).map(({ rule, start }) => {
    const line = code.slice(0, start).split('\n').length;
    return `${path}:${line}: ${rule}: ...${code.slice(Math.max(0, start - 20), start + 60).replace(/\s+/g, ' ')}...`;
  });
}

const rules = (code: string, options?: Options): string[] => findings(code, options).map(finding => finding.rule);

describe('house: the language subset, rule by rule', () => {
  for (const rule of SYNTAX_RULES) {
    const refused = (code: string): boolean => {
      const program: Program = parse(code, {
        ecmaVersion: 'latest',
        sourceType: 'script',
        allowReturnOutsideFunction: true,
      });
      let any = false;
      walk(program, (node: AnyNode, ancestors) => {
        any ||= rule.refuses(node, ancestors[ancestors.length - 1], code);
      });
      return any;
    };
    it(rule.name, () => {
      for (const code of rule.bad) assert.ok(refused(code), 'not refused: ' + code);
      for (const code of rule.good) assert.ok(!refused(code), 'refused: ' + code);
    });
  }

  const scoped: Array<{ name: RegExp; bad: string[]; good: string[]; minified?: boolean }> = [
    {
      name: /^the engines have no global/,
      bad: [
        'new Map()',
        'Symbol()',
        'Promise',
        'Reflect.ownKeys({})',
        'Buffer.alloc(1)',
        'process.exit()',
        'setTimeout(f, 1); function f() {}',
        'new WeakMap()',
        'new Set()',
        'new Proxy({}, {})',
        'BigInt(1)',
        'Date.now()',
        'console.log()',
        'globalThis',
        'new TextEncoder()',
        'function f() { return arguments }',
        'try {} catch (e) {} e',
        '{ let a = 1 } a',
        'throw new RangeError("")',
      ],
      good: [
        'new Uint8Array(1)',
        'const Map = 1; Map',
        'function f(Set) { return Set }',
        'class A { Map() {} }',
        '({ Date: 1 }).Date',
        'try {} catch (e) { e }',
        'const f = function g() { return g }; f()',
        'for (const a of [1]) a',
        'const a = class B { f() { return B } }',
      ],
    },
    {
      name: /^`f` is used in front/,
      minified: true,
      bad: [
        'const a = f(); function f() {}',
        'function g() { f(); function f() {} }',
        '{ [1].map(() => f()); function f() {} }',
      ],
      good: ['function f() {} const a = f()', 'function g() { const a = () => f(); function f() {} a() }'],
    },
    {
      name: /is used in front of its declaration/,
      bad: [
        'a; const a = 1',
        'new A(); class A {}',
        'function f() { b = 1; var b }',
        '(() => { a })(); let a',
        '[1].map(x => x + a); const a = 1',
        'for (i = 0; i < 3; i++); var i',
      ],
      good: [
        'const a = 1; a',
        'const f = () => a; const a = 1',
        'class A { m() { return new B() } } class B {}',
        'for (var i = 0; i < 3; i++) i',
      ],
    },
    {
      name: /is used outside the block/,
      bad: [
        'function f(c) { if (c) { var x = 1 } return x }',
        'function f(c) { if (c) var x = 1; return x }',
        'function f(c) { for (;;) { var x = 1; break } return x }',
        'function f(c) { switch (c) { case 1: var x = 1; break; default: x = 2 } }',
      ],
      good: [
        'function f(c) { var x; if (c) { x = 1 } return x }',
        'function f(c) { if (c) { var x = 1; return x } }',
        'function f() { for (var i = 0; i < 3; i++); return i }',
        'var x = 1; function f() { return x }',
      ],
    },
    {
      name: /holds the loop variable/,
      bad: [
        'const a = []; for (let i = 0; i < 3; i++) a.push(() => i)',
        'for (const x of [1]) (function () { return x })',
      ],
      good: [
        'const a = []; for (let i = 0; i < 3; i++) { const k = i; a.push(() => k) }',
        'const f = a => { for (let i = 0; i < a; i++) i }',
      ],
    },
    {
      name: /^compound assignment/,
      bad: [
        'let a = 1; function f() { return a = 2 } a += f()',
        'const o = { a: 1 }; function f() {} o.a += f()',
        'class A { m() { this.a ^= this.m() } }',
        'const f = (a, b) => { a[0] |= b[0]++ }',
        'let x = 1; x += x++',
        'const f = (a, g) => { a[0] += g() }',
      ],
      good: [
        'function f() { return 2 } function g() { let a = 1; a += f(); return a }',
        'const f = (a, b) => { a[0] += b[1] }',
        'const o = { a: 1 }; o.a += Math.floor(2)',
        'class A { m() { const n = this.m(); this.a += n } }',
        'let s = ""; s += String.fromCharCode(1)',
      ],
    },
  ];
  for (const { name, bad, good, minified } of scoped) {
    it(name.source, () => {
      for (const code of bad)
        assert.ok(
          rules(code, { minified }).some(rule => name.test(rule)),
          'not refused: ' + code,
        );
      for (const code of good)
        assert.deepEqual(
          rules(code, { minified }).filter(rule => name.test(rule)),
          [],
          code,
        );
    });
  }

  it('a sentence of everyday code passes all rules', () => {
    assert.deepEqual(
      rules(
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code
        'const a = new Uint8Array(4); class B { get c() { return `x${a}` } } for (const d of a) new B().c.indexOf(d) ?? a;',
      ),
      [],
    );
  });
});

describe('house: the language subset, what is shipped', () => {
  const modules = existsSync('build/src') ? filesUnder('build/src') : [];
  it(`all ${modules.length} modules of src/`, () => {
    assert.ok(modules.length > 5, 'nothing built in build/src');
    assert.deepEqual(
      modules.flatMap(path => described(path, readFileSync(path, 'utf8'), { globals: globalsOf(path) })),
      [],
    );
  });

  it(`${BIGINT_FOLDER} divides nothing: JerryScript's % and / of BigInts, and its asUintN, are wrong`, () => {
    const divisions = (code: string) => {
      let found = 0;
      walk(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), node => {
        if ('operator' in node && /^[%/]=?$/.test(node.operator)) found++;
        if (node.type === 'Identifier' && /^as(Ui|I)ntN$/.test(node.name)) found++;
      });
      return found;
    };
    for (const code of ['a % b', 'a / b', 'a %= b', 'a /= b', 'BigInt.asUintN(8, a)']) {
      assert.equal(divisions(code), 1, code);
    }
    // That one divides doubles.
    const folder = modules.filter(path => asPosix(path).includes(BIGINT_FOLDER) && !path.endsWith('sha2-constants.js'));
    assert.ok(folder.length > 5, 'nothing built');
    for (const path of folder) assert.equal(divisions(readFileSync(path, 'utf8')), 0, path);
  });

  const bundles = existsSync('dist')
    ? readdirSync('dist').filter(name => /^(?!test-|glue-).*\.min\.js$/.test(name))
    : [];
  it('there are bundles in dist/', () => assert.ok(bundles.length > 0));
  for (const name of bundles) {
    it(name, () => {
      const own = Object.keys(BOARD_GLOBALS).find(prefix => name.replace(/^hil-/, '').startsWith(prefix));
      const sources: string[] = JSON.parse(readFileSync(join('dist', name + '.map'), 'utf8')).sources;
      const globals = [...GLOBALS, ...(own ? BOARD_GLOBALS[own] : []), ...sources.flatMap(bigIntIn)];
      assert.deepEqual(
        described('dist/' + name, unstored(readFileSync(join('dist', name), 'utf8')), {
          globals,
          methods: own ? BOARD_METHODS[own] : undefined,
          minified: true,
        }),
        [],
      );
    });
  }
});

const asPosix = (path: string) => path.replaceAll('\\', '/');

const bigIntIn = (path: string) => (asPosix(path).includes(BIGINT_FOLDER) ? ['BigInt'] : []);

const globalsOf = (path: string) => [...GLOBALS, ...bigIntIn(path)];

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.js'))
    .map(name => join(folder, name));
}
