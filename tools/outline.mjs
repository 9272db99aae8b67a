/**
 * Rollup plugin, in front of terser, for Kaluma: functions that are used now and then, and work on what is around them, so that they cannot move as those of overlay.mjs do. What
 * such a function does goes into a mark, of which stored-overlays.mjs makes text: `eval` in its place sees parameters, variables around and `this` as they are.
 *
 * `names` are paths of names: of functions, classes and objects around it, and its own, which may be that of a variable or member: `tlsSocket.socket.end`,
 * `RecordWriter.sendAlert`; `()` is that of what a call is given.
 *
 * What it makes, and is still there when it has returned, keeps its variables, and functions among them. Where there is an `eval` no variable stays a register, in all functions around it:
 * so these are never put where they are called. A function that is not an arrow function keeps its `arguments` then, and with them itself, so declarations become arrow functions.
 */
import { usesThis } from './expressions.mjs';
import { READER, STORED } from './overlay.mjs';
import { rewriting, visitAll } from './rewrite.mjs';
import { bindings, isFunction } from './scopes.mjs';

export const outline = names => rewriting('outline', program => edits(program, undefined, names));

export function edits(program, _, names) {
  const outlined = functionsAt(program, names);
  const found = [];
  for (const { name, node, id } of outlined) {
    if (node.generator || node.async || has(node.body, isOwn, isOther))
      throw new Error(`outline: ${name} is more than an arrow function can be`);
    const { start, end, type } = node.body;
    const isArrow = node.type === 'FunctionDeclaration' && !usesThis(node.body);
    if (isArrow) found.push([node.start, id.start, 'const '], [id.end, id.end, ' = ']);
    const call = `${STORED}(${READER}, () => `;
    if (type !== 'BlockStatement') found.push([start, start, `${call}(`], [end, end, '))']);
    else {
      const answers = has(node.body, one => one.type === 'ReturnStatement' && one.argument, isFunction);
      const begin = `${isArrow ? '=> ' : ''}{ ${answers ? 'return ' : ''}${call}`;
      found.push([start, start, begin], [end, end, isArrow ? '); };' : '); }']);
    }
  }
  return [...found, ...neverInlined(program, outlined)];
}

/** The functions with these paths, `{ name, node, id }`. A regular expression stands for all whose path fits. */
export function functionsAt(program, names) {
  const places = new Map();
  visitAll(program, (node, ancestors) => {
    const id = isFunction(node) && nameOf(node, ancestors[ancestors.length - 1]);
    if (!id) return;
    const around = [...ancestors, node].map((one, i, all) => nameOf(one, all[i - 1])).filter(Boolean);
    const path = around.map(({ name, value }) => name ?? value).join('.');
    places.set(path, [...(places.get(path) ?? []), { name: path, node, id }]);
  });
  const paths = names.flatMap(one =>
    one instanceof RegExp ? [...places.keys()].filter(path => one.test(path)) : [one],
  );
  return paths.map(path => {
    const [found, ...others] = places.get(path) ?? [];
    if (!found || others.length) throw new Error(`outline: the bundle has ${found ? 'several' : 'no'} ${path}`);
    return found;
  });
}

/** So that terser does not put them where they are called. */
export function neverInlined(program, functions) {
  const { bindingOf } = bindings(program);
  const outlined = new Set(functions.map(({ id }) => bindingOf.get(id)));
  // Of members.
  outlined.delete(undefined);
  const found = [];
  visitAll(program, ({ type, callee, start }) => {
    if (type === 'CallExpression' && outlined.has(bindingOf.get(callee)))
      found.push([start, start, '/*@__NOINLINE__*/ ']);
  });
  return found;
}

/** By what a function, class or object is known. */
function nameOf(node, parent) {
  if (/^(Function|Class)/.test(node.type) && node.id) return node.id;
  if (!isFunction(node) && node.type !== 'ObjectExpression') return undefined;
  if (parent.arguments?.includes(node)) return { name: '()' };
  if (parent.init === node) return parent.id;
  return parent.value === node ? parent.key : undefined;
}

/** It has a `this` of its own. */
const isOther = node => /^Function/.test(node.type);

const isOwn = ({ type, name }) =>
  type === 'Super' || type === 'MetaProperty' || (type === 'Identifier' && name === 'arguments');

/** Whether `test` is true of anything in it that is not in an inner node that `isOther`. */
function has(node, test, isOther) {
  if (test(node)) return true;
  const children = Object.values(node).flat();
  return children.some(one => one && typeof one.type === 'string' && !isOther(one) && has(one, test, isOther));
}
