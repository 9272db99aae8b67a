/** The public members of a class or interface, as its declaration in build/ has them: what is new there is in the tests that go through all of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export interface PublicMembers {
  /** Properties and getters. */
  facts: string[];
  /** Properties that may be missing. */
  optional: string[];
  /** Methods. */
  actions: string[];
}

/** `file` as in `src/tls/client`. */
export function publicMembers(file: string, name: string): PublicMembers {
  const declaration = readFileSync(new URL(`../../${file}.d.ts`, import.meta.url), 'utf8').replace(
    /\/\*\*[\s\S]*?\*\//g,
    '',
  );
  const body = new RegExp(`(?:class|interface) ${name} \\{([\\s\\S]*?)\\n\\}`).exec(declaration)?.[1];
  assert.ok(body, `${file} declares ${name}`);
  const members: PublicMembers = { facts: [], optional: [], actions: [] };
  for (const [, member, after] of body.matchAll(/^ {4}(?!private|constructor)(?:readonly |get )*(\w+)(\?:|:|<|\()/gm)) {
    if (after === '?:') members.optional.push(member);
    const isGetter = new RegExp(`^ {4}get ${member}\\(`, 'm').test(body);
    if (after.endsWith(':') || isGetter) members.facts.push(member);
    else members.actions.push(member);
  }
  return members;
}
