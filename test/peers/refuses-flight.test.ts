/**
 * What the client refuses in the server's flight as a whole: every pair of messages in the wrong order, each one left out,
 * repeated, cut short at every length, with trailing bytes, or replaced by another type (RFC 8446 §4, appendix A.1).
 */
import assert from 'node:assert/strict';
import { ALPN, EARLY_DATA, KEY_SHARE, SIGNATURE_ALGORITHMS, SUPPORTED_GROUPS } from './client-hello.js';
import {
  flightMessages,
  fullFlight,
  insertedAfter,
  insertedBefore,
  messageNamed,
  replaced,
  swapped,
  withBody,
} from './flights.js';
import type { Protection } from './records.js';
import { assertRefusal, itRefuses, type Refusal } from './refusal.js';
import type { Step } from './scripted-server.js';
import {
  applicationData,
  certificate,
  certificateRequest,
  encodeExtensions,
  encryptedExtensions,
  extension,
  keyUpdate,
  laterMessage,
  message,
  newSessionTicket,
  serverFlight,
  twice,
  uint16,
  vector,
} from './steps.js';

const UNEXPECTED = 'ERR_TLS_UNEXPECTED_MESSAGE';
const DECODE = 'ERR_TLS_DECODE_ERROR';
const ILLEGAL = 'ERR_TLS_ILLEGAL_PARAMETER';
const UNSUPPORTED = 'ERR_TLS_UNSUPPORTED_EXTENSION';

const allMessages = ['ServerHello', 'EncryptedExtensions', 'CertificateRequest', ...flightMessages.slice(2)];

/** Alerts about ServerHello, and about what stands in its place, come before there are keys. */
function protectionAt(name: string): Protection {
  return name === 'ServerHello' ? 'plaintext' : 'handshake';
}

describe('refuses messages in the wrong order', () => {
  for (let i = 0; i < allMessages.length; i++) {
    for (let j = i + 1; j < allMessages.length; j++) {
      const [a, b] = [allMessages[i], allMessages[j]];
      const flights = [swapped(fullFlight(), a, b)];
      itRefuses([{ name: `${b} in place of ${a}`, flights, code: UNEXPECTED, protection: protectionAt(a) }]);
    }
  }
});

describe('refuses a flight with a message left out', () => {
  for (const name of ['ServerHello', 'EncryptedExtensions', 'Certificate', 'CertificateVerify']) {
    const flights = [replaced(serverFlight(), name)];
    itRefuses([{ name, flights, code: UNEXPECTED, protection: protectionAt(name) }]);
  }
  const [certificateName, verifyName] = ['Certificate', 'CertificateVerify'];
  itRefuses([
    {
      name: 'Finished, application data follows under the handshake keys',
      flights: [replaced(serverFlight(), 'Finished', applicationData('data'))],
      code: UNEXPECTED,
    },
    {
      name: 'Finished, application data follows under the application keys',
      flights: [[...replaced(serverFlight(), 'Finished'), applicationData('data')]],
      code: 'ERR_TLS_BAD_RECORD_MAC',
    },
    {
      name: 'Certificate and CertificateVerify (a server nobody knows)',
      flights: [replaced(replaced(serverFlight(), certificateName), verifyName)],
      code: UNEXPECTED,
    },
  ]);
});

describe('refuses a message sent twice', () => {
  for (const name of allMessages) {
    if (name === 'Finished') continue;
    const flights = [replaced(fullFlight(), name, twice(messageNamed(fullFlight(), name)))];
    itRefuses([{ name, flights, code: UNEXPECTED }]);
  }
  itRefuses([
    {
      name: 'Finished, again under the application keys',
      flights: [[...serverFlight(), laterMessage('Finished', 20, Buffer.alloc(32))]],
      code: UNEXPECTED,
      afterFinished: [],
    },
  ]);
});

describe('refuses a message of another type', () => {
  const others: [string, number][] = [
    ['HelloRequest', 0],
    ['ClientHello', 1],
    ['NewSessionTicket', 4],
    ['EndOfEarlyData', 5],
    ['ServerKeyExchange', 12],
    ['ServerHelloDone', 14],
    ['CertificateStatus', 22],
    ['KeyUpdate', 24],
    ['CompressedCertificate', 25],
    ['message_hash', 254],
    ['type 255', 255],
  ];
  for (const name of allMessages) {
    it(`in place of ${name}: ${others.map(([other]) => other).join(', ')}`, async () => {
      for (const [, type] of others) {
        const original = messageNamed(fullFlight(), name);
        const wrong = message(name, type, server => original.build(server));
        const flights = [replaced(fullFlight(), name, wrong)];
        await assertRefusal({ name, flights, code: UNEXPECTED, protection: protectionAt(name) });
      }
    });
  }
  itRefuses([
    {
      name: 'KeyUpdate before Finished',
      flights: [insertedBefore(serverFlight(), 'Finished', keyUpdate(false))],
      code: UNEXPECTED,
    },
    {
      name: 'NewSessionTicket before Finished',
      flights: [insertedBefore(serverFlight(), 'Finished', newSessionTicket())],
      code: UNEXPECTED,
    },
  ]);
});

describe('refuses messages that do not parse', () => {
  for (const name of allMessages) {
    itRefuses([
      {
        name: `a trailing byte in ${name}`,
        flights: [withBody(fullFlight(), name, body => Buffer.concat([body, Buffer.alloc(1)]))],
        code: DECODE,
        protection: protectionAt(name),
      },
    ]);

    // The length of an ECDSA signature, hence of CertificateVerify, varies by a byte or two.
    it(`${name} cut short at every length`, async () => {
      const length = await lengthOf(name);
      for (let cut = 0; cut < length; cut++) {
        const refusal: Refusal = {
          name,
          flights: [withBody(fullFlight(), name, body => body.subarray(0, Math.min(cut, body.length - 1)))],
          code: DECODE,
          protection: protectionAt(name),
        };
        // Without its extensions a ServerHello is one of TLS 1.2 (RFC 5246 §7.4.1.3).
        if (name === 'ServerHello') refusal.code = [DECODE, 'ERR_TLS_PROTOCOL_VERSION'];
        await assertRefusal(refusal).catch(error => {
          throw new Error(`cut to ${cut} of ${length} bytes: ${error.message}`, { cause: error });
        });
      }
      console.log(`        ${name}: ${length} lengths`);
    });
  }
});

async function lengthOf(name: string): Promise<number> {
  let length = 0;
  const flights = [
    withBody(fullFlight(), name, body => {
      length = body.length;
      return body.subarray(0, 0);
    }),
  ];
  await assertRefusal({ name, flights, code: DECODE, protection: protectionAt(name) });
  assert.ok(length > 0);
  return length;
}

describe('refuses in EncryptedExtensions', () => {
  const alpn = (...protocols: string[]) =>
    extension(ALPN, vector(2, ...protocols.map(protocol => vector(1, Buffer.from(protocol)))));
  const offersAlpn = { alpnProtocols: ['http/1.1', 'mqtt'] };

  function refusal(name: string, code: string | string[], step: Step, client = {}): Refusal {
    return { name, code, client, flights: [replaced(serverFlight(), 'EncryptedExtensions', step)] };
  }
  const serverName = extension(0);

  itRefuses([
    refusal('an unknown extension', UNSUPPORTED, encryptedExtensions(extension(0xfafa))),
    refusal('early_data, which was not offered', UNSUPPORTED, encryptedExtensions(extension(EARLY_DATA))),
    refusal('ALPN, which was not offered', UNSUPPORTED, encryptedExtensions(alpn('http/1.1'))),
    refusal('a protocol that was not offered', ILLEGAL, encryptedExtensions(alpn('h2')), offersAlpn),
    refusal('two protocols', [DECODE, ILLEGAL], encryptedExtensions(alpn('http/1.1', 'mqtt')), offersAlpn),
    refusal('no protocol in ALPN', DECODE, encryptedExtensions(alpn()), offersAlpn),
    refusal('an empty protocol name', [DECODE, ILLEGAL], encryptedExtensions(alpn('')), offersAlpn),
    refusal(
      'trailing bytes in ALPN',
      DECODE,
      encryptedExtensions(extension(ALPN, alpn('mqtt').data, Buffer.alloc(1))),
      offersAlpn,
    ),
    refusal('ALPN twice', [ILLEGAL, DECODE], encryptedExtensions(alpn('mqtt'), alpn('mqtt')), offersAlpn),
    refusal('server_name with content', DECODE, encryptedExtensions(extension(0, vector(2, Buffer.alloc(1))))),
    refusal('server_name twice', [ILLEGAL, DECODE], encryptedExtensions(serverName, serverName)),
    refusal(
      'key_share, which belongs to ServerHello',
      ILLEGAL,
      encryptedExtensions(extension(KEY_SHARE, uint16(0x1d))),
    ),
    refusal(
      'signature_algorithms, which belongs to CertificateRequest',
      ILLEGAL,
      encryptedExtensions(extension(SIGNATURE_ALGORITHMS, vector(2, uint16(0x0403)))),
    ),
    refusal(
      'supported_groups with trailing bytes',
      DECODE,
      encryptedExtensions(extension(SUPPORTED_GROUPS, vector(2, uint16(0x1d)), Buffer.alloc(1))),
    ),
    refusal(
      'ec_point_formats, a TLS 1.2 extension',
      [UNSUPPORTED, ILLEGAL],
      encryptedExtensions(extension(11, vector(1, Buffer.alloc(1)))),
    ),
    refusal(
      'an extension longer than the list',
      DECODE,
      message('EncryptedExtensions', 8, () => vector(2, uint16(0), uint16(1))),
    ),
    refusal(
      'half an extension',
      DECODE,
      message('EncryptedExtensions', 8, () => vector(2, Buffer.alloc(3))),
    ),
  ]);
});

describe('refuses in CertificateRequest', () => {
  const schemes = extension(SIGNATURE_ALGORITHMS, vector(2, uint16(0x0403)));

  function refusal(name: string, code: string | string[], step: Step): Refusal {
    return { name, code, flights: [insertedAfter(serverFlight(), 'EncryptedExtensions', step)] };
  }

  itRefuses([
    refusal('no signature_algorithms', 'ERR_TLS_MISSING_EXTENSION', certificateRequest([])),
    refusal('signature_algorithms twice', [ILLEGAL, DECODE], certificateRequest([schemes, schemes])),
    refusal('an empty signature_algorithms', DECODE, certificateRequest([extension(SIGNATURE_ALGORITHMS, uint16(0))])),
    refusal(
      'trailing bytes in signature_algorithms',
      DECODE,
      certificateRequest([extension(SIGNATURE_ALGORITHMS, schemes.data, Buffer.alloc(1))]),
    ),
    refusal(
      'no extensions at all',
      DECODE,
      message('CertificateRequest', 13, () => Buffer.alloc(1)),
    ),
    // §4.3.2: empty unless after the handshake; no alert is named.
    refusal('a context', [ILLEGAL, DECODE, UNEXPECTED], certificateRequest([schemes], Buffer.alloc(1))),
  ]);
});

describe('refuses in Certificate', () => {
  function refusal(name: string, code: string | string[], step: Step): Refusal {
    return { name, code, flights: [replaced(serverFlight(), 'Certificate', step)] };
  }
  const whole = (...content: Uint8Array[]) => message('Certificate', 11, () => Buffer.concat(content));
  const none = Buffer.alloc(0);

  itRefuses([
    refusal(
      'no certificate',
      'ERR_TLS_MISSING_CERTIFICATE',
      certificate(entries => entries.splice(0)),
    ),
    refusal('a context', [ILLEGAL, DECODE], certificate(undefined, Buffer.alloc(1))),
    refusal('an empty certificate', DECODE, whole(vector(1, none), vector(3, vector(3, none), encodeExtensions([])))),
    refusal(
      'an extension that was not asked for',
      UNSUPPORTED,
      certificate(entries => entries[0].extensions.push(extension(18, vector(2, vector(2, Buffer.alloc(4)))))),
    ),
    refusal(
      'an unknown extension',
      UNSUPPORTED,
      certificate(entries => entries[0].extensions.push(extension(0xfafa))),
    ),
    refusal(
      'a broken extension list',
      DECODE,
      message('Certificate', 11, server =>
        Buffer.concat([vector(1, none), vector(3, vector(3, server.options.identity.der), uint16(1))]),
      ),
    ),
    refusal(
      'trailing bytes after the certificate',
      'ERR_CERT_MALFORMED',
      certificate(entries => {
        entries[0].der = Buffer.concat([entries[0].der, Buffer.alloc(1)]);
      }),
    ),
    refusal(
      'bytes that are no certificate',
      'ERR_CERT_MALFORMED',
      certificate(entries => {
        entries[0].der = Buffer.from('certificate');
      }),
    ),
    refusal(
      'a certificate that is cut short',
      'ERR_CERT_MALFORMED',
      certificate(entries => {
        entries[0].der = entries[0].der.subarray(0, entries[0].der.length - 1);
      }),
    ),
  ]);
});
