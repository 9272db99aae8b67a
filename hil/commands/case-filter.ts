/** Which cases of a board's plan a run wants: names with wildcards, an expression, one shard of several. */
import crc32 from 'crc-32';
import { usage } from './command.js';

/** `globs`: any of them fits; `grep` must, too; `shard`: i/n, counted from 1. */
export function caseFilter(
  globs: string[],
  grep: string | undefined,
  shard: string | undefined,
): ((name: string) => boolean) | undefined {
  const tests: Array<(name: string) => boolean> = [];
  if (globs.length > 0) {
    const patterns = globs.map(globPattern);
    tests.push(name => patterns.some(pattern => pattern.test(name)));
  }
  if (grep !== undefined) {
    let pattern: RegExp;
    try {
      pattern = new RegExp(grep);
    } catch (error) {
      throw usage(`--grep: ${(error as Error).message}`);
    }
    tests.push(name => pattern.test(name));
  }
  if (shard !== undefined) {
    const [, index, count] = /^(\d+)\/(\d+)$/.exec(shard)?.map(Number) ?? [];
    if (!(index >= 1 && index <= count)) throw usage(`--shard takes i/n with i from 1 to n, not '${shard}'`);
    // By name, so that a case stays in its shard when others come and go.
    tests.push(name => (crc32.str(name) >>> 0) % count === index - 1);
  }
  return tests.length > 0 ? name => tests.every(test => test(name)) : undefined;
}

/** `*` stops at a slash, `**` does not; a name without wildcards and slash is a whole group, too. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*|\*|\?/g, token => (token === '**' ? '.*' : token === '*' ? '[^/]*' : '[^/]'));
  return new RegExp(/[*?/]/.test(glob) ? `^${source}$` : `^${source}(/.*)?$`);
}
