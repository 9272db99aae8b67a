/** What a board needs only while a handshake goes on must not be in its memory afterwards: tools/overlay.mjs moves it, unless something else holds on to it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'acorn';
import { walk } from './language-scopes.js';

/** The errors of functions that are needed then, and how many functions are around those. */
const MOVED: Array<[string, string]> = [
  ['expectServerHello', 'PROTOCOL_VERSION'],
  ['expectFinished', 'BAD_FINISHED'],
  ['expectCertificateVerify', 'BAD_CERTIFICATE_VERIFY'],
  ['findPath', 'ERR_CERT_BAD_SIGNATURE'],
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
