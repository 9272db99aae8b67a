/** What a board needs only while a handshake goes on must not be in its memory afterwards: tools/overlay.mjs moves it, unless something else holds on to it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'acorn';
import { walk } from './language-scopes.js';

/** What functions say that are needed then, and how many functions are around that. */
const MOVED: Array<[string, string]> = [
  ['expectServerHello', 'the server does not speak TLS 1.3'],
  ['expectFinished', 'the handshake was tampered with'],
  ['expectCertificateVerify', 'the server lacks the key of its certificate'],
  ['findPath', 'Certificate with a wrong signature'],
];

describe('house: overlays', () => {
  const code = readFileSync('dist/espruino-w5500-evb-pico.min.js', 'utf8');
  for (const [name, text] of MOVED) {
    it(`espruino-w5500-evb-pico.min.js has ${name} in one`, () => {
      const depths: number[] = [];
      walk(parse(code, { ecmaVersion: 'latest' }), (node, ancestors) => {
        if (node.type === 'Literal' && typeof node.value === 'string' && node.value.includes(text))
          depths.push(ancestors.filter(({ type }) => /Function/.test(type)).length);
      });
      assert.ok(depths.length > 0, `nothing says "${text}"`);
      assert.ok(Math.min(...depths) > 1, 'it is a function of the bundle itself');
    });
  }
});
