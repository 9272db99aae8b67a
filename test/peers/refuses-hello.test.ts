/** What the client refuses in ServerHello and HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4, §4.2), and with which alert. */
import {
  ALPN,
  COOKIE,
  type Extension,
  KEY_SHARE,
  PRE_SHARED_KEY,
  SERVER_NAME,
  SUPPORTED_GROUPS,
  SUPPORTED_VERSIONS,
} from './client-hello.js';
import { replaced } from './flights.js';
import { groupIds } from './key-shares.js';
import type { Protection } from './records.js';
import { itRefuses, type Refusal } from './refusal.js';
import type { ScriptedServer, Step } from './scripted-server.js';
import {
  changeCipherSpec,
  edited,
  extension,
  helloRetryRequest,
  type RetryOptions,
  type ServerHelloFields,
  serverFlight,
  serverHello,
  uint16,
  vector,
} from './steps.js';

const ILLEGAL = 'ERR_TLS_ILLEGAL_PARAMETER';
const DECODE = 'ERR_TLS_DECODE_ERROR';
const UNSUPPORTED = 'ERR_TLS_UNSUPPORTED_EXTENSION';
const VERSION = 'ERR_TLS_PROTOCOL_VERSION';

type Edit = (fields: ServerHelloFields, server: ScriptedServer) => void;

function hello(name: string, code: string | string[], edit: Edit): Refusal {
  const flight = replaced(serverFlight(), 'ServerHello', serverHello(edit));
  return { name, code, flights: [flight], protection: 'plaintext' };
}

function setExtension(fields: ServerHelloFields, changed: Extension): void {
  fields.extensions = fields.extensions.map(present => (present.type === changed.type ? changed : present));
}

function dropExtension(fields: ServerHelloFields, type: number): void {
  fields.extensions = fields.extensions.filter(present => present.type !== type);
}

function keyShare(group: number, publicKey: Uint8Array): Extension {
  return extension(KEY_SHARE, uint16(group), vector(2, publicKey));
}

describe('refuses in ServerHello', () => {
  itRefuses([
    // §4.1.3 names the value, not the alert.
    hello('legacy_version 0x0302', [ILLEGAL, VERSION], fields => (fields.legacyVersion = 0x0302)),
    hello('legacy_version 0x0304', [ILLEGAL, VERSION], fields => (fields.legacyVersion = 0x0304)),
    hello('another session id', ILLEGAL, fields => (fields.sessionId = Buffer.alloc(32, 9))),
    hello('a session id of another length', ILLEGAL, fields => {
      fields.sessionId = fields.sessionId.length > 0 ? Buffer.alloc(0) : Buffer.alloc(1);
    }),
    hello('a session id of 33 bytes', DECODE, fields => (fields.sessionId = Buffer.alloc(33))),
    hello('a suite that was not offered (TLS_AES_128_CCM_8_SHA256)', ILLEGAL, fields => (fields.suite = 0x1305)),
    hello('a TLS 1.2 suite', ILLEGAL, fields => (fields.suite = 0xc02f)),
    hello('suite 0', ILLEGAL, fields => (fields.suite = 0)),
    hello('a GREASE suite', ILLEGAL, fields => (fields.suite = 0x0a0a)),
    hello('compression', [ILLEGAL, DECODE], fields => (fields.compression = 1)),
    hello('selected version TLS 1.2', ILLEGAL, fields => {
      setExtension(fields, extension(SUPPORTED_VERSIONS, uint16(0x0303)));
    }),
    hello('selected version 0x0305', ILLEGAL, fields => {
      setExtension(fields, extension(SUPPORTED_VERSIONS, uint16(0x0305)));
    }),
    hello('a list of selected versions', [DECODE, ILLEGAL], fields => {
      setExtension(fields, extension(SUPPORTED_VERSIONS, vector(1, uint16(0x0304))));
    }),
    hello('an empty supported_versions', DECODE, fields => setExtension(fields, extension(SUPPORTED_VERSIONS))),
    hello('no supported_versions: TLS 1.2', VERSION, fields => {
      fields.extensions = [];
      fields.suite = 0xc02f;
    }),
    hello('no supported_versions, a TLS 1.3 suite', [VERSION, ILLEGAL, 'ERR_TLS_MISSING_EXTENSION'], fields => {
      dropExtension(fields, SUPPORTED_VERSIONS);
    }),
    // §4.1.3 demands illegal_parameter for the sentinel, §4.2.1 protocol_version for the version: both are true here.
    hello('a downgrade to TLS 1.2, with the sentinel', [VERSION, ILLEGAL], fields => {
      fields.extensions = [];
      fields.suite = 0xc02f;
      fields.random.write('DOWNGRD\x01', 24, 'latin1');
    }),
    hello('a downgrade to TLS 1.0', [VERSION, ILLEGAL], fields => {
      fields.extensions = [];
      fields.legacyVersion = 0x0301;
      fields.suite = 0xc009;
      fields.random.write('DOWNGRD\x00', 24, 'latin1');
    }),
    hello('no key_share', 'ERR_TLS_MISSING_EXTENSION', fields => dropExtension(fields, KEY_SHARE)),
    hello('a key_share of a group that was not offered', ILLEGAL, fields => {
      setExtension(fields, keyShare(0x0019, Buffer.alloc(133, 4)));
    }),
    hello("our own group's key under the number of another group", ILLEGAL, (fields, server) => {
      setExtension(fields, keyShare(groupIds.secp256r1, server.share.publicKey));
    }),
    hello('a key_share of a GREASE group', ILLEGAL, fields => setExtension(fields, keyShare(0x0a0a, Buffer.alloc(1)))),
    hello('a key_share without a key', DECODE, (fields, server) => {
      setExtension(fields, keyShare(groupIds[server.group], Buffer.alloc(0)));
    }),
    hello('a group without a key_share', DECODE, fields => setExtension(fields, extension(KEY_SHARE, uint16(0x001d)))),
    hello('an x25519 key of 31 bytes', [ILLEGAL, DECODE], (fields, server) => {
      setExtension(fields, keyShare(groupIds.x25519, server.share.publicKey.subarray(1)));
    }),
    hello('an x25519 key of 33 bytes', [ILLEGAL, DECODE], (fields, server) => {
      setExtension(fields, keyShare(groupIds.x25519, Buffer.concat([server.share.publicKey, Buffer.alloc(1)])));
    }),
    hello('an x25519 key of low order (0)', ILLEGAL, fields => {
      setExtension(fields, keyShare(groupIds.x25519, Buffer.alloc(32)));
    }),
    hello('an x25519 key of low order (1)', ILLEGAL, fields => {
      const one = Buffer.alloc(32);
      one[0] = 1;
      setExtension(fields, keyShare(groupIds.x25519, one));
    }),
    hello('pre_shared_key, which was not offered', UNSUPPORTED, fields => {
      fields.extensions.push(extension(PRE_SHARED_KEY, uint16(0)));
    }),
    hello('an unknown extension', UNSUPPORTED, fields => fields.extensions.push(extension(0xfafa))),
    hello('cookie, which belongs to HelloRetryRequest', [ILLEGAL, UNSUPPORTED], fields => {
      fields.extensions.push(extension(COOKIE, vector(2, Buffer.alloc(4))));
    }),
    hello('server_name, which belongs to EncryptedExtensions', ILLEGAL, fields => {
      fields.extensions.push(extension(SERVER_NAME));
    }),
    hello('supported_groups, which belongs to EncryptedExtensions', ILLEGAL, fields => {
      fields.extensions.push(extension(SUPPORTED_GROUPS, vector(2, uint16(0x001d))));
    }),
    {
      ...hello('ALPN, which belongs to EncryptedExtensions', ILLEGAL, fields => {
        fields.extensions.push(extension(ALPN, vector(2, vector(1, Buffer.from('http/1.1')))));
      }),
      client: { alpnProtocols: ['http/1.1'] },
    },
    hello('trailing bytes in supported_versions', DECODE, fields => {
      setExtension(fields, extension(SUPPORTED_VERSIONS, uint16(0x0304), Buffer.alloc(1)));
    }),
    hello('trailing bytes in key_share', DECODE, (fields, server) => {
      const share = keyShare(groupIds.x25519, server.share.publicKey);
      setExtension(fields, extension(KEY_SHARE, share.data, Buffer.alloc(1)));
    }),
    // §4.2 forbids duplicates and names no alert.
    hello('supported_versions twice', [ILLEGAL, DECODE], fields => fields.extensions.push(fields.extensions[0])),
    hello('key_share twice', [ILLEGAL, DECODE], fields => fields.extensions.push(fields.extensions[1])),
  ]);

  for (const [what, key] of [
    ['compressed', (key: Buffer) => Buffer.concat([Buffer.from([2 + (key[64] & 1)]), key.subarray(1, 33)])],
    ['hybrid', (key: Buffer) => Buffer.concat([Buffer.from([6 + (key[64] & 1)]), key.subarray(1)])],
    ['not on the curve', (key: Buffer) => Buffer.concat([key.subarray(0, 64), Buffer.from([key[64] ^ 1])])],
    ['at infinity', () => Buffer.alloc(1)],
    ['64 bytes long', (key: Buffer) => key.subarray(0, 64)],
    ['66 bytes long', (key: Buffer) => Buffer.concat([key, Buffer.alloc(1)])],
  ] as const) {
    const bad = serverHello((fields, server) => {
      setExtension(fields, keyShare(groupIds.secp256r1, key(server.share.publicKey)));
    });
    const retry = [helloRetryRequest({ group: true })];
    itRefuses([
      {
        name: `a secp256r1 key ${what}`,
        server: { group: 'secp256r1' },
        flights: [retry, replaced(serverFlight(), 'ServerHello', bad)],
        code: what.includes('long') ? [ILLEGAL, DECODE] : ILLEGAL,
        protection: 'plaintext',
      },
    ]);
  }
});

describe('refuses in and after HelloRetryRequest', () => {
  const secp256r1 = { group: 'secp256r1' as const };

  function retry(name: string, code: string | string[], options: RetryOptions, ...second: Step[][]): Refusal {
    const protection: Protection = 'plaintext';
    const flights = [[helloRetryRequest(options), changeCipherSpec], ...second];
    return { name, code, flights, protection, server: options.group ? secp256r1 : {} };
  }

  function secondHello(edit: Edit): Step[] {
    return replaced(serverFlight(), 'ServerHello', serverHello(edit));
  }

  const cookie = Buffer.from('cookie');

  itRefuses([
    retry('one that changes nothing', ILLEGAL, {}),
    retry('a second one', 'ERR_TLS_UNEXPECTED_MESSAGE', { cookie }, [helloRetryRequest({ cookie })]),
    retry('a second one after a change of group', 'ERR_TLS_UNEXPECTED_MESSAGE', { group: true }, [
      helloRetryRequest({ cookie }),
    ]),
    retry('a group whose share was sent', ILLEGAL, {
      edit: fields => fields.extensions.push(extension(KEY_SHARE, uint16(groupIds.x25519))),
    }),
    retry('a group that was not offered', ILLEGAL, {
      edit: fields => fields.extensions.push(extension(KEY_SHARE, uint16(0x0019))),
    }),
    retry('key_share with a key', DECODE, {
      edit: fields => fields.extensions.push(keyShare(groupIds.secp256r1, Buffer.alloc(65, 4))),
    }),
    retry('an empty cookie', DECODE, { edit: fields => fields.extensions.push(extension(COOKIE, uint16(0))) }),
    retry('trailing bytes in cookie', DECODE, {
      edit: fields => fields.extensions.push(extension(COOKIE, vector(2, cookie), Buffer.alloc(1))),
    }),
    retry('cookie twice', [ILLEGAL, DECODE], {
      cookie,
      edit: fields => fields.extensions.push(fields.extensions[1]),
    }),
    retry('key_share twice', [ILLEGAL, DECODE], {
      group: true,
      edit: fields => fields.extensions.push(fields.extensions[1]),
    }),
    retry('an unknown extension', UNSUPPORTED, {
      cookie,
      edit: fields => fields.extensions.push(extension(0xfafa)),
    }),
    retry('an extension of EncryptedExtensions', ILLEGAL, {
      cookie,
      edit: fields => fields.extensions.push(extension(SERVER_NAME)),
    }),
    retry('no supported_versions', [VERSION, 'ERR_TLS_MISSING_EXTENSION', ILLEGAL], {
      cookie,
      edit: fields => dropExtension(fields, SUPPORTED_VERSIONS),
    }),
    retry('selected version TLS 1.2', ILLEGAL, {
      cookie,
      edit: fields => setExtension(fields, extension(SUPPORTED_VERSIONS, uint16(0x0303))),
    }),
    retry('another session id', ILLEGAL, { cookie, edit: fields => (fields.sessionId = Buffer.alloc(32, 9)) }),
    retry('a suite that was not offered', ILLEGAL, { cookie, edit: fields => (fields.suite = 0x1305) }),
    retry('compression', [ILLEGAL, DECODE], { cookie, edit: fields => (fields.compression = 1) }),
    retry(
      'another suite in ServerHello',
      ILLEGAL,
      { cookie },
      secondHello(fields => (fields.suite = 0x1303)),
    ),
    retry(
      'another group in ServerHello',
      ILLEGAL,
      { group: true },
      secondHello(fields => setExtension(fields, keyShare(groupIds.x25519, Buffer.alloc(32, 9)))),
    ),
    retry(
      'no supported_versions in ServerHello',
      [VERSION, 'ERR_TLS_MISSING_EXTENSION', ILLEGAL],
      { cookie },
      secondHello(fields => dropExtension(fields, SUPPORTED_VERSIONS)),
    ),
    retry(
      'another version in ServerHello',
      ILLEGAL,
      { cookie },
      secondHello(fields => setExtension(fields, extension(SUPPORTED_VERSIONS, uint16(0x0303)))),
    ),
    {
      ...retry('trailing bytes', DECODE, {}),
      flights: [[edited(helloRetryRequest({ cookie }), body => Buffer.concat([body, Buffer.alloc(1)]))]],
    },
  ]);
});
