/** What is counted inside an engine: `job` does the work `repeat` times, after whatever it has to prepare. */
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { multiplyP256, squareP256 } from '../../src/crypto/arithmetic-p256.js';
import { multiply25519, square25519 } from '../../src/crypto/arithmetic25519.js';
import { finish } from '../../src/crypto/computation.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { ROUND_CONSTANTS } from '../../src/crypto/sha2.js';
import { TlsClient } from '../../src/tls/client.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { SIGNATURES } from '../../test/engines/known-answers.js';
import { NODE_CONNECTION } from '../../test/engines/recording.js';
import { RECORDED } from '../../test/engines/replay.js';
import { hex, seededRandom } from '../../test/engines/report.js';
import {
  textbookAes,
  textbookChaCha20,
  textbookGhash,
  textbookMultiply25519,
  textbookMultiplyP256,
  textbookPoly1305,
  textbookSha256,
} from './textbook.js';

/** The jobs a provider does. */
export function providerJob(provider: CryptoProvider, job: string, repeat: number): boolean {
  if (job === 'handshake') return handshake(provider, repeat);
  for (const group of provider.groups) {
    if (group.name !== job) continue;
    for (let i = 0; i < repeat; i++) finish(group.generate(seededRandom(7)));
    return true;
  }
  for (const hash of provider.hashes) {
    if (hash.name !== job) continue;
    const running = hash.create();
    const kilobyte = new Uint8Array(1024);
    for (let i = 0; i < repeat; i++) running.update(kilobyte, 0, 1024);
    return true;
  }
  for (const algorithm of provider.aeads) {
    if (algorithm.name !== job) continue;
    const aead = algorithm.create(new Uint8Array(algorithm.keyLength));
    const kilobyte = new Uint8Array(1024);
    aead.start(new Uint8Array(12), kilobyte, 0, 1024 * repeat);
    for (let i = 0; i < repeat; i++) aead.seal(kilobyte, 0, 1024);
    return true;
  }
  for (const verifier of provider.signatures) {
    if (verifier.name !== job) continue;
    const answer = SIGNATURES[job];
    const key = parsePublicKey(hex(answer.spki));
    const hash = provider.hashes.filter(one => one.name === answer.hash)[0];
    for (let i = 0; i < repeat; i++)
      if (!finish(verifier.verify(key, hash, hex(answer.message), hex(answer.signature)))) return false;
    return true;
  }
  return false;
}

/** The recorded handshake with node:tls, all of the peer's bytes there at once. */
function handshake(provider: CryptoProvider, repeat: number): boolean {
  const fromServer = hex(NODE_CONNECTION.fromServer);
  const anchor = trustAnchor(hex(NODE_CONNECTION.trustAnchor));
  const nothing = new Uint8Array(1);
  for (let i = 0; i < repeat; i++) {
    const input = new ByteRing(4096);
    const client = new TlsClient({
      // As it was recorded.
      profile: RECORDED,
      serverName: NODE_CONNECTION.serverName,
      crypto: {
        hashes: provider.hashes,
        aeads: provider.aeads,
        groups: provider.groups.filter(group => group.name === 'x25519'),
        signatures: provider.signatures,
      },
      random: seededRandom(NODE_CONNECTION.seed),
      unixTime: () => NODE_CONNECTION.unixTime,
      trust: { anchors: [anchor] },
      input,
      // As it was recorded: who takes tickets says so in the ClientHello.
      listener: { session: () => undefined },
    });
    let fed = 0;
    while (!client.handshakeComplete) {
      if (client.output.length > 0) client.outputSent(client.output.length);
      const take = input.space < fromServer.length - fed ? input.space : fromServer.length - fed;
      fed += input.write(new Uint8Array(fromServer.subarray(fed, fed + take)), 0, take);
      client.read(nothing, 0, 1);
      if (take === 0 && !client.handshakeComplete && fed === fromServer.length) return false;
    }
  }
  return true;
}

/** The kernels of the portable provider. */
export function kernelJob(job: string, repeat: number): boolean {
  const a = new Int32Array(11);
  const b = new Int32Array(11);
  const r = new Int32Array(11);
  for (let i = 0; i < 11; i++) {
    a[i] = 8000000 - 123457 * i;
    b[i] = 765431 * i - 7000000;
  }
  if (job === 'multiply 25519') for (let i = 0; i < repeat; i++) multiply25519(r, a, b);
  if (job === 'square 25519') for (let i = 0; i < repeat; i++) square25519(r, a);
  if (job === 'multiply p256') for (let i = 0; i < repeat; i++) multiplyP256(r, a, b);
  if (job === 'square p256') for (let i = 0; i < repeat; i++) squareP256(r, a);
  return true;
}

/** The same in textbook layouts. */
export function textbookJob(job: string, repeat: number): boolean {
  const a = new Float64Array(16);
  const b = new Float64Array(16);
  const r = new Float64Array(16);
  const words = new Int32Array(17);
  const bytes = new Uint8Array(1024);
  for (let i = 0; i < 16; i++) {
    a[i] = 65000 - 123 * i;
    b[i] = 60000 + 321 * i;
  }
  for (let i = 0; i < 17; i++) words[i] = 77 * i;
  const box = new Uint8Array(256);
  const block = new Uint8Array(16);
  for (let i = 0; i < repeat; i++) {
    if (job === 'multiply 25519') textbookMultiply25519(r, a, b);
    else if (job === 'multiply p256') textbookMultiplyP256(r, a, b);
    else if (job === 'sha256') textbookSha256(words, ROUND_CONSTANTS, bytes, 16);
    else if (job === 'chacha20-poly1305') {
      textbookChaCha20(words, bytes);
      textbookPoly1305(new Int32Array(17), words, bytes);
    } else if (job === 'aes-128-gcm') {
      for (let at = 0; at < 1024; at += 16) {
        textbookAes(block, bytes, box);
        for (let j = 0; j < 16; j++) bytes[at + j] ^= block[j];
      }
      textbookGhash(block, box, bytes);
    } else return false;
  }
  return true;
}
