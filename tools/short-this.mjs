/**
 * Rollup plugin: where a method says `this` often, it says so once, `let me = this`, and terser gives that a name of one letter.
 * Arrow functions inside have the same `this`, so they share the name.
 */
import { rewriting, visitAll } from './rewrite.mjs';

const NAME = 'this$';

/** `tokenised`: `this` is as short as a letter (tools/pretokenise.mjs). Then only what arrow functions use is changed, or each would keep it. */
export const shortThis = tokenised => rewriting('short-this', program => edits(program, '', tokenised));

export function edits(program, _code, tokenised = false) {
  const found = [];
  visitAll(program, node => {
    if (!/^Function(Expression|Declaration)$/.test(node.type)) return;
    const uses = [];
    collect(node.body, uses);
    const [first] = node.body.body;
    const joins = first && first.type === 'VariableDeclaration' && first.kind !== 'var';
    // 3 bytes saved a use; `let a=this;` is 11, with another declaration to join it is 7.
    if (tokenised ? !uses.some(use => use.inArrow) : 3 * uses.length <= (joins ? 7 : 11)) return;
    found.push([node.body.start + 1, node.body.start + 1, ` let ${NAME} = this; `]);
    for (const { node: use } of uses) found.push([use.start, use.end, NAME]);
  });
  return found;
}

/** Every `this` under `node` that is the one of the function around it. */
function collect(node, uses, inArrow = false) {
  if (node.type === 'ThisExpression') uses.push({ node, inArrow });
  if (/^(FunctionExpression|FunctionDeclaration|Class.*)$/.test(node.type)) return;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === 'string')
        collect(child, uses, inArrow || node.type === 'ArrowFunctionExpression');
    }
  }
}
