/** Rollup plugin, behind terser: `if(a)return}` at the end of a function becomes `if(a)return;}`, or Espruino looks for a value behind the function's end. */
import { rewriting, visitAll } from './rewrite.mjs';

export const endedReturns = () => rewriting('ended-returns', edits);

export function edits(program, code) {
  const found = [];
  visitAll(program, ({ type, argument, end }, ancestors) => {
    if (type !== 'ReturnStatement' || argument || code[end - 1] === ';') return;
    const body = ancestors.findLast(one => /^(Arrow)?Function/.test(one.type)).body;
    if (code.slice(end, body.end).trim() === '}') found.push([end, end, ';']);
  });
  return found;
}
