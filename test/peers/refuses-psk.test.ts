/** What the client refuses of a server that was offered keys and early data (RFC 8446 §4.2.9 to §4.2.11, §4.6.1), and with which alert. */
import assert from 'node:assert/strict';
import { preSharedKeys } from '../../src/tls/psk/pre-shared-keys.js';
import { ALPN, EARLY_DATA, type Extension, KEY_SHARE, PRE_SHARED_KEY, PSK_KEY_EXCHANGE_MODES } from './client-hello.js';
import type { ExchangeOptions } from './exchange.js';
import { insertedAfter, replaced } from './flights.js';
import { groupIds } from './key-shares.js';
import type { Protection } from './records.js';
import { assertRefusal, exchange, itRefuses, type Refusal } from './refusal.js';
import type { ScriptedServer, ServerOptions, Step } from './scripted-server.js';
import { type KnownSession, knownKey, knownSession } from './sessions.js';
import {
  alert,
  certificate,
  certificateRequest,
  certificateVerify,
  changeCipherSpec,
  edited,
  encryptedExtensions,
  extension,
  fin,
  finished,
  helloRetryRequest,
  message,
  newSessionTicket,
  pskFlight,
  record,
  type ServerHelloFields,
  selecting,
  serverFlight,
  serverHello,
  step,
  uint16,
  vector,
} from './steps.js';

const ILLEGAL = 'ERR_TLS_ILLEGAL_PARAMETER';
const MISSING = 'ERR_TLS_MISSING_EXTENSION';
const UNSUPPORTED = 'ERR_TLS_UNSUPPORTED_EXTENSION';
const UNEXPECTED = 'ERR_TLS_UNEXPECTED_MESSAGE';
const DECODE = 'ERR_TLS_DECODE_ERROR';

const selects = (at: number) => extension(PRE_SHARED_KEY, uint16(at));
const earlyAnswer = extension(EARLY_DATA);

/** A row with a session, or with other things that both sides know. */
function row(
  name: string,
  code: string,
  flights: Step[][],
  protection: Protection,
  known: KnownSession = knownSession(),
  more: { client?: Partial<ExchangeOptions>; server?: Partial<ServerOptions> } = {},
): Refusal {
  return {
    name,
    code,
    flights,
    protection,
    client: { ...known.client, ...more.client },
    server: { ...known.server, ...more.server },
  };
}

/** The flight of a server that would authenticate itself by its certificate, with another ServerHello. */
function withHello(edit: (fields: ServerHelloFields, server: ScriptedServer) => void): Step[][] {
  return [replaced(serverFlight(), 'ServerHello', serverHello(edit))];
}

const psks = () => ({ server: { psks: [] }, client: {} });
const withoutShare = (fields: ServerHelloFields) => {
  fields.extensions = fields.extensions.filter(({ type }) => type !== KEY_SHARE);
};

describe('refuses in the ServerHello that selects a key', () => {
  const P256 = { group: 'secp256r1', earlyData: 'reject' } as const;
  itRefuses([
    row('an identity that was not offered', ILLEGAL, [pskFlight(selecting(1))], 'plaintext'),
    row('identity 65535', ILLEGAL, [pskFlight(selecting(65535))], 'plaintext'),
    row(
      'a selection where no key was offered',
      UNSUPPORTED,
      withHello(f => f.extensions.push(selects(0))),
      'plaintext',
      psks(),
    ),
    row('a suite of another hash', ILLEGAL, [pskFlight()], 'plaintext', undefined, {
      server: { suite: 'TLS_AES_256_GCM_SHA384' },
    }),
    row('no key_share, where psk_ke was not offered', MISSING, [pskFlight(selecting(0, 'psk_ke'))], 'plaintext'),
    row('no key_share, and no selection either', MISSING, withHello(withoutShare), 'plaintext'),
    row('a key_share, where only psk_ke was offered', ILLEGAL, [[selecting(0)]], 'plaintext', undefined, {
      client: { pskMode: 'psk_ke' },
    }),
    row(
      'a key_share that nobody has asked for by a HelloRetryRequest',
      ILLEGAL,
      [
        [
          serverHello(fields => {
            withoutShare(fields);
            fields.extensions.push(extension(KEY_SHARE, uint16(groupIds.x25519), vector(2, Buffer.alloc(32, 9))));
          }),
        ],
      ],
      'plaintext',
      undefined,
      { client: { pskMode: 'psk_ke' } },
    ),
    row(
      'a selected_identity of one byte',
      DECODE,
      [pskFlight(selecting(0, 'psk_dhe_ke', f => void (f.extensions[2].data = Buffer.from([0]))))],
      'plaintext',
    ),
    row(
      'a selected_identity of three bytes',
      DECODE,
      [pskFlight(selecting(0, 'psk_dhe_ke', f => void (f.extensions[2].data = Buffer.alloc(3))))],
      'plaintext',
    ),
    row(
      'two of them',
      ILLEGAL,
      [pskFlight(selecting(0, 'psk_dhe_ke', f => f.extensions.push(selects(0))))],
      'plaintext',
    ),
    row(
      'early_data',
      ILLEGAL,
      [pskFlight(selecting(0, 'psk_dhe_ke', f => f.extensions.push(earlyAnswer)))],
      'early',
      knownSession({ maxEarlyData: 100 }),
      { client: { earlyData: Buffer.from('ping') }, server: { earlyData: 'accept' } },
    ),
    row(
      'psk_key_exchange_modes',
      ILLEGAL,
      [
        pskFlight(
          selecting(0, 'psk_dhe_ke', f => f.extensions.push(extension(PSK_KEY_EXCHANGE_MODES, Buffer.from([1, 1])))),
        ),
      ],
      'plaintext',
    ),
    row(
      'a HelloRetryRequest that selects',
      ILLEGAL,
      [[helloRetryRequest({ group: true, edit: f => f.extensions.push(selects(0)) })]],
      'plaintext',
      undefined,
      { server: { group: 'secp256r1' } },
    ),
    row(
      'after a retry, the identity that was not offered again',
      ILLEGAL,
      [[helloRetryRequest({ group: true }), changeCipherSpec], pskFlight(selecting(1))],
      'plaintext',
      (() => {
        const session = knownSession({ suite: 0x1302 });
        const key = knownKey();
        return { client: { ...session.client, ...key.client }, server: { psks: [session.psk, key.psk] } };
      })(),
      { server: P256 },
    ),
  ]);

  it('a server that does not know the key, where there are no certificates', async () => {
    const { client } = knownKey();
    const profile = { preSharedKeys, extensions: [] };
    await assertRefusal({
      name: '',
      code: 'ERR_TLS_HANDSHAKE_FAILURE',
      protection: 'plaintext',
      flights: [serverFlight()],
      client: { ...client, profile, trust: {} },
    });
  });
});

describe('refuses of a server that has selected a key', () => {
  const behind = (name: string, ...steps: Step[]) => [insertedAfter(pskFlight(), name, ...steps)];
  itRefuses([
    row('CertificateRequest', UNEXPECTED, behind('EncryptedExtensions', certificateRequest()), 'handshake'),
    row('Certificate', UNEXPECTED, behind('EncryptedExtensions', certificate(), certificateVerify()), 'handshake'),
    row('CertificateVerify', UNEXPECTED, behind('EncryptedExtensions', certificateVerify()), 'handshake'),
    row(
      'a wrong Finished',
      'ERR_TLS_BAD_FINISHED',
      [
        replaced(
          pskFlight(),
          'Finished',
          edited(finished(), body => body.fill(0)),
        ),
      ],
      'handshake',
    ),
    row('early_data that were not offered', UNSUPPORTED, [pskFlight(selecting(0), earlyAnswer)], 'handshake'),
    row('pre_shared_key in EncryptedExtensions', ILLEGAL, [pskFlight(selecting(0), selects(0))], 'handshake'),
    row(
      'EndOfEarlyData',
      UNEXPECTED,
      behind(
        'EncryptedExtensions',
        message('EndOfEarlyData', 5, () => Buffer.alloc(0)),
      ),
      'handshake',
    ),
  ]);

  it('a server that does not have the key: what it sends does not open', async () => {
    // Its keys are other ones, so that it cannot read the alert either.
    const deaf = step('deaf', server => void (server.client.deaf = true));
    const ran = (await exchange({ flights: [[deaf, ...pskFlight()]] }, knownSession().client)).run();
    assert.equal(ran.error?.code, 'ERR_TLS_BAD_RECORD_MAC');
  });

  it('a binder that the server finds wrong is its alert', async () => {
    const { client } = knownSession();
    const ran = (await exchange({ flights: [[alert(2, 51), fin]] }, client)).run();
    assert.deepEqual([ran.error?.code, ran.error?.alert], ['ERR_TLS_ALERT_RECEIVED', 51]);
  });
});

describe('refuses of a server that was sent early data', () => {
  const known = (change = {}) => {
    const session = knownSession({ maxEarlyData: 100, ...change });
    return { ...session, client: { ...session.client, earlyData: Buffer.from('ping') } };
  };
  const accepts: Partial<ServerOptions> = { earlyData: 'accept' };
  const rejects: Partial<ServerOptions> = { earlyData: 'reject' };
  const accepted = (...more: Extension[]) => [pskFlight(selecting(0), earlyAnswer, ...more)];
  const mqtt = extension(ALPN, vector(2, vector(1, Buffer.from('mqtt'))));
  itRefuses([
    row(
      'accepted, with a body',
      DECODE,
      [pskFlight(selecting(0), extension(EARLY_DATA, Buffer.from([0])))],
      'early',
      known(),
      {
        server: accepts,
      },
    ),
    row('accepted twice', ILLEGAL, accepted(earlyAnswer), 'early', known(), { server: accepts }),
    row('accepted with the second key', ILLEGAL, [pskFlight(selecting(1), earlyAnswer)], 'handshake', secondKey(), {
      server: rejects,
    }),
    row('accepted with another suite', ILLEGAL, accepted(), 'handshake', known(), {
      server: { ...rejects, suite: 'TLS_CHACHA20_POLY1305_SHA256' },
    }),
    row(
      'accepted by a full handshake',
      ILLEGAL,
      [replaced(serverFlight(), 'EncryptedExtensions', encryptedExtensions(earlyAnswer))],
      'handshake',
      known(),
      {
        server: rejects,
      },
    ),
    row(
      'accepted after a HelloRetryRequest',
      UNSUPPORTED,
      [[helloRetryRequest({ group: true }), changeCipherSpec], ...accepted()],
      'handshake',
      known(),
      { server: { ...rejects, group: 'secp256r1' } },
    ),
    row('accepted with another protocol', ILLEGAL, accepted(mqtt), 'early', known({ alpnProtocol: 'http/1.1' }), {
      server: accepts,
      client: { alpnProtocols: ['http/1.1', 'mqtt'] },
    }),
    row('accepted without the protocol', ILLEGAL, accepted(), 'early', known({ alpnProtocol: 'mqtt' }), {
      server: accepts,
      client: { alpnProtocols: ['mqtt'] },
    }),
    row(
      'accepted, and a wrong Finished',
      'ERR_TLS_BAD_FINISHED',
      [
        replaced(
          accepted()[0],
          'Finished',
          edited(finished(), body => body.fill(0)),
        ),
      ],
      'early',
      known(),
      { server: accepts },
    ),
    row(
      'rejected, and a wrong Finished',
      'ERR_TLS_BAD_FINISHED',
      [
        replaced(
          pskFlight(),
          'Finished',
          edited(finished(), body => body.fill(0)),
        ),
      ],
      'handshake',
      known(),
      { server: rejects },
    ),
    row(
      'application data before its Finished',
      UNEXPECTED,
      [insertedAfter(accepted()[0], 'EncryptedExtensions', record(23, Buffer.from('x')))],
      'early',
      known(),
      { server: accepts },
    ),
  ]);

  function secondKey(): KnownSession {
    const session = known();
    const key = knownKey();
    return { client: { ...session.client, ...key.client }, server: { psks: [session.psk, key.psk] } };
  }
});

describe('refuses as a NewSessionTicket', () => {
  const bad = (name: string, code: string, edit: (body: Buffer) => Uint8Array): Refusal => ({
    name,
    code,
    afterFinished: [{ ...newSessionTicket(), run: server => server.sendHandshake(framedTicket(edit, server)) }],
  });
  const early = (...data: number[]) => newSessionTicket([extension(EARLY_DATA, Buffer.from(data))]);
  const framedTicket = (edit: (body: Buffer) => Uint8Array, server: ScriptedServer) => {
    const body = edit(newSessionTicket().build(server));
    return Buffer.concat([Buffer.from([4, 0, body.length >> 8, body.length & 255]), body]);
  };
  itRefuses([
    bad('one that ends early', DECODE, body => body.subarray(0, -1)),
    bad('one with a byte too many', DECODE, body => Buffer.concat([body, Buffer.alloc(1)])),
    bad('an empty one', DECODE, () => Buffer.alloc(8)),
    { name: 'an empty ticket', code: DECODE, afterFinished: [newSessionTicket([], Buffer.alloc(0))] },
    { name: 'max_early_data_size of 3 bytes', code: DECODE, afterFinished: [early(0, 0, 1)] },
    { name: 'max_early_data_size of 5 bytes', code: DECODE, afterFinished: [early(0, 0, 1, 0, 0)] },
    {
      name: 'an extension twice',
      code: ILLEGAL,
      afterFinished: [newSessionTicket([extension(77), extension(77)])],
    },
    { name: 'an extension of other messages', code: ILLEGAL, afterFinished: [newSessionTicket([selects(0)])] },
  ]);
});
