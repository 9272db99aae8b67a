/**
 * Which code of a bundle is live, and what is known of its values: for drop-absent.mjs, which says what for. Found from nothing upwards, in passes over the code until
 * nothing is added, so that a hook and its only reader do not keep each other.
 */
import { childrenOf, decides, isPure, lastOf, makesNothingElse, nameOf } from './expressions.mjs';
import { bindings, isFunction } from './scopes.mjs';

const UNDEFINED = { value: undefined };

/** What is known to be used. Everything in it only grows. */
export class Live {
  constructor(program, outside) {
    this.outside = outside;
    const { bindingOf, methods } = bindings(program);
    this.bindingOf = bindingOf;
    this.methods = methods;
    this.read = new Set();
    this.given = new Set();
    this.references = new Set();
    this.size = -1;
    this.values = 0;
    /** Bodies that `throws` is asked about. */
    this.asked = new Set();
    for (const name of methods.keys()) if (outside.reads.has(name)) this.escape(name);
  }

  grows() {
    const before = this.size;
    this.size = this.read.size + this.given.size + this.references.size + this.values;
    return this.size !== before;
  }

  isRead(name) {
    return !name || this.outside.reads.has(name) || this.read.has(name);
  }

  isGiven(name) {
    return this.outside.gives.has(name) || this.given.has(name);
  }

  /** A variable or parameter gets this value (unknown: undefined), too: it goes from a value to a condition to unknown. */
  assign(binding, value) {
    if (!binding || binding.unknown) return;
    const before = binding.known;
    const known = !before || !value ? value : merged(before, value);
    if (known && before && known.condition === before.condition) return;
    binding.known = known;
    binding.unknown = !known;
    this.values++;
  }

  /**
   * `{ value }` if the expression is known, and evaluating it does nothing; with `condition` only its truth is. Undefined if it is not.
   */
  valueOf(node) {
    switch (node.type) {
      case 'Literal':
        return node.regex || node.bigint ? undefined : { value: node.value };
      case 'Identifier': {
        const binding = this.bindingOf.get(node);
        if (!binding) return node.name === 'undefined' ? UNDEFINED : undefined;
        if (binding.unknown || !binding.isVariable) return undefined;
        return binding.known ?? UNDEFINED;
      }
      case 'MemberExpression':
        return !node.computed && isPure(node.object) && !this.isGiven(node.property.name) ? UNDEFINED : undefined;
      case 'UnaryExpression': {
        const known = this.valueOf(node.argument);
        if (known && node.operator === '!') return { value: !known.value };
        return known && node.operator === 'void' ? UNDEFINED : undefined;
      }
      case 'BinaryExpression': {
        const left = this.exact(node.left);
        const right = this.exact(node.right);
        if (!left || !right || !/^[!=]==$/.test(node.operator)) return undefined;
        return { value: (left.value === right.value) === (node.operator === '===') };
      }
      case 'LogicalExpression': {
        const left = this.leftOf(node);
        if (left) return decides(node, left) ? left : this.valueOf(node.right);
        // Of `a ?? b` either may be the answer, and a is not known.
        const right = isPure(node.left) && node.operator !== '??' ? this.valueOf(node.right) : undefined;
        return right && decides(node, right) ? { value: right.value, condition: true } : undefined;
      }
      case 'ConditionalExpression': {
        const test = this.valueOf(node.test);
        if (test) return this.valueOf(test.value ? node.consequent : node.alternate);
        const [one, other] = [node.consequent, node.alternate].map(part => this.valueOf(part));
        return one && other && isPure(node.test) ? merged(one, other) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** Of a logical expression: `??` asks for more than the truth. */
  leftOf({ left, operator }) {
    return operator === '??' ? this.exact(left) : this.valueOf(left);
  }

  /** The value itself, not only its truth. */
  exact(node) {
    const known = this.valueOf(node);
    if (!known || known.condition) return undefined;
    return known.value === undefined ? UNDEFINED : known;
  }

  /** A property of an object that would be undefined without it, too. */
  isNoValue({ kind, value }) {
    return kind === 'init' && this.exact(value) === UNDEFINED;
  }

  /** Whether something is to be evaluated that goes nowhere: then it can as well not be. */
  isVain(node) {
    if (this.exact(node)) return true;
    if (node.type === 'UpdateExpression') return this.isUnread(node.argument);
    if (node.type === 'LogicalExpression') return isPure(node.left) && this.isVain(node.right);
    if (node.type !== 'AssignmentExpression') return isPure(node);
    return (this.isUnread(node.left) || this.staysUndefined(node)) && this.isVain(node.right);
  }

  /** What is undefined all the time. */
  staysUndefined({ left, right, operator }) {
    return operator === '=' && this.exact(right) === UNDEFINED && isPure(left) && this.valueOf(left) === UNDEFINED;
  }

  isUnread(left) {
    return (
      left.type === 'MemberExpression' && !left.computed && isPure(left.object) && !this.isRead(left.property.name)
    );
  }

  inside(node) {
    for (const child of this.reached(node)) this.walk(child);
  }

  /** What a node consists of; statements of a block up to the one that never gets to the next. */
  reached(node) {
    const nodes = childrenOf(node);
    const end = node.type === 'BlockStatement' ? nodes.findIndex(one => this.ends(one)) : -1;
    return end < 0 ? nodes : nodes.filter((one, i) => i <= end || one.type === 'FunctionDeclaration');
  }

  ends(node) {
    if (!node) return false;
    if (/^(Return|Throw|Break|Continue)Statement$/.test(node.type)) return true;
    if (node.type === 'BlockStatement') return node.body.some(one => this.ends(one));
    if (node.type === 'IfStatement') {
      const test = this.valueOf(node.test);
      return !!test && this.ends(test.value ? node.consequent : node.alternate);
    }
    const call = node.type === 'ExpressionStatement' && node.expression.type === 'CallExpression' && node.expression;
    return !!call && this.throws(this.bindingOf.get(call.callee)?.throwing);
  }

  /** `body` is that of a function that returns nowhere: then what ends it is an error, or another such call. */
  throws(body) {
    if (!body || this.asked.has(body)) return false;
    this.asked.add(body);
    const answer = this.ends(body);
    this.asked.delete(body);
    return answer;
  }

  walk(node) {
    const known = this.exact(node);
    if (known && node.type === 'Identifier' && !isSpelledOut(known)) this.references.add(this.bindingOf.get(node));
    if (known) return;
    switch (node.type) {
      case 'IfStatement':
      case 'ConditionalExpression': {
        const test = this.valueOf(node.test);
        if (!test) this.walk(node.test);
        if (!test || test.value) this.walk(node.consequent);
        if ((!test || !test.value) && node.alternate) this.walk(node.alternate);
        break;
      }
      case 'LogicalExpression': {
        const left = this.leftOf(node);
        if (!left || decides(node, left)) this.walk(node.left);
        if (!left || !decides(node, left)) this.walk(node.right);
        break;
      }
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        if (this.isReferenced(node)) this.inside(node);
        break;
      case 'VariableDeclarator': {
        const { id, init } = node;
        this.assign(this.bindingOf.get(id), init ? this.valueOf(init) : UNDEFINED);
        if (init && (this.isReferenced(node) || !isPure(init))) this.walk(init);
        break;
      }
      case 'Identifier': {
        const binding = this.bindingOf.get(node);
        if (!binding) break;
        this.references.add(binding);
        for (const one of binding.parameters ?? []) this.assign(one, undefined);
        break;
      }
      case 'MemberExpression':
        this.walk(node.object);
        if (node.computed) this.walk(node.property);
        else {
          this.read.add(node.property.name);
          this.escape(node.property.name);
        }
        break;
      case 'CallExpression':
      case 'NewExpression':
        this.call(node);
        break;
      case 'ExpressionStatement':
        if (this.change(node.expression, false)) break;
        if (!this.isVain(node.expression)) this.walk(node.expression);
        break;
      case 'AssignmentExpression':
      case 'UpdateExpression':
        this.change(node, true);
        break;
      case 'Property':
        this.give(node);
        if (node.kind === 'set') this.read.add(nameOf(node));
        if (this.isRead(nameOf(node)) || !makesNothingElse(node.value)) this.walk(node.value);
        else this.giveAll(node.value);
        break;
      case 'MethodDefinition':
        this.given.add(nameOf(node));
        // An assignment calls it.
        if (node.kind === 'set') this.read.add(nameOf(node));
        if (this.isRead(nameOf(node)) || node.kind === 'constructor') this.walk(node.value);
        break;
      case 'ForOfStatement':
      case 'ForInStatement':
        for (const { id } of node.left.declarations ?? [{ id: node.left }])
          this.assign(this.bindingOf.get(id), undefined);
        this.walk(node.right);
        this.walk(node.body);
        break;
      default:
        this.inside(node);
    }
  }

  give(property) {
    if (this.exact(property.value) !== UNDEFINED) this.given.add(nameOf(property));
  }

  /** Objects that nobody asks for as long as what is in them counts as undefined: `a.b.c`, where `a.b` is one of them, would never be asked for. */
  giveAll(value) {
    if (isFunction(value)) return;
    if (value.type === 'Property') this.give(value);
    for (const one of childrenOf(value)) this.giveAll(one);
  }

  call({ callee, arguments: values }) {
    let called = [];
    if (callee.type === 'MemberExpression' && !callee.computed && this.isGiven(callee.property.name)) {
      called = this.methods.get(callee.property.name) ?? [];
      this.read.add(callee.property.name);
      this.walk(callee.object);
    } else if (callee.type === 'Identifier' && this.bindingOf.get(callee)?.parameters) {
      called = [this.bindingOf.get(callee)];
      this.references.add(this.bindingOf.get(callee));
    } else this.walk(callee);
    for (const { parameters } of called)
      for (let i = 0; i < parameters.length; i++)
        this.assign(parameters[i], values[i] ? this.valueOf(values[i]) : UNDEFINED);
    for (const one of values) this.walk(one);
  }

  /** A method of this name may be called from anywhere. */
  escape(name) {
    for (const { parameters } of this.methods.get(name) ?? [])
      for (const one of parameters) this.assign(one, undefined);
  }

  /** An assignment, whatever its operator; if it is one. Of `x.a += 1` alone `a` is not read. */
  change(node, isUsed) {
    if (!/^(Assignment|Update)Expression$/.test(node.type)) return false;
    const { right, operator } = node;
    const left = node.left ?? node.argument;
    const known = operator === '=' ? this.valueOf(lastOf(right)) : undefined;
    if (left.type === 'Identifier') {
      this.assign(this.bindingOf.get(left), known);
      this.references.add(this.bindingOf.get(left));
    } else {
      for (const one of childrenOf(left)) this.walk(one);
      if (!left.computed && (!known || known.condition || known.value !== undefined))
        this.given.add(left.property.name);
      if (!left.computed && isUsed && operator !== '=') this.read.add(left.property.name);
    }
    if (right && (isUsed || !this.isUnread(left) || !isPure(right))) this.walk(right);
    return true;
  }

  isReferenced({ id }) {
    return this.references.has(this.bindingOf.get(id));
  }
}

/** Constants have names until terser knows how often they are needed; the others are of no use. */
export const isSpelledOut = ({ value }) => value === undefined || typeof value === 'boolean';

/** What two values have in common: themselves, or their truth, or nothing. */
function merged(a, b) {
  if (a.value === b.value && !a.condition && !b.condition) return a;
  return !a.value === !b.value ? { value: a.value, condition: true } : undefined;
}
