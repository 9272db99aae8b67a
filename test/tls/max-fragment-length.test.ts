/** max_fragment_length (RFC 6066 §4): what is asked for by the ring, answers that are none, and real servers that keep to it. */
import assert from 'node:assert/strict';
import { CLOSE_NOTIFY, type TlsProfile } from '../../src/tls/client.js';
import { maxFragmentLength } from '../../src/tls/extensions/max-fragment-length.js';
import { recordSizeLimit } from '../../src/tls/extensions/record-size-limit.js';
import { serverName } from '../../src/tls/extensions/server-name.js';
import { tls13 } from '../../src/tls/profiles.js';
import { assertReceived, assertRefused, type ExchangeOptions } from '../peers/exchange.js';
import { replaced } from '../peers/flights.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { APPLICATION_DATA } from '../peers/records.js';
import { exchange as scripted } from '../peers/refusal.js';
import { isInstalled, type RunningServer, startGnutls, startOpenssl } from '../peers/servers.js';
import {
  applicationData,
  closeNotify,
  encryptedExtensions,
  extension,
  fin,
  layout,
  record,
  serverFlight,
  serverHello,
  uint16,
} from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { skip } from '../skip.js';
import { type ClientOptions, exchange } from './connection.js';

const MAX_FRAGMENT_LENGTH = 1;
const RECORD_SIZE_LIMIT = 28;
const REQUEST = 'GET / HTTP/1.0\r\n\r\n';

const only: TlsProfile = { ...tls13, extensions: [serverName, maxFragmentLength] };
const both: TlsProfile = { ...tls13, extensions: [...tls13.extensions, maxFragmentLength] };

const code = (value: number) => extension(MAX_FRAGMENT_LENGTH, Buffer.from([value]));

/** The server answers with these EncryptedExtensions, and sends in fragments of `fragment` bytes. */
function answering(...extensions: ReturnType<typeof extension>[]) {
  const sent = serverFlight();
  const flight = replaced(sent, 'EncryptedExtensions', encryptedExtensions(...extensions), layout({ fragment: 512 }));
  return { flights: [flight] };
}

describe('max_fragment_length', function () {
  this.timeout(20000);
  for (const [inputSize, asked] of [
    [600, 1],
    [1052, 1],
    [1053, 2],
    [2077, 3],
    [4096, 3],
    [4125, 4],
    [16412, 4],
    [16413, undefined],
  ] as const) {
    it(`a ring of ${inputSize} bytes asks for ${asked ? 256 << asked : 'nothing'}`, async () => {
      const { server } = (await scripted({ flights: [[]] }, { profile: only, inputSize })).run();
      const found = server.clientHello.extensions.find(({ type }) => type === MAX_FRAGMENT_LENGTH);
      assert.deepEqual(found && [...found.data], asked && [asked]);
    });
  }

  it('is kept to in both directions', async () => {
    const data = Buffer.alloc(2000, 'x');
    const client: Partial<ExchangeOptions> = { profile: only, inputSize: 600 };
    const then: ExchangeOptions['then'] = ran => void ran.client.write(data, 0, data.length);
    const afterFinished = [applicationData('y'.repeat(512)), closeNotify, fin];
    const ran = (await scripted({ ...answering(code(1)), afterFinished }, { ...client, then })).run();
    assertReceived(ran, 'y'.repeat(512));
    const taken = ran.server.client;
    assert.equal(taken.largestPlaintext, 512);
    assert.ok(taken.applicationRecords > 2);
  });

  it('a longer record is an overflow', async () => {
    const afterFinished = [record(APPLICATION_DATA, Buffer.alloc(513))];
    const ran = await scripted({ ...answering(code(1)), afterFinished }, { profile: only, inputSize: 1000 });
    assertRefused(ran.run(), 'ERR_TLS_RECORD_OVERFLOW', 'application');
  });

  it('without an answer the client sends what it likes', async () => {
    const data = Buffer.alloc(1500, 'x');
    const then: ExchangeOptions['then'] = ran => void ran.client.write(data, 0, data.length);
    const ran = (await scripted(answering(), { profile: only, inputSize: 1100, then })).run();
    assert.equal(ran.server.client.largestPlaintext, 1500);
  });

  for (const [what, answer, expected] of [
    ['another length than was asked for', [code(2)], 'ILLEGAL_PARAMETER'],
    ['a length that does not exist', [code(5)], 'ILLEGAL_PARAMETER'],
    ['no length', [extension(MAX_FRAGMENT_LENGTH)], 'DECODE_ERROR'],
    ['two lengths', [extension(MAX_FRAGMENT_LENGTH, Buffer.from([1, 1]))], 'DECODE_ERROR'],
    ['and record_size_limit', [code(1), extension(RECORD_SIZE_LIMIT, uint16(512))], 'ILLEGAL_PARAMETER'],
    ['behind record_size_limit', [extension(RECORD_SIZE_LIMIT, uint16(512)), code(1)], 'ILLEGAL_PARAMETER'],
  ] as const) {
    it(`answered: ${what}, is refused`, async () => {
      const ran = (await scripted(answering(...answer), { profile: both, inputSize: 600 })).run();
      assertRefused(ran, 'ERR_TLS_' + expected, 'handshake');
    });
  }

  it('offered with record_size_limit, either may be answered', async () => {
    for (const answer of [code(1), extension(RECORD_SIZE_LIMIT, uint16(512))]) {
      const afterFinished = [applicationData('greeting'), closeNotify, fin];
      const ran = await scripted({ ...answering(answer), afterFinished }, { profile: both, inputSize: 600 });
      assertReceived(ran.run(), 'greeting');
    }
  });

  it('in a ServerHello, or not offered, is refused', async () => {
    const misplaced = replaced(
      serverFlight(),
      'ServerHello',
      serverHello(fields => void fields.extensions.push(code(1))),
    );
    const ran = (await scripted({ flights: [misplaced] }, { profile: only, inputSize: 600 })).run();
    assertRefused(ran, 'ERR_TLS_ILLEGAL_PARAMETER', 'plaintext');
    const unasked = (
      await scripted(answering(code(1)), { profile: { ...tls13, extensions: [recordSizeLimit] } })
    ).run();
    assertRefused(unasked, 'ERR_TLS_UNSUPPORTED_EXTENSION', 'handshake');
  });

  describe('real servers', () => {
    let running: RunningServer | undefined;
    afterEach(async () => {
      await running?.stop();
      running = undefined;
    });

    /** A page that is larger than the ring, 1100 bytes unless said otherwise. */
    async function page(options: ClientOptions) {
      const port = (running as RunningServer).port;
      const trust = trusting(await authority());
      return exchange(port, trust, REQUEST, { inputSize: 1100, handshakeBufferSize: 2048, ...options });
    }

    it('openssl s_server sends what a ring of 1100 bytes takes, which it does not otherwise', async function () {
      if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
      running = await startOpenssl(await serverIdentity(), ['-www']);
      for (const profile of [only, both]) {
        const { end, data } = await page({ profile });
        assert.equal(end, CLOSE_NOTIFY);
        assert.ok(data.length > 2048, `${data.length} bytes`);
      }
      assert.equal((await page({ profile: tls13 })).end, 'ERR_TLS_RECORD_TOO_LARGE');
    });

    it('gnutls-serv does so, too, and if both are offered', async function () {
      if (!isInstalled('gnutls-serv')) return skip(this, 'gnutls-serv is not installed');
      running = await startGnutls(await serverIdentity(), 'NORMAL:-VERS-ALL:+VERS-TLS1.3');
      for (const profile of [only, both]) {
        const { end, data } = await page({ profile, inputSize: 600 });
        assert.equal(end, CLOSE_NOTIFY);
        assert.ok(data.length > 600, `${data.length} bytes`);
      }
      const neither = { ...tls13, extensions: [serverName] };
      assert.equal((await page({ profile: neither, inputSize: 600 })).end, 'ERR_TLS_RECORD_TOO_LARGE');
    });
  });
});
