/** The parsers alone: against dns-packet, and against garbage, which may only be ignored or refused with ERR_NET_ codes. */
import assert from 'node:assert/strict';
import * as dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { formatAddress, parseAddress } from '../../src/w5500/address.js';
import { DhcpOption, DhcpType, dhcpMessage } from '../../src/w5500/dhcp-message.js';
import { type DnsQuestion, dnsQuestion } from '../../src/w5500/dns.js';
import { localMac } from '../../src/w5500/mac.js';
import { sntpQuestion } from '../../src/w5500/sntp.js';
import { seededRandom } from './harness.js';

const RUNS = { numRuns: 2000 };
const pattern16 = [...new Uint8Array(16)];

/** Calls `action`; a thrown error must be one of the network's. */
function onlyNetworkErrors<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    assert.match((error as { code?: string }).code ?? String(error), /^ERR_NET_/);
    return undefined;
  }
}

describe('DNS messages', () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 5 }).map(labels => labels.join('.'));
  const ip = fc.ipV4();

  function ask(host: string): { question: DnsQuestion; id: number } {
    const question = dnsQuestion(host);
    seededRandom(5)(question.query, question.randomAt, question.randomLength);
    return { question, id: (question.query[0]! << 8) | question.query[1]! };
  }

  function answer(host: string, id: number, flags: number, answers: dnsPacket.Answer[]): Uint8Array {
    return dnsPacket.encode({ type: 'response', id, flags, questions: [{ type: 'A', name: host }], answers });
  }

  it('questions are what dns-packet reads', () => {
    fc.assert(
      fc.property(name, host => {
        const decoded = dnsPacket.decode(Buffer.from(dnsQuestion(host).query));
        assert.equal(decoded.type, 'query');
        assert.deepEqual(
          decoded.questions?.map(({ name, type, class: c }) => ({ name, type, c })),
          [{ name: host, type: 'A', c: 'IN' }],
        );
        assert.equal(decoded.flags, dnsPacket.RECURSION_DESIRED);
      }),
      RUNS,
    );
  });

  it('addresses are found behind chains of CNAME, whatever their order and whatever else is there', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
        fc.array(ip, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        (names, ips, order) => {
          const last = names[names.length - 1]!;
          const answers: dnsPacket.Answer[] = ips.map(data => ({ type: 'A', name: last.toUpperCase(), data }));
          for (let i = 1; i < names.length; i++) answers.push({ type: 'CNAME', name: names[i - 1]!, data: names[i]! });
          answers.push({ type: 'TXT', name: names[0]!, data: 'text' }, { type: 'AAAA', name: last, data: '::1' });
          for (let i = answers.length - 1; i > 0; i--) {
            const j = order.next().value! % (i + 1);
            [answers[i], answers[j]] = [answers[j]!, answers[i]!];
          }
          const { question, id } = ask(names[0]!);
          const bytes = answer(names[0]!, id, 0, answers);
          assert.equal(question.accept(bytes, bytes.length, 0), true);
          const first = answers.find(({ type }) => type === 'A') as dnsPacket.StringAnswer;
          assert.equal(formatAddress(question.found!), first.data);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('compressed owners are skipped, and a chain without an address is an answer', () => {
    const { question, id } = ask('a.b');
    const head = [id >> 8, id & 255, 0x80, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0x61, 1, 0x62, 0, 0, 1, 0, 1];
    const tail = (type: number, data: number[]) => [0, type, 0, 1, 0, 0, 0, 9, 0, data.length, ...data];
    const accept = (...parts: number[][]) => {
      const bytes = Uint8Array.from(head.concat(...parts));
      question.found = undefined;
      return onlyNetworkErrors(() => question.accept(bytes, bytes.length, 0));
    };
    const address = tail(1, [10, 0, 0, 9]);
    assert.equal(accept([0xc0, 12], tail(5, [1, 0x63, 0xc0, 14]), [1, 0x63, 0xc0, 14], address), true);
    assert.equal(formatAddress(question.found!), '10.0.0.9');
    assert.equal(accept([0xc0, 12], tail(5, [0xc0, 12]), [1, 0x63, 0], tail(28, pattern16)), true);
    assert.equal(question.found, undefined);
    // Pointers to themselves lead nowhere, and one record less than announced is an error.
    assert.equal(accept([0xc0, head.length], address, []), true);
    assert.equal(accept([0xc0, head.length], tail(5, [0]), []), undefined);
    assert.equal(accept([0xc0], []), undefined);
  });

  it('answers to another id, another question, and requests are ignored; rcodes and TC are errors', () => {
    const { question, id } = ask('a.test');
    const a: dnsPacket.Answer[] = [{ type: 'A', name: 'a.test', data: '10.0.0.1' }];
    const accept = (bytes: Uint8Array) => question.accept(bytes, bytes.length, 0);
    assert.equal(accept(answer('a.test', id ^ 1, 0, a)), false);
    assert.equal(accept(answer('b.test', id, 0, a)), false);
    assert.equal(accept(dnsPacket.encode({ type: 'query', id, questions: [{ type: 'A', name: 'a.test' }] })), false);
    for (const flags of [2, 5, dnsPacket.TRUNCATED_RESPONSE]) {
      assert.throws(() => accept(answer('a.test', id, flags, a)), { code: 'ERR_NET_DNS_FAILED' });
    }
    assert.equal(question.found, undefined);
    assert.equal(accept(answer('a.test', id, 3, [])), true);
    assert.equal(question.found, undefined);
  });

  it('garbage, and answers with wrong bytes, are ignored or ERR_NET_DNS_FAILED, and nothing outside is read', () => {
    const { question, id } = ask('www.example.com');
    const good = answer('www.example.com', id, 0, [
      { type: 'CNAME', name: 'www.example.com', data: 'cdn.example.net' },
      { type: 'A', name: 'cdn.example.net', data: '192.0.2.1' },
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(good.length),
        (changes, length) => {
          const bytes = Uint8Array.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          onlyNetworkErrors(() => question.accept(bytes, length, 0));
        },
      ),
      RUNS,
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), tail => {
        const bytes = Uint8Array.from([...good.subarray(0, 33), ...tail]);
        onlyNetworkErrors(() => question.accept(bytes, bytes.length, 0));
      }),
      RUNS,
    );
  });
});

describe('DHCP messages', () => {
  const mac = localMac(new Uint8Array([9]));

  function messageIn(bytes: Uint8Array, hostname = 'board') {
    const message = dhcpMessage(bytes, mac, hostname);
    message.xid.set([1, 2, 3, 4]);
    return message;
  }

  /** The type that is read. */
  function parse(bytes: Uint8Array, length: number): number | undefined {
    return messageIn(bytes).parseReply(length);
  }

  function reply(options: number[]): Uint8Array {
    const bytes = new Uint8Array(300);
    bytes.set([2, 1, 6, 0, 1, 2, 3, 4]);
    bytes.set([10, 0, 0, 5], 16);
    bytes.set(mac, 28);
    bytes.set([99, 130, 83, 99, ...options], 236);
    return bytes;
  }

  const ack = [
    53, 1, 5, 54, 4, 10, 0, 0, 1, 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0, 3, 8, 10, 0, 0, 1, 10, 0, 0, 2,
  ];

  it('a REQUEST carries what RFC 2131 asks for', () => {
    const into = new Uint8Array(548);
    const message = messageIn(into);
    const length = message.encode(
      DhcpType.REQUEST,
      7,
      undefined,
      new Uint8Array([10, 0, 0, 5]),
      new Uint8Array([10, 0, 0, 1]),
    );
    assert.equal(length, 300);
    assert.equal(Buffer.from(into.subarray(0, 12)).toString('hex'), '010106000102030400078000');
    assert.equal(
      Buffer.from(into.subarray(236, 300))
        .toString('hex')
        .replace(/(00)+$/, ''),
      '63825363' +
        '350103' +
        '3d0701' +
        Buffer.from(mac).toString('hex') +
        '32040a000005' +
        '36040a000001' +
        '37070103062a333a3b' +
        '0c05' +
        Buffer.from('board').toString('hex') +
        'ff',
    );
  });

  it('the longest host name fits', () => {
    const into = new Uint8Array(548);
    const message = messageIn(into, 'x'.repeat(63));
    const length = message.encode(DhcpType.REQUEST, 0, undefined, message.xid, message.xid);
    assert.ok(length > 300 && length < 548 && into[length - 1] === 255);
  });

  it('an ACK is read; one option of a wrong length, another xid or MAC, and the whole is ignored', () => {
    const bytes = reply([...ack, 255]);
    const message = messageIn(bytes);
    assert.equal(message.parseReply(300), 5);
    assert.equal(message.addresses(DhcpOption.ROUTER).map(formatAddress).join(), '10.0.0.1,10.0.0.2');
    assert.equal(message.numberIn(DhcpOption.LEASE_TIME), 3600);
    for (const wrong of [[1, 3, 255, 255, 255], [3, 0], [6, 5, 1, 2, 3, 4, 5], [51, 2, 0, 0], [12, 250, 1], [54]]) {
      const options = [...ack, ...wrong];
      assert.equal(parse(reply(options), 240 + options.length), undefined, `option ${wrong}`);
    }
    for (const at of [0, 1, 2, 4, 7, 28, 33, 236, 239]) {
      const other = Uint8Array.from(bytes);
      other[at] = other[at]! ^ 0x40;
      assert.equal(parse(other, 300), undefined, `byte ${at}`);
    }
    for (let length = 0; length < 240; length++) assert.equal(parse(bytes, length), undefined);
  });

  it('garbage in the options is ignored, and nothing outside is read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), options => {
        const bytes = reply([...options]);
        const exact = bytes.slice(0, 240 + options.length);
        const message = messageIn(exact);
        if (message.parseReply(exact.length) === undefined) return;
        assert.ok(message.addresses(DhcpOption.DNS).every(address => address.length === 4));
      }),
      RUNS,
    );
  });
});

describe('SNTP messages', () => {
  it('only an echo of our random timestamp counts, and garbage is ignored or refused', () => {
    const question = sntpQuestion();
    seededRandom(3)(question.query, question.randomAt, question.randomLength);
    const request = question.query;
    assert.equal(Buffer.from(request.subarray(0, 40)).toString('hex'), '23' + '00'.repeat(39));
    assert.equal(request.length, 48);
    const good = new Uint8Array(48);
    good.set([0x24, 1]);
    good.set(request.subarray(40, 48), 24);
    good.set([0xec, 0, 0, 0, 0x80, 0, 0, 0], 40);
    assert.equal(question.accept(good, 48, 500), true);
    assert.equal(question.time, 0xec000000 - 2208988800 + 0.5 + 0.25);
    assert.equal(question.accept(good, 47, 0), false);
    for (const [at, value, outcome] of [
      [0, 0x23, false],
      [0, 0xe4, 'ERR_NET_TIME_FAILED'],
      [0, 0x0c, 'ERR_NET_TIME_FAILED'],
      [1, 0, 'ERR_NET_TIME_FAILED'],
      [1, 16, 'ERR_NET_TIME_FAILED'],
      [31, good[31]! ^ 1, false],
      [40, 0xd0, 'ERR_NET_TIME_FAILED'],
    ] as const) {
      const bytes = Uint8Array.from(good);
      bytes[at] = value;
      if (outcome === false) assert.equal(question.accept(bytes, 48, 0), false, `byte ${at}`);
      else assert.throws(() => question.accept(bytes, 48, 0), { code: outcome }, `byte ${at}`);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        onlyNetworkErrors(() => question.accept(bytes, bytes.length, 0));
      }),
      RUNS,
    );
  });
});

describe('Addresses', () => {
  it('dotted addresses survive; everything else is a name', () => {
    fc.assert(
      fc.property(fc.ipV4(), text => {
        assert.equal(formatAddress(parseAddress(text)!), text);
      }),
    );
    for (const text of [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.',
      '.1.2.3',
      '1..2.3',
      '1.2.3.4 ',
      '0x1.2.3.4',
      '1.2.3.0004',
      '1.2.3.04',
      '1.2.3.4e0',
    ]) {
      assert.equal(parseAddress(text), undefined, text);
    }
  });

  it('MAC addresses are local, unicast, and differ with one bit of the id', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const mac = localMac(new Uint8Array([0x12, 0x34, i >> 8, i]));
      assert.equal(mac[0]! & 3, 2);
      seen.add(Buffer.from(mac).toString('hex'));
    }
    assert.equal(seen.size, 5000);
  });
});
