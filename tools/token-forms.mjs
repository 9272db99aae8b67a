/**
 * Rollup plugin, behind terser, for Espruino, where a reserved word is one byte (tools/pretokenise.mjs): `void 0`, `!0` and `!1` are `undefined`, `true` and `false`
 * again, and an arrow function in braces that has several parameters, or a declaration or property of its own, is a `function` or a method. Espruino takes what is in parentheses
 * for an expression, and searches all scopes for each name in it, until it comes to the arrow.
 */
import { usesThis } from './expressions.mjs';
import { rewriting, visitAll } from './rewrite.mjs';

export const tokenForms = () => rewriting('token-forms', edits);

const VALUES = { 'void 0': 'undefined', '!0': 'true', '!1': 'false' };

export function edits(program, code) {
  const found = [];
  const declared = new Set();
  visitAll(program, (node, ancestors) => {
    if (node.type === 'VariableDeclaration' && isStatement(ancestors)) {
      for (const run of runs(node)) {
        found.push(...declarations(node, run, code));
        for (const { init } of run) declared.add(init);
      }
    }
    const before = /[\w$]/.test(code[node.start - 1]) ? ' ' : '';
    const value = VALUES[code.slice(node.start, node.end)];
    if (value && node.type === 'UnaryExpression') found.push([node.start, node.end, before + value]);
    if (isMethod(node)) {
      found.push([node.key.end, node.value.start, ''], ...inParentheses(node.value, code));
      declared.add(node.value);
    } else if (isConvertible(node) && node.params.length > 1 && !declared.has(node))
      found.push([node.start, node.start, before + 'function'], withoutArrow(node, code));
  });
  return found;
}

const isConvertible = node =>
  node.type === 'ArrowFunctionExpression' && node.body.type === 'BlockStatement' && !usesThis(node.body);

/** `a:(b)=>{}` may be `a(b){}`. */
const isMethod = ({ type, key, value, computed }) =>
  type === 'Property' && key.type === 'Identifier' && !computed && isConvertible(value);

/** Directly in a function or in the program: a function in a block would belong to what is around the block. */
function isStatement(ancestors) {
  const [parent, around] = [...ancestors].reverse();
  return parent.type === 'Program' || (parent.type === 'BlockStatement' && /Function/.test(around.type));
}

/** Neighbours in a declaration that are shorter as functions: each saves `=` and `,` if there are parentheses anyway, and between two others stands one more `let`. */
function runs({ declarations }) {
  const found = [];
  let run = [];
  declarations.forEach((one, i) => {
    if (one.init && isConvertible(one.init)) run.push(one);
    const next = declarations[i + 1]?.init;
    if (run.length === 0 || (next && isConvertible(next))) return;
    const saved = 2 * run.filter(({ init }) => init.params.length !== 1).length;
    if (saved > (run[0] !== declarations[0] && i < declarations.length - 1 ? 1 : 0)) found.push(run);
    run = [];
  });
  return found;
}

function declarations({ kind, declarations: all, start, end }, run, code) {
  const first = all.indexOf(run[0]);
  const last = first + run.length - 1;
  const found = run.flatMap(({ id, init }) => [[id.end, init.start, ''], ...inParentheses(init, code)]);
  for (let i = first; i <= last; i++) {
    const from = i > 0 ? all[i - 1].end : start;
    found.push([from, all[i].start, `${i === first && i > 0 ? ';' : ''}function `]);
  }
  if (last < all.length - 1) found.push([all[last].end, all[last + 1].start, `${kind} `]);
  else if (code[end - 1] === ';') found.push([end - 1, end, '']);
  return found;
}

/** `a=>{` and `(a)=>{` to `(a){` */
function inParentheses(node, code) {
  const [first] = node.params;
  const bare =
    code[node.start] === '('
      ? []
      : [
          [node.start, node.start, '('],
          [first.end, first.end, ')'],
        ];
  return [...bare, withoutArrow(node, code)];
}

/** `(a,b)=>{` to `(a,b){` */
function withoutArrow({ params, body, start }, code) {
  const arrow = code.lastIndexOf('=>', body.start);
  if (arrow < start || (params.length > 0 && arrow < params[params.length - 1].end))
    throw new Error('token-forms: no arrow');
  return [arrow, body.start, ''];
}
