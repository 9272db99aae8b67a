/**
 * Rollup plugin, in front of all others, for Espruino: declarations that are needed now and then go into a function, which makes them anew for each
 * use. There a function of the bundle takes 4 variables and one a parameter, although its code stays in flash; inside another it takes none until that is
 * called, and they are free again when nobody holds on to what it has made.
 *
 * `entries` are names of functions, classes and constants: what nothing else needs moves with them, except for `kept` and what that needs. `entry(a)`
 * becomes `overlay().entry(a)`, or `overlay()(a)` if it is the only one, so no state may be kept in what moves, and nothing may be compared with another use's.
 *
 * For Kaluma, which keeps compiled code in its heap wherever it stands, stored-overlays.mjs makes text of what is marked as `stored`, and compiles that for each use. There all
 * are made at once: what two of them need stays outside. Groups that `last` are kept when they were made, until a function named in `until` is called.
 */
import { replaced, rewriting, visitAll } from './rewrite.mjs';
import { bindings } from './scopes.mjs';

/** A name that nothing declares, so terser leaves its calls alone: what calls a function that is to be text. And one that stored-overlays.mjs declares. */
export const STORED = '$stored';
export const READER = '$reader';

export const overlay = (entries, kept = []) =>
  rewriting('overlay', (program, code) => edits(program, code, [entries], kept, false));

export const markOverlays = (once, kept, last, until) =>
  rewriting('overlays', (program, code) => edits(program, code, [...once, ...last], kept, true, last, until));

export function edits(program, _, groups, kept, stored, last = [], until = []) {
  const bundle = bundleBlock(program);
  const { body } = bundle;
  const { bindingOf } = bindings(program);
  const declarations = new Map();
  for (const node of body) for (const { name } of declared(node)) declarations.set(name, node);
  for (const name of [...groups.flat(), ...kept, ...until])
    if (!declarations.has(name)) throw new Error(`overlay: the bundle has no ${name}`);
  const found = [];
  const forget = last.map(([name]) => `made$${name} = `).join('');
  if (forget) found.push([body[0].start, body[0].start, `const forget$ = () => { ${forget}undefined; };\n`]);
  // By the name of the first one.
  const overlayOf = new Map(groups.flatMap(entries => entries.map(name => [name, `overlay$${entries[0]}`])));
  const uses = new Map(body.map(node => [node, usesIn(node, one => bindingOf.get(one)?.scope === bundle)]));
  const from = nodes => {
    const reached = new Set(nodes);
    for (const node of reached)
      for (const { name } of uses.get(node)) if (!overlayOf.has(name)) reached.add(declarations.get(name));
    return reached;
  };
  const needed = groups.map(entries => from(entries.map(name => declarations.get(name))));
  const shared = body.filter(node => needed.filter(one => one.has(node)).length > 1);
  // What an overlay before this one needs stays outside as well: it is outside itself, so that what it makes has one scope.
  const isKept = name => kept.includes(name) || name.startsWith('overlay$');
  const isAlone = entries => !stored && entries.length === 1;
  const outside = from([
    ...body.filter(node => !declared(node).length || declared(node).some(({ name }) => isKept(name))),
    ...shared,
  ]);
  groups.forEach((entries, i) => {
    const moved = body.filter(node => needed[i].has(node) && !outside.has(node));
    found.push(...moved.map(({ start, end }) => [start, end]));
    const parts = moved.flatMap(node => [
      ...replaced(
        node,
        usesOfEntries(node, name => !entries.includes(name)),
      ),
      '\n',
    ]);
    const [begin, end] = frame(entries[0], last.includes(entries));
    const answer = isAlone(entries) ? entries[0] : `{ ${entries.join(', ')} }`;
    found.push([body[0].start, body[0].start, begin, ...parts, `return ${answer};\n`, end]);
  });
  for (const node of outside) found.push(...usesOfEntries(node, () => true));
  return found;

  function frame(name, lasts) {
    if (!stored) return [`function overlay$${name}() {\n`, '}\n'];
    const call = `${STORED}(${READER}, () => {\n`;
    if (!lasts) return [`const overlay$${name} = () => ${call}`, '});\n'];
    const made = `made$${name}`;
    return [`let ${made};\nconst overlay$${name} = () => (${made} = ${made} || ${call}`, '}));\n'];
  }

  /** What stands instead of the entries that `isElsewhere`. */
  function usesOfEntries(node, isElsewhere) {
    const places = [];
    if (forget && until.includes(declared(node)[0]?.name)) {
      const { start, end } = (node.declarations?.[0].init ?? node).body;
      // Behind what it does itself, which may make some again.
      places.push([start + 1, start + 1, ' try { '], [end - 1, end - 1, '} finally { /*@__NOINLINE__*/ forget$(); } ']);
    }
    for (const { name, start, end, parent } of uses.get(node)) {
      if (!overlayOf.has(name) || !isElsewhere(name)) continue;
      const entries = groups.find(one => one.includes(name));
      const made = `${overlayOf.get(name)}()${isAlone(entries) ? '' : '.' + name}`;
      const { type, params } = declarations.get(name);
      const isCalled = parent.callee?.start === start;
      if (isCalled && parent.type === 'NewExpression') places.push([start, end, `(${made})`]);
      else if (isCalled || type === 'VariableDeclaration') places.push([start, end, made]);
      else {
        const parameters = params.map(one => one.name).join(', ');
        const key = parent.shorthand ? `${name}: ` : '';
        places.push([start, end, `${key}(${parameters}) => ${made}(${parameters})`]);
      }
    }
    return places.sort((a, b) => a[0] - b[0]);
  }
}

/** The body of the bundle's function. */
function bundleBlock(program) {
  let block;
  visitAll(program, node => {
    if (!block && /^(Arrow)?FunctionExpression$/.test(node.type)) block = node.body;
  });
  return block;
}

function declared(node) {
  if (/^(Function|Class)Declaration$/.test(node.type)) return [node.id];
  return node.type === 'VariableDeclaration' ? node.declarations.map(({ id }) => id) : [];
}

/** Where a statement of the bundle's function needs what others declare. */
function usesIn(statement, isOfBundle) {
  const found = [];
  visitAll(statement, (node, ancestors) => {
    if (node.type !== 'Identifier' || !isOfBundle(node) || declared(statement).includes(node)) return;
    const parent = ancestors[ancestors.length - 1];
    if (!found.some(one => one.start === node.start))
      found.push({ name: node.name, start: node.start, end: node.end, parent });
  });
  return found;
}
