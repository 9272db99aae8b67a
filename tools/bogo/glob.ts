/** The patterns of Go's filepath.Match, as far as config.json uses them: `*` for any characters, all others for themselves. */
export function matchesGlob(glob: string, name: string): boolean {
  const literal = glob.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`).test(name);
}
