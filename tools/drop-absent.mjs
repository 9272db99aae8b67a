/**
 * Rollup plugin, in front of those that shorten: drops what a bundle's parts leave without use, by the names of properties. Rollup follows functions, not properties: that a
 * board's profile has no `exporter` is beyond it. Here a property that nothing in the bundle gives a value is undefined wherever it is read, and a branch that asks for it goes; one
 * that nothing reads is not written either, and a method is not there. The same holds for variables, and for parameters of functions that are only called.
 *
 * As with the shortening of names, what code outside the bundle sees is left alone; that a getter does more than answer, or that reading a property throws, nobody may rely on.
 */
import { childrenOf, decides, makesNothingElse, nameOf } from './expressions.mjs';
import { isSpelledOut, Live } from './liveness.mjs';
import { rewriting } from './rewrite.mjs';

export const dropAbsent = outside => rewriting('drop-absent', (program, code) => edits(program, code, outside));

/** `outside`: names that other code `reads`, and those that it `gives` values, as Sets. */
export function edits(program, code, outside) {
  const live = new Live(program, outside);
  while (live.grows()) live.walk(program);
  const cut = new Cut(live, code);
  cut.visit(program);
  return cut.edits;
}

/** Takes out what is not live. */
class Cut {
  constructor(live, code) {
    this.live = live;
    this.code = code;
    this.edits = [];
  }

  replace({ start, end }, text) {
    this.edits.push([start, end, text]);
  }

  /** Of `node` only `part` stays, which may need parentheses where `node` did not. */
  keep(node, part, open, close) {
    this.edits.push([node.start, part.start, open], [part.end, node.end, close]);
    this.visit(part);
  }

  visitAll(nodes) {
    for (const one of nodes) this.visit(one);
  }

  visit(node) {
    const { live } = this;
    const known = live.exact(node);
    if (known) {
      if (node.type !== 'Literal' && (node.type !== 'Identifier' || isSpelledOut(known)))
        this.replace(node, spelled(known));
      return;
    }
    switch (node.type) {
      case 'IfStatement':
      case 'ConditionalExpression': {
        const test = live.valueOf(node.test);
        const part = test && (test.value ? node.consequent : node.alternate);
        if (!test) this.visitAll(childrenOf(node));
        else if (node.type === 'ConditionalExpression') this.keep(node, part, '(', ')');
        else if (part) this.keep(node, part, '', '');
        else this.replace(node, ';');
        break;
      }
      case 'LogicalExpression': {
        const left = live.leftOf(node);
        if (left) this.keep(node, decides(node, left) ? node.left : node.right, '(', ')');
        else this.visitAll(childrenOf(node));
        break;
      }
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        if (live.isReferenced(node)) this.visitAll(childrenOf(node));
        else this.replace(node, '');
        break;
      case 'VariableDeclaration':
        if (node.declarations.every(one => one.init && live.isVain(one.init) && !live.isReferenced(one)))
          this.replace(node, ';');
        else this.visitAll(node.declarations);
        break;
      case 'VariableDeclarator':
        if (node.init) this.visit(node.init);
        break;
      case 'ExpressionStatement':
        // A directive is for the engine.
        if (!node.directive && live.isVain(node.expression)) this.replace(node, ';');
        else this.visit(node.expression);
        break;
      case 'AssignmentExpression': {
        const { left, right, operator } = node;
        if (operator === '=' && live.isUnread(left)) this.keep(node, right, '(', ')');
        else {
          if (left.type === 'MemberExpression')
            this.visitAll(left.computed ? [left.object, left.property] : [left.object]);
          this.visit(right);
        }
        break;
      }
      case 'UpdateExpression':
        if (node.argument.type === 'MemberExpression') this.visitAll(childrenOf(node.argument));
        break;
      case 'ObjectExpression':
        for (const one of node.properties) {
          if (!makesNothingElse(one.value) || (live.isRead(nameOf(one)) && !live.isNoValue(one))) this.visit(one);
          else this.edits.push([one.start, one.end + /^(\s|\/\*.*?\*\/)*,?/.exec(this.code.slice(one.end))[0].length]);
        }
        break;
      case 'Property':
        if (!node.shorthand) this.visit(node.value);
        else {
          const known = live.exact(node.value);
          if (known && isSpelledOut(known)) this.replace(node, `${nameOf(node)}: ${spelled(known)}`);
        }
        break;
      case 'MethodDefinition':
        if (live.isRead(nameOf(node)) || node.kind === 'constructor') this.visit(node.value);
        else this.replace(node, '');
        break;
      case 'ForOfStatement':
      case 'ForInStatement':
        this.visitAll([node.right, node.body]);
        break;
      default: {
        const reached = live.reached(node);
        this.visitAll(reached);
        for (const one of childrenOf(node)) if (!reached.includes(one)) this.replace(one, ';');
      }
    }
  }
}

const spelled = ({ value }) => (value === undefined ? 'undefined' : JSON.stringify(value));
