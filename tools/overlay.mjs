/**
 * Rollup plugin, in front of all others, for Espruino: declarations that are needed now and then go into a function, which makes them anew for each
 * use. There a function of the bundle takes 4 variables and one a parameter, although its code stays in flash; inside another it takes none until that is
 * called, and they are free again when nobody holds on to what it has made.
 *
 * `entries` are names of functions, classes and constants: what nothing else needs moves with them, except for `kept` and what that needs. `entry(a)`
 * becomes `overlay().entry(a)`, or `overlay()(a)` if it is the only one, so no state may be kept in what moves, and nothing may be compared with another use's.
 */
import { isPropertyName, rewriting, visitAll } from './rewrite.mjs';

export const overlay = (entries, kept = []) =>
  rewriting('overlay', (program, code) => edits(program, code, entries, kept));

export function edits(program, code, entries, kept) {
  const body = bundleBody(program);
  const overlayName = `overlay$${code.split('overlay$').length}`;
  const declarations = new Map();
  for (const node of body) for (const { name } of declared(node)) declarations.set(name, node);
  for (const name of [...entries, ...kept])
    if (!declarations.has(name)) throw new Error(`overlay: the bundle has no ${name}`);
  const uses = new Map(body.map(node => [node, usesIn(node, declarations)]));
  const from = (nodes, isEnd) => {
    const reached = new Set(nodes);
    for (const node of reached)
      for (const { name } of uses.get(node)) if (!isEnd(name)) reached.add(declarations.get(name));
    return reached;
  };
  const isKept = name => kept.includes(name) || name.startsWith('overlay$');
  const outside = from(
    [...body.filter(node => !declared(node).length || declared(node).some(({ name }) => isKept(name)))],
    name => entries.includes(name),
  );
  const inside = [
    ...from(
      entries.map(name => declarations.get(name)),
      () => false,
    ),
  ].filter(node => !outside.has(node));
  const moved = body.filter(node => inside.includes(node));
  const found = moved.map(({ start, end }) => [start, end]);
  for (const node of outside) {
    for (const { name, start, end, parent } of uses.get(node)) {
      if (!entries.includes(name)) continue;
      const made = entries[1] ? `${overlayName}().${name}` : `${overlayName}()`;
      const { type, params } = declarations.get(name);
      if (parent.type === 'NewExpression') found.push([start, end, `(${made})`]);
      else if (type === 'VariableDeclaration' || (parent.type === 'CallExpression' && parent.callee.start === start))
        found.push([start, end, made]);
      else {
        const parameters = params.map(one => one.name).join(', ');
        found.push([start, end, `(${parameters}) => ${made}(${parameters})`]);
      }
    }
  }
  const parts = moved.flatMap(({ start, end }) => [[start, end], '\n']);
  const head = body[0].start;
  found.push([
    head,
    head,
    `function ${overlayName}() {\n`,
    ...parts,
    `return ${entries[1] ? `{ ${entries.join(', ')} }` : entries[0]};\n}\n`,
  ]);
  return found;
}

/** The statements of the bundle's function. */
function bundleBody(program) {
  let body;
  visitAll(program, node => {
    if (!body && /^(Arrow)?FunctionExpression$/.test(node.type)) body = node.body.body;
  });
  return body;
}

function declared(node) {
  if (/^(Function|Class)Declaration$/.test(node.type)) return [node.id];
  return node.type === 'VariableDeclaration' ? node.declarations.map(({ id }) => id) : [];
}

/** A name that means something else there counts as well: then a declaration may stay outside for nothing. */
function usesIn(statement, declarations) {
  const found = [];
  visitAll(statement, (node, ancestors) => {
    if (node.type !== 'Identifier' || !declarations.has(node.name)) return;
    const parent = ancestors[ancestors.length - 1];
    if (isPropertyName(node, parent) || declared(statement).includes(node)) return;
    if (!found.some(one => one.start === node.start))
      found.push({ name: node.name, start: node.start, end: node.end, parent });
  });
  return found;
}
