/** Espruino's packets: what is sent, and what is found in what comes back. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  encodePacket,
  encodeTextPacket,
  isTreacherous,
  PacketParser,
  PacketType,
  unquote,
} from '../../hil/engines/espruino-packets.js';
import { reply } from './fake-espruino.js';

interface Heard {
  text: string;
  answers: string[];
}

function listen(expecting = true): { parser: PacketParser; heard: Heard } {
  const heard: Heard = { text: '', answers: [] };
  const parser = new PacketParser({
    text: text => {
      heard.text += text;
    },
    acknowledged: () => heard.answers.push('ACK'),
    refused: () => heard.answers.push('NAK'),
    packet: (type, data) => heard.answers.push(`${type.toString(16)}:${Buffer.from(data).toString('latin1')}`),
  });
  parser.expecting = expecting;
  return { parser, heard };
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('espruino packets', () => {
  it('a packet has its type and length in two bytes', () => {
    assert.deepEqual([...encodePacket(PacketType.DATA, latin1('abc'))], [0x10, 0x01, 0x80, 0x03, 0x61, 0x62, 0x63]);
    assert.equal(encodePacket(PacketType.EVAL, new Uint8Array(8191))[2], 0x3f);
    assert.throws(() => encodePacket(PacketType.EVAL, new Uint8Array(8192)), RangeError);
  });

  it('no length of a text is a byte that interrupts, ends or stops the board', () => {
    for (let length = 0; length < 1100; length++) {
      const packet = encodeTextPacket(PacketType.EVAL, 'x'.repeat(length));
      assert.ok(!packet.subarray(2).some(isTreacherous), `length ${length}`);
      assert.equal(Buffer.from(packet).toString('latin1', 4).trimEnd(), 'x'.repeat(length));
    }
  });

  it('answers are found in any partition, among any text, with line feeds doubled by the board', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in it
    const printable = fc.string().map(text => text.replace(/[\x06\x10\x15]/g, ''));
    const payload = fc.uint8Array({ maxLength: 60 }).map(bytes =>
      Buffer.from(bytes)
        .toString('latin1')
        // An answer of JavaScript never ends so, and a file's DATA packet is always followed by another one.
        .replace(/\r$/, ''),
    );
    fc.assert(
      fc.property(printable, payload, printable, fc.integer({ min: 1, max: 9 }), (before, data, after, cut) => {
        const { parser, heard } = listen();
        const stream = latin1(`${before}\x06${reply(PacketType.RESPONSE, data)}${after}`);
        for (let at = 0; at < stream.length; at += cut) parser.feed(stream.subarray(at, at + cut));
        assert.deepEqual(heard.answers, ['ACK', `0:${data}`]);
        assert.equal(heard.text, latin1(before + after).toString('latin1'));
      }),
    );
  });

  it('a file whose pieces end in the middle of CR LF is the same afterwards', () => {
    const { parser, heard } = listen();
    const pieces = ['a\r', '\nb\n', '\r', '\r\n\r', ''];
    parser.feed(latin1('\x06' + pieces.map(piece => reply(PacketType.DATA, piece)).join('')));
    assert.deepEqual(heard.answers, ['ACK', ...pieces.map(piece => `8000:${piece}`)]);
  });

  it('nothing is an answer while none is expected', () => {
    const { parser, heard } = listen(false);
    parser.feed(latin1('\x06\x15\x10\x01\x00\x01xyz'));
    assert.deepEqual(heard, { text: '\x06\x15\x10\x01\x00\x01xyz', answers: [] });
  });

  it('a DLE that begins no packet is text', () => {
    const { parser, heard } = listen();
    parser.feed(latin1('a\x10b\x10\x06'));
    assert.deepEqual(heard, { text: 'a\x10b\x10', answers: ['ACK'] });
  });

  it('a packet that never ends is forgotten with the exchange', () => {
    const { parser, heard } = listen();
    parser.feed(latin1('\x06\x10\x01\x1f\xffabc'));
    parser.abandon();
    parser.feed(latin1('Espruino'));
    assert.deepEqual(heard, { text: 'Espruino', answers: ['ACK'] });
  });

  it('strings as E.toJS writes them', () => {
    assert.equal(unquote('"a\\3\\n\\\\\\"\\0z\\xFF\\x1B"'), 'a\x03\n\\"\0z\xff\x1b');
    assert.equal(unquote('""'), '');
  });
});
