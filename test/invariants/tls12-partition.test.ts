/** L3 3a with TLS 1.2: however the server's bytes are cut up, the same events, the same bytes. The connection is the recorded one that runs inside the engines. */
import assert from 'node:assert/strict';
import { TLS12_CONNECTION } from '../engines/recording.js';
import { replayer } from '../engines/replay.js';
import { forSeeds } from './scripts.js';

describe('any partition of what a server of TLS 1.2 sends', function () {
  this.timeout(120000);
  const { fromServer, play } = replayer(TLS12_CONNECTION);

  /** Cut behind these bytes. */
  function same(...cuts: number[]): void {
    const next = (fed: number) => (cuts.find(cut => cut > fed) ?? Infinity) - fed;
    assert.equal(play(next, -1), '', `cut at ${cuts}`);
  }

  it('3a: all in one, and byte by byte', () => {
    same();
    assert.equal(
      play(() => 1, -1),
      '',
    );
  });

  it('3a: every cut, and every two cuts, of the first 64 bytes', () => {
    for (let first = 1; first <= 64; first++) {
      same(first);
      for (let second = first + 1; second <= 64; second++) same(first, second);
    }
  });

  it('3a: every cut', () => {
    for (let cut = 1; cut < fromServer.length; cut++) same(cut);
  });

  it('3a: 3000 random partitions', async () => {
    await forSeeds(3000, random => {
      const largest = 2 ** (3 + Math.floor(random() * 9));
      assert.equal(
        play(() => 1 + Math.floor(random() ** 2 * largest), -1),
        '',
      );
    });
  });

  it('a changed byte of any protected record is refused, and nothing of it delivered', () => {
    const protectedFrom = Buffer.from(fromServer).indexOf(Buffer.from([20, 3, 3, 0, 1, 1])) + 6;
    assert.ok(protectedFrom > 6);
    for (let at = protectedFrom + 5; at < fromServer.length; at++) {
      let outcome: string;
      try {
        outcome = play(() => 100000, at);
      } catch (error) {
        outcome = (error as { code: string }).code;
      }
      // In a header's length it may be the wait for bytes that never come.
      assert.ok(/^(ERR_TLS_|other|stalled)/.test(outcome), `byte ${at}: ${outcome}`);
    }
  });
});
