/**
 * Rollup plugin: functions that make at least five others stay functions where terser would put them where they are called. On Espruino a
 * function remembers every scope around it, one by one: 3 variables each in a factory, 9 in a factory inside four others.
 */
import { rewriting, visitAll } from './rewrite.mjs';

const ENOUGH = 5;

export const keepFactories = () => rewriting('keep-factories', edits);

const isFunction = node => /^(Function|ArrowFunction)/.test(node.type);

export function edits(program) {
  const factories = new Set();
  const found = [];
  visitAll(program, node => {
    if (node.type !== 'FunctionDeclaration') return;
    let made = 0;
    visitAll(node.body, child => {
      if (isFunction(child)) made++;
    });
    if (made >= ENOUGH) factories.add(node.id.name);
  });
  visitAll(program, node => {
    if (node.type === 'CallExpression' && factories.has(node.callee.name))
      found.push([node.start, node.start, '/*@__NOINLINE__*/ ']);
  });
  return found;
}
