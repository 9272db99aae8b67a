/**
 * `npm run bench:engines`: instructions that cryptography costs inside the engines, against the plain textbook layout
 * (textbook.ts) counted in the same run. ESPRUINO and JERRY name desktop builds; what is missing is a printed skip.
 *
 *   npm run bench:engines -- multiply        only jobs whose name contains this
 *
 * A count is the difference between a script that does the work more often and one that does it less often, so that
 * starting the engine, parsing the script and preparing the work are in neither. Counted by `perf` where the kernel lets
 * it, else by valgrind (50 times slower: all of it takes some ten minutes). Ends with 1 if a field multiplication is not
 * five times better than the textbook's.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rollup } from 'rollup';

const GOAL = 5;
/** A multiplication in the textbook: 255 steps of 10 and an inverse of 265; 256 doublings of 8 and 192 additions of 16. */
const PRODUCTS: Record<string, [string, number]> = {
  x25519: ['multiply 25519', 2815],
  'ecdsa-secp256r1': ['multiply p256', 5120],
};
const ENGINES = [
  { name: 'Espruino', binary: process.env['ESPRUINO'], variable: 'ESPRUINO' },
  { name: 'JerryScript', binary: process.env['JERRY'], variable: 'JERRY' },
];
/** Where a CryptoProvider is exported, below build/, the engines that run it, and jobs that it has nothing for. */
const PROVIDERS = [
  {
    label: 'portable',
    file: 'src/crypto/portable-provider.js',
    name: 'portableProvider',
    engines: ['Espruino', 'JerryScript'],
    lacks: [] as string[],
  },
  {
    label: 'BigInt',
    file: 'tools/bigint-provider.js',
    name: 'bigIntProvider',
    engines: ['JerryScript'],
    // What was recorded is encrypted with AES.
    lacks: ['aes-128-gcm', 'handshake'],
  },
];
/** How often in the script that does it less often, and in the other. */
const KERNELS: Array<[string, number, number]> = [
  ['multiply 25519', 0, 10],
  ['square 25519', 0, 10],
  ['multiply p256', 0, 10],
  ['square p256', 0, 10],
];
const JOBS: Array<[string, number, number]> = [
  ['x25519', 0, 1],
  ['ecdsa-secp256r1', 0, 1],
  ['sha256', 1, 2],
  ['aes-128-gcm', 1, 2],
  ['chacha20-poly1305', 1, 2],
  ['handshake', 0, 1],
];
const wanted = process.argv[2] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'bench-engines-'));
const build = resolve('build');

type Counter = (binary: string, script: string) => number;

/** The cheapest way to count instructions that works here. */
function findCounter(): { name: string; count: Counter } | undefined {
  const perf = spawnSync('perf', ['stat', '-x,', '-e', 'instructions:u', 'true'], { encoding: 'utf8' });
  if (/^\d+,/m.test(perf.stderr ?? ''))
    return {
      name: 'perf',
      count: (binary, script) => run(binary, script, 'perf', ['stat', '-x,', '-e', 'instructions:u'], /^(\d+),/m),
    };
  const files = ['--bb-out-file=/dev/null', '--pc-out-file=/dev/null'];
  if (spawnSync('valgrind', ['--tool=exp-bbv', '--instr-count-only=yes', ...files, 'true']).status === 0) {
    const options = ['--tool=exp-bbv', '--instr-count-only=yes', ...files];
    return {
      name: 'valgrind (exp-bbv)',
      count: (binary, script) => run(binary, script, 'valgrind', options, /Total instructions: (\d+)/g),
    };
  }
  if (spawnSync('valgrind', ['--tool=callgrind', '--callgrind-out-file=/dev/null', 'true']).status === 0) {
    const options = ['--tool=callgrind', '--callgrind-out-file=/dev/null'];
    return {
      name: 'valgrind (callgrind)',
      count: (binary, script) => run(binary, script, 'valgrind', options, /Collected : (\d+)/),
    };
  }
  return undefined;
}

/** Espruino's second thread, which waits for the console, is counted by some tools: the largest number is the script's. */
function run(binary: string, script: string, tool: string, options: string[], number: RegExp): number {
  const done = spawnSync(tool, [...options, binary, script], { encoding: 'latin1', input: '', maxBuffer: 1 << 26 });
  if (!/^>?done true/m.test(done.stdout))
    throw new Error(`${binary} ${script}: ${(done.stdout + done.stderr).slice(-500)}`);
  const counts = [...done.stderr.matchAll(new RegExp(number, number.flags.includes('g') ? 'gm' : 'gm'))].map(found =>
    Number(found[1]),
  );
  return Math.max(...counts);
}

/** Bundles and minifies an entry as a board's script is; answers its text. */
async function bundle(label: string, entry: string): Promise<string> {
  const input = join(build, `tools/bench-engines/entry-${label}.js`);
  writeFileSync(input, entry);
  const tools = '../../../tools/';
  const { constToLet } = await import(`${tools}const-to-let.mjs`);
  const { shorten, visibleNames } = await import(`${tools}terser-options.mjs`);
  const bundled = await rollup({ input });
  const { output } = await bundled.generate({
    format: 'iife',
    name: 'bench',
    strict: false,
    generatedCode: { constBindings: true, arrowFunctions: true, objectShorthand: true },
    externalLiveBindings: false,
    esModule: false,
    freeze: false,
    plugins: [constToLet(), shorten(visibleNames(false, false))],
  });
  rmSync(input);
  return output[0].code;
}

function measure(count: Counter, binary: string, text: string, job: string, few: number, many: number): number {
  const counts = [few, many].map(repeat => {
    const script = join(folder, 'script.js');
    writeFileSync(script, `var JOB="${job}",REPEAT=${repeat};\n${text}`);
    return count(binary, script);
  });
  return (counts[1] - counts[0]) / (many - few);
}

function spell(instructions: number): string {
  if (instructions >= 1e9) return `${(instructions / 1e9).toFixed(2)} G`;
  return instructions >= 1e6 ? `${(instructions / 1e6).toFixed(2)} M` : `${(instructions / 1e3).toFixed(1)} k`;
}

function line(job: string, label: string, instructions: number, textbook: number | undefined, note: string): void {
  const ratio = textbook
    ? `${(textbook / instructions).toFixed(1)}x better than the textbook's ${spell(textbook)}${note}`
    : '';
  console.log(`  ${job.padEnd(18)} ${label.padEnd(10)} ${spell(instructions).padStart(9)}   ${ratio}`);
}

async function main(): Promise<number> {
  const counter = findCounter();
  if (!counter) {
    console.log('skipped: neither perf nor valgrind counts instructions here');
    return 0;
  }
  console.log(`Instructions counted by ${counter.name}`);
  const jobs = './jobs.js';
  const tell = (call: string) => `print('done ' + ${call});\n`;
  const kernels = await bundle('kernels', `import { kernelJob } from '${jobs}';\n${tell('kernelJob(JOB, REPEAT)')}`);
  const textbooks = await bundle(
    'textbook',
    `import { textbookJob } from '${jobs}';\n${tell('textbookJob(JOB, REPEAT)')}`,
  );
  let missed = 0;
  for (const { name: engine, binary, variable } of ENGINES) {
    console.log(`\n${engine}`);
    if (!binary || !existsSync(binary)) {
      console.log(`  skipped: ${variable} does not name a ${engine} binary`);
      continue;
    }
    const textbook = new Map<string, number>();
    const counted = (text: string, job: string, few: number, many: number) =>
      measure(counter.count, binary, text, job, few, many);
    for (const [job, few, many] of KERNELS) {
      const other = job.replace('square', 'multiply');
      if (!textbook.has(other)) textbook.set(other, counted(textbooks, other, 0, 3));
      if (!job.includes(wanted)) continue;
      const portable = counted(kernels, job, few, many);
      line(job, 'portable', portable, textbook.get(other), '');
      if (textbook.get(other)! / portable < GOAL) missed++;
    }
    for (const { label, file, name, engines, lacks } of PROVIDERS) {
      if (!engines.includes(engine)) continue;
      const entry = `import { ${name} } from '${join(build, file)}';\nimport { providerJob } from '${jobs}';\n`;
      const text = await bundle(label, entry + tell(`providerJob(${name}, JOB, REPEAT)`));
      for (const [job, few, many] of JOBS) {
        if (!job.includes(wanted) || lacks.includes(job)) continue;
        const products = PRODUCTS[job];
        if (!products && job !== 'handshake' && !textbook.has(job)) textbook.set(job, counted(textbooks, job, 0, 1));
        const expected = products ? products[1] * textbook.get(products[0])! : textbook.get(job);
        line(job, label, counted(text, job, few, many), expected, products ? ` (${products[1]} products alone)` : '');
      }
    }
  }
  return missed;
}

const missed = await main();
rmSync(folder, { recursive: true });
if (missed > 0) console.error(`${missed} multiplications are not ${GOAL} times better than the textbook's`);
process.exit(missed > 0 ? 1 : 0);
