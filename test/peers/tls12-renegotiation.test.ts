/** TLS 1.2: HelloRequest (RFC 5246 §7.4.1.1, RFC 5746), refused and allowed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { authority, leaf } from './identities.js';
import { recordsOf } from './records.js';
import { extension, vector } from './steps.js';
import { assertOpen, assertRefused12, exchange12 } from './tls12-exchange.js';
import {
  certificate12,
  changeCipherSpec12,
  data12,
  helloRequest12,
  RENEGOTIATION_INFO,
  type Step12,
  serverEnd12,
  serverFlight12,
  serverHello12,
  serverKeyExchange12,
  step12,
  type Tls12ServerOptions,
  with12,
} from './tls12-server.js';

describe('TLS 1.2 renegotiation', () => {
  it('5c: refused by default: a warning, and data keeps flowing both ways', async () => {
    const ran = (await exchange12({ afterwards: [data12('one '), helloRequest12, data12('two ')] })).run();
    assertOpen(ran);
    assert.equal(ran.received, 'one two ');
    ran.write('question');
    ran.serverSends(helloRequest12, data12('three'));
    assert.equal(ran.received, 'one two three');
    assert.equal(ran.server.received.toString(), 'question');
    assert.deepEqual(ran.server.log.slice(4), ['alert 1 100', 'data', 'alert 1 100']);
    ran.client.closeWrite();
    ran.run();
    assert.equal(ran.server.log[ran.server.log.length - 1], 'alert 1 0');
  });

  /** Two handshakes; `between` comes behind the second ClientHello, `late` before the server's end of it. */
  const twice = (between: Step12[], late: Step12[] = []): Partial<Tls12ServerOptions> => ({
    flights: [serverFlight12(), [...between, ...serverFlight12()]],
    ends: [serverEnd12(), [...late, ...serverEnd12()]],
    afterwards: [data12('after')],
  });

  it('5d: allowed, driven by reading: data between our ClientHello and the new ChangeCipherSpec is delivered', async () => {
    const ran = (
      await exchange12(twice([data12('one '), data12('two ')], [data12('three ')]), { renegotiation: true })
    ).run();
    assertOpen(ran);
    let completions = 0;
    ran.serverSends(data12('zero '), helloRequest12);
    if (ran.client.handshakeComplete) completions++;
    if (ran.error) throw ran.error;
    assert.equal(ran.received, 'zero one two three after');
    assert.equal(completions, 1);
    assert.deepEqual(ran.server.log, [1, 16, 'ccs', 20, 1, 16, 'ccs', 20]);
    assert.equal(ran.write('more'), 4);
    ran.run();
    assert.equal(ran.server.received.toString(), 'more');
  });

  it('5d: allowed, driven by writing: the same; what is written waits for the end, and nothing of it is lost', async () => {
    const ran = (await exchange12(twice([data12('one ')], [data12('two ')]), { renegotiation: true })).run();
    assertOpen(ran);
    ran.server.send(helloRequest12);
    ran.deliver(ran.server.take());
    let offered = 0;
    const writes = () => {
      offered++;
      assert.equal(ran.write('held'), 0);
      assert.equal(ran.client.writable, 0);
      assert.equal(ran.client.handshakeComplete, true);
    };
    writes();
    ran.sendOutput();
    for (let round = 0; round < 2; round++) {
      for (const record of recordsOf(ran.server.take())) {
        ran.deliver(record);
        // The Finished of the second round is the end.
        if (round === 0 || record[0] === 20) writes();
      }
      ran.sendOutput();
    }
    ran.run();
    if (ran.error) throw ran.error;
    assert.ok(offered > 5);
    assert.equal(ran.received, 'one two after');
    assert.equal(ran.write('late'), 4);
    ran.run();
    assert.equal(ran.server.received.toString(), 'late');
    assert.deepEqual(ran.server.log, [1, 16, 'ccs', 20, 1, 16, 'ccs', 20, 'data']);
  });

  it('waits until what was written before is sent', async () => {
    const ran = (await exchange12(twice([]), { renegotiation: true })).run();
    const text = 'x'.repeat(1500);
    assert.equal(ran.write(text), 1500);
    ran.server.send(helloRequest12);
    ran.deliver(ran.server.take());
    assert.equal(ran.write('held'), 0);
    ran.run();
    if (ran.error) throw ran.error;
    assert.equal(ran.server.received.toString(), text);
    assert.equal(ran.received, 'after');
  });

  it('closeWrite in the middle of one waits for its end', async () => {
    const ran = (await exchange12(twice([step12('nothing', () => {})]), { renegotiation: true })).run();
    ran.server.send(helloRequest12);
    ran.deliver(ran.server.take());
    ran.client.closeWrite();
    ran.run();
    assert.deepEqual(ran.server.log.slice(-4), [16, 'ccs', 20, 'alert 1 0']);
  });

  for (const [name, server, code, alert] of [
    [
      'data behind the new ChangeCipherSpec',
      { ends: [serverEnd12(), [changeCipherSpec12, data12('x')]] },
      'UNEXPECTED_MESSAGE',
      10,
    ],
    [
      'no renegotiation_info',
      {
        flights: [
          serverFlight12(),
          with12(
            serverFlight12(),
            'ServerHello',
            serverHello12(({ extensions }) => void extensions.pop()),
          ),
        ],
      },
      'HANDSHAKE_FAILURE',
      40,
    ],
    [
      'the verify_data of another connection',
      {
        flights: [
          serverFlight12(),
          with12(
            serverFlight12(),
            'ServerHello',
            serverHello12(({ extensions }) => {
              extensions[1] = extension(RENEGOTIATION_INFO, vector(1, randomBytes(24)));
            }),
          ),
        ],
      },
      'HANDSHAKE_FAILURE',
      40,
    ],
    [
      'an extended master secret less',
      {
        flights: [
          serverFlight12(),
          with12(
            serverFlight12(),
            'ServerHello',
            serverHello12(({ extensions }) => void extensions.shift()),
          ),
        ],
      },
      'HANDSHAKE_FAILURE',
      40,
    ],
    [
      'another version',
      {
        flights: [
          serverFlight12(),
          with12(
            serverFlight12(),
            'ServerHello',
            serverHello12(fields => void (fields.version = 0x0302)),
          ),
        ],
      },
      'PROTOCOL_VERSION',
      70,
    ],
  ] as [string, Partial<Tls12ServerOptions>, string, number][]) {
    it(`refuses ${name}`, async () => {
      const base = twice([]);
      const ran = (await exchange12({ ...base, ...server }, { renegotiation: true })).run();
      assertOpen(ran);
      ran.serverSends(helloRequest12);
      assertRefused12(ran, code, alert);
    });
  }

  it('refuses another certificate than before', async () => {
    const other = await leaf({ issuer: await authority() });
    const flight = with12(serverFlight12(), 'Certificate', certificate12(other));
    const flights = [
      serverFlight12(),
      with12(flight, 'ServerKeyExchange', serverKeyExchange12(undefined, undefined, other)),
    ];
    const ran = (await exchange12({ ...twice([]), flights }, { renegotiation: true })).run();
    ran.serverSends(helloRequest12);
    assertRefused12(ran, 'ILLEGAL_PARAMETER', 47);
  });

  it('without secure renegotiation the answer is the warning, opt-in or not', async () => {
    const ran = (await exchange12({ renegotiationInfo: false }, { renegotiation: true })).run();
    ran.serverSends(helloRequest12, data12('data'));
    assert.equal(ran.received, 'data');
    assert.deepEqual(ran.server.log.slice(4), ['alert 1 100']);
  });

  it('after eight of them comes the warning', async () => {
    const flights = Array.from({ length: 9 }, serverFlight12);
    const ran = (await exchange12({ flights, ends: flights.map(serverEnd12) }, { renegotiation: true })).run();
    for (let i = 0; i < 9; i++) ran.serverSends(helloRequest12, data12('x'));
    if (ran.error) throw ran.error;
    assert.equal(ran.server.log.filter(entry => entry === 1).length, 9);
    assert.equal(ran.server.log[ran.server.log.length - 1], 'alert 1 100');
  });
});
