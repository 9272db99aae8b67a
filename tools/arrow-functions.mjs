/**
 * Rollup plugin: `function f(a) { … }` becomes `let f = (a) => { … }` at the head of its function, which is shorter by 5 bytes and by 12 more where terser
 * can drop a `return`. Those with `this`, `arguments` or a caller's `new` stay. Nothing is called there yet, so their order does not
 * matter: the most used go first, for the shortest names, and because Espruino looks names up in the order of their declarations.
 */
import { usesThis } from './expressions.mjs';
import { isPropertyName, rewriting, visitAll } from './rewrite.mjs';

export const arrowFunctions = () => rewriting('arrow-functions', edits);

/** Behind terser: JerryScript does not parse `({ a: b => c })`; with `(b)` it does. */
export const parenthesised = () =>
  rewriting('parenthesised', (program, code) => {
    const found = [];
    visitAll(program, ({ type, value }) => {
      if (type !== 'Property' || value.type !== 'ArrowFunctionExpression' || code[value.start] === '(') return;
      const [{ start, end }] = value.params;
      found.push([start, start, '('], [end, end, ')']);
    });
    return found;
  });

export function edits(program, code) {
  const uses = new Map();
  const made = new Set();
  visitAll(program, (node, ancestors) => {
    if (node.type === 'Identifier' && !isPropertyName(node, ancestors[ancestors.length - 1]))
      uses.set(node.name, (uses.get(node.name) ?? 0) + 1);
    if (node.type === 'NewExpression' && node.callee.type === 'Identifier') made.add(node.callee.name);
  });
  let found = [];
  const convert = node => {
    if (!/^(Function|ArrowFunction)/.test(node.type) || node.body.type !== 'BlockStatement') return;
    const functions = node.body.body.filter(
      one => one.type === 'FunctionDeclaration' && isPlain(one) && !made.has(one.id.name),
    );
    const rank = ({ id }) => (uses.get(id.name) < 3 ? 1e6 : uses.get(id.name));
    functions.sort((a, b) => rank(b) - rank(a));
    const constants = new Set();
    for (const one of node.body.body) {
      if (
        one.type !== 'VariableDeclaration' ||
        !one.declarations.every(({ init }) => init && isConstant(init, constants))
      )
        continue;
      for (const { id } of one.declarations) constants.add(id.name);
      found.push([one.start, one.end]);
      const h = node.body.start + 1;
      found.push([h, h, ' ', [one.start, one.end]]);
    }
    const head = node.body.start + 1;
    const moved = [];
    for (const one of functions) {
      const { id, body } = one;
      const inner = found.filter(([start]) => start > one.start && start < one.end);
      found = found.filter(edit => !inner.includes(edit));
      moved.push(
        moved.length === 0 ? ' let ' : ', ',
        [id.start, id.end],
        ' = ',
        [code.indexOf('(', id.end), body.start],
        '=> ',
      );
      moved.push(...replaced(body.start, body.end, inner));
      found.push([one.start, one.end]);
    }
    if (moved.length > 0) found.push([head, head, ...moved, ';']);
  };
  visitAll(program, () => {}, convert);
  return found;
}

/** The parts that code between two places is made of after edits. */
function replaced(start, end, edits) {
  const parts = [];
  for (const [from, to, ...more] of edits.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    parts.push([start, from], ...more);
    start = to;
  }
  return [...parts, [start, end]];
}

function isConstant(node, constants) {
  if (node.type === 'Identifier') return constants.has(node.name);
  if (node.type === 'UnaryExpression') return isConstant(node.argument, constants);
  if (node.type === 'BinaryExpression') return isConstant(node.left, constants) && isConstant(node.right, constants);
  return node.type === 'Literal' && !node.regex;
}

const isPlain = node => !usesThis(node.body) && !node.generator && !node.async;
