/** The AEADs of every provider: Wycheproof, RFC 8439, and node:crypto's one-shot ciphers with messages cut anywhere. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import type { Aead, AeadAlgorithm, AeadName } from '../../src/crypto/provider.js';
import { skip } from '../skip.js';
import { ascii, bytes, hex, isThorough, PROVIDERS, SeededRandom } from './symmetric-providers.js';
import { NO_VECTORS, wycheproof } from './wycheproof.js';

const FILES: Record<AeadName, string> = {
  'aes-128-gcm': 'aes_gcm',
  'aes-256-gcm': 'aes_gcm',
  'aes-128-ccm': 'aes_ccm',
  'chacha20-poly1305': 'chacha20_poly1305',
};

type Cut = (total: number, each: (offset: number, length: number) => void) => void;

const whole: Cut = (total, each) => each(0, total);
const everyByte: Cut = (total, each) => {
  for (let i = 0; i < total; i++) each(i, 1);
};
const everySevenBytes: Cut = (total, each) => {
  for (let i = 0; i < total; i += 7) each(i, Math.min(7, total - i));
};

interface Sealed {
  ciphertext: Uint8Array;
  tag: Uint8Array;
}

/** Works in the middle of a larger array, as in a ring; what lies around must stay. */
function inPlace(message: Uint8Array, work: (memory: Uint8Array, at: number) => void): Uint8Array {
  const memory = new Uint8Array(message.length + 10).fill(0xee);
  memory.set(message, 5);
  work(memory, 5);
  const around = hex(memory.subarray(0, 5)) + hex(memory.subarray(5 + message.length));
  assert.equal(around, 'ee'.repeat(10), 'wrote outside the message');
  return memory.slice(5, 5 + message.length);
}

function seal(key: Aead, nonce: Uint8Array, aad: Uint8Array, message: Uint8Array, cut: Cut): Sealed {
  const tag = new Uint8Array(16 + 2).fill(0xee);
  const ciphertext = inPlace(message, (memory, at) => {
    key.start(nonce, aad, aad.length, message.length);
    cut(message.length, (offset, length) => key.seal(memory, at + offset, length));
    key.tag(tag, 1);
  });
  assert.deepEqual([tag[0], tag[17]], [0xee, 0xee], 'wrote outside the tag');
  return { ciphertext, tag: tag.slice(1, 17) };
}

/** The plaintext, or undefined if the tag is refused. */
function open(key: Aead, nonce: Uint8Array, aad: Uint8Array, sealed: Sealed, cut: Cut): Uint8Array | undefined {
  let authentic = false;
  const plaintext = inPlace(sealed.ciphertext, (memory, at) => {
    key.start(nonce, aad, aad.length, sealed.ciphertext.length);
    cut(sealed.ciphertext.length, (offset, length) => key.open(memory, at + offset, length));
    const received = new Uint8Array(20);
    received.set(sealed.tag, 3);
    authentic = key.verify(received, 3);
  });
  return authentic ? plaintext : undefined;
}

/** node:crypto in one piece, all its arguments given at once: not how boards/node uses it. */
function oracle(name: AeadName, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, message: Uint8Array): Sealed {
  const cipher = nodeCrypto.createCipheriv(name as 'aes-128-ccm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: message.length });
  const ciphertext = cipher.update(message);
  cipher.final();
  return { ciphertext: new Uint8Array(ciphertext), tag: new Uint8Array(cipher.getAuthTag()) };
}

function flipBit(original: Uint8Array, bit: number): Uint8Array {
  const flipped = original.slice();
  flipped[bit >> 3] ^= 1 << (bit & 7);
  return flipped;
}

for (const [label, provider] of PROVIDERS) {
  for (const algorithm of provider.aeads)
    describe(`crypto: ${algorithm.name} (${label})`, () => testAead(algorithm, isThorough(label)));

  describe(`crypto: chacha20-poly1305 (${label})`, () => {
    it('the example of RFC 8439 §2.8.2', () => {
      const key = bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
      const nonce = bytes('070000004041424344454647');
      const aad = bytes('50515253c0c1c2c3c4c5c6c7');
      const message = ascii(
        'Ladies and Gentlemen of the class of ' +
          "'99: If I could offer you only one tip for the future, sunscreen would be it.",
      );
      const algorithm = provider.aeads.find(aead => aead.name === 'chacha20-poly1305') as AeadAlgorithm;
      const sealed = seal(algorithm.create(key), nonce, aad, message, whole);
      assert.equal(
        hex(sealed.ciphertext),
        'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b' +
          '1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
          '3ff4def08e4b7a9de576d26586cec64b6116',
      );
      assert.equal(hex(sealed.tag), '1ae10b594f09e26a7e902ecbd0600691');
    });
  });
}

function testAead(algorithm: AeadAlgorithm, thorough: boolean): void {
  const { name, keyLength } = algorithm;
  const file = FILES[name];
  const groups = wycheproof(`${file}_test.json`);
  const all = (groups ?? []).flatMap(group => group.tests).length;
  const inScope = (groups ?? []).filter(
    group => group.ivSize === 96 && group.tagSize === 128 && group.keySize === keyLength * 8,
  );
  const tests = inScope.flatMap(group => group.tests);

  if (algorithm.macsCiphertext) {
    it('authenticates in one pass and opens in a second one: the same tag, the same marks, other marks for other bytes', () => {
      const random = new SeededRandom();
      const key = algorithm.create(random.bytes(keyLength));
      const nonce = random.bytes(12);
      const aad = random.bytes(5);
      for (const length of thorough ? [64, 65, 512, 1000, 1024, 1537] : [64, 65, 384]) {
        const message = random.bytes(length);
        const sealed = seal(key, nonce, aad, message, whole);
        const marksOf = (ciphertext: Uint8Array, open: boolean): string[] => {
          const bytes = ciphertext.slice();
          const marks: string[] = [];
          const into = new Uint8Array(10).fill(0xee);
          key.start(nonce, aad, aad.length, length);
          for (let at = 0; at < length; at += 64) {
            const piece = Math.min(64, length - at);
            const last = at + piece === length;
            if (open || last) key.open(bytes, at, piece);
            else key.authenticate(bytes, at, piece);
            const plain = Buffer.from(open || last ? message : ciphertext);
            if (ciphertext === sealed.ciphertext) {
              assert.equal(
                hex(bytes.subarray(at, at + piece)),
                hex(plain.subarray(at, at + piece)),
                `${length} at ${at}`,
              );
            }
            if (last) continue;
            key.mark(into, 1);
            assert.deepEqual([into[0], into[9]], [0xee, 0xee], 'wrote outside the mark');
            marks.push(hex(into.subarray(1, 9)));
          }
          assert.equal(key.verify(sealed.tag, 0), ciphertext === sealed.ciphertext);
          return marks;
        };
        const marks = marksOf(sealed.ciphertext, false);
        assert.deepEqual(marksOf(sealed.ciphertext, true), marks);
        assert.equal(new Set(marks).size, marks.length);
        for (let bit = 0; bit < 8 * (length - 1); bit += thorough ? 97 : 389) {
          const other = marksOf(flipBit(sealed.ciphertext, bit), bit % 2 === 0);
          marks.forEach(
            (mark, i) => void assert.equal(other[i] === mark, 64 * (i + 1) <= bit >> 3, `bit ${bit}, mark ${i}`),
          );
        }
      }
    });
  }

  it(`${tests.length} of ${all} tests of Wycheproof ${file} (its key size, nonce 12, tag 16), in three cuts`, function () {
    if (!groups) skip(this, NO_VECTORS);
    assert.ok(tests.length > 60);
    for (const test of tests) {
      const key = algorithm.create(bytes(test.key));
      const [nonce, aad, message] = [bytes(test.iv), bytes(test.aad), bytes(test.msg)];
      const given = { ciphertext: bytes(test.ct), tag: bytes(test.tag) };
      for (const cut of [whole, everyByte, everySevenBytes]) {
        const opened = open(key, nonce, aad, given, cut);
        assert.equal(opened && hex(opened), test.result === 'valid' ? test.msg : undefined, `tcId ${test.tcId}`);
        if (test.result !== 'valid') continue;
        const sealed = seal(key, nonce, aad, message, cut);
        assert.equal(hex(sealed.ciphertext) + hex(sealed.tag), test.ct + test.tag, `tcId ${test.tcId}`);
      }
    }
  });

  const random = new SeededRandom();
  const messages = thorough ? 150 : 50;
  it(`${messages} random messages in random pieces, sealed and opened as node:crypto does`, () => {
    const secret = random.bytes(keyLength);
    const given = secret.slice();
    const key = algorithm.create(given);
    given.fill(0);
    const cut: Cut = (total, each) => random.pieces(total, each);
    for (let run = 0; run < messages; run++) {
      const nonce = random.bytes(12);
      const aad = random.bytes(random.below(40));
      // The first is longer than any record, so that counters carry. node's CCM cannot finish an empty message;
      // Wycheproof has some.
      const message = random.bytes(run === 0 ? 17000 : random.length(1500) || 1);
      const expected = oracle(name, secret, nonce, aad, message);
      const sealed = seal(key, nonce, aad, message, cut);
      assert.equal(hex(sealed.ciphertext), hex(expected.ciphertext));
      assert.equal(hex(sealed.tag), hex(expected.tag));
      assert.deepEqual(open(key, nonce, aad, expected, cut), message);
    }
  });

  it('refuses every flipped bit of the tag, and of nonce, additional data and ciphertext', () => {
    const key = algorithm.create(bytes('11'.repeat(keyLength)));
    const nonce = bytes('22'.repeat(12));
    const aad = bytes('1703030015');
    const message = ascii('a message of 37 bytes, three blocks..');
    const sealed = seal(key, nonce, aad, message, whole);
    assert.deepEqual(open(key, nonce, aad, sealed, whole), message);
    const { ciphertext, tag } = sealed;
    for (let bit = 0; bit < 128; bit++) {
      assert.equal(open(key, nonce, aad, { ciphertext, tag: flipBit(tag, bit) }, whole), undefined, `tag bit ${bit}`);
    }
    for (let bit = 0; bit < ciphertext.length * 8; bit += 5) {
      const flipped = { ciphertext: flipBit(ciphertext, bit), tag };
      assert.equal(open(key, nonce, aad, flipped, whole), undefined, `ciphertext bit ${bit}`);
    }
    for (let bit = 0; bit < 96; bit += 5) {
      assert.equal(open(key, flipBit(nonce, bit), aad, sealed, whole), undefined, `nonce bit ${bit}`);
    }
    for (let bit = 0; bit < 40; bit++) {
      assert.equal(open(key, nonce, flipBit(aad, bit), sealed, whole), undefined, `additional data bit ${bit}`);
    }
    const shorter = { ciphertext: ciphertext.subarray(0, 36), tag };
    assert.equal(open(key, nonce, aad, shorter, whole), undefined, 'a byte less');
    assert.deepEqual(open(key, nonce, aad, sealed, whole), message, 'and after all these the right one again');
  });

  it('a message given up in the middle leaves nothing behind for the next', () => {
    const key = algorithm.create(bytes('33'.repeat(keyLength)));
    const nonce = bytes('44'.repeat(12));
    const message = ascii('some twenty-one bytes');
    const expected = seal(key, nonce, bytes('01'), message, whole);
    key.start(bytes('55'.repeat(12)), bytes('0203'), 2, 100);
    key.open(new Uint8Array(29), 0, 29);
    assert.deepEqual(seal(key, nonce, bytes('01'), message, everyByte), expected);
  });
}
