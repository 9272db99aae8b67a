/**
 * What Espruino or JerryScript cannot parse, lacks, or does differently, as far as one syntax node shows it. Each rule has
 * code it refuses and code it lets pass, and language.test.ts runs both, so that no rule can silently stop working.
 * What needs scopes is in language-scopes.ts. Evidence for each line: seen on Espruino 2v29 and JerryScript 3.0.
 */
import type { AnyNode, Literal, MemberExpression } from 'acorn';

export interface Finding {
  rule: string;
  start: number;
}

export interface SyntaxRule {
  name: string;
  /** True if `node`, which is a child of `parent`, breaks the rule. */
  refuses(node: AnyNode, parent: AnyNode | undefined, code: string): boolean;
  bad: string[];
  good: string[];
}

const MATH = ['abs', 'ceil', 'floor', 'max', 'min', 'round', 'sqrt'];
const STATIC_MEMBERS: Record<string, string[]> = {
  Math: MATH,
  Object: ['assign', 'create', 'defineProperty', 'keys'],
  String: ['fromCharCode'],
  Array: ['isArray'],
  JSON: ['parse', 'stringify'],
  Number: [],
  Error: [],
  ArrayBuffer: [],
  DataView: [],
};
const TYPED_ARRAYS = ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64'].map(
  kind => kind + 'Array',
);
for (const name of TYPED_ARRAYS) STATIC_MEMBERS[name] = [];

const MISSING_METHODS = new Set(
  (
    'at flat flatMap lastIndexOf reduceRight findLast copyWithin codePointAt normalize localeCompare toLocaleString ' +
    'matchAll BYTES_PER_ELEMENT entries values padStart padEnd toSorted'
  ).split(' '),
);
const MISSING_ERROR_KINDS = new Set(['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError']);

/** Fractions that Espruino's number parser reads exactly; it is a little off for .75 and most others. */
const EXACT_FRACTIONS = new Set([0.5, 0.25, 0.125, 0.0625, 0.03125]);

export const SYNTAX_RULES: SyntaxRule[] = [
  ofTypes('default parameter or default in a pattern', ['AssignmentPattern'], ['function f(a = 1) {}', '(a = 1) => a']),
  ofTypes(
    'destructuring',
    ['ObjectPattern', 'ArrayPattern'],
    ['const { a } = b', '[a, b] = c', 'function f({ a }) {}'],
  ),
  ofTypes(
    'spread or rest',
    ['SpreadElement', 'RestElement'],
    ['f(...a)', '[...a]', '({ ...a })', 'function f(...a) {}'],
  ),
  ofTypes('generator', ['YieldExpression'], ['function* f() { yield 1 }']),
  ofTypes('await', ['AwaitExpression'], ['async function f() { await 1 }']),
  ofTypes('label', ['LabeledStatement'], ['a: for (;;) break a']),
  ofTypes('class field', ['PropertyDefinition'], ['class A { a = 1 }', 'class A { a }', 'class A { static a = 1 }']),
  ofTypes('#private', ['PrivateIdentifier'], ['class A { #a() {} }']),
  ofTypes('static block', ['StaticBlock'], ['class A { static {} }']),
  ofTypes('tagged template', ['TaggedTemplateExpression'], ['a`b`']),
  ofTypes('`?.`', ['ChainExpression'], ['a?.b', 'a?.()']),
  ofTypes('new.target or import.meta', ['MetaProperty'], ['function F() { new.target }']),
  ofTypes('dynamic import', ['ImportExpression'], ['import("a")']),
  ofTypes('`with`', ['WithStatement'], []),
  {
    name: 'generator or async function',
    refuses: node => 'generator' in node && (node.generator || node.async) === true,
    bad: ['function* f() {}', 'async function f() {}', 'async () => 1', '({ async f() {} })'],
    good: ['function f() {}', '() => 1', '({ f() {} })'],
  },
  {
    name: 'class with extends, super',
    refuses: node => ('superClass' in node && !!node.superClass) || node.type === 'Super',
    bad: ['class A extends B {}', 'const a = class extends B { f() { super.f() } }'],
    good: ['class A {}', 'const a = class {}'],
  },
  {
    name: 'static class member',
    refuses: node => node.type === 'MethodDefinition' && node.static,
    bad: ['class A { static f() {} }', 'class A { static get a() { return 1 } }'],
    good: ['class A { f() {} get a() { return 1 } constructor() {} }'],
  },
  {
    name: 'computed, quoted or numeric name of a property or method',
    refuses: node =>
      (node.type === 'Property' && (node.computed || (node.method && node.key.type === 'Literal'))) ||
      (node.type === 'MethodDefinition' && (node.computed || node.key.type === 'Literal')),
    bad: ['({ [a]: 1 })', 'class A { [a]() {} }', 'class A { "a"() {} }', '({ 1() {} })'],
    good: ['({ a: 1, "b-c": 2, 3: 4 })', 'class A { a() {} }', 'a[b] = 1'],
  },
  {
    name: '`**`, `??=`, `||=`, `&&=`',
    refuses: node =>
      (node.type === 'BinaryExpression' && node.operator === '**') ||
      (node.type === 'AssignmentExpression' && ['**=', '??=', '||=', '&&='].includes(node.operator)),
    bad: ['a ** 2', 'a **= 2', 'a ??= 1', 'a ||= 1', 'a &&= 1'],
    good: ['a * 2', 'a *= 2', 'a ?? 1', 'a || (a = 1)'],
  },
  {
    name: 'case after default',
    refuses: node =>
      node.type === 'SwitchStatement' && node.cases.some((one, i) => one.test === null && i !== node.cases.length - 1),
    bad: ['switch (a) { default: b(); case 1: c() }'],
    good: ['switch (a) { case 1: c(); break; default: b() }'],
  },
  {
    name: 'do with an empty statement',
    refuses: node => node.type === 'DoWhileStatement' && node.body.type === 'EmptyStatement',
    bad: ['do; while (a())'],
    good: ['do {} while (a())', 'do a(); while (b)'],
  },
  {
    name: 'comma expression inside [ ]',
    refuses: (node, parent) =>
      node.type === 'SequenceExpression' && isMember(parent) && parent.computed && parent.property === node,
    bad: ['a[b, c]', 'a[b = 1, b]'],
    good: ['a[b]', 'a[b], a[c]'],
  },
  {
    name: 'arrow function with a bare parameter in an object in parentheses',
    refuses: (node, parent, code) =>
      node.type === 'Property' &&
      node.value.type === 'ArrowFunctionExpression' &&
      /^[\w$]/.test(code.slice(node.value.start)) &&
      parent !== undefined &&
      /(^|[^\w$)\]\s]|\breturn)\s*\(\s*$/.test(code.slice(0, parent.start).slice(-20)),
    bad: ['a = b => ({ c: d => e })', 'function f() { return ({ a: b => c }) }'],
    good: ['a = b => ({ c: (d) => e })', 'a = b => { return { c: d => e } }', 'f({ a: b => c })'],
  },
  {
    name: 'function in the head of a for..of: JerryScript loses its variables',
    refuses: (node, _parent, code) =>
      (node.type === 'ForOfStatement' || node.type === 'ForInStatement') &&
      /=>|\bfunction\b/.test(code.slice(node.right.start, node.right.end)),
    bad: ['for (a of (b = () => c, c.d = 1, [2])) a()'],
    good: ['b = () => c; for (a of [2]) b()'],
  },
  {
    name: 'negative index',
    refuses: node =>
      isMember(node) && node.computed && node.property.type === 'UnaryExpression' && node.property.operator === '-',
    bad: ['a[-1]'],
    good: ['a[b - 1]', 'a[1]'],
  },
  {
    name: 'BigInt literal',
    refuses: node => node.type === 'Literal' && typeof node.bigint === 'string',
    bad: ['1n'],
    good: ['1'],
  },
  {
    name: 'regular expression with {n}, lookbehind, named group or flags u, y, s',
    refuses: node =>
      node.type === 'Literal' &&
      node.regex !== undefined &&
      (/\{\d|\(\?</.test(node.regex.pattern) || /[uysdv]/.test(node.regex.flags)),
    bad: ['/a{2}/', '/(?<a>b)/', '/(?<=a)b/', '/a/u'],
    good: ['/a+[0-9]*/', '/\\{a\\}/i', '/a/g'],
  },
  {
    name: 'number that Espruino parses inexactly: write a division by a power of 2',
    refuses: node => node.type === 'Literal' && typeof node.value === 'number' && !isExact(node),
    bad: ['0.1', '0.75', '1.4901161193847656e-8', '1e22', '3.14'],
    good: ['0.5', '2.5', '0.25', '1e9', '9007199254740991', '1 / 67108864', '0xffffffff'],
  },
  {
    name: 'shift by 32 or more, or by less than 0',
    refuses: node =>
      ((node.type === 'BinaryExpression' && /^(<<|>>>?)$/.test(node.operator)) ||
        (node.type === 'AssignmentExpression' && /^(<<|>>>?)=$/.test(node.operator))) &&
      !isShiftCount(node.right),
    bad: ['a << 32', 'a >>> 32', 'a >> -1', 'a <<= 40'],
    good: ['a << 31', 'a >>> 0', 'a >> b', 'a <<= 4', 'a < 32'],
  },
  {
    name: 'static member the engines lack',
    refuses: node => {
      if (!isMember(node) || node.object.type !== 'Identifier' || node.computed) return false;
      const known = Object.hasOwn(STATIC_MEMBERS, node.object.name) ? STATIC_MEMBERS[node.object.name] : undefined;
      return known !== undefined && !known.includes(nameOf(node));
    },
    bad: [
      'Math.imul(a, b)',
      'Math.pow(2, 3)',
      'Math.clz32(a)',
      'Math.trunc(a)',
      'Math.fround(a)',
      'Math.log2(a)',
      'Number.isInteger(a)',
      'Object.freeze(a)',
      'Object.is(a, b)',
      'Array.from(a)',
      'Array.of(1)',
      'Array.prototype.slice.call(a)',
      'Uint8Array.from(a)',
      'Uint8Array.of(1)',
      'Uint8Array.BYTES_PER_ELEMENT',
      'ArrayBuffer.isView(a)',
      'String.fromCodePoint(1)',
      'Object.entries(a)',
    ],
    good: ['Math.floor(a)', 'String.fromCharCode(1)', 'Object.keys(a)', 'new Uint8Array(1)', 'a.imul(b)'],
  },
  {
    name: 'Object.create with two arguments',
    refuses: node =>
      node.type === 'CallExpression' &&
      isMember(node.callee) &&
      nameOf(node.callee) === 'create' &&
      isNamed(node.callee.object, 'Object') &&
      node.arguments.length > 1,
    bad: ['Object.create(a, b)'],
    good: ['Object.create(a)', 'hash.create(a, b)'],
  },
  {
    name: 'method the engines lack',
    refuses: node => isMember(node) && MISSING_METHODS.has(nameOf(node)),
    bad: [
      'a.copyWithin(0, 1)',
      'a.at(0)',
      'a.flat()',
      'a.codePointAt(0)',
      'a.lastIndexOf(1)',
      'a.BYTES_PER_ELEMENT',
      'a.padStart(2)',
    ],
    good: ['a.indexOf(1)', 'a.set(b)', 'a.seal(b)', 'a[at]'],
  },
  {
    name: 'slice of a buffer, or keys() of an array',
    refuses: node =>
      isMember(node) &&
      ((nameOf(node) === 'slice' && isMember(node.object) && nameOf(node.object) === 'buffer') ||
        (nameOf(node) === 'keys' && !isNamed(node.object, 'Object'))),
    bad: ['a.buffer.slice(1)', 'a.keys()'],
    good: ['a.slice(1)', 'Object.keys(a)'],
  },
  {
    name: 'typed array without a length',
    refuses: node =>
      node.type === 'NewExpression' &&
      TYPED_ARRAYS.some(name => isNamed(node.callee, name)) &&
      node.arguments.length === 0,
    bad: ['new Uint8Array()', 'new Float64Array'],
    good: ['new Uint8Array(0)', 'new Foo()'],
  },
  {
    name: 'instanceof a kind of Error: `code` tells them apart',
    refuses: node =>
      node.type === 'BinaryExpression' &&
      node.operator === 'instanceof' &&
      node.right.type === 'Identifier' &&
      MISSING_ERROR_KINDS.has(node.right.name),
    bad: ['a instanceof Error', 'a instanceof RangeError'],
    good: ['a instanceof B'],
  },
  {
    name: 'assignment to length of something that may be an array',
    refuses: node =>
      (node.type === 'AssignmentExpression' &&
        isMember(node.left) &&
        nameOf(node.left) === 'length' &&
        node.left.object.type !== 'ThisExpression') ||
      (node.type === 'UpdateExpression' &&
        isMember(node.argument) &&
        nameOf(node.argument) === 'length' &&
        node.argument.object.type !== 'ThisExpression'),
    bad: ['a.length = 0', 'this.a.length = 0', 'a.length--'],
    good: ['this.length = 0', 'this.length += 2', 'a = []', 'b = a.length'],
  },
  {
    name: 'return followed by a line break',
    refuses: (node, _parent, code) =>
      node.type === 'ReturnStatement' &&
      node.argument === null &&
      /^return[ \t]*\r?\n\s*[^}\s]/.test(code.slice(node.start)),
    bad: ['function f() { return\n5 }'],
    good: ['function f() { return;\n5 }', 'function f() {\nreturn\n}', 'function f() { return 5 }'],
  },
  {
    name: 'return without a semicolon at the end of a function: Espruino reads on for its value',
    refuses: (node, parent, code) =>
      node.type === 'BlockStatement' &&
      parent !== undefined &&
      /^(Arrow)?Function/.test(parent.type) &&
      /(^|[^.\w$])return\s*}$/.test(code.slice(node.start, node.end)),
    bad: ['function f(a) { if (a) return }', 'a => { for (;;) if (a()) return\n}', 'class A { m() { return } }'],
    good: ['function f(a) { if (a) return; }', 'a => { for (;;) { if (a()) return } }', 'function f(a) { a.return }'],
  },
  {
    name: 'property read as a statement: a throwing getter is not caught there',
    refuses: node => node.type === 'ExpressionStatement' && isMember(node.expression),
    bad: ['a.b;'],
    good: ['a.b();', 'c = a.b;'],
  },
  {
    name: 'identifier named `of` or `static`, method named like a keyword',
    refuses: (node, parent) =>
      (node.type === 'Identifier' && /^(of|static)$/.test(node.name) && !isPropertyName(node, parent)) ||
      (node.type === 'MethodDefinition' &&
        node.key.type === 'Identifier' &&
        /^(of|static|do|if|in|for|let|new|try|var)$/.test(node.key.name)),
    bad: ['var of = 1', 'f(of)', 'class A { static() {} }', 'class A { in() {} }', 'class A { of() {} }'],
    good: ['a.of', '({ of: 1 })', 'for (const a of b) {}'],
  },
  {
    name: 'string with characters beyond 255: strings are bytes on Espruino',
    refuses: node =>
      (node.type === 'Literal' && typeof node.value === 'string' && beyondByte(node.value)) ||
      (node.type === 'TemplateElement' && beyondByte(node.value.cooked ?? '')),
    bad: ['"\\u20ac"', '`\\u2013`'],
    good: ['"\\xff"', '`a`'],
  },
];

/** A rule that refuses whole kinds of nodes; every program without one is a good example of it. */
function ofTypes(name: string, types: string[], bad: string[]): SyntaxRule {
  return { name, refuses: node => types.includes(node.type), bad, good: ['f(a, [b], { c: d })', 'class A { a() {} }'] };
}

function isMember(node: AnyNode | undefined): node is MemberExpression {
  return node?.type === 'MemberExpression';
}

export function isNamed(node: AnyNode, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

/** The name after the dot, or '' for `a[b]`. */
function nameOf(node: MemberExpression): string {
  return !node.computed && node.property.type === 'Identifier' ? node.property.name : '';
}

/** True for identifiers that name a property, not a variable. */
export function isPropertyName(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (parent === undefined) return false;
  if (isMember(parent)) return parent.property === node && !parent.computed;
  if (parent.type === 'Property') return parent.key === node && !parent.computed && !parent.shorthand;
  if (parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition')
    return parent.key === node && !parent.computed;
  return parent.type === 'LabeledStatement' || parent.type === 'BreakStatement' || parent.type === 'ContinueStatement';
}

function isExact(node: Literal): boolean {
  const value = node.value as number;
  if (Number.isInteger(value)) return Math.abs(value) <= 2 ** 53;
  return EXACT_FRACTIONS.has(value) || (value % 1 === 0.5 && value < 2 ** 20);
}

function isShiftCount(node: AnyNode): boolean {
  if (node.type === 'UnaryExpression' && node.operator === '-') return false;
  return !(node.type === 'Literal' && typeof node.value === 'number' && (node.value >= 32 || node.value < 0));
}

function beyondByte(text: string): boolean {
  return [...text].some(character => character.codePointAt(0)! > 255);
}
