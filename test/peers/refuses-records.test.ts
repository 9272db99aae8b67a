/** What the client refuses at the record layer: types, lengths, ChangeCipherSpec, alerts, key changes (RFC 8446 §5, §6). */
import assert from 'node:assert/strict';
import { assertReceived, assertRefused } from './exchange.js';
import { insertedAfter, insertedBefore, messageNamed, replaced } from './flights.js';
import { ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE } from './records.js';
import { assertRefusal, exchange, itRefuses, type Refusal } from './refusal.js';
import type { Step } from './scripted-server.js';
import {
  alert,
  applicationData,
  applicationKeys,
  changeCipherSpec,
  closeNotify,
  encryptedExtensions,
  fin,
  framed,
  handshakeKeys,
  interrupted,
  keyUpdate,
  laterMessage,
  layout,
  newSessionTicket,
  plaintext,
  record,
  serverFlight,
  step,
} from './steps.js';

const UNEXPECTED = 'ERR_TLS_UNEXPECTED_MESSAGE';
const DECODE = 'ERR_TLS_DECODE_ERROR';
const OVERFLOW = 'ERR_TLS_RECORD_OVERFLOW';
const BAD_MAC = 'ERR_TLS_BAD_RECORD_MAC';
const none = Buffer.alloc(0);

function first(name: string, code: string | string[], ...steps: Step[]): Refusal {
  return {
    name: `${name}, before ServerHello`,
    code,
    flights: [[...steps, ...serverFlight()]],
    protection: 'plaintext',
  };
}

function amid(name: string, code: string | string[], ...steps: Step[]): Refusal {
  const flights = [insertedBefore(serverFlight(), 'CertificateVerify', ...steps)];
  return { name: `${name}, before CertificateVerify`, code, flights };
}

function afterwards(name: string, code: string | string[], ...steps: Step[]): Refusal {
  return { name: `${name}, after the handshake`, code, afterFinished: steps };
}

function everywhere(name: string, code: string | string[], ...steps: Step[]): Refusal[] {
  return [first, amid, afterwards].map(place => place(name, code, ...steps));
}

describe('refuses record types', () => {
  itRefuses([
    ...everywhere('plaintext record of type 0', UNEXPECTED, plaintext(0, Buffer.from('data'))),
    ...everywhere('plaintext record of type 19', UNEXPECTED, plaintext(19, Buffer.from('data'))),
    ...everywhere('heartbeat', UNEXPECTED, plaintext(24, Buffer.from('data'))),
    ...everywhere('plaintext record of type 255', UNEXPECTED, plaintext(255, Buffer.from('data'))),
    first('application data', UNEXPECTED, plaintext(APPLICATION_DATA, Buffer.alloc(40))),
    first('empty application data', UNEXPECTED, plaintext(APPLICATION_DATA, none)),
    amid('application data', UNEXPECTED, applicationData('data')),
    amid('empty application data', UNEXPECTED, record(APPLICATION_DATA, none)),
    amid('handshake in plaintext', UNEXPECTED, plaintext(HANDSHAKE, framed(8, Buffer.alloc(2)))),
    afterwards('handshake in plaintext', UNEXPECTED, plaintext(HANDSHAKE, framed(24, Buffer.alloc(1)))),
    amid('alert in plaintext', UNEXPECTED, plaintext(ALERT, Buffer.from([2, 40]))),
    afterwards('alert in plaintext', UNEXPECTED, plaintext(ALERT, Buffer.from([2, 40]))),
    afterwards('close_notify in plaintext', UNEXPECTED, plaintext(ALERT, Buffer.from([1, 0]))),
    amid('protected record of type 0: only padding', UNEXPECTED, record(undefined, Buffer.alloc(20))),
    afterwards('protected record of type 0: only padding', UNEXPECTED, record(undefined, Buffer.alloc(20))),
    afterwards('protected record of type 0: nothing at all', UNEXPECTED, record(undefined, none)),
    amid('protected record of type 24', UNEXPECTED, record(24, Buffer.from('data'))),
    afterwards('protected record of type 255', UNEXPECTED, record(255, Buffer.from('data'))),
    afterwards(
      'protected record too short for a tag',
      [BAD_MAC, DECODE],
      plaintext(APPLICATION_DATA, Buffer.alloc(15)),
    ),
    afterwards('protected record without content', [BAD_MAC, DECODE], plaintext(APPLICATION_DATA, Buffer.alloc(16))),
    afterwards('protected record of length 0', [BAD_MAC, DECODE], plaintext(APPLICATION_DATA, none)),
    afterwards('garbage', BAD_MAC, plaintext(APPLICATION_DATA, Buffer.alloc(100, 7))),
  ]);

  it('EncryptedExtensions that is not encrypted', () => {
    const flight = replaced(serverFlight(), 'handshake keys', encryptedExtensions(), handshakeKeys);
    return assertRefusal({ name: '', flights: [replaced(flight, 'ChangeCipherSpec')], code: UNEXPECTED }).catch(() =>
      // The server's keys cover the message it sent too early, so it cannot read an alert; the code alone tells.
      assertPlainEncryptedExtensions(flight),
    );
  });
});

async function assertPlainEncryptedExtensions(flight: Step[]): Promise<void> {
  const plain = step('unencrypted', server => server.sendHandshake(framed(8, Buffer.alloc(2))));
  const flights = [replaced(flight, 'EncryptedExtensions', plain)];
  await assertRefusal({ name: '', flights, code: UNEXPECTED });
}

describe('refuses records that are too long', () => {
  const sealedOf = (length: number) => plaintext(APPLICATION_DATA, Buffer.alloc(length));

  itRefuses([
    first('16385 bytes of handshake', OVERFLOW, plaintext(HANDSHAKE, Buffer.alloc(16385, 2))),
    first('65535 bytes of handshake', OVERFLOW, plaintext(HANDSHAKE, Buffer.alloc(65535, 2))),
    afterwards('16385 bytes of plaintext', OVERFLOW, record(APPLICATION_DATA, Buffer.alloc(16385))),
    afterwards(
      '16384 bytes and one of padding',
      OVERFLOW,
      layout({ padding: 1 }),
      record(APPLICATION_DATA, Buffer.alloc(16384)),
    ),
    afterwards('16640 bytes of ciphertext', OVERFLOW, record(APPLICATION_DATA, Buffer.alloc(16640 - 17))),
    afterwards('16641 bytes of ciphertext', OVERFLOW, sealedOf(16641)),
    afterwards('65535 bytes of ciphertext', OVERFLOW, sealedOf(65535)),
    {
      ...afterwards(
        'a record larger than the receive ring',
        'ERR_TLS_RECORD_TOO_LARGE',
        applicationData(Buffer.alloc(5000)),
      ),
      client: { inputSize: 4096 },
    },
    amid(
      'a message larger than any buffer',
      ['ERR_TLS_MESSAGE_TOO_LARGE', UNEXPECTED, DECODE, 'ERR_TLS_ILLEGAL_PARAMETER'],
      record(HANDSHAKE, Buffer.from([15, 0xff, 0xff, 0xff, 0])),
    ),
    {
      name: 'a Certificate larger than any buffer',
      code: 'ERR_TLS_MESSAGE_TOO_LARGE',
      flights: [replaced(serverFlight(), 'Certificate', record(HANDSHAKE, Buffer.from([11, 0xff, 0xff, 0xff, 0])))],
    },
  ]);
});

describe('ChangeCipherSpec: refuses', () => {
  itRefuses([
    first('one of value 2', UNEXPECTED, plaintext(CHANGE_CIPHER_SPEC, Buffer.from([2]))),
    amid('one of value 0', UNEXPECTED, plaintext(CHANGE_CIPHER_SPEC, Buffer.from([0]))),
    amid('one of two bytes', UNEXPECTED, plaintext(CHANGE_CIPHER_SPEC, Buffer.from([1, 1]))),
    amid('an empty one', [UNEXPECTED, DECODE], plaintext(CHANGE_CIPHER_SPEC, none)),
    amid('a protected one', UNEXPECTED, record(CHANGE_CIPHER_SPEC, Buffer.from([1]))),
    afterwards('a protected one', UNEXPECTED, record(CHANGE_CIPHER_SPEC, Buffer.from([1]))),
    afterwards('one', UNEXPECTED, changeCipherSpec),
  ]);
});

describe('refuses alerts', () => {
  itRefuses([
    ...everywhere('one of 1 byte', DECODE, record(ALERT, Buffer.from([2]))),
    ...everywhere('one of 3 bytes', DECODE, record(ALERT, Buffer.from([2, 40, 0]))),
    ...everywhere('two in a record', [DECODE, UNEXPECTED], record(ALERT, Buffer.from([1, 90, 1, 0]))),
    ...everywhere('an empty one', [DECODE, UNEXPECTED], record(ALERT, none)),
    afterwards(
      'user_canceled in the middle of a message',
      UNEXPECTED,
      interrupted(newSessionTicket(), 10, alert(1, 90)),
    ),
    afterwards('close_notify in the middle of a message', UNEXPECTED, interrupted(newSessionTicket(), 10, alert(1, 0))),
  ]);

  // Before the server is authenticated, its close_notify is anybody's: not an end.
  itRefuses(
    [first, amid].map(place => place('close_notify before Finished', 'ERR_TLS_ALERT_RECEIVED', alert(1, 0), fin)),
  );

  for (const [level, description] of [
    [2, 40],
    [1, 112],
    [2, 90 + 100],
    [1, 41],
    [7, 10],
  ]) {
    it(`ends with ERR_TLS_ALERT_RECEIVED on level ${level}, alert ${description}, and sends none`, async () => {
      for (const refusal of everywhere('alert', 'ERR_TLS_ALERT_RECEIVED', alert(level, description))) {
        const { error } = await assertRefusal(refusal);
        assert.equal(error!.alert, description);
      }
    });
  }
});

describe('refuses messages across a change of keys', () => {
  const together = layout({ coalesce: true });
  const inServerHelloRecord = (extra: Buffer) =>
    step('ServerHello with more', server => {
      const bytes = framed(2, messageNamed(serverFlight(), 'ServerHello').build(server));
      server.transcript = Buffer.concat([server.transcript, bytes]);
      server.sendHandshake(Buffer.concat([bytes, extra]));
    });
  const inFinishedRecord = (...extra: Step[]) =>
    replaced(serverFlight(), 'application keys', ...extra, applicationKeys);
  const update = (value: number) => framed(24, Buffer.from([value]));

  itRefuses([
    {
      name: 'EncryptedExtensions in the record of ServerHello',
      flights: [replaced(serverFlight(), 'ServerHello', inServerHelloRecord(framed(8, Buffer.alloc(2))))],
      code: UNEXPECTED,
    },
    {
      name: 'one byte more in the record of ServerHello',
      flights: [replaced(serverFlight(), 'ServerHello', inServerHelloRecord(Buffer.from([8])))],
      code: UNEXPECTED,
    },
    {
      name: 'EncryptedExtensions that begins in plaintext',
      flights: [
        replaced(
          replaced(serverFlight(), 'ServerHello', inServerHelloRecord(Buffer.from([8, 0]))),
          'EncryptedExtensions',
          record(HANDSHAKE, Buffer.from([0, 2, 0, 0])),
        ),
      ],
      code: UNEXPECTED,
    },
    {
      name: 'a byte behind Finished in its record',
      flights: [[together, ...inFinishedRecord(step('byte', server => server.sendHandshake(Buffer.from([4]))))]],
      code: UNEXPECTED,
    },
    {
      name: 'a ticket behind Finished in its record',
      flights: [[together, ...inFinishedRecord(newSessionTicket())]],
      code: UNEXPECTED,
    },
    afterwards(
      'KeyUpdate and a ticket in one record',
      UNEXPECTED,
      together,
      laterMessage('KeyUpdate', 24, Buffer.alloc(1)),
      newSessionTicket(),
    ),
    afterwards('two KeyUpdates in one record', UNEXPECTED, record(HANDSHAKE, Buffer.concat([update(0), update(0)]))),
    afterwards(
      'KeyUpdate and a byte in one record',
      UNEXPECTED,
      record(HANDSHAKE, Buffer.concat([update(0), Buffer.from([4])])),
    ),
    // Inside a message the five bytes of a KeyUpdate are content: the keys the server then uses are the wrong ones.
    afterwards('a ticket with a KeyUpdate inside', BAD_MAC, interrupted(newSessionTicket(), 9, keyUpdate(false))),
  ]);

  it('goes on under the old keys after KeyUpdate: ERR_TLS_BAD_RECORD_MAC', () =>
    assertRefusal({
      name: '',
      afterFinished: [laterMessage('KeyUpdate', 24, Buffer.alloc(1)), applicationData('old keys')],
      code: BAD_MAC,
    }));
});

describe('refuses interruptions of a handshake message', () => {
  const certificate = messageNamed(serverFlight(), 'Certificate');
  const flightWith = (at: number, ...between: Step[]) => [
    replaced(serverFlight(), 'Certificate', interrupted(certificate, at, ...between)),
  ];
  for (const at of [1, 3, 4, 100, -1]) {
    itRefuses([
      {
        name: `application data after ${at} bytes of Certificate`,
        flights: flightWith(at, applicationData('x')),
        code: UNEXPECTED,
      },
      {
        name: `empty application data after ${at} bytes`,
        flights: flightWith(at, record(APPLICATION_DATA, none)),
        code: UNEXPECTED,
      },
      { name: `an alert after ${at} bytes`, flights: flightWith(at, alert(1, 90)), code: UNEXPECTED },
    ]);
  }
  itRefuses([
    amid('an empty handshake record', [UNEXPECTED, DECODE], record(HANDSHAKE, none)),
    first('an empty handshake record', [UNEXPECTED, DECODE], plaintext(HANDSHAKE, none)),
    afterwards('an empty handshake record', [UNEXPECTED, DECODE], record(HANDSHAKE, none)),
    afterwards(
      'application data in the middle of a ticket',
      UNEXPECTED,
      interrupted(newSessionTicket(), 5, applicationData('x')),
    ),
  ]);
});

describe('refuses after the handshake', () => {
  const later = (name: string, type: number, body: Uint8Array) => laterMessage(name, type, body);
  const ticket = newSessionTicket();
  const ticketBody = (cut: number) => ticket.build(undefined as never).subarray(0, cut);
  const ticketLength = ticketBody(1000).length;

  itRefuses([
    afterwards('KeyUpdate of value 2', 'ERR_TLS_ILLEGAL_PARAMETER', later('', 24, Buffer.from([2]))),
    afterwards('KeyUpdate of value 255', 'ERR_TLS_ILLEGAL_PARAMETER', later('', 24, Buffer.from([255]))),
    afterwards('an empty KeyUpdate', DECODE, later('', 24, none)),
    afterwards('KeyUpdate of two bytes', DECODE, later('', 24, Buffer.alloc(2))),
    afterwards(
      'a ticket with a trailing byte',
      DECODE,
      later('', 4, Buffer.concat([ticketBody(1000), Buffer.alloc(1)])),
    ),
    afterwards('an empty ticket', DECODE, newSessionTicket([], none)),
    afterwards('CertificateRequest, without post_handshake_auth', UNEXPECTED, later('', 13, Buffer.from([0, 0, 0]))),
    ...[0, 1, 2, 5, 8, 11, 12, 14, 15, 20, 22, 25, 254].map(type =>
      afterwards(`message of type ${type}`, UNEXPECTED, later('', type, Buffer.alloc(4))),
    ),
  ]);

  it('a ticket cut short at every length', async () => {
    for (let cut = 0; cut < ticketLength; cut++) {
      await assertRefusal({ name: '', code: DECODE, afterFinished: [later('', 4, ticketBody(cut))] });
    }
  });
});

describe('refuses a flood', () => {
  const flood = (count: number, one: Step) =>
    step('flood', server => {
      for (let i = 0; i < count; i++) one.run(server);
    });
  itRefuses([
    afterwards('of empty application data records', UNEXPECTED, flood(5000, record(APPLICATION_DATA, none))),
    afterwards('of KeyUpdates', UNEXPECTED, flood(5000, keyUpdate(false))),
    afterwards('of requested KeyUpdates', UNEXPECTED, flood(5000, keyUpdate(true))),
    afterwards('of user_canceled', [UNEXPECTED, 'ERR_TLS_ALERT_RECEIVED'], flood(5000, alert(1, 90))),
    amid('of ChangeCipherSpec', UNEXPECTED, flood(5000, changeCipherSpec)),
  ]);

  // What BoringSSL allows of each in a row.
  for (const [name, limit, one] of [
    ['empty records', 32, record(APPLICATION_DATA, none)],
    ['KeyUpdates', 32, keyUpdate(false)],
    ['requested KeyUpdates', 32, keyUpdate(true)],
    ['user_canceled', 4, alert(1, 90)],
  ] as const) {
    it(`${limit} ${name} in a row are none, again and again, and one more is`, async () => {
      const row = [flood(limit, one), applicationData('.')];
      const allowed = (await exchange({ afterFinished: [...row, ...row, closeNotify, fin] })).run();
      assertReceived(allowed, '..');
      await assertRefusal(afterwards('', UNEXPECTED, ...row, flood(limit + 1, one)));
    });
  }

  it('empty records and user_canceled are counted apart', async () => {
    const eight = flood(8, record(APPLICATION_DATA, none));
    const both = flood(
      4,
      step('', server => [eight, alert(1, 90)].forEach(each => void each.run(server))),
    );
    assertReceived((await exchange({ afterFinished: [both, applicationData('.'), closeNotify, fin] })).run(), '.');
  });
});

describe('after an error', () => {
  it('nothing the server sends is answered', async () => {
    const flights = [insertedAfter(serverFlight(), 'Finished')];
    const ran = (await exchange({ flights, afterFinished: [record(24, Buffer.from('x'))] })).run();
    assertRefused(ran, UNEXPECTED, 'application');
    ran.serverSends(applicationData('more'), alert(1, 0));
    assert.equal(ran.received.length, 0);
    assertRefused(ran, UNEXPECTED, 'application');
  });

  it('data before it was delivered', async () => {
    const ran = (
      await exchange({ afterFinished: [applicationData('before'), record(24, none), applicationData('after')] })
    ).run();
    assertRefused(ran, UNEXPECTED, 'application');
    assert.equal(ran.received.toString(), 'before');
  });
});
