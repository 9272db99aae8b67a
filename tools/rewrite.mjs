/**
 * What the passes over a bundle have in common: a pass is a function that parses nothing and writes nothing, but answers edits, and becomes
 * a rollup plugin that keeps the source map, so that `npm run size` still knows whose bytes are whose.
 */

/**
 * `edits(program, code)` answers [start, end, ...parts] in any order: the parts come instead of code.slice(start, end). A part is a text, or
 * a place [start, end] of the code that moves here. None may overlap.
 */
export function rewriting(name, edits) {
  return {
    name,
    renderChunk(code) {
      const { text, mappings } = apply(code, edits(this.parse(code), code));
      return { code: text, map: { version: 3, sources: [name], names: [], mappings } };
    },
  };
}

export function apply(code, edits) {
  let text = '';
  let at = 0;
  const lines = [0];
  for (let i = code.indexOf('\n'); i >= 0; i = code.indexOf('\n', i + 1)) lines.push(i + 1);
  const mappings = [[]];
  let column = 0;
  const write = (part, start) => {
    let row = lines.findLastIndex(line => line <= start);
    // A segment a word or sign: what terser maps is as fine.
    for (const [token] of part.matchAll(/[\w$]+|\n|[^\w$\n]/g)) {
      if (start !== undefined) {
        while (lines[row + 1] <= start) row++;
        mappings[mappings.length - 1].push([column, 0, row, start - lines[row]]);
        start += token.length;
      }
      column += token.length;
      if (token === '\n') {
        mappings.push([]);
        column = 0;
      }
    }
    text += part;
  };
  for (const [start, end, ...parts] of [...edits].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start < at) throw new Error(`edits overlap at ${start}: ${code.slice(start, end)}`);
    write(code.slice(at, start), at);
    for (const part of parts) {
      if (typeof part === 'string') write(part, undefined);
      else write(code.slice(part[0], part[1]), part[0]);
    }
    at = end;
  }
  write(code.slice(at), at);
  return { text, mappings };
}

/** The parts of a node with `edits`, [start, end, text] in their order, made in it. */
export function replaced({ start, end }, edits) {
  const parts = [];
  let at = start;
  for (const [from, to, text] of edits) {
    parts.push([at, from], text);
    at = to;
  }
  return [...parts, [at, end]];
}

/** Calls `visit(node, ancestors)` for every node, outermost first, and `leave(node, ancestors)` when all inside it were visited. */
export function visitAll(node, visit, leave = () => {}, ancestors = []) {
  visit(node, ancestors);
  const inner = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === 'string') visitAll(child, visit, leave, inner);
    }
  }
  leave(node, ancestors);
}

export function isPropertyName(node, parent) {
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed;
  return /^(Property|MethodDefinition)$/.test(parent.type) && parent.key === node && !parent.shorthand;
}
