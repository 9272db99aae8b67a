/**
 * Minifying shortens property names, and a caller's `servername` that the bundle reads as `s.yr` is an option that is
 * silently ignored. What the declarations of the public interfaces name must stand in the bundle as it is written.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { read } from './sources.js';

/** Interfaces whose members callers write or read, by the file that declares them. */
const PUBLIC: Array<[file: string, interfaces: string[]]> = [
  ['src/socket/options', ['ConnectOptions', 'OnRead', 'Board']],
  ['src/socket/events', ['HandshakeTrace', 'Progress', 'TlsSocketEvents']],
  ['src/tls/psk/external-psk', ['ExternalPsk']],
  ['src/x509/trust', ['TrustAnchor']],
  ['src/x509/verify', ['VerifiedPath']],
  ['src/crypto/provider', ['PublicKey']],
  ['src/crypto/external-key', ['ExternalKey']],
  ['src/errors', ['RingletError']],
  ['src/transport', ['Transport', 'Network']],
  ['src/recorder', ['Recorder']],
  ['src/w5500/network', ['W5500Options', 'NetworkTimeouts', 'BufferPlan', 'Lease', 'StaticAddress']],
  ['boards/w5500-board', ['W5500BoardParts']],
];

function membersOf(file: string, name: string): string[] {
  const declaration = read(`build/${file}.d.ts`)
    .replace(/\/\*\*[^*]*@internal \*\/\s*.*$/gm, '')
    .replace(/\/\*[\s\S]*?\*\//g, '');
  const body = new RegExp(`interface ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(declaration)?.[1];
  assert.ok(body, `${file} declares ${name}`);
  return [...body.matchAll(/^ {4}(?:readonly )?(\w+)\??[:(]/gm)].map(match => match[1]);
}

describe('house: names that callers use', () => {
  it('are the same in the readable and the minified bundle', () => {
    const readable = read('dist/sim-w5500.js');
    const minified = read('dist/sim-w5500.min.js');
    const lost: string[] = [];
    let checked = 0;
    for (const [file, interfaces] of PUBLIC) {
      for (const name of interfaces) {
        const members = membersOf(file, name);
        assert.ok(members.length > 0, `${name} has members`);
        for (const member of members) {
          // As a property; the same word in a message does not count.
          const used = new RegExp(`[.{,]\\s*${member}\\b`);
          if (!used.test(readable)) continue;
          checked++;
          // A name that stands in quotes, as those of events do, is never shortened.
          if (!used.test(minified) && !minified.includes(`"${member}"`)) lost.push(`${name}.${member}`);
        }
      }
    }
    assert.deepEqual(lost, []);
    assert.ok(checked > 40, `only ${checked} names were checked`);
  });

  it('private keys keep theirs in every bundle that has them', () => {
    // The message of x509/private-key.ts, and that of crypto/external-key.ts.
    for (const [message, names] of [
      ['ERR_KEY_MALFORMED', membersOf('src/crypto/provider', 'PrivateKey')],
      ['ERR_KEY_SIGNER', ['kind', 'sign']],
    ] as const) {
      const having = readdirSync('dist').filter(
        file => file.endsWith('.min.js') && read('dist/' + file).includes(message),
      );
      for (const file of having) {
        const minified = read('dist/' + file);
        const lost = names.filter(name => !new RegExp(`[.{,]\\s*${name}\\b`).test(minified));
        assert.deepEqual(lost, [], file);
      }
      if (message === 'ERR_KEY_MALFORMED') assert.ok(having.length > 0, 'a bundle reads private keys');
    }
  });
});
