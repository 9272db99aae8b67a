/**
 * Rollup plugin, behind terser, for Espruino: what the bundle's function declares becomes global, under names with a `$`, which an application leaves alone.
 * There a function remembers the scopes around it, a single one in a variable, several as an array of its own: without the
 * bundle's scope one of the bundle takes a variable less and one inside another 3, and no call copies that array. The most used names are the shortest.
 */
import { isPropertyName, rewriting, visitAll } from './rewrite.mjs';
import { bindings } from './scopes.mjs';

export const globalNames = () => rewriting('global-names', edits);

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

export function edits(program) {
  const [bundle] = program.body[0].declarations;
  const { callee, arguments: values } = bundle.init;
  const { uses, taken } = usesOf(program, callee);
  const free = freeNames(taken);
  const names = [...uses.keys()].sort((a, b) => uses.get(b).length - uses.get(a).length);
  const found = [];
  const newNames = new Map(names.map(name => [name, free.next().value]));
  for (const name of names) {
    for (const { start, end, shorthand } of uses.get(name))
      found.push([start, end, (shorthand ? name + ':' : '') + newNames.get(name)]);
  }
  const parameters = callee.params.flatMap(({ name }, i) =>
    newNames.has(name) ? [newNames.get(name), '=', [values[i].start, values[i].end], ','] : [],
  );
  found.push([program.body[0].start, callee.body.start + 1, 'var ', ...parameters.slice(0, -1), ';']);
  for (const { type, kind, start } of callee.body.body)
    if (type === 'VariableDeclaration') found.push([start, start + kind.length, 'var']);
  const answer = callee.body.body[callee.body.body.length - 1];
  found.push([answer.start, answer.argument.start, `var ${bundle.id.name}=(`]);
  found.push([answer.argument.end, program.body[0].end, ');']);
  return found;
}

/** Where each name stands that the function declares, its own place as a parameter excepted; and all names that stay. */
function usesOf(program, callee) {
  const { bindingOf } = bindings(program);
  const uses = new Map();
  const taken = new Set();
  visitAll(program, (node, ancestors) => {
    if (node.type !== 'Identifier') return;
    const parent = ancestors[ancestors.length - 1];
    if (isPropertyName(node, parent) || callee.params.includes(node)) return;
    const scope = bindingOf.get(node)?.scope;
    const isOfBundle = scope === callee || scope === callee.body;
    if (!isOfBundle) taken.add(node.name);
    if (!isOfBundle || (parent.shorthand && parent.value !== node)) return;
    if (!uses.has(node.name)) uses.set(node.name, []);
    uses.get(node.name).push({ start: node.start, end: node.end, shorthand: parent.shorthand });
  });
  return { uses, taken };
}

function* freeNames(taken) {
  const others = [...LETTERS, ...'0123456789_$'];
  const names = ['$', ...others.map(a => '$' + a), ...LETTERS.map(a => a + '$')];
  for (const a of LETTERS) for (const b of LETTERS) names.push(`$${a}${b}`);
  for (const name of names) if (!taken.has(name)) yield name;
}
