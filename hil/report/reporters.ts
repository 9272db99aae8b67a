/** Reporters by the names that --reporter takes, and where each writes. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HilError } from '../errors.js';
import { json } from './json.js';
import { junit } from './junit.js';
import type { Reporter, ReporterOptions } from './report.js';
import { spec } from './spec.js';
import { tap } from './tap.js';

const REPORTERS: Record<string, (options: ReporterOptions) => Reporter> = { spec, tap, json, junit };

export const REPORTER_NAMES = Object.keys(REPORTERS);

/** `spec`, or `junit=results/hil.xml`, which is relative to `cwd`. One writes to stdout: spec, unless another is told to. */
export function reporters(
  names: string[],
  cwd: string,
  stdout: (text: string) => void,
  rerun: ReporterOptions['rerun'],
): Reporter[] {
  const wanted = names.map(text => {
    const [, name, file] = /^([^=]*)=?(.*)$/s.exec(text)!;
    if (!(name in REPORTERS)) {
      throw new HilError('USAGE', `no reporter is called '${name}'; there are ${REPORTER_NAMES.join(', ')}`, 2);
    }
    return { name, file };
  });
  const onStdout = wanted.filter(({ file }) => file === '');
  if (onStdout.length > 1) {
    const [first, second] = onStdout;
    throw new HilError(
      'USAGE',
      `stdout takes one reporter; give ${second.name} or ${first.name} a file: ${second.name}=FILE`,
      2,
    );
  }
  if (onStdout.length === 0) wanted.push({ name: 'spec', file: '' });
  return wanted.map(({ name, file }) => REPORTERS[name]({ write: file ? toFile(resolve(cwd, file)) : stdout, rerun }));
}

function toFile(file: string): (text: string) => void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const fd = openSync(file, 'w');
    process.once('exit', () => closeSync(fd));
    return text => {
      writeSync(fd, text);
    };
  } catch (error) {
    throw new HilError('USAGE', `${file} cannot be written: ${(error as Error).message}`, 2);
  }
}
