/** hil/protocol: whatever a line does to the bytes, the frames that come out are frames that were sent. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FrameDecoder } from '../../hil/protocol/decoder.js';
import {
  crc32,
  decodeFrame,
  encodeCommand,
  encodeFrame,
  type Frame,
  LONGEST_COMMAND,
} from '../../hil/protocol/frame.js';
import { noise } from '../../hil/sim/noise.js';
import { SEED } from '../seed.js';

const frame = (number: number, text = 'x'): Frame => ({ run: 'a1b2', number, kind: 'log', payload: [text] });

function decoded(bytes: string | Uint8Array): { frames: Frame[]; texts: string[] } {
  const frames: Frame[] = [];
  const texts: string[] = [];
  const decoder = new FrameDecoder({ frame: one => frames.push(one), text: line => texts.push(line) });
  decoder.push(bytes);
  decoder.flush();
  return { frames, texts };
}

describe('hil: frames', () => {
  it('CRC-32 is IEEE', () => assert.equal(crc32('123456789'), 'cbf43926'));

  it('a frame of any text comes back, is printable ASCII and holds no second mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(1e9 - 1), (text, number) => {
        const line = encodeFrame(frame(number, text));
        assert.match(line, /^#[ -"$-~]*$/);
        assert.deepEqual(decoded(line + '\n'), { frames: [frame(number, text)], texts: [] });
      }),
    );
  });

  it('no frame survives one changed character', () => {
    const line = encodeFrame(frame(7, 'abc')).slice('#hil '.length);
    for (let at = 0; at < line.length; at++) {
      for (let code = 32; code < 127; code++) {
        const changed = line.slice(0, at) + String.fromCharCode(code) + line.slice(at + 1);
        if (changed !== line) assert.equal(decodeFrame(changed), undefined, changed);
      }
    }
  });

  it('fakes are text: no CRC, a wrong one, the right one over something else, an unknown kind', () => {
    const real = encodeFrame(frame(3));
    const body = 'a1b2 4 passed [1]';
    for (const fake of [
      '#hil a1b2 3 done [1,1,"",0,0]',
      '#hil a1b2 3 done [1,1,"",0,0] 00000000',
      real.replace('a1b2', 'a1b3'),
      real.replace('"x"', '"y"'),
      `#hil ${body} ${crc32(body)}`,
      '#hil #hil #hil ',
    ]) {
      const { frames, texts } = decoded(`${fake}\r\n${real}\r\n`);
      assert.deepEqual(frames, [frame(3)], fake);
      assert.deepEqual(texts, [fake.trim()]);
    }
  });

  it('prompts, colours, Kaluma’s cursor query, XON, XOFF, NUL and echoes around a frame do no harm', () => {
    const real = encodeFrame(frame(3));
    const flow = real.replace(/(.{5})/g, '$1\x11').replace(/(.{7})/g, '$1\x13');
    for (const line of [
      `\x1b[2K\r\x1b[0m${real}\r\n`,
      `\x1b[0m\r\x1b7> \x1b[H\x1b[900C\x1b[6n\x1b8\x1b[2C${real}\r`,
      `\r>${real}\n>`,
      `\0${real}\0\n`,
      `${flow}\n`,
      `\x1b[${real}\n`,
      `\x1b[33m${real}\x1b[0m\n`,
    ]) {
      assert.deepEqual(decoded(line).frames, [frame(3)], JSON.stringify(line));
    }
    assert.deepEqual(decoded(`\r>${real}\n>`).texts, ['>', '>']);
  });

  it('two frames on one line are both found, in whatever pieces they come', () => {
    const bytes = encodeFrame(frame(1)) + encodeFrame(frame(2)) + '\n';
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), cuts => {
        const frames: Frame[] = [];
        const decoder = new FrameDecoder({ frame: one => frames.push(one), text: line => assert.fail(line) });
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (let i = 1; i < at.length; i++) decoder.push(bytes.slice(at[i - 1], at[i]));
        assert.deepEqual(frames, [frame(1), frame(2)]);
      }),
    );
  });

  it('a line without an end is text of a bounded length', () => {
    const { frames, texts } = decoded('x'.repeat(10000) + '\n' + encodeFrame(frame(1)) + '\n');
    assert.deepEqual(frames, [frame(1)]);
    assert.deepEqual(
      texts.map(text => text.length),
      [4096, 4096, 1808],
    );
  });

  for (const rate of [0.0005, 0.005, 0.05]) {
    it(`${rate * 100} % of the bytes damaged: frames are lost, none is wrong`, () => {
      const count = 4000;
      const sent = Array.from({ length: count }, (_, i) => frame(i, `number ${i}`));
      const bytes = Buffer.from(sent.map(one => encodeFrame(one) + '\r\n').join(''));
      const { frames } = decoded(noise(rate, SEED)(bytes));
      for (const one of frames) assert.deepEqual(one, sent[one.number]);
      assert.ok(
        frames.length < count && frames.length > count * (1 - rate) ** 60 * 0.8,
        `${frames.length} of ${count}`,
      );
    });
  }
});

describe('hil: commands', () => {
  it('are an expression that gives back what was put in, with its CRC-32', () => {
    const json = JSON.stringify({ host: 'tls.test', note: 'quotes " and \\, é, #, 😀' });
    let given = '';
    new Function('hil', encodeCommand('a1b2', 7, `set tls ${json}`))({ x: (text: string) => (given = text) });
    assert.equal(given.slice(0, 8), crc32(given.slice(9)));
    const words = given.slice(9).split(' ');
    assert.deepEqual(words.slice(0, 4), ['a1b2', '7', 'set', 'tls']);
    assert.deepEqual(JSON.parse(words.slice(4).join(' ')), JSON.parse(json));
    assert.match(given, /^[ -~]*$/);
  });

  it(`are not longer than ${LONGEST_COMMAND} characters`, () => {
    assert.throws(() => encodeCommand('a1b2', 7, 'x'.repeat(LONGEST_COMMAND)), RangeError);
  });
});
