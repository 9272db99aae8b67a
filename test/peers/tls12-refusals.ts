/** What a TLS 1.2 server may get wrong up to its CertificateRequest. */
import type { TlsClientConfig } from '../../src/tls/client.js';
import { extension, framed, uint16, vector } from './steps.js';
import {
  before12,
  certificateRequest12,
  message12,
  type Step12,
  serverFlight12,
  serverHello12,
  step12,
  type Tls12ServerOptions,
  with12,
} from './tls12-server.js';

export interface Refusal12 {
  name: string;
  server?: Partial<Tls12ServerOptions>;
  client?: Partial<TlsClientConfig>;
  code: string;
  alert: number | undefined;
}

export const hello = (edit: Parameters<typeof serverHello12>[0]): Partial<Tls12ServerOptions> => ({
  flights: [with12(serverFlight12(), 'ServerHello', serverHello12(edit))],
});

export const flight = (name: string, ...steps: Step12[]): Partial<Tls12ServerOptions> => ({
  flights: [with12(serverFlight12(), name, ...steps)],
});

export const end = (...steps: Step12[]): Partial<Tls12ServerOptions> => ({ ends: [steps] });

const rewritten = (edit: (random: Buffer) => void) => hello(({ random }) => edit(random));

export const rawHandshake = (bytes: Buffer) => step12('raw', server => server.sendRecord(22, bytes));

export const refusals: Refusal12[] = [
  {
    name: 'the sentinel of a server of TLS 1.3',
    server: rewritten(random => random.write('DOWNGRD\x01', 24, 'latin1')),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'the sentinel for TLS 1.1',
    server: rewritten(random => random.write('DOWNGRD\x00', 24, 'latin1')),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  { name: 'TLS 1.1', server: hello(fields => void (fields.version = 0x0302)), code: 'PROTOCOL_VERSION', alert: 70 },
  { name: 'TLS 1.2 if minVersion is above', client: { minVersion: 'TLSv1.3' }, code: 'PROTOCOL_VERSION', alert: 70 },
  {
    name: 'a suite of TLS 1.3',
    server: hello(fields => void (fields.suite = 0x1301)),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'a suite with CBC',
    server: hello(fields => void (fields.suite = 0xc023)),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  { name: 'compression', server: hello(fields => void (fields.compression = 1)), code: 'ILLEGAL_PARAMETER', alert: 47 },
  {
    name: 'a session id of 33 bytes',
    server: hello(fields => void (fields.sessionId = Buffer.alloc(33))),
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'our session id though no session was offered',
    server: hello((fields, { clientSessionId }) => void (fields.sessionId = clientSessionId)),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'a first renegotiation_info that is not empty',
    server: hello(({ extensions }) => void (extensions[1]!.data = Buffer.from([1, 7]))),
    code: 'HANDSHAKE_FAILURE',
    alert: 40,
  },
  {
    name: 'an extension twice',
    server: hello(({ extensions }) => void extensions.push(extensions[0]!)),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'an extension nobody offered',
    server: hello(({ extensions }) => void extensions.push(extension(0xfafa))),
    code: 'UNSUPPORTED_EXTENSION',
    alert: 110,
  },
  {
    name: 'key_share',
    server: hello(({ extensions }) => void extensions.push(extension(51))),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'supported_versions if TLS 1.3 was not offered',
    server: hello(({ extensions }) => void extensions.push(extension(43, uint16(0x0304)))),
    client: { maxVersion: 'TLSv1.2' },
    code: 'UNSUPPORTED_EXTENSION',
    alert: 110,
  },
  {
    name: 'an extended_master_secret with content',
    server: hello(({ extensions }) => void (extensions[0]!.data = Buffer.from([1]))),
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'ec_point_formats without uncompressed',
    server: hello(({ extensions }) => void extensions.push(extension(11, vector(1, Buffer.from([1]))))),
    code: 'ILLEGAL_PARAMETER',
    alert: 47,
  },
  {
    name: 'a byte behind the extensions',
    server: flight(
      'ServerHello',
      step12('ServerHello', server => {
        const { suite, options } = server;
        server.sendMessage(
          2,
          Buffer.concat([
            uint16(0x0303),
            server.randoms.subarray(32),
            Buffer.from([0]),
            uint16(suite.id),
            Buffer.from([0, 0, 0, options.ends ? 1 : 7]),
          ]),
        );
      }),
    ),
    code: 'DECODE_ERROR',
    alert: 50,
  },

  { name: 'no Certificate', server: flight('Certificate'), code: 'UNEXPECTED_MESSAGE', alert: 10 },
  { name: 'no ServerKeyExchange', server: flight('ServerKeyExchange'), code: 'UNEXPECTED_MESSAGE', alert: 10 },
  {
    name: 'an empty list of certificates',
    server: flight(
      'Certificate',
      message12('Certificate', 11, () => vector(3)),
    ),
    code: 'MISSING_CERTIFICATE',
    alert: 50,
  },
  {
    name: 'a Certificate with a context, as in TLS 1.3',
    server: flight(
      'Certificate',
      message12('Certificate', 11, ({ options }) =>
        Buffer.concat([Buffer.from([0]), vector(3, vector(3, options.identity.der), uint16(0))]),
      ),
    ),
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'CertificateStatus that was not announced',
    server: {
      flights: [
        before12(
          serverFlight12(),
          'ServerKeyExchange',
          message12('CertificateStatus', 22, () => Buffer.from([1, 0, 0, 1, 7])),
        ),
      ],
    },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'CertificateRequest before ServerKeyExchange',
    server: { flights: [before12(serverFlight12(), 'ServerKeyExchange', certificateRequest12())] },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'CertificateRequest twice',
    server: {
      flights: [before12(serverFlight12(), 'ServerHelloDone', certificateRequest12(), certificateRequest12())],
    },
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
  {
    name: 'a CertificateRequest whose lengths do not fit',
    server: {
      flights: [
        before12(
          serverFlight12(),
          'ServerHelloDone',
          message12('CertificateRequest', 13, () => Buffer.from([1, 64, 0, 2, 4, 3, 0, 9])),
        ),
      ],
    },
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'a ServerHelloDone with content',
    server: flight(
      'ServerHelloDone',
      message12('ServerHelloDone', 14, () => Buffer.from([0])),
    ),
    code: 'DECODE_ERROR',
    alert: 50,
  },
  {
    name: 'a message in the record of ServerHelloDone',
    server: flight(
      'ServerHelloDone',
      rawHandshake(Buffer.concat([framed(14, Buffer.alloc(0)), framed(0, Buffer.alloc(0))])),
    ),
    code: 'UNEXPECTED_MESSAGE',
    alert: 10,
  },
];
