/**
 * Rollup plugin: variables of blocks and loops become variables of their function, those of one name one variable, so that they are
 * declared once: `let i; for (i = 0; …) … for (i = 0; …)`. Shorter, and Espruino makes no scope a loop and no variable a turn. Left alone is
 * what a function inside holds on to, and what is declared without a value.
 */
import { rewriting, visitAll } from './rewrite.mjs';

export const hoistVariables = () => rewriting('hoist-variables', edits);

const isFunction = node => /^(Function|ArrowFunction)/.test(node.type);
const isScope = node =>
  isFunction(node) || /^(Program|BlockStatement|SwitchStatement|CatchClause|For(In|Of)?Statement)$/.test(node.type);

export function edits(program) {
  const declarations = findVariables(program);
  const found = [];
  const heads = new Map();
  for (const { node, variables } of declarations) {
    const home = variables[0].home;
    if (!home || home.body.type !== 'BlockStatement' || !variables.every(one => one.movable)) continue;
    const names = heads.get(home) ?? new Set();
    heads.set(home, names);
    found.push([node.start, node.declarations[0].start, '']);
    for (const { name, declarator, uses, depth } of variables) {
      const newName = `${name}$${depth}`;
      names.add(newName);
      found.push([declarator.id.start, declarator.id.end, newName]);
      for (const { use, shorthand } of uses)
        found.push([use.start, use.end, shorthand ? `${name}: ${newName}` : newName]);
    }
  }
  for (const [home, names] of heads)
    found.push([home.body.start + 1, home.body.start + 1, ` let ${[...names].join(', ')};`]);
  return found;
}

function findVariables(program) {
  const scopes = new Map();
  const declare = (scope, name, variable) => {
    if (!scopes.has(scope)) scopes.set(scope, new Map());
    scopes.get(scope).set(name, variable);
  };
  const declarations = [];
  visitAll(program, (node, ancestors) => {
    const around = [...ancestors].reverse();
    const scope = around.find(isScope);
    if (isFunction(node)) for (const one of node.params) declare(node, one.name, {});
    if (node.type === 'CatchClause' && node.param) declare(node, node.param.name, {});
    if (/^(Function|Class)Declaration$/.test(node.type)) declare(scope, node.id.name, {});
    if (/^(Function|Class)Expression$/.test(node.type) && node.id) declare(node, node.id.name, {});
    if (node.type !== 'VariableDeclaration') return;
    const home = around.find(isFunction);
    const own = home?.body.body;
    const leads =
      scope === home?.body && own.slice(0, own.indexOf(node)).every(one => one.type === 'VariableDeclaration');
    const isOwn = node.kind !== 'var' && home && !leads;
    const forEach = /^For(Of|In)/.test(around[0].type) && around[0].left === node;
    const variables = node.declarations.map(declarator => {
      const name = declarator.id.name;
      const outer = around.slice(0, around.indexOf(home)).filter(one => isScope(one) && one !== scope);
      const depth = outer.filter(one => scopes.get(one)?.has(name)).length;
      const variable = {
        name,
        declarator,
        home,
        depth,
        uses: [],
        movable: isOwn && (forEach || (!!declarator.init && !hasFunction(declarator.init))),
      };
      declare(node.kind === 'var' ? home : scope, name, variable);
      return variable;
    });
    if (isOwn) declarations.push({ node, variables });
  });
  visitAll(program, (node, ancestors) => {
    if (node.type !== 'Identifier') return;
    const parent = ancestors[ancestors.length - 1];
    if (parent.type === 'MemberExpression' && parent.property === node && !parent.computed) return;
    if (/^(Property|MethodDefinition)$/.test(parent.type) && parent.key === node && !parent.shorthand) return;
    const at = ancestors.findLastIndex(one => scopes.get(one)?.has(node.name));
    const variable = at >= 0 ? scopes.get(ancestors[at]).get(node.name) : undefined;
    if (!variable?.declarator || variable.declarator.id === node) return;
    if (parent.shorthand && parent.key === node && parent.value !== node) return;
    const home = [...ancestors].reverse().find(isFunction);
    if (home !== variable.home) variable.movable = false;
    if (!variable.uses.some(one => one.use.start === node.start))
      variable.uses.push({ use: node, shorthand: parent.shorthand === true });
  });
  return declarations;
}

/** Where terser would move the assignment of one, into the head of a loop, JerryScript loses track of what it holds. */
function hasFunction(node) {
  let found = false;
  visitAll(node, one => {
    if (isFunction(one)) found = true;
  });
  return found;
}
