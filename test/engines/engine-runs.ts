/**
 * The interpreters that the bundles run in: desktop builds of Espruino and JerryScript that ESPRUINO and JERRY name, and QuickJS, which
 * is always there: the package's plain release build of Bellard's QuickJS (the variant that quickjs-emscripten itself takes first), in WebAssembly.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve as absolute, join } from 'node:path';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, type QuickJSContext } from 'quickjs-emscripten-core';

export const LIMIT_MS = 10 * 60 * 1000;
/** The bundles need 600 KB; the rest is for cycles that wait for QuickJS' collector, which counts blocks here and not their bytes. */
export const QUICKJS_HEAP = 4 * 1024 * 1024;
/** Some 10,000 steps of the interpreter pass between two interrupts. */
const CENSUS_EVERY = 100;
const QUICKJS_STACK = 64 * 1024;

export interface EngineRun {
  name: string;
  /** Names the binary; none for an engine that needs none. */
  variable: string | undefined;
  /** Random partitions that take it some 15 seconds. */
  partitions: number;
  /** Answers what the script prints. Rejects if the engine cannot be run, or prints nothing at all. */
  run(script: string): Promise<string>;
}

export const ENGINES: EngineRun[] = [
  native('Espruino', 'ESPRUINO', 40),
  native('JerryScript', 'JERRY', 60),
  { name: 'QuickJS', variable: undefined, partitions: 60, run: runQuickJs },
];

function native(name: string, variable: string, partitions: number): EngineRun {
  return { name, variable, partitions, run: script => runNative(process.env[variable]!, script) };
}

/** How an engine ends says little: Espruino ends with 0 whatever happens. */
export function runNative(binary: string, script: string): Promise<string> {
  if (!existsSync(binary)) return Promise.reject(new Error(`${binary} does not exist`));
  const folder = mkdtempSync(join(tmpdir(), 'ringlet-engine-'));
  const file = join(folder, 'script.js');
  writeFileSync(file, script, 'latin1');
  return new Promise<string>((resolve, reject) => {
    const child = execFile(
      absolute(binary),
      [file],
      { timeout: LIMIT_MS, killSignal: 'SIGKILL', encoding: 'latin1' },
      (error, stdout, stderr) => {
        const why = error ? `: ${error.message}` : '';
        if (stdout.trim() === '') reject(new Error(`${binary} printed nothing${why} ${stderr.slice(-1000)}`));
        else resolve(stdout + stderr);
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end();
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

async function runQuickJs(script: string): Promise<string> {
  const lines: string[] = [];
  await inQuickJs(context => {
    global(context, 'print', line => void lines.push(line));
    evaluate(context, script);
  });
  return lines.join('\n');
}

/**
 * A fresh context for as long as `body` takes; a script that has more than QUICKJS_HEAP bytes in use is interrupted. Answers the most that were seen.
 * QuickJS' own limit is none in WebAssembly: it only adds up what malloc_usable_size() says, which is not there. So its census is asked, now and then.
 */
export async function inQuickJs(body: (context: QuickJSContext) => void | Promise<void>): Promise<number> {
  const quickJs = await newQuickJSWASMModuleFromVariant(variant);
  const runtime = quickJs.newRuntime();
  runtime.setMaxStackSize(QUICKJS_STACK);
  let most = 0;
  let turns = 0;
  runtime.setInterruptHandler(() => {
    if (turns++ % CENSUS_EVERY > 0) return false;
    most = Math.max(most, Number(/memory used +\d+ +(\d+)/.exec(runtime.dumpMemoryUsage())![1]));
    return most > QUICKJS_HEAP;
  });
  const context = runtime.newContext();
  await body(context);
  context.dispose();
  runtime.dispose();
  return most;
}

/** A global function of one string. */
export function global(context: QuickJSContext, name: string, body: (text: string) => void): void {
  const made = context.newFunction(name, argument => body(context.getString(argument)));
  made.consume(handle => context.setProp(context.global, name, handle));
}

export function evaluate(context: QuickJSContext, code: string): void {
  const result = context.evalCode(code, 'script.js');
  if (result.error) {
    const { name, message, stack } = result.error.consume(context.dump);
    throw new Error(`QuickJS: ${name}: ${message}\n${String(stack).slice(0, 500)}`);
  }
  result.value.dispose();
}
