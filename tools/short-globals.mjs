/**
 * Rollup plugins around terser: what every engine has and we say often gets a name of one letter, as a parameter of the bundle's function. These are
 * constructors, `undefined` (terser's `void 0` is longer), and the name `length`: `a[b]` is shorter than `a.length`. With `making` there is
 * also a function that makes byte arrays: a call of it is 4 bytes shorter than `new`; with `tokenised`, `undefined` is short by itself (tools/pretokenise.mjs). Values go through terser under names that it does not know, or it
 * would put them back.
 */
import { isPropertyName, rewriting, visitAll } from './rewrite.mjs';

const CONSTRUCTORS = ['Uint8Array', 'Int32Array'];
const PROPERTIES = ['length', 'indexOf', 'subarray', 'fill'];
const UNDEFINED = '$undefined';
const MAKE = '$make';
const name = property => '$' + property;

/** In front of terser. */
export const shortGlobals = (making, tokenised) =>
  rewriting('short-globals', (program, code) => edits(program, code, making, tokenised));

/** Behind it. */
export const fullGlobals = () => rewriting('full-globals', restored);

export function edits(program, code, making = false, tokenised = false) {
  const found = [];
  const makes = node =>
    making && node.type === 'NewExpression' && node.callee.name === 'Uint8Array' && node.arguments.length === 1;
  const whole = bundleCall(program);
  visitAll(whole.callee.body, (node, ancestors) => {
    const parent = ancestors[ancestors.length - 1];
    if (node.type === 'MemberExpression' && !node.computed && PROPERTIES.includes(node.property.name)) {
      // From the dot on: the object may be in parentheses.
      found.push([code.lastIndexOf('.', node.property.start), node.end, `[${node.property.name}$]`]);
    } else if (makes(node)) {
      found.push([node.start, node.callee.end, 'make$']);
    } else if (
      node.type === 'Identifier' &&
      !isPropertyName(node, parent) &&
      !(makes(parent) && parent.callee === node)
    ) {
      const isKnown =
        CONSTRUCTORS.includes(node.name) ||
        (!tokenised && node.name === 'undefined' && parent.type !== 'ReturnStatement');
      if (isKnown) found.push([node.start, node.end, node.name + '$']);
    }
  });
  const undef = tokenised ? [] : ['undefined'];
  const names = [...CONSTRUCTORS, ...PROPERTIES, ...undef, ...(making ? ['make'] : [])];
  const values = [...CONSTRUCTORS, ...PROPERTIES.map(name), ...undef.map(name), ...(making ? [MAKE] : [])];
  const open = code.indexOf('(', whole.callee.start) + 1;
  const comma = whole.arguments.length > 0 ? ', ' : '';
  found.push([open, open, names.map(one => one + '$').join(', ') + comma]);
  const first = code.indexOf('(', whole.callee.end) + 1;
  found.push([first, first, values.join(', ') + comma]);
  return found;
}

export function restored(program) {
  const found = [];
  visitAll(program, node => {
    if (node.type !== 'Identifier') return;
    const property = PROPERTIES.find(one => node.name === name(one));
    if (property) found.push([node.start, node.end, `"${property}"`]);
    if (node.name === UNDEFINED) found.push([node.start, node.end, 'void 0']);
    if (node.name === MAKE) found.push([node.start, node.end, '(a)=>new Uint8Array(a)']);
  });
  return found;
}

function bundleCall(program) {
  const calls = [];
  visitAll(program, node => {
    if (node.type === 'CallExpression' && /^(Arrow)?FunctionExpression$/.test(node.callee.type)) calls.push(node);
  });
  return calls[0];
}
