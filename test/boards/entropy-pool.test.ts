/** The entropy pool of boards: no state twice, whatever flash does; what counts; refusal below 128 bits. */
import assert from 'node:assert/strict';
import { type EntropyPool, entropyPool } from '../../boards/entropy-pool.js';
import { seedFile } from '../../hil/session/provision.js';
import { sha256 } from '../../src/crypto/sha256.js';

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);

class Flash {
  readonly files: (Uint8Array | undefined)[] = [undefined, undefined];
  saves = 0;
  /** Called before a file is replaced; may throw, or change what is stored. */
  onSave: (copy: number, file: Uint8Array) => Uint8Array | undefined = (_copy, file) => file;

  copy(): Flash {
    const flash = new Flash();
    this.files.forEach((file, copy) => {
      flash.files[copy] = file?.slice();
    });
    return flash;
  }
}

/** A boot of the emulated board: its hardware gives the same readings at the same times each time. */
function boot(flash: Flash, id = 'board 1'): EntropyPool {
  let time = 0;
  return entropyPool({
    sha256,
    id: Buffer.from(id),
    reading: () => 0x12345678,
    stamp: () => {
      time += 100;
      return time;
    },
    load: copy => flash.files[copy] ?? new Uint8Array(0),
    save: (copy, file) => {
      flash.saves++;
      const stored = flash.onSave(copy, file);
      if (stored) flash.files[copy] = stored.slice();
    },
  });
}

function provisioned(): Flash {
  const flash = new Flash();
  assert.equal(boot(flash).seed(SEED), 256);
  return flash;
}

function draw(source: EntropyPool['random'], length = 32): string {
  const bytes = new Uint8Array(length + 2);
  source(bytes, 1, length);
  assert.deepEqual([bytes[0], bytes[length + 1]], [0, 0], 'outside of what was asked for');
  return Buffer.from(bytes.subarray(1, length + 1)).toString('hex');
}

const refused = { code: 'ERR_NO_ENTROPY' };

describe('boards: the entropy pool', () => {
  it('gives something else at every boot, though the hardware gives the same', () => {
    const flash = provisioned();
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const { random, ports } = boot(flash);
      seen.add(draw(random)).add(draw(random)).add(draw(ports));
    }
    assert.equal(seen.size, 150);
  });

  it('begins from no state twice, wherever the power is cut', () => {
    const begin = provisioned();
    const seen = new Map<string, string>();
    for (let cut = 0; cut < 4; cut++) {
      for (const bytes of [0, 1, 31, 32, 33, 63, 64]) {
        const flash = begin.copy();
        // The power goes with the save number `cut`, of which so many bytes are written.
        flash.onSave = (_copy, file) => {
          if (flash.saves < cut + 1) return file;
          flash.onSave = () => undefined;
          const torn = new Uint8Array(64).fill(255);
          torn.set(file.subarray(0, bytes));
          return torn;
        };
        const before = boot(flash);
        let drawn: string | undefined;
        try {
          drawn = draw(before.random);
        } catch (error) {
          assert.equal((error as { code: string }).code, 'ERR_NO_ENTROPY');
        }
        // And comes back.
        flash.onSave = (_copy, file) => file;
        const after = draw(boot(flash).random);
        assert.notEqual(after, drawn, `cut ${cut} behind ${bytes}`);
        if (drawn !== undefined) seen.set(drawn, 'before');
        assert.ok(!seen.has(after), `cut ${cut} behind ${bytes}`);
      }
    }
  });

  it('replaces the seed before anything is drawn, twice a boot and no more', () => {
    const flash = provisioned();
    const old = flash.files.map(file => Buffer.from(file!).toString('hex'));
    flash.saves = 0;
    let filesWhenDrawn: string[] = [];
    const pool = boot(flash);
    draw((into, offset, length) => {
      pool.ports(into, offset, 1);
      filesWhenDrawn = flash.files.map(file => Buffer.from(file!).toString('hex'));
      pool.random(into, offset, length);
    });
    assert.notEqual(filesWhenDrawn[0], old[0]);
    assert.equal(filesWhenDrawn[1], filesWhenDrawn[0]);
    for (let i = 0; i < 100; i++) draw(pool.random, 100);
    assert.equal(flash.saves, 2);
  });

  it('does not hand out what it keeps', () => {
    const flash = provisioned();
    const drawn = draw(boot(flash).random, 4096);
    assert.ok(!drawn.includes(Buffer.from(flash.files[0]!.subarray(0, 16)).toString('hex')));
  });

  it('takes the seed file that the runner writes', () => {
    const flash = new Flash();
    flash.files[0] = seedFile(SEED);
    draw(boot(flash).random);
  });

  it('copies of one flash on two boards draw differently', () => {
    const flash = provisioned();
    assert.notEqual(draw(boot(flash.copy(), 'board 1').random), draw(boot(flash.copy(), 'board 2').random));
  });

  it('every reading, stamp and seed counts for what is drawn', () => {
    const source = (reading: number, stamp: number, seed: number) => {
      const pool = entropyPool({
        sha256,
        id: new Uint8Array(0),
        reading: () => reading,
        stamp: () => stamp,
        load: () => new Uint8Array(0),
        save: () => {},
      });
      pool.seed(Uint8Array.of(seed));
      return draw(pool.ports);
    };
    const drawn = [
      source(1, 1, 1),
      source(2 ** 31, 1, 1),
      source(1, 1.5e15, 1),
      source(1, 1.5e15 + 256, 1),
      source(1, 1, 2),
    ];
    assert.equal(new Set(drawn).size, 5);
  });

  describe('refuses', () => {
    it('to draw for keys without a seed, and says what to do', () => {
      const flash = new Flash();
      const pool = boot(flash);
      assert.throws(() => draw(pool.random), {
        ...refused,
        message: /^0 bits of entropy: call board\.seed\(32 random bytes\)/,
      });
      assert.equal(flash.saves, 0, 'nothing worth keeping');
      draw(pool.ports);
      assert.throws(() => draw(pool.random), refused);
      pool.seed(SEED);
      draw(pool.random);
      draw(boot(flash).random);
    });

    it('15 bytes, takes 16, in one or more pieces', () => {
      const flash = new Flash();
      const pool = boot(flash);
      assert.equal(pool.seed(SEED.subarray(0, 8)), 64);
      assert.equal(pool.seed(SEED.subarray(8, 15)), 120);
      assert.throws(() => draw(pool.random), { ...refused, message: /^120 bits/ });
      assert.equal(pool.seed(SEED.subarray(15, 16)), 128);
      draw(pool.random);
      // What was not enough is not kept; what was, is.
      assert.ok(flash.files[0]);
    });

    it('a seed file of another length, erased, or with any bit changed, if it is so in both copies', () => {
      const good = provisioned();
      const wrong: [string, (file: Uint8Array) => Uint8Array][] = [
        ['empty', () => new Uint8Array(0)],
        ['erased', () => new Uint8Array(64).fill(255)],
        ['zero', () => new Uint8Array(64)],
        ['short', file => file.subarray(0, 63)],
        ['long', file => Uint8Array.of(...file, 0)],
      ];
      for (let bit = 0; bit < 512; bit++) {
        wrong.push([
          `bit ${bit}`,
          file => {
            const flipped = file.slice();
            flipped[bit >> 3]! ^= 1 << (bit & 7);
            return flipped;
          },
        ]);
      }
      for (const [name, spoil] of wrong) {
        const flash = good.copy();
        flash.files[0] = spoil(flash.files[0]!);
        draw(boot(flash.copy()).random);
        flash.files[1] = spoil(flash.files[1]!);
        assert.throws(() => draw(boot(flash).random), refused, name);
      }
    });

    it('when flash is full, or does not keep what is written, and draws again once it does', () => {
      const failures: [string, Flash['onSave']][] = [
        ['throws', () => assert.fail('Unable to find or create file')],
        ['does nothing', () => undefined],
        ['keeps half', (_copy, file) => file.subarray(0, 32)],
        ['only the second copy fails', (copy, file) => (copy === 0 ? file : undefined)],
      ];
      for (const [name, onSave] of failures) {
        const flash = provisioned();
        flash.onSave = onSave;
        const pool = boot(flash);
        assert.throws(() => draw(pool.random), { ...refused, message: /flash/ }, name);
        assert.equal(pool.seed(SEED), 0);
        assert.throws(() => draw(pool.random), refused, name);
        flash.onSave = (_copy, file) => file;
        if (flash.files.some(file => file?.length === 64)) draw(boot(flash).random);
      }
    });
  });
});
