/**
 * The rules that need to know which declaration a name belongs to:
 *
 *   free         names nobody declares must be among those every engine has (or the board's own)
 *   order        Espruino hoists neither functions nor variables: nothing is used in front of its declaration, no `var` is used outside
 *                the block that declares it
 *   loop         Espruino has one binding for all turns of a loop: no function may hold a loop variable
 *   compound     Espruino reads the left side of `a += f()` after the call: refused where the call could change `a`
 */
import type {
  AnyNode,
  ArrowFunctionExpression,
  AssignmentExpression,
  FunctionDeclaration,
  FunctionExpression,
  Program,
} from 'acorn';
import { type Finding, isPropertyName } from './language-rules.js';

interface Binding {
  name: string;
  kind: 'var' | 'let' | 'const' | 'function' | 'class' | 'param' | 'catch';
  start: number;
  /** The node whose scope it is in. */
  scope: AnyNode;
  /** var only: the innermost block around the declaration. */
  block: AnyNode;
  uses: Use[];
}

interface Use {
  start: number;
  writes: boolean;
  ancestors: AnyNode[];
}

export interface Scopes {
  bindings: Binding[];
  /** Uses of names that are declared nowhere. */
  free: Array<{ name: string; start: number }>;
}

type FunctionNode = FunctionDeclaration | FunctionExpression | ArrowFunctionExpression;

const isFunction = (node: AnyNode): node is FunctionNode =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';

const isLoop = (node: AnyNode): boolean => /^For(In|Of)?Statement$/.test(node.type);

/** A node in which `let`, `const`, `class` and functions live. */
const isScope = (node: AnyNode): boolean =>
  isFunction(node) || isLoop(node) || /^(Program|BlockStatement|SwitchStatement|CatchClause)$/.test(node.type);

/** Calls `visit` for every node, ancestors outermost first. */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, ancestors: AnyNode[]) => void,
  ancestors: AnyNode[] = [],
): void {
  visit(node, ancestors);
  const inner = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === 'string') walk(child, visit, inner);
    }
  }
}

export function analyse(program: Program): Scopes {
  const declared = new Map<AnyNode, Map<string, Binding>>();
  const bindings: Binding[] = [];
  const declare = (name: string, kind: Binding['kind'], start: number, scope: AnyNode, block: AnyNode): void => {
    const names = declared.get(scope) ?? new Map<string, Binding>();
    declared.set(scope, names);
    if (names.has(name)) return;
    const binding: Binding = { name, kind, start, scope, block, uses: [] };
    names.set(name, binding);
    bindings.push(binding);
  };

  walk(program, (node, ancestors) => {
    const scope = [...ancestors].reverse().find(isScope);
    const owner = [...ancestors].reverse().find(one => isFunction(one) || one.type === 'Program');
    if (node.type === 'VariableDeclaration') {
      const home = node.kind === 'var' ? owner! : scopeOf(ancestors);
      for (const one of node.declarations) {
        if (one.id.type === 'Identifier') {
          declare(one.id.name, node.kind as 'var', one.id.start, home, innermostBlock([...ancestors, node]));
        }
      }
    } else if ((node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id) {
      declare(
        node.id.name,
        node.type === 'ClassDeclaration' ? 'class' : 'function',
        node.start,
        scopeOf(ancestors),
        scope!,
      );
    } else if (node.type === 'FunctionExpression' && node.id) {
      declare(node.id.name, 'param', node.start, node, node);
    } else if (node.type === 'ClassExpression' && node.id) {
      declare(node.id.name, 'param', node.start, node, node);
    } else if (/^Import.*Specifier$/.test(node.type) && 'local' in node && node.local?.type === 'Identifier') {
      declare(node.local.name, 'param', node.start, program, program);
    } else if (node.type === 'CatchClause' && node.param?.type === 'Identifier') {
      declare(node.param.name, 'catch', node.start, node, node);
    }
    if (isFunction(node)) {
      for (const param of node.params) {
        if (param.type === 'Identifier') declare(param.name, 'param', param.start, node, node);
      }
    }
  });

  const free: Scopes['free'] = [];
  walk(program, (node, ancestors) => {
    const parent = ancestors[ancestors.length - 1];
    if (node.type !== 'Identifier' || isPropertyName(node, parent) || isDeclaredName(node, parent)) return;
    const scope = [...ancestors].reverse().find(one => declared.get(one)?.has(node.name));
    const binding = scope && declared.get(scope)!.get(node.name)!;
    const writes =
      (parent.type === 'AssignmentExpression' && parent.left === node) ||
      parent.type === 'UpdateExpression' ||
      (/^For(In|Of)Statement$/.test(parent.type) && 'left' in parent && parent.left === node);
    if (binding) binding.uses.push({ start: node.start, writes, ancestors });
    else free.push({ name: node.name, start: node.start });
  });
  return { bindings, free };
}

/** Names used that are neither declared nor in `known`. */
export function freeNames(scopes: Scopes, known: Set<string>): Finding[] {
  return scopes.free
    .filter(use => !known.has(use.name))
    .map(use => ({ rule: `the engines have no global \`${use.name}\``, start: use.start }));
}

/** `minified`: functions too. In the sources they may come later, because terser moves them. */
export function usedBeforeDeclared(scopes: Scopes, minified: boolean): Finding[] {
  const found: Finding[] = [];
  for (const binding of scopes.bindings) {
    if (/param|catch/.test(binding.kind) || (binding.kind === 'function' && !minified)) continue;
    for (const use of binding.uses) {
      if (use.start < binding.start && runsInPlace(use, binding.scope)) {
        found.push({ rule: `\`${binding.name}\` is used in front of its declaration`, start: use.start });
      } else if (
        binding.kind === 'var' &&
        binding.block !== bodyOf(binding.scope) &&
        (use.start < binding.block.start || use.start >= binding.block.end)
      ) {
        found.push({ rule: `var \`${binding.name}\` is used outside the block that declares it`, start: use.start });
      }
    }
  }
  return found;
}

export function heldLoopVariables(scopes: Scopes): Finding[] {
  const found: Finding[] = [];
  for (const binding of scopes.bindings) {
    if (!isLoop(binding.scope)) continue;
    for (const use of binding.uses) {
      const inner = use.ancestors.slice(use.ancestors.indexOf(binding.scope) + 1);
      if (inner.some(isFunction))
        found.push({ rule: `a function holds the loop variable \`${binding.name}\``, start: use.start });
    }
  }
  return found;
}

/** Calls that cannot write a variable or a property of ours. */
const HARMLESS_METHODS =
  /^(floor|ceil|min|max|abs|round|sqrt|fromCharCode|charCodeAt|charAt|indexOf|substr|substring|slice|join|subarray)$/;

/**
 * `x op= right` where evaluating `right` could change x. For a variable: only if a function other than the one with the
 * assignment writes it, or the right side itself does. For `a.b` and `a[b]`: any call of a function of ours.
 */
export function unsafeCompounds(program: Program, scopes: Scopes): Finding[] {
  const found: Finding[] = [];
  walk(program, (node, ancestors) => {
    if (node.type !== 'AssignmentExpression' || node.operator === '=') return;
    if (rightMayChangeLeft(node, ancestors, scopes)) {
      found.push({ rule: `compound assignment whose right side may change its left side`, start: node.start });
    }
  });
  return found;
}

function rightMayChangeLeft(node: AssignmentExpression, ancestors: AnyNode[], scopes: Scopes): boolean {
  let calls = false;
  let writesMember = false;
  const written = new Set<string>();
  walk(node.right, inner => {
    if (inner.type === 'CallExpression') calls ||= !isHarmless(inner.callee);
    if (inner.type === 'NewExpression')
      calls ||= !(inner.callee.type === 'Identifier' && /Array$|^Error$/.test(inner.callee.name));
    const target =
      inner.type === 'AssignmentExpression'
        ? inner.left
        : inner.type === 'UpdateExpression'
          ? inner.argument
          : undefined;
    if (target?.type === 'Identifier') written.add(target.name);
    else if (target) writesMember = true;
  });
  if (node.left.type !== 'Identifier') return calls || writesMember;
  const { name, start } = node.left;
  if (written.has(name)) return true;
  if (!calls) return false;
  const binding = scopes.bindings.find(one => one.name === name && one.uses.some(use => use.start === start));
  if (!binding) return true;
  const own = [...ancestors].reverse().find(isFunction);
  return binding.uses.some(use => use.writes && [...use.ancestors].reverse().find(isFunction) !== own);
}

function isHarmless(callee: AnyNode): boolean {
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return false;
  return HARMLESS_METHODS.test(callee.property.name);
}

/** True if the use runs where it stands: not inside a function of its own, except one that is called or passed right there. */
function runsInPlace(use: Use, scope: AnyNode): boolean {
  const inner = use.ancestors.slice(use.ancestors.indexOf(scope) + 1);
  return inner.every((node, i) => {
    if (!isFunction(node)) return true;
    const parent = i > 0 ? inner[i - 1] : scope;
    return parent.type === 'CallExpression';
  });
}

const bodyOf = (scope: AnyNode): AnyNode => (isFunction(scope) ? scope.body : scope);

/** Where a let, const, class or function declared under `ancestors` lives. The body of a function is the function's scope. */
function scopeOf(ancestors: AnyNode[]): AnyNode {
  const at = ancestors.length - 1 - [...ancestors].reverse().findIndex(isScope);
  const above = ancestors[at - 1];
  return ancestors[at].type === 'BlockStatement' && above && isFunction(above) ? above : ancestors[at];
}

/** `path` ends with the declaration itself. In `if (a) var b = 1` the branch is the block. */
function innermostBlock(path: AnyNode[]): AnyNode {
  for (let i = path.length - 2; i > 0; i--) {
    const node = path[i];
    const below = path[i + 1];
    if (/^(BlockStatement|SwitchCase)$/.test(node.type)) return node;
    const isBranch = node.type === 'IfStatement' && (node.consequent === below || node.alternate === below);
    const isBody =
      /^(For|ForIn|ForOf|While|DoWhile)Statement$/.test(node.type) && 'body' in node && node.body === below;
    if (isBranch || isBody) return below;
  }
  return path[0];
}

function isDeclaredName(node: AnyNode, parent: AnyNode): boolean {
  if (/^(Im|Ex)port.*Specifier$/.test(parent.type)) return true;
  if (parent.type === 'VariableDeclarator') return parent.id === node;
  if (parent.type === 'CatchClause') return parent.param === node;
  if (isFunction(parent)) return parent.id === node || parent.params.includes(node as never);
  return (parent.type === 'ClassDeclaration' || parent.type === 'ClassExpression') && parent.id === node;
}
