/** What session stores keep, in what room, and what is left of it when the power is cut. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { flashSessions } from '../../boards/flash-sessions.js';
import { memorySessions } from '../../src/socket/memory-sessions.js';
import type { SessionStore } from '../../src/socket/options.js';
import '../seed.js';

const session = (n: number, length = 100) => new Uint8Array(length).fill(n).fill(1, 0, 1);

function flash(
  files: Uint8Array[],
  count = 3,
  save = (index: number, file: Uint8Array) => void (files[index] = file.slice()),
) {
  return flashSessions(count, index => files[index] ?? new Uint8Array(0), save);
}

const stores: Record<string, () => SessionStore> = {
  'in memory': () => memorySessions(1000),
  'in flash': () => flash([]),
};

for (const [name, make] of Object.entries(stores)) {
  describe(`a session store ${name}`, () => {
    it('gives out what was saved, once', () => {
      const store = make();
      assert.equal(store.load('a:1'), undefined);
      store.save('a:1', session(7));
      assert.equal(store.load('a:2'), undefined);
      assert.equal(store.load('aa:1'), undefined);
      assert.deepEqual(store.load('a:1'), session(7));
      assert.equal(store.load('a:1'), undefined);
    });

    it('gives out once more what was given back', () => {
      const store = make();
      store.save('a:1', session(7));
      const lent = store.load('a:1')!;
      store.save('a:1', lent);
      assert.deepEqual(store.load('a:1'), session(7));
    });

    it('prefers the newest', () => {
      const store = make();
      for (const n of [5, 6, 7]) store.save('a:1', session(n));
      assert.deepEqual(store.load('a:1'), session(7));
    });

    it('keeps a copy', () => {
      const store = make();
      const mine = session(7);
      store.save('a:1', mine);
      mine.fill(0);
      assert.deepEqual(store.load('a:1'), session(7));
    });

    it('removes what is used, and wipes it', () => {
      const store = make();
      store.save('a:1', session(7));
      const used = store.load('a:1')!;
      store.remove('a:1', used);
      assert.ok(used.every(byte => byte === 0));
      assert.equal(store.load('a:1'), undefined);
    });

    it('removes all of one server', () => {
      const store = make();
      store.save('a:1', session(6));
      store.save('b:1', session(8));
      store.save('a:1', session(7));
      store.remove('a:1');
      assert.equal(store.load('a:1'), undefined);
      assert.deepEqual(store.load('b:1'), session(8));
    });

    it('has room for so much: the oldest give way', () => {
      const store = make();
      for (let n = 2; n < 30; n++) store.save(`s${n}:1`, session(n));
      const left = Array.from({ length: 30 }, (_, n) => store.load(`s${n}:1`)).filter(found => found).length;
      assert.ok(left === (name === 'in flash' ? 3 : 10), `${left}`);
      store.save('a:1', session(3, 5000));
      assert.equal(store.load('a:1'), undefined);
    });
  });
}

describe('sessions in flash', () => {
  it('outlive a reset', () => {
    const files: Uint8Array[] = [];
    flash(files).save('a:1', session(7));
    const after = flash(files);
    assert.deepEqual(after.load('a:1'), session(7));
    assert.deepEqual(flash(files).load('a:1'), session(7), 'given out, and the power cut before it was used');
    after.remove('a:1', session(7));
    assert.equal(flash(files).load('a:1'), undefined);
  });

  it('are written once a ticket, and not to be given back', () => {
    const files: Uint8Array[] = [];
    let writes = 0;
    const store = flash(files, 3, (index, file) => {
      writes++;
      files[index] = file.slice();
    });
    store.save('a:1', session(7));
    store.save('a:1', store.load('a:1')!);
    assert.equal(writes, 1);
  });

  it('torn files are none', () => {
    const files: Uint8Array[] = [];
    flash(files).save('a:1', session(7));
    const whole = files[0] ?? files[2];
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.boolean(), (at, erased) => {
        const torn = erased ? whole.slice().fill(0xff, at) : whole.slice(0, at);
        assert.equal(flash([torn]).load('a:1'), undefined);
      }),
    );
  });

  it('any bytes do no harm, and give way', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 3, maxLength: 3 }), files => {
        const store = flash(files);
        assert.equal(store.load('a:1'), undefined);
        store.save('a:1', session(7));
        assert.deepEqual(store.load('a:1'), session(7));
      }),
    );
  });

  it('of another format are none', () => {
    const files: Uint8Array[] = [];
    flash(files).save('a:1', session(7).fill(2, 0, 1));
    assert.equal(flash(files).load('a:1'), undefined);
  });

  it('a file system that fails is one without sessions', () => {
    const failing = flashSessions(
      2,
      () => assert.fail('no file'),
      () => assert.fail('no room'),
    );
    failing.save('a:1', session(7));
    failing.remove('a:1');
    assert.equal(failing.load('a:1'), undefined);
  });
});
