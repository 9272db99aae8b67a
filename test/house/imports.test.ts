/**
 * Imports point one way, see DESIGN.md. Type-only imports count: who needs a type knows the module it comes from.
 * A rule names a folder or, more precisely, a file; the longest that fits the importing file applies.
 */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { projectFiles, read } from './sources.js';

/** importing folder or file: what it may import besides its own folder. */
const ALLOWED: Record<string, string[]> = {
  'src/errors.ts': [],
  'src/platform.ts': [],
  'src/recorder.ts': [],
  'src/transport.ts': ['src/bytes/outcomes.ts', 'src/bytes/backlog.ts', 'src/recorder.ts'],
  'src/bytes/': [],
  'src/crypto/': ['src/bytes/', 'src/platform.ts', 'src/errors.ts'],
  'src/x509/': ['src/crypto/provider.ts', 'src/crypto/computation.ts', 'src/bytes/', 'src/errors.ts'],
  'src/tls/': [
    'src/x509/',
    'src/crypto/provider.ts',
    'src/crypto/computation.ts',
    'src/crypto/hkdf.ts',
    'src/bytes/',
    'src/errors.ts',
    'src/platform.ts',
    'src/recorder.ts',
  ],
  'src/socket/': [
    'src/tls/client.ts',
    'src/crypto/provider.ts',
    'src/crypto/prepared-group.ts',
    'src/transport.ts',
    'src/platform.ts',
    'src/bytes/',
    'src/errors.ts',
    'src/recorder.ts',
  ],
  'src/w5500/': ['src/transport.ts', 'src/platform.ts', 'src/bytes/', 'src/errors.ts', 'src/recorder.ts'],
  'src/index.ts': ['src/'],
  'boards/': ['src/', 'boards/', 'firmware-glue/'],
  'boards/node/': ['src/'],
  'boards/sim/': ['src/platform.ts'],
  'boards/pico/': ['src/platform.ts', 'boards/sim/'],
  // Board side: what a board can have, and no composition root, for a case runs on all of them. The host's side of hil/ imports what it likes.
  'hil/agent/': [],
  'hil/cases/': ['hil/agent/', 'src/', 'boards/w5500-board.ts'],
  'hil/entries/': ['hil/agent/', 'hil/cases/', 'src/', 'boards/'],
  'firmware-glue/': ['src/crypto/provider.ts', 'src/crypto/computation.ts', 'src/platform.ts'],
};

/** Of what has rules, the part that runs on Node and may use its modules. */
const ON_NODE = /^boards\/(node|sim|pico)\//;

interface Import {
  from: string;
  to: string;
}

/** Relative imports of a source, as paths from the top; a package's or Node's name stays as it is. */
function importsOf(path: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found = [...code.matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(match => match[1]);
  return found.map(name => ({
    from: path,
    to: name.startsWith('.') ? posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts') : name,
  }));
}

const longestFit = (path: string, names: string[]): string | undefined =>
  names
    .filter(name => (name.endsWith('/') ? path.startsWith(name) : path === name))
    .sort((a, b) => b.length - a.length)[0];

function whyForbidden({ from, to }: Import): string | undefined {
  const rule = longestFit(from, Object.keys(ALLOWED));
  if (rule === undefined) return undefined;
  if (!/^(src|boards|test|tools|hil|firmware-glue)\//.test(to)) {
    return ON_NODE.test(from) ? undefined : `${from} imports the module ${to}`;
  }
  if (ON_NODE.test(to) && !ON_NODE.test(from)) return `${from} imports ${to}, which needs Node`;
  if (rule.endsWith('/') && to.startsWith(rule) && longestFit(to, Object.keys(ALLOWED)) === rule) return undefined;
  return longestFit(to, ALLOWED[rule]) ? undefined : `${from} imports ${to}; ${rule} may not`;
}

/** Folders two deep, or single files of src/, that reach themselves again: `a -> b -> a`. */
function cycles(imports: Import[]): string[] {
  const unit = (path: string): string => (path.split('/').length > 2 ? path.split('/').slice(0, 2).join('/') : path);
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    if (unit(from) === unit(to) || !to.endsWith('.ts')) continue;
    edges.set(unit(from), (edges.get(unit(from)) ?? new Set()).add(unit(to)));
  }
  const found: string[] = [];
  const visit = (at: string, path: string[]): void => {
    if (path.includes(at)) {
      const loop = path.slice(path.indexOf(at));
      if (loop[0] === [...loop].sort()[0]) found.push([...loop, at].join(' -> '));
      return;
    }
    for (const next of edges.get(at) ?? []) visit(next, [...path, at]);
  };
  for (const start of edges.keys()) visit(start, []);
  return [...new Set(found)];
}

describe('house: imports', () => {
  const files = projectFiles().filter(path =>
    /^(src|boards|firmware-glue|hil\/(agent|cases|entries))\/.*\.ts$/.test(path),
  );
  const all = files.flatMap(path => importsOf(path, read(path)));

  it('reads every form of import and export', () => {
    const text = `import a from '../a.js';\nimport type { b } from "./b.js";\nexport * from '../../c.js';
import {\n  d,\n} from 'node:net';\nimport './e.js';\nconst f = import('./f.js');\n// import 'comment';`;
    assert.deepEqual(
      importsOf('src/x/y.ts', text).map(found => found.to),
      ['src/a.ts', 'src/x/b.ts', 'c.ts', 'node:net', 'src/x/e.ts', 'src/x/f.ts'],
    );
  });

  const forbidden = [
    ['src/bytes/byte-ring.ts', 'src/errors.ts'],
    ['src/crypto/aes.ts', 'src/tls/records.ts'],
    ['src/x509/der.ts', 'src/crypto/sha256.ts'],
    ['src/tls/client.ts', 'src/transport.ts'],
    ['src/tls/client.ts', 'src/crypto/aes.ts'],
    ['src/socket/connect.ts', 'src/w5500/tcp-socket.ts'],
    ['src/socket/connect.ts', 'src/tls/records.ts'],
    ['src/w5500/chip.ts', 'src/tls/client.ts'],
    ['src/w5500/chip.ts', 'boards/sim/chip.ts'],
    ['src/tls/client.ts', 'node:crypto'],
    ['src/index.ts', 'boards/node/crypto-provider.ts'],
    ['boards/sim/chip.ts', 'src/w5500/registers.ts'],
    ['boards/espruino.ts', 'node:net'],
    ['boards/espruino.ts', 'test/skip.ts'],
    ['hil/cases/tls.ts', 'hil/fixtures/script.ts'],
    ['hil/cases/tls.ts', 'boards/kaluma-w5500-evb-pico.ts'],
    ['hil/cases/tls.ts', 'boards/sim/chip.ts'],
    ['hil/cases/tls.ts', 'node:crypto'],
    ['hil/agent/agent.ts', 'src/errors.ts'],
    ['hil/agent/agent.ts', 'hil/protocol/frame.ts'],
    ['hil/entries/node.ts', 'boards/sim/chip.ts'],
    ['hil/entries/node.ts', 'boards/node/event-loop.ts'],
    ['hil/entries/node.ts', 'hil/sim/node-machine.ts'],
  ];
  for (const [from, to] of forbidden) {
    it(`refuses ${from} -> ${to}`, () => assert.ok(whyForbidden({ from, to })));
  }

  const fine = [
    ['src/crypto/aes.ts', 'src/crypto/provider.ts'],
    ['src/tls/messages/client-hello.ts', 'src/tls/constants.ts'],
    ['src/tls/client.ts', 'src/x509/verify.ts'],
    ['boards/espruino.ts', 'src/w5500/chip.ts'],
    ['boards/sim/chip.ts', 'node:net'],
    ['hil/cases/tls.ts', 'src/x509/pem.ts'],
    ['hil/entries/node.ts', 'boards/sim-w5500.ts'],
    ['hil/fixtures/script.ts', 'hil/cases/pattern.ts'],
    ['test/tls/x.test.ts', 'boards/sim/chip.ts'],
  ];
  for (const [from, to] of fine) {
    it(`allows ${from} -> ${to}`, () => assert.equal(whyForbidden({ from, to }), undefined));
  }

  it('finds a cycle between folders', () => {
    const a = { from: 'src/a/x.ts', to: 'src/b/y.ts' };
    const b = { from: 'src/b/z.ts', to: 'src/a/w.ts' };
    assert.deepEqual(cycles([a, b]), ['src/a -> src/b -> src/a']);
    assert.deepEqual(cycles([a, { from: 'src/b/z.ts', to: 'src/b/y.ts' }]), []);
  });

  it("every import of src, boards, firmware-glue and hil's board side is an allowed one", () => {
    assert.ok(all.length > 0, 'no imports found');
    assert.deepEqual(all.map(whyForbidden).filter(Boolean), []);
  });

  it('every folder of src has a rule', () => {
    const inSrc = files.filter(path => path.startsWith('src/'));
    assert.deepEqual(
      inSrc.filter(path => longestFit(path, Object.keys(ALLOWED)) === undefined),
      [],
    );
  });

  it('there is no cycle between folders', () => assert.deepEqual(cycles(all), []));
});
