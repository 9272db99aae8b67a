/** What the build's own passes over a bundle (tools/) make of code: the same answers, shorter, and what must stay stays. */
import assert from 'node:assert/strict';
import { parse } from 'acorn';

type Edits = (program: unknown, code: string, ...options: unknown[]) => Array<[number, number, ...unknown[]]>;

async function pass(file: string, code: string, ...options: unknown[]): Promise<string> {
  const at = (name: string): string => new URL(`../../../tools/${name}.mjs`, import.meta.url).href;
  const { apply } = await import(at('rewrite'));
  const { edits } = (await import(at(file))) as { edits: Edits };
  return apply(code, edits(parse(code, { ecmaVersion: 2022 }), code, ...options)).text;
}

/** Runs both and compares what they answer. */
async function same(file: string, code: string): Promise<string> {
  const changed = await pass(file, code);
  assert.deepEqual(run(changed), run(code), changed);
  return changed;
}

const run = (code: string): unknown => new Function(code.replace(/^let r =/, 'return'))();

describe('house: passes over a bundle', () => {
  it('short-this: one name for many, shared with arrow functions, not with functions', async () => {
    const changed = await same(
      'short-this',
      `let r = (function () { class A { constructor() { this.a = 1; this.b = 2; this.c = 3; this.e = 4; }
        f() { const g = () => this.a + this.b; const h = function () { return this.d; }; return [g(), h.call({ d: 4 }), this.c, this.a]; }
        g() { return this.a; } } return [new A().f(), new A().g()]; })()`,
    );
    assert.equal(changed.match(/this\b(?!\$)/g)?.length, 4);
  });

  it('short-this: where `this` is a byte, only for arrow functions', async () => {
    const code = `let r = (function () { class A { constructor() { this.a = 1; this.b = 2; this.c = 3; this.d = 4; }
      f() { const g = () => this.a; return g() + this.b; } g() { return this.a + this.b + this.c + this.d; } } return [new A().f(), new A().g()]; })()`;
    const changed = await pass('short-this', code, true);
    assert.deepEqual(run(changed), run(code), changed);
    assert.equal(changed.match(/this\$/g)?.length, 3);
    assert.equal(changed.match(/this\b(?!\$)/g)?.length, 9);
  });

  it('token-forms: constants by name; functions for arrow functions that have braces and not this', async () => {
    const code =
      'let r=(function(){let a=1,b=(x,y)=>{return x+y},c=()=>{return!0},d=e=>{return[e,b(e,a)]},f=2,g=(x,y)=>x*y,h=(x)=>{return void 0},i=(x,y)=>{return typeof this};' +
      'for(let j=(x,y)=>{return x},k=0;k<1;k++)a+=j(k,k);if(f){let l=(x,y)=>{return y};a+=l(1,2)}' +
      'let m={n:(x)=>{return 2*x},o:x=>{return m.n(x)},p:()=>{return this}};return[a,b(1,2),c(),d(3),f,g(2,3),h(1),i(),m.o(4),[1,2].map((x,y)=>{return!1}),((x,y)=>{return x-y})(5,2)]})()';
    const changed = await same('token-forms', code);
    assert.match(changed, /let a=1;function b\(x,y\)\{return x\+y\}function c\(\)\{return true\}function d\(e\)\{/);
    assert.match(changed, /\}let f=2,g=\(x,y\)=>x\*y,h=\(x\)=>\{return undefined\},i=\(x,y\)=>\{/);
    assert.match(changed, /for\(let j=function\(x,y\)\{.*let l=function\(x,y\)\{.*map\(function\(x,y\)\{return false/);
    assert.match(changed, /m=\{n\(x\)\{return 2\*x\},o\(x\)\{return m\.n\(x\)\},p:\(\)=>/);
    assert.match(
      await pass('token-forms', 'function f(){let a=(b,c)=>{}}'),
      /^function f\(\)\{function a\(b,c\)\{\}\}$/,
    );
  });

  it('arrow-functions: most used first, constants in front; those with this, arguments or new stay', async () => {
    const changed = await same(
      'arrow-functions',
      `let r = (function () { const N = 2; function a(x) { return x + N; } function A() { this.n = a(1); } function b() { return arguments.length; }
        function c(x) { function d(y) { return y * x; } return d(3) + a(1) + a(2); } return [a(1), new A().n, b(1, 2), c(5)]; })()`,
    );
    assert.equal(changed.match(/\bfunction\b/g)?.length, 3);
    assert.ok(changed.indexOf('N = 2') < changed.indexOf('a = '));
  });

  it('hoist-variables: loops share their variable; what a function holds and what has no value stays', async () => {
    const changed = await same(
      'hoist-variables',
      `let r = (function () { const out = []; for (let i = 0; i < 2; i++) for (const x of [1, 2]) { let i = 7; out.push(i + x); }
        for (let i = 5; i < 7; i++) { let y; if (i > 5) y = i; const k = i; out.push(y, () => k); }
        { const x = 3; out.push({ x }); } return out.map(one => (typeof one === 'function' ? one() : one)); })()`,
    );
    assert.equal(changed.match(/for \(let/g), null);
    assert.match(changed, /const k/);
    assert.match(changed, /let y;/);
  });

  it('hoist-variables: a name that means something else around the block', async () => {
    await same(
      'hoist-variables',
      `let r = (function (a) { const out = [a]; { const a = 2; out.push(a); { const a = 3; out.push(a); } out.push(a); } out.push(a);
        for (const a of [4]) out.push(a); try { throw 5; } catch (a) { out.push(a); } return out; })(1)`,
    );
  });

  it('short-globals: properties and constructors by letters', async () => {
    const changed = await pass(
      'short-globals',
      'var r = (function () { return new Uint8Array([1].length + undefined); })()',
    );
    assert.match(changed, /new Uint8Array\$\(\[1\]\[length\$\] \+ undefined\$\)/);
    const { apply } = await import(new URL('../../../tools/rewrite.mjs', import.meta.url).href);
    const { restored } = await import(new URL('../../../tools/short-globals.mjs', import.meta.url).href);
    const whole = changed.replace('+ undefined$', '+ (undefined$ ?? 3)');
    const text = apply(whole, restored(parse(whole, { ecmaVersion: 2022 }))).text;
    assert.equal((new Function(text.replace('var r =', 'return'))() as Uint8Array).length, 4);
  });

  it('short-globals: a function that makes byte arrays, out of one argument', async () => {
    const code =
      'var r = (function () { return [new Uint8Array(3).length, new Uint8Array([5, 6].buffer, 0, 0).length, Uint8Array]; })()';
    const changed = await pass('short-globals', code, true);
    assert.match(changed, /make\$\(3\)\[length\$\], new Uint8Array\$\(\[5, 6\]\.buffer, 0, 0\)/);
    const { apply } = await import(new URL('../../../tools/rewrite.mjs', import.meta.url).href);
    const { restored } = await import(new URL('../../../tools/short-globals.mjs', import.meta.url).href);
    const text = apply(changed, restored(parse(changed, { ecmaVersion: 2022 }))).text;
    assert.deepEqual(new Function(`${text}; return r;`)(), [3, 0, Uint8Array]);
  });

  it('short-globals: properties of what is in parentheses', async () => {
    const changed = await pass('short-globals', "var r = (function (a) { return ('' + a).indexOf('b') > 0; })('ab')");
    assert.match(changed, /\('' \+ a\)\[indexOf\$\]\('b'\) > 0/);
  });

  it("kaluma-names: never one twice, none that strict mode keeps for itself, and some that only Kaluma's firmware has", async () => {
    const file = new URL('../../../tools/kaluma-names.mjs', import.meta.url).href;
    const { kalumaNames } = (await import(file)) as { kalumaNames: { get(n: number): string } };
    const names = Array.from({ length: 1000 }, (_, n) => kalumaNames.get(n));
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.doesNotThrow(() => new Function(`'use strict'; let ${name};`), name);
    assert.ok(names.indexOf('rssi') > 53 && names.indexOf('rssi') < 200, 'one of firmware, behind the letters');
  });

  it('global-names: what the bundle declares becomes global, with a $; what hides a name, or is a property, stays', async () => {
    const bundle = `var r=function(e,t,n){let a=1,$a=2,b=(a)=>a+$a;class C{a(){return b(a)+e}b(e){return{a,e}[t]}}return n.x=b,n.y=[new C().a(),new C().b(5)],n}(3,"a",{});`;
    const changed = await pass('global-names', bundle);
    const answer = (code: string): unknown => new Function(`${code}; return [r.x(4), r.y];`)();
    assert.deepEqual(answer(changed), answer(bundle), changed);
    const names = [...changed.matchAll(/(?:^|;)var ([^;]*)/g)].join().match(/[\w$]+(?==)/g) ?? [];
    assert.ok(names.length >= 6 && names.every(name => name === 'r' || name.includes('$')), changed);
    assert.doesNotMatch(changed, /function/);
  });

  it('overlay: what only the entries need is made for each use; what is kept, or needed elsewhere, stays', async () => {
    const bundle = `var r = (function (exports) { const N = 2; let made = 0; function own(a) { return a + N; } class Entry { constructor(a) { this.a = own(a); } }
      function shared() { return 10; } function state() { return ++made; } function entry(a, b) { return own(a) * b + shared() + state(); }
      const TABLE = [own(7)]; function user() { return [new Entry(3).a, entry(1, 2), shared(), TABLE[0]]; }
      exports.user = user; exports.entry = entry; return exports; })({})`;
    const changed = await pass('overlay', bundle, [['entry', 'Entry', 'TABLE']], ['state']);
    const answer = (code: string): unknown => new Function(`${code}; return [r.user(), r.entry(4, 5), r.user()];`)();
    assert.deepEqual(answer(changed), answer(bundle), changed);
    const inside = /function overlay\$entry\(\) \{([\s\S]*)return \{ entry, Entry, TABLE \};/.exec(changed)![1]!;
    for (const name of ['own', 'N =', 'Entry', 'entry', 'TABLE']) assert.ok(inside.includes(name), name);
    for (const name of ['shared()', 'state()', 'made ='])
      assert.ok(!inside.includes(`function ${name}`) && !inside.includes(`let ${name}`), name);
    await assert.rejects(pass('overlay', bundle, [['Entry', 'gone']], []), /the bundle has no gone/);
  });

  it('overlay: one that has a single entry answers it; what an earlier one needs stays outside of a later one', async () => {
    const bundle = `var r = (function (exports) { function shared(a) { return a + 1; } class First { constructor(a) { this.a = shared(a); } }
      function second(a) { return new First(shared(a)).a; } exports.user = a => [second(a), new First(a).a]; return exports; })({})`;
    const once = await pass('overlay', bundle, [['First']], []);
    const twice = await pass('overlay', once, [['second']], []);
    const answer = (code: string): unknown => new Function(`${code}; return r.user(3);`)();
    assert.deepEqual(answer(once), answer(bundle), once);
    assert.deepEqual(answer(twice), answer(bundle), twice);
    assert.match(twice, /function second\(a\)[^}]*\}\s*return second;\s*\}/);
    assert.match(twice, /new \(overlay\$First\(\)\)\(a\)\.a/);
    // Behind both overlays.
    assert.match(twice, /return First;\s*\}\s*function shared/);
  });

  it('overlay: a name that means something else in a function does not count', async () => {
    const bundle = `var r = (function () { function own() { return 1; } function entry() { return own(); } function user(own) { return own + entry(); } return user(2); })()`;
    const changed = await pass('overlay', bundle, [['entry']], []);
    assert.match(changed, /function overlay\$entry\(\) \{\s*function own/);
    assert.equal(new Function(`${changed}; return r`)(), 3);
  });

  it('overlay: of several at once each has what it alone needs, and asks another for its entries', async () => {
    const bundle = `var r = (function () { function own() { return 1; } function both() { return 2; } function first(a) { return own() + both() + a; }
      function second() { return both() + first(3); } class Holder { constructor(held) { this.held = held; } } return [first(4), second(), [5].map(first), new Holder(first).held(6)]; })()`;
    const changed = await pass('overlay', bundle, [['first'], ['second']], []);
    assert.match(
      changed,
      /overlay\$first\(\) \{\s*function own[\s\S]*overlay\$second\(\) \{\s*function second[\s\S]*overlay\$first\(\)\(3\)/,
    );
    assert.deepEqual(new Function(`${changed}; return r`)(), [7, 8, [8], 9]);
    assert.match(changed, /new Holder\(\(a\) => overlay\$first\(\)\(a\)\)/);
  });

  it('overlay: groups that last are made once, until something is called, wherever that stands', async () => {
    const bundle = `var r = (function () { let made = 0; function own() { return ++made; } const TABLE = [own(), 7]; function lasting() { return TABLE; } class Also { get table() { return lasting(); } }
      const over = () => { return 3; }; function once() { return over() + 1; } function user() { return [lasting() === new Also().table, TABLE[1], once(), lasting()[0]]; } return [user(), user()]; })()`;
    const last = [['lasting', 'Also', 'TABLE']];
    const stored = await pass('overlay', bundle, [['once'], ...last], ['own'], true, last, ['over']);
    let compiled = 0;
    const run = new Function('$stored', '$reader', `${stored}; return r;`);
    const answers = run((_: unknown, made: () => unknown) => ++compiled && made(), 0);
    assert.deepEqual(
      [answers, compiled],
      [
        [
          [true, 7, 4, 2],
          [true, 7, 4, 3],
        ],
        5,
      ],
      stored,
    );
    await assert.rejects(pass('overlay', bundle, last, [], true, last, ['gone']), /the bundle has no gone/);
  });

  it('outline: what works on what is around it is text, also in one another, and is not put where it is called', async () => {
    const bundle = `var r = (function (exports) { const N = 2; class A { constructor(a) { this.a = a; } add(b) { this.a += b; return this; } get twice() { const once = () => this.a; return once() * N; } }
      function make(start) { let sum = start; const own = x => ({ x, sum }); function add(x) { if (x < 0) return; sum += x; add(x - 1); } const tools = { late: { get() { add(2); return own(sum); } }, fail() { throw new Error('f' + sum); } }; return tools; }
      exports.user = start => { const tools = make(start); const seen = [tools.late.get(), new A(1).add(4).twice]; try { tools.fail(); } catch (e) { seen.push(e.message); } return seen; }; return exports; })({})`;
    const names = [
      'A.constructor',
      'A.add',
      'A.twice',
      'make',
      'make.own',
      'make.add',
      'make.tools.late.get',
      'make.tools.fail',
    ];
    const marked = await pass('outline', bundle, names);
    const answer = (code: string): unknown =>
      new Function('$reader', `${code}; return r.user(5);`)((at: number, length: number) =>
        code.slice(at, at + length),
      );
    const kept = '/*@__NOINLINE__*/ ';
    assert.deepEqual(
      marked
        .split(kept)
        .slice(1)
        .map(text => text.slice(0, 4)),
      ['add(', 'add(', 'own(', 'make'],
    );
    const stored = await pass('stored-overlays', `\`/*ringlet ........ .... ...... \`;${marked.replaceAll(kept, '')}`);
    assert.deepEqual(answer(stored), answer(bundle), stored);
    assert.equal(stored.match(/eval\(/g)?.length, names.length);
    assert.doesNotMatch(stored.slice(stored.indexOf('*/')), /sum|Error|this/);
  });

  const UNREAD = `'/*ringlet ........ .... ...... '`;
  const fromText = (stored: string): unknown => new Function('SOURCE', `${stored}; return r`)(stored);

  it('stored-overlays: long strings are text, but for keys, those of loops, and those of the reader; messages also in loops', async () => {
    const long = 'a-string-of-many-characters';
    const code = `var r=(()=>{const a=(mark=>(at,length)=>SOURCE.slice(at,at+length+0*'${long} of its own'.length))(${UNREAD});
      const b=()=>$stored(a,()=>{if(!c)return'${long}';return[c,'${long}','short']}),c='${long} \\n',d={'${long} as a key':1};let e=0;for(;!e;)e='${long}-in-a-loop'+'no more';return[b(),'${long}',c,d,e,\`${long}\${1}\`]})()`;
    const stored = await pass('stored-overlays', code);
    const key = { [`${long} as a key`]: 1 };
    const answer = [[`${long} \n`, long, 'short'], long, `${long} \n`, key, `${long}-in-a-loopno more`, `${long}1`];
    assert.deepEqual(fromText(stored), answer, stored);
    assert.equal(stored.split(long).length - 1, 5, stored);
    assert.doesNotMatch(stored.slice(stored.indexOf('*/')), /no more/);
    const { unstored } = await import(new URL('../../../tools/stored-overlays.mjs', import.meta.url).href);
    assert.match(unstored(stored), /return\[\(\(\)=>\{if\(!c\)return "a-string-of-many-characters";return\[c,"a/);
  });

  it('stored-overlays: a function that is only a text is made where it is called, unless it calls itself, is called often, or is a value', async () => {
    const code = `var r=(()=>{let both=(x,y)=>$stored(a,()=>x+y+own().twice(y)),a=(mark=>(at,length)=>SOURCE.slice(at,at+length))(${UNREAD}),own=()=>$stored(a,()=>{let twice=x=>2*x;return{twice}}),again=n=>$stored(a,()=>n?again(n-1):0);
      let often=x=>$stored(a,()=>x),value=x=>$stored(a,()=>-x),ended=x=>{$stored(a,()=>{seen=x})},seen;let all=()=>[both(1,2),again(3),often(1)+often(2)+often(3)+often(4),[5].map(value),$stored(a,()=>{ended(6);return both(3,4)}),seen];return all()})()`;
    const stored = await pass('stored-overlays', code);
    assert.deepEqual(fromText(stored), [7, 0, 10, [-5], 15, 6], stored);
    const compiled = stored.slice(stored.indexOf('*/'));
    assert.deepEqual(
      ['both', 'own', 'ended', 'again', 'often', 'value'].map(name => new RegExp(`\\b${name}=`).test(compiled)),
      [false, false, false, true, true, true],
      stored,
    );
  });

  it('overlay: a name that stands for a property of the same name keeps it', async () => {
    const bundle =
      'var r = (function () { function entry(a) { return a + 1; } const made = { entry, b: 2 }; return made; })()';
    const changed = await pass('overlay', bundle, [['entry']], []);
    assert.equal(new Function(`${changed}; return r.entry(r.b)`)(), 3, changed);
  });

  it('packed-functions: bodies are packed, in one another as well, overlays do without their declaration, and marks leave no trace', async () => {
    const { packed, unpacked, unmarked } = await import(
      new URL('../../../tools/packed-functions.mjs', import.meta.url).href
    );
    const { apply } = await import(new URL('../../../tools/rewrite.mjs', import.meta.url).href);
    const bundle = `var r = (function () { function storedCode() {} function workspaceAddress() {} function ringletError() {} function overlay$1() { function own(a) { return a + 1; } return own; }
      class A { f(a) { for (; a < 5; ) a++; return a; } } const tools = { outer: a => a * 2, early(a) { if (a) return 1; function inner(b) { return b + 3; } return inner(a); } };
      return [overlay$1()(3), new A().f(1), tools.outer(4), tools.early(0), tools.early(1)]; })()`;
    const marked = await pass('packed-functions', bundle, [
      /^overlay\$1$/,
      'A.f',
      'tools.outer',
      'tools.early',
      'tools.early.inner',
    ]);
    assert.equal(marked.split('$stored(storedCode,workspaceAddress,ringletError)').length, 6, marked);
    const parsed = (code: string): unknown => parse(code, { ecmaVersion: 2022 });
    // As terser leaves them.
    const sequences = 'var $a=()=>1,$b=()=>2,$c=()=>3;' + marked.replace('var r', ';var r');
    const minified = sequences
      .replace(/(var r =) \(function \(\) \{([\s\S]*)return (\[.*\]); \}\)\(\)/, '$2$1 $3')
      .replaceAll('storedCode,workspaceAddress,ringletError', '$a,$b,$c')
      .replace('$stored($a,$b,$c); for (;', 'for ($stored($a,$b,$c);');
    const { removed, ...found } = unmarked(parsed(minified), minified);
    const code = apply(minified, removed)
      .text.replace(/\s+/g, ' ')
      .replace(/ (?=\W)|(?<=\W) /g, '');
    const answer = [4, 5, 8, 3, 1];
    assert.deepEqual(new Function(`${code}; return r;`)(), answer, code);
    assert.doesNotMatch(code, /stored\$|\$a,/);
    const tokens: string = packed(parsed(code), code, found);
    const { plain, texts } = unpacked(tokens) as { plain: string; texts: string[] };
    assert.equal(texts.length, 5, plain + texts);
    assert.doesNotMatch(plain, /overlay|own|inner/);
    const spaced = code.replace('{for', '{ for');
    assert.throws(() => packed(parsed(spaced), spaced, found), /begins with a space/);
    assert.match(plain, /open\$\(\d+,\d+\)\(3\)/);
    assert.ok(texts.some(text => /eval\(_\$\(\d+,\d+\)\)/.test(text)));
    assert.throws(() => unmarked(parsed('(a => a && $stored(b))()'), '(a => a && $stored(b))()'), /what has become/);
  });

  it('outline: refuses what an arrow function cannot be, and names that are none or of several', async () => {
    const bundle = `var r = (function () { function f() { return arguments.length; } function* g() { yield 1; } class A { constructor() { return new.target; } }
      const o = { f() { return () => super.f; }, h() { return function () { return arguments; }; } }; { const two = () => 1; } { const two = () => 2; } return [f, g, A, o]; })()`;
    for (const name of ['f', 'g', 'A.constructor', 'o.f'])
      await assert.rejects(pass('outline', bundle, [name]), new RegExp(`${name} is more than an arrow function`));
    await assert.rejects(pass('outline', bundle, ['gone']), /the bundle has no gone/);
    await assert.rejects(pass('outline', bundle, ['two']), /the bundle has several two/);
    assert.match(await pass('outline', bundle, ['o.h']), /h\(\) \{ return \$stored/);
  });

  const outside = { reads: new Set(['user', 'told', 'push']), gives: new Set(['option', 'push']) };
  const absent = (code: string): Promise<string> => pass('drop-absent', code, outside);
  const bundled = (body: string, given: string): string =>
    `var r = (function (exports) { ${body} exports.user = option => user({ option, parts: ${given} }); return exports; })({})`;

  it('drop-absent: hooks of parts that a bundle lacks, and what is there only for them', async () => {
    const body = `const LIMIT = 3; function helper(a) { return a.spare; } class Part { constructor(n) { this.n = n; this.spare = 7; } hook(a) { return this.n + a; } unused() { return helper(this); } }
      function user(config) { const state = { told: 0 }; const parts = config.parts; state.extra = parts.extra && parts.extra.begin(state); if (state.extra) { state.told = helper(state.extra); }
        if (!parts.extra && !parts.base) fail('nothing'); if (parts.base) state.told += parts.base.hook(LIMIT); return [state.told, config.option, state.extra ? 1 : 2]; }
      function fail(why) { throw new Error(why); }`;
    const lean = bundled(body, '{ base: new Part(4) }');
    const changed = await absent(lean);
    const answer = (code: string): unknown => new Function(`${code}; return r.user(5);`)();
    assert.deepEqual(answer(changed), [7, 5, 2]);
    assert.deepEqual(answer(lean), [7, 5, 2]);
    assert.doesNotMatch(changed, /extra|spare|unused|helper|begin/);
    const rich = bundled(body, '{ base: new Part(4), extra: { begin: () => new Part(9) } }');
    assert.deepEqual(answer(await absent(rich)), answer(rich));
    assert.match(await absent(rich), /spare[\s\S]*extra/);
    const none = await absent(bundled(body, '{}'));
    assert.throws(() => answer(none), /nothing/);
  });

  it('drop-absent: what has a value later, from outside, or only sometimes, stays', async () => {
    const code = bundled(
      `let late; let flag = false; const table = { a: 1, b: 0 }; function set(value) { late = value; flag = true; }
      function maybe(a, b) { return b ? a + b : a; } function never(a, b) { return b ? 'b' : a; } const apply = maybe;
      function user(config) { const out = []; out.push(late, flag, table.a, table.b); set(config.option); out.push(late, flag, apply(1, 2), maybe(1), never(3), never(4, undefined));
        function said(name, size, flag) { return { option: [name, size, flag], user: { name, size, flag }.size }; } out.push(said('once', 3, false)); let calls = 0; calls++; const tables = { 1: maybe, 2: maybe, 'a-b': set }; out.push(tables[config.option](3)); const o = {}; o.count = 0; o.count++; o.count += 2; out.push(o.count); const p = {}; if (config.option > 1) p.seen = true; out.push(p.seen ? 'seen' : 'unseen');
        for (const x of [1, 0]) out.push(x ? 'x' : 'y'); out.push((p.gone ?? 6), late && p.gone, p.gone || late); return out; }`,
      'undefined',
    );
    const changed = await absent(code);
    const answer = (text: string): unknown => new Function(`${text}; return [r.user(1), r.user(2)];`)();
    assert.deepEqual(answer(changed), answer(code), changed);
    assert.doesNotMatch(changed, /'b'|"b"/);
  });

  it('drop-absent: assignments whose value nobody reads do what else they do', async () => {
    const code = bundled(
      `function user(config) { const o = { told: 0 }; const step = () => { o.told++; return 4; }; o.a = o.b = step(); o.c = o.d = config.option; o.e = [step()]; o.f += 1; o.told += (o.g = 3);
        const kept = (o.h = step()); return [o.told, kept]; }`,
      'undefined',
    );
    const changed = await absent(code);
    const answer = (text: string): unknown => new Function(`${text}; return r.user(1);`)();
    assert.deepEqual(answer(changed), answer(code), changed);
    assert.doesNotMatch(changed, /o\.[a-h]\b/);
  });

  it('drop-absent: an object that nobody asks for goes with what it consists of; one that is asked for what is in it stays', async () => {
    const code = bundled(
      `const deep = { inner: { told: config => config.option } }; function user(config) { const o = { lost: { get told() { return gone(); } }, kept: deep };
        function gone() { return 5; } return [o.kept.inner ? o.kept.inner.told(config) : 0, o.kept.outer ? gone() : 1]; }`,
      'undefined',
    );
    const changed = await absent(code);
    const answer = (text: string): unknown => new Function(`${text}; return r.user(1);`)();
    assert.deepEqual(answer(code), [1, 1]);
    assert.deepEqual(answer(changed), [1, 1], changed);
    assert.doesNotMatch(changed, /lost|gone/);
  });

  it('ended-returns: only a return that nothing but the end of its function follows', async () => {
    assert.equal(
      await pass(
        'ended-returns',
        'let a=b=>{for(;;)if(b)return},c={m(){return}},d=()=>{if(a){return}},e=()=>{if(a)return;b()}',
      ),
      'let a=b=>{for(;;)if(b)return;},c={m(){return;}},d=()=>{if(a){return}},e=()=>{if(a)return;b()}',
    );
  });

  it('drop-absent: parameters of methods, options that nobody asks for; directives stay', async () => {
    const code = bundled(
      `class Tape { constructor() { this.lines = []; } note(kind, tape) { if (tape) tape.line(kind); } begin(wide) { 'ram'; return wide ? 'wide' : 'narrow'; } pick(a) { return a ? 1 : 2; } }
      function idle(tape) { tape.note(3, undefined); } function user(config) { const tape = new Tape(); idle(tape); tape.note(1); let n = 0; const next = () => ++n; tape.note(next());
        const pick = tape.pick; return [tape.begin(true), n, tape.pick(1), pick(0), { kept: config.option, spare: config.option }.kept]; }`,
      'undefined',
    );
    const changed = await absent(code);
    const answer = (text: string): unknown => new Function(`${text}; return r.user(1);`)();
    assert.deepEqual(answer(changed), answer(code), changed);
    assert.doesNotMatch(changed, /narrow|spare|lines/);
    assert.match(changed, /'ram'/);
  });

  it('drop-absent: what reaches its only user through a call in a call, or a variable there', async () => {
    const code = bundled(
      `function note(tape, kind) { if (tape) tape.note(kind); } class Part { constructor(tape) { this.tape = tape; } note(kind) { note(this.tape, kind); } take() { this.note(5); this.tell(); }
        tell() { const events = this.tape.events; if (events) for (const one of events) one(); } }
      function user(config) { const seen = []; new Part({ note: kind => { seen.push(kind); }, events: [() => seen.push(6)] }).take(); return seen; }`,
      'undefined',
    );
    const answer = (text: string): unknown => new Function(`${text}; return r.user(1);`)();
    assert.deepEqual(answer(await absent(code)), [5, 6]);
    assert.deepEqual(answer(code), [5, 6]);
  });

  it('drop-absent: setters, loops over what is declared elsewhere, calls of what others made, functions that only call each other', async () => {
    const code = bundled(
      `class Dial { constructor() { this.turned = 0; } set hand(value) { this.turned += value; } } class Sink { option() {} }
      function ping() { pong(); } function pong() { ping(); }
      function user(config) { const dial = new Dial(); dial.hand = 3; const mute = { set level(v) { dial.turned += v; } }; mute.level = 4; let each; const seen = []; for (each of [0, 1]) seen[each] = each ? 'one' : 'none';
        config.option(seen); if (config.parts) ping(); const zero = dial.turned - 7; return [dial.turned, seen, (zero ?? 1) ? 'some' : 'zero', new Sink()]; }`,
      'undefined',
    );
    const changed = await absent(code);
    const answer = (text: string): unknown =>
      new Function(`${text}; return r.user(list => list.push('told')).slice(0, 3);`)();
    assert.deepEqual(answer(changed), [7, ['none', 'one', 'told'], 'zero'], changed);
    assert.deepEqual(answer(code), answer(changed));
  });
});
