/**
 * The hashes and AEADs of the machine code against node:crypto on random and edge inputs: 10,000 of each with NATIVE=all (`npm run
 * test:native`), fewer otherwise, on the C compiled for this machine with the sanitizers on and on the emulated Cortex-M0+. The 10,000 of
 * bearssl.test.ts are run always.
 */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import type { AeadAlgorithm, HashAlgorithm } from '../../src/crypto/provider.js';
import { hex, SeededRandom } from '../crypto/symmetric-providers.js';
import { skip } from '../skip.js';
import { HostCode, missingHost } from './host-code.js';
import { core, type Symmetric, symmetricOf } from './native-provider.js';

const ALL = process.env['NATIVE'] === 'all';
const HOST_INPUTS = ALL ? 10000 : 1500;
const EMULATED_INPUTS = ALL ? 10000 : 60;

class EdgeRandom extends SeededRandom {
  /** Random, or all 0, or all 255, or both mixed. */
  edgy(length: number): Uint8Array {
    const kind = this.below(6);
    const bytes = this.bytes(length);
    return kind < 3 ? bytes : bytes.map(byte => (kind === 3 ? 0 : kind === 4 ? 255 : byte & 1 ? 255 : 0));
  }
}

function hashLikeNode(algorithm: HashAlgorithm, random: EdgeRandom): void {
  const message = random.edgy(random.length(1000));
  const key = random.edgy(random.below(200));
  const into = new Uint8Array(algorithm.digestLength + 2);
  for (const [running, expected] of [
    [algorithm.create(), nodeCrypto.createHash(algorithm.name)],
    [algorithm.createHmac(key), nodeCrypto.createHmac(algorithm.name, key)],
  ] as const) {
    const cut = random.below(message.length + 1);
    running.update(message, 0, cut);
    running.update(message, cut, message.length - cut);
    running.digest(into, 1);
    assert.equal(hex(into.subarray(1, -1)), expected.update(message).digest('hex'));
  }
}

function aeadLikeNode(algorithm: AeadAlgorithm, random: EdgeRandom): void {
  const [key, nonce, aad] = [random.edgy(algorithm.keyLength), random.edgy(12), random.edgy(random.below(40))];
  const message = random.edgy(random.length(1000));
  const cipher = nodeCrypto.createCipheriv(algorithm.name as 'aes-128-ccm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: message.length });
  const ciphertext = cipher.update(message);
  cipher.final();
  const ours = new Uint8Array(message.length + 32);
  const at = random.below(16);
  ours.set(message, at);
  const cut = random.below(message.length + 1);
  const aead = algorithm.create(key);
  aead.start(nonce, aad, aad.length, message.length);
  aead.seal(ours, at, cut);
  aead.seal(ours, at + cut, message.length - cut);
  aead.tag(ours, at + message.length);
  assert.equal(hex(ours.subarray(at, at + message.length)), ciphertext.toString('hex'));
  assert.equal(hex(ours.subarray(at + message.length, at + message.length + 16)), cipher.getAuthTag().toString('hex'));
  aead.start(nonce, aad, aad.length, message.length);
  aead.open(ours, at, message.length);
  assert.equal(aead.verify(ours, at + message.length), true);
  assert.deepEqual(ours.subarray(at, at + message.length), message);
}

function differential(provider: () => Symmetric, inputs: number): void {
  for (const bits of [0, 1, 2]) {
    it(`${['sha256', 'sha384', 'sha512'][bits]} and HMAC: ${inputs} inputs`, () => {
      const random = new EdgeRandom();
      for (let i = 0; i < inputs; i++) hashLikeNode(provider().hashes[bits]!, random);
    }).timeout(3600000);
  }
  for (const which of [0, 1, 2]) {
    it(`${['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'][which]}: ${inputs} inputs`, () => {
      const random = new EdgeRandom();
      for (let i = 0; i < inputs; i++) aeadLikeNode(provider().aeads[which]!, random);
    }).timeout(3600000);
  }
}

describe('native: against node:crypto, compiled for this machine with sanitizers', () => {
  let host: HostCode;
  let provider: Symmetric;

  before(function () {
    const missing = missingHost();
    if (missing) skip(this, missing);
    this.timeout(60000);
    host = new HostCode();
    provider = symmetricOf(host);
  });

  after(() => host?.stop());

  differential(() => provider, HOST_INPUTS);
});

describe('native: against node:crypto, on the emulated Cortex-M0+', () => {
  const provider = symmetricOf(core);
  differential(() => provider, EMULATED_INPUTS);
});
