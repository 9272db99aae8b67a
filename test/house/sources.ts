/** The project's own files as the house tests see them: what git tracks, from the top of the checkout. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Tracked files and new ones that .gitignore does not exclude, as paths from the top with forward slashes. */
export function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'], {
    encoding: 'utf8',
  });
  const deleted = new Set(execFileSync('git', ['ls-files', '--deleted'], { encoding: 'utf8' }).split('\n'));
  return listed.split('\n').filter(path => path !== '' && !deleted.has(path));
}

export function read(path: string): string {
  return readFileSync(path, 'utf8');
}
