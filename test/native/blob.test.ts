/** The blob of firmware-glue/thumb: its format, what it was built of, and what the emulated core that tests it refuses. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ascii, bytes, digest } from '../crypto/symmetric-providers.js';
import { skip } from '../skip.js';
import { core, nativeSymmetric, symmetricOf } from './native-provider.js';
import { BLOB, ThumbCore } from './thumb-core.js';

const MOST_BYTES = 24576;
const STACK_LIMIT = 1024;

interface Builder {
  RECORD: string;
  build(): { blob: Uint8Array };
  compilerVersion(): string;
  entryNames(): string[];
  inputsHash(): string;
  missingCompiler(): string | undefined;
}

describe('native: the blob', () => {
  const blob = readFileSync(BLOB);
  let builder: Builder;
  let record: { inputs: string; compiler: string; sha256: string; length: number };

  before(async () => {
    builder = (await import(new URL('../../../tools/thumb.mjs', import.meta.url).href)) as Builder;
    record = JSON.parse(readFileSync(builder.RECORD, 'utf8'));
  });

  it('has the header that firmware-glue/thumb/README.md describes', () => {
    assert.equal(blob.toString('latin1', 0, 4), 'RLTH');
    assert.equal(blob.readUInt16LE(4), 2);
    assert.equal(blob.readUInt16LE(6), builder.entryNames().length);
    assert.equal(blob.readUInt32LE(8), blob.length);
    assert.equal(blob.length % 4, 0);
    assert.equal(blob.readUInt32LE(12), crc32(blob.subarray(16)));
    assert.ok(blob.length <= MOST_BYTES, `${blob.length} bytes`);
    builder.entryNames().forEach((name, i) => {
      const offset = blob.readUInt32LE(16 + 4 * i);
      assert.ok(offset === 0 || (offset % 2 === 1 && offset < blob.length), `${name} at ${offset}`);
    });
  });

  it('was built of the sources that are here', () => {
    assert.equal(createHash('sha256').update(blob).digest('hex'), record.sha256);
    assert.equal(record.inputs, builder.inputsHash(), 'the C, the script or entries.txt have changed: npm run thumb');
  });

  it('comes out the same when it is built again', function () {
    const missing = builder.missingCompiler();
    if (missing) skip(this, missing);
    this.timeout(60000);
    const compiler = builder.compilerVersion();
    const same = Buffer.from(builder.build().blob).equals(blob);
    if (!same && compiler !== record.compiler) {
      skip(this, `another compiler gives other bytes: here ${compiler}, built with ${record.compiler}`);
    }
    assert.ok(same, `the same compiler (${compiler}) and the same sources give other bytes`);
  });
});

describe('native: what the machine code may touch', () => {
  it(`takes less than ${STACK_LIMIT} bytes of stack in every entry`, () => {
    for (const hash of nativeSymmetric.hashes) {
      const message = new Uint8Array(300);
      const hmac = hash.createHmac(message.subarray(0, 128));
      hmac.update(message, 0, 300);
      digest(hmac, hash.digestLength);
      hash.hmac!(message.subarray(0, 128), message.subarray(0, 128));
    }
    for (const algorithm of nativeSymmetric.aeads) {
      const aead = algorithm.create(new Uint8Array(algorithm.keyLength));
      const record = new Uint8Array(400);
      aead.start(new Uint8Array(12), record, 30, 333);
      aead.seal(record, 0, 333);
      aead.tag(record, 340);
    }
    const told = core.costs.map(({ stackBytes }, entry) => `${entry}: ${stackBytes}`);
    console.log(`      bytes of stack by entry: ${told.filter(text => text).join(', ')}`);
    core.costs.forEach(({ stackBytes }, entry) => {
      assert.ok(stackBytes < STACK_LIMIT, `entry ${entry}: ${stackBytes}`);
    });
  });

  it('leaves nothing of a key in its context after wipe', () => {
    for (const algorithm of nativeSymmetric.aeads) {
      const aead = algorithm.create(new Uint8Array(algorithm.keyLength).fill(7));
      aead.start(new Uint8Array(12), new Uint8Array(5), 5, 10);
      const { context } = aead as unknown as { context: Uint8Array };
      assert.ok(context.some(byte => byte !== 0));
      aead.wipe();
      assert.ok(context.every(byte => byte === 0));
    }
  });

  it('works on arrays that are not in one piece, as long as its own workspaces are', () => {
    const scattered = new ThumbCore();
    const lengths = new Set([256, 272, 180 + 32, 180 + 352, 180 + 480]);
    scattered.isFlat = array => lengths.has(array.buffer.byteLength);
    const provider = symmetricOf(scattered);
    const message = ascii('0123456789abcdef'.repeat(30) + 'end');
    nativeSymmetric.hashes.forEach((hash, i) => {
      const hashed = [hash, provider.hashes[i]!].map(algorithm => {
        const hmac = algorithm.createHmac(message.slice(0, 200));
        hmac.update(message, 1, message.length - 1);
        return digest(hmac, algorithm.digestLength);
      });
      assert.equal(hashed[0], hashed[1]);
      const [key, text] = [message.slice(0, 48), message.slice(0, 100)];
      const [whole, pieces] = [hash, provider.hashes[i]!].map(algorithm => algorithm.hmac!(key, text));
      assert.deepEqual(pieces, whole);
    });
    nativeSymmetric.aeads.forEach((aead, i) => {
      const sealed = [aead, provider.aeads[i]!].map(algorithm => {
        const key = algorithm.create(message.slice(0, algorithm.keyLength));
        const record = new Uint8Array(message.length + 19);
        record.set(message, 3);
        key.start(message.slice(0, 12), message, 33, message.length);
        key.seal(record, 3, message.length);
        key.tag(record, 3 + message.length);
        return record;
      });
      assert.deepEqual(sealed[0], sealed[1]);
      const key = provider.aeads[i]!.create(message.slice(0, aead.keyLength));
      key.start(message.slice(0, 12), message, 33, message.length);
      key.open(sealed[1]!, 3, message.length);
      assert.equal(key.verify(sealed[1]!, 3 + message.length), true);
      assert.deepEqual(sealed[1]!.slice(3, 3 + message.length), message);
    });
  });

  it('ERR_NATIVE_MEMORY says what is missing when a workspace is not in one piece', () => {
    const none = new ThumbCore();
    none.isFlat = () => false;
    assert.throws(() => symmetricOf(none).hashes[0]!.create(), { code: 'ERR_NATIVE_MEMORY', message: /272 bytes/ });
  });
});

describe('native: the core that tests the blob', () => {
  /** A blob with one entry of these instructions. */
  function coreOf(instructions: string): ThumbCore {
    const code = bytes(instructions);
    const blob = Buffer.alloc(20 + code.length);
    blob.writeUInt16LE(1, 6);
    blob.writeUInt32LE(21, 16);
    blob.set(code, 20);
    return new ThumbCore(blob);
  }
  const LOAD_WORD = '00687047'; // ldr r0, [r0]; bx lr
  const STORE_BYTE = '00707047'; // strb r0, [r0]; bx lr
  const array = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);

  it('reads a word of an array, refuses one that is not aligned, and one beyond its end', () => {
    const strict = coreOf(LOAD_WORD);
    strict.isFlat = () => true;
    const address = strict.addressOf(array);
    assert.equal(strict.call(0, address + 4, 0, 0, 0), 0x08070605);
    assert.throws(() => strict.call(0, address + 2, 0, 0, 0), /unaligned access to 4 bytes/);
    assert.throws(() => strict.call(0, address + 8, 0, 0, 0), /where nothing is/);
  });

  it('keeps the address of an array while others of the same call get theirs, however many there were', () => {
    const [strict, kept] = [new ThumbCore(), new Uint8Array(32)];
    strict.addressOf(kept);
    for (let i = 0; i < 5000; i++) {
      const address = strict.addressOf(kept);
      assert.notEqual(strict.addressOf(new Uint8Array(32)), address, `after ${i} arrays`);
    }
  });

  it('refuses a write into the blob, and code that does not restore a register of its caller', () => {
    assert.throws(() => coreOf(STORE_BYTE).call(0, 0x10000110, 0, 0, 0), /a write of 1 bytes/);
    assert.throws(() => coreOf('00247047').call(0, 0, 0, 0, 0), /r4/); // movs r4, #0; bx lr
  });
});
