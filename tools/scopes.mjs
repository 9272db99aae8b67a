/** What each identifier of a program that is no property's name stands for: passes over a bundle that follow variables begin with this. */
import { isPropertyName, visitAll } from './rewrite.mjs';

export const isFunction = node => /^(Function|ArrowFunction)/.test(node.type);
const isScope = node =>
  isFunction(node) || /^(Program|BlockStatement|SwitchStatement|CatchClause|For(In|Of)?Statement)$/.test(node.type);

/**
 * `bindingOf`: what each identifier names, and the `scope` that declares it: the node of a function for its parameters and `var`, else of what the declaration stands in.
 * `parameters` are those of a function that has this name alone and keeps it (`throwing`: its body, if it returns nowhere but at its end), `isVariable` says that all its values are
 * known from assignments and, for a parameter, from calls of its function. `methods`: by name, the functions that stand where a member of this name is declared.
 */
export function bindings(program) {
  const declared = new Map();
  const functions = new Map();
  const methods = new Map();
  const declare = (scope, { name }, isVariable) => {
    if (!declared.has(scope)) declared.set(scope, new Map());
    const names = declared.get(scope);
    if (!names.has(name)) names.set(name, { name, scope, isVariable });
    return names.get(name);
  };
  visitAll(program, (node, ancestors) => {
    const around = [...ancestors].reverse();
    const scope = around.find(isScope);
    if (node.type === 'CatchClause' && node.param) declare(node, node.param, false);
    if (/^(Function|Class)Declaration$/.test(node.type)) {
      const binding = declare(scope, node.id, false);
      if (isFunction(node)) functions.set(node, binding);
      if (isFunction(node) && !returns(node.body)) binding.throwing = node.body;
      // What `new` passes to a class goes to its constructor.
      for (const one of node.body.body) if (one.kind === 'constructor') functions.set(one.value, binding);
    }
    if (/^(Function|Class)Expression$/.test(node.type) && node.id) declare(node, node.id, false);
    if (isFunction(node)) {
      const method = methodName(node, ancestors[ancestors.length - 1]);
      const owner = functions.get(node) ?? (method && {});
      const parameters = node.params.map(one => declare(node, one, !!owner));
      if (owner) owner.parameters = parameters;
      if (method) methods.set(method, [...(methods.get(method) ?? []), { parameters }]);
    }
    if (node.type !== 'VariableDeclaration') return;
    for (const { id, init } of node.declarations) {
      const binding = declare(node.kind === 'var' ? around.find(isFunction) : scope, id, true);
      if (init && node.kind === 'const' && isFunction(init)) functions.set(init, binding);
    }
  });
  const found = new Map();
  visitAll(program, (node, ancestors) => {
    const parent = ancestors[ancestors.length - 1];
    if (node.type !== 'Identifier' || isPropertyName(node, parent)) return;
    // The name of a function expression, and its parameters, are inside it; that of a declaration is outside.
    const isOwnName = /Declaration$/.test(parent.type) && parent.id === node;
    const scope = (isOwnName ? ancestors.slice(0, -1) : ancestors).findLast(one => declared.get(one)?.has(node.name));
    if (scope) found.set(node, declared.get(scope).get(node.name));
  });
  return { bindingOf: found, methods };
}

/** Of a function that is a member under a plain name. */
function methodName(node, parent) {
  const isMember =
    /^(Property|MethodDefinition)$/.test(parent?.type) && parent.value === node && /^(init|method)$/.test(parent.kind);
  return isMember ? parent.key.name : undefined;
}

function returns(node) {
  if (node.type === 'ReturnStatement') return true;
  const children = Object.values(node).flat();
  return children.some(one => one && typeof one.type === 'string' && !isFunction(one) && returns(one));
}
