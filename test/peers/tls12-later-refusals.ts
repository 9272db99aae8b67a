/** What a TLS 1.2 server may get wrong from its ServerKeyExchange on. */
import { extension, framed } from './steps.js';
import { end, flight, hello, type Refusal12, rawHandshake } from './tls12-refusals.js';
import {
  alert12,
  before12,
  changeCipherSpec12,
  data12,
  fin12,
  finished12,
  newSessionTicket12,
  SESSION_TICKET,
  serverEnd12,
  serverFlight12,
  serverHello12,
  serverKeyExchange12,
  step12,
  with12,
} from './tls12-server.js';

export const laterRefusals: Refusal12[] = [
  {
    name: 'an explicit curve',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(fields => void (fields.curveType = 1)),
    ),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'a curve that was not offered',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(fields => void (fields.curve = 24)),
    ),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'an empty point',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(fields => void (fields.point = Buffer.alloc(0))),
    ),
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'a point of zeros',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(fields => void fields.point.fill(0)),
    ),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'a point that is not on the curve',
    server: {
      group: 'secp256r1',
      flights: [
        with12(
          serverFlight12(),
          'ServerKeyExchange',
          serverKeyExchange12(fields => void (fields.point = Buffer.alloc(65, 4))),
        ),
      ],
    },
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'a wrong signature',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(undefined, body => {
        body[body.length - 1]! ^= 1;
        return body;
      }),
    ),
    code: 'BAD_CERTIFICATE_VERIFY',
    alert: 51,
  },
  {
    name: 'a signature over other params',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(undefined, body => {
        body[10]! ^= 1;
        return body;
      }),
    ),
    code: 'BAD_CERTIFICATE_VERIFY',
    alert: 51,
  },
  {
    name: 'a signature over another random',
    server: flight(
      'ServerKeyExchange',
      step12('random', server => {
        server.randoms[0]! ^= 1;
      }),
      serverKeyExchange12(),
      step12('random', server => {
        server.randoms[0]! ^= 1;
      }),
    ),
    code: 'BAD_CERTIFICATE_VERIFY',
    alert: 51,
  },
  {
    name: 'a byte behind ServerKeyExchange',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(undefined, body => Buffer.concat([body, Buffer.from([0])])),
    ),
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'SHA-1',
    server: flight(
      'ServerKeyExchange',
      serverKeyExchange12(fields => void (fields.scheme = 0x0203)),
    ),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },

  { name: 'no ChangeCipherSpec', server: end(finished12()), code: 'UNEXPECTED_MESSAGE', alert: 10 },
  {
    name: 'ChangeCipherSpec twice',
    server: end(changeCipherSpec12, changeCipherSpec12, finished12()),
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'ChangeCipherSpec of two bytes',
    server: end(step12('ccs', server => server.sendRecord(20, Buffer.from([1, 1])))),
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'ChangeCipherSpec before ServerHelloDone',
    server: {
      flights: [
        before12(
          serverFlight12(),
          'ServerHelloDone',
          step12('ccs', server => server.sendRecord(20, Buffer.from([1]))),
        ),
      ],
    },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'ChangeCipherSpec inside a message',
    server: end(rawHandshake(Buffer.from([0, 0])), changeCipherSpec12, finished12()),
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'a wrong Finished',
    server: end(
      changeCipherSpec12,
      finished12(data => Buffer.from(data.map(byte => byte ^ 1))),
    ),
    code: 'BAD_FINISHED',
    alert: 51,
  },
  {
    name: 'a short Finished',
    server: end(
      changeCipherSpec12,
      finished12(data => data.subarray(1)),
    ),
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'data before Finished',
    server: end(changeCipherSpec12, data12('early')),
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  { name: 'data before ChangeCipherSpec', server: end(data12('early')), code: 'UNEXPECTED_MESSAGE', alert: 10 },
  {
    name: 'an unannounced NewSessionTicket',
    server: end(newSessionTicket12(Buffer.from('ticket')), ...serverEnd12()),
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'no NewSessionTicket though it was announced',
    server: hello(({ extensions }) => void extensions.push(extension(SESSION_TICKET))),
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },

  {
    name: 'a record whose MAC is wrong',
    server: {
      afterwards: [
        step12('damaged', server => {
          const record = server.writeKeys!.seal(23, Buffer.from('data'));
          record[record.length - 1]! ^= 1;
          server.sendRaw(record);
        }),
      ],
    },
    code: 'BAD_RECORD_MAC',
    alert: 20,
  },
  {
    name: 'a record of another type than was sealed',
    server: {
      afterwards: [
        step12('type', server => {
          const record = server.writeKeys!.seal(23, Buffer.from([1, 0]));
          record[0] = 21;
          server.sendRaw(record);
        }),
      ],
    },
    code: 'BAD_RECORD_MAC',
    alert: 20,
  },
  {
    name: 'a record twice',
    server: {
      afterwards: [
        step12('replay', server => {
          const record = server.writeKeys!.seal(23, Buffer.from('data'));
          server.sendRaw(Buffer.concat([record, record]));
        }),
      ],
    },
    code: 'BAD_RECORD_MAC',
    alert: 20,
  },
  {
    name: 'a record in plaintext',
    server: { afterwards: [step12('plaintext', server => server.sendRaw(Buffer.from([23, 3, 3, 0, 1, 65])))] },
    code: 'BAD_RECORD_MAC',
    alert: 20,
  },
  {
    name: 'a record of 2^14 + 1 bytes',
    server: { afterwards: [step12('long', server => server.sendRecord(23, Buffer.alloc(16385)))] },
    code: 'RECORD_OVERFLOW',
    alert: 22,
  },
  {
    name: 'a ChangeCipherSpec after the handshake',
    server: { afterwards: [changeCipherSpec12] },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'KeyUpdate',
    server: { afterwards: [rawHandshake(framed(24, Buffer.from([0])))] },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'a ServerHello after the handshake',
    server: { afterwards: [serverHello12()] },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'an empty handshake record',
    server: { afterwards: [rawHandshake(Buffer.alloc(0))] },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  { name: 'a fatal alert', server: { afterwards: [alert12(2, 80)] }, code: 'ALERT_RECEIVED', alert: undefined },
  {
    name: 'a flood of warnings',
    server: { afterwards: Array.from({ length: 33 }, () => alert12(1, 41)) },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  { name: 'the end without close_notify', server: { afterwards: [fin12] }, code: 'TRUNCATED', alert: undefined },
];
