/** What can be said of a piece of code alone, whatever the program around it: for the passes over a bundle. */
import { isFunction } from './scopes.mjs';

const PURE_CALLS = /^(Uint8Array|Uint32Array|Int32Array|Error)$/;

/** Of `a = b = c`, c. */
export const lastOf = node =>
  node.type === 'AssignmentExpression' && node.operator === '=' ? lastOf(node.right) : node;

/** Undefined if it is a number or in quotes: then anybody may mean it who says `a[b]`. */
export const nameOf = ({ key }) => key.name;

/** Whether the left side alone, with this value, is the answer. */
export const decides = ({ operator }, { value }) =>
  operator === '&&' ? !value : operator === '||' ? !!value : value !== undefined && value !== null;

/** Without names that are being declared, or belong to properties. */
export function childrenOf(node) {
  if (isFunction(node) || (/^(Class|CatchClause)/.test(node.type) && node.type !== 'ClassBody')) return [node.body];
  if (node.type === 'MemberExpression') return node.computed ? [node.object, node.property] : [node.object];
  return Object.values(node)
    .flat()
    .filter(one => one && typeof one.type === 'string');
}

/** Evaluating it does nothing, but for what getters do. */
export function isPure(node) {
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'ThisExpression':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true;
    case 'MemberExpression':
      return isPure(node.object) && (!node.computed || isPure(node.property));
    case 'UnaryExpression':
      return node.operator !== 'delete' && isPure(node.argument);
    case 'BinaryExpression':
    case 'LogicalExpression':
      return isPure(node.left) && isPure(node.right);
    case 'ConditionalExpression':
      return isPure(node.test) && isPure(node.consequent) && isPure(node.alternate);
    case 'ArrayExpression':
      return node.elements.every(isPure);
    case 'NewExpression':
      return PURE_CALLS.test(node.callee.name) && node.arguments.every(isPure);
    default:
      return false;
  }
}

/** An object, of what is pure; or pure. Not pure itself, for what is read from it has a value. */
export const makesNothingElse = node =>
  node.type === 'ObjectExpression' ? node.properties.every(one => makesNothingElse(one.value)) : isPure(node);

/** Whether what is in a function's body needs that function's own `this` or `arguments`. */
export function usesThis(node) {
  if (node.type === 'ThisExpression' || (node.type === 'Identifier' && node.name === 'arguments')) return true;
  if (/^(FunctionExpression|FunctionDeclaration|Class.*)$/.test(node.type)) return false;
  return Object.values(node)
    .flat()
    .some(one => one && typeof one.type === 'string' && usesThis(one));
}
