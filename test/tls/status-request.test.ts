/** status_request (RFC 6066 §8, RFC 8446 §4.4.2.1): the stapled OCSP response reaches the application as it came; what is none is refused. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { CLOSE_NOTIFY, type TlsClient, type TlsProfile } from '../../src/tls/client.js';
import { malformedMessage } from '../../src/tls/errors.js';
import { parseCertificateStatus, statusRequest } from '../../src/tls/extensions/status-request.js';
import { everything, tls13 } from '../../src/tls/profiles.js';
import { assertReceived, assertRefused } from '../peers/exchange.js';
import { insertedBefore, replaced } from '../peers/flights.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { exchange as scripted } from '../peers/refusal.js';
import { isInstalled, startOpenssl } from '../peers/servers.js';
import {
  applicationData,
  type CertificateEntry,
  certificate,
  certificateRequest,
  closeNotify,
  defaultSignatureSchemes,
  encryptedExtensions,
  extension,
  fin,
  layout,
  serverFlight,
  serverHello,
  uint16,
  vector,
} from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { skip } from '../skip.js';
import { exchange } from './connection.js';

const STATUS_REQUEST = 5;
const RESPONSE = Buffer.from('not DER, and nobody here looks');
const REQUEST = 'GET / HTTP/1.0\r\n\r\n';

const { tls12 } = everything;
const profile: TlsProfile = { ...tls13, extensions: [...tls13.extensions, statusRequest] };

const status = (response: Uint8Array, type = 1) => extension(STATUS_REQUEST, Buffer.from([type]), vector(3, response));

const response = ({ ocspResponse }: TlsClient): Buffer | undefined => ocspResponse && Buffer.from(ocspResponse);

/** A server whose Certificate is edited so. */
const stapling = (edit: (entries: CertificateEntry[]) => void) => ({
  flights: [replaced(serverFlight(), 'Certificate', certificate(edit))],
  afterFinished: [applicationData('greeting'), closeNotify, fin],
});

describe('status_request', function () {
  this.timeout(20000);

  it('asks for OCSP, of any responder', async () => {
    const { server } = (await scripted({ flights: [[]] }, { profile })).run();
    const found = server.clientHello.extensions.find(({ type }) => type === STATUS_REQUEST);
    assert.deepEqual(found && [...found.data], [1, 0, 0, 0, 0]);
  });

  it('the response is there once the server is authenticated', async () => {
    const ran = await scripted(
      stapling(([own]) => void own.extensions.push(status(RESPONSE))),
      { profile },
    );
    assert.equal(response(ran.client), undefined);
    assertReceived(ran.run(), 'greeting');
    assert.deepEqual(response(ran.client), RESPONSE);
  });

  it('is not there before that', async () => {
    const flight = stapling(([own]) => void own.extensions.push(status(RESPONSE))).flights[0];
    const unfinished = flight.filter(({ name }) => name !== 'Finished').slice(0, -1);
    const ran = (await scripted({ flights: [unfinished] }, { profile })).run();
    assert.equal(response(ran.client), undefined);
  });

  it('in small records, and with one for every certificate, only the first counts', async () => {
    const identity = await serverIdentity();
    const issuer = await authority();
    const server = stapling(entries => {
      entries.forEach((entry, i) => void entry.extensions.push(status(Buffer.from('response ' + i))));
    });
    const flights = [insertedBefore(server.flights[0], 'Certificate', layout({ fragment: 7 }))];
    const ran = await scripted({ ...server, flights, chain: [issuer, issuer] }, { profile }, identity);
    assertReceived(ran.run(), 'greeting');
    assert.equal(response(ran.client)?.toString(), 'response 0');
  });

  it('one that does not fit into the handshake buffer is left out', async () => {
    const server = stapling(([own]) => void own.extensions.push(status(Buffer.alloc(7000))));
    const ran = await scripted(server, { profile });
    assertReceived(ran.run(), 'greeting');
    assert.equal(response(ran.client), undefined);
  });

  for (const [what, edit, code] of [
    ['an empty response', [status(Buffer.alloc(0))], 'DECODE_ERROR'],
    ['an empty extension', [extension(STATUS_REQUEST)], 'DECODE_ERROR'],
    ['a status that is not OCSP', [status(RESPONSE, 2)], 'DECODE_ERROR'],
    ['a byte behind it', [extension(STATUS_REQUEST, Buffer.from([1, 0, 0, 1, 7, 7]))], 'DECODE_ERROR'],
    ['a response that ends early', [extension(STATUS_REQUEST, Buffer.from([1, 0, 0, 9, 7]))], 'DECODE_ERROR'],
    ['two of them', [status(RESPONSE), status(RESPONSE)], 'ILLEGAL_PARAMETER'],
    ['server_name beside it', [status(RESPONSE), extension(0)], 'ILLEGAL_PARAMETER'],
  ] as const) {
    it(`${what} is refused`, async () => {
      const ran = await scripted(
        stapling(([own]) => void own.extensions.push(...edit)),
        { profile },
      );
      assertRefused(ran.run(), 'ERR_TLS_' + code, 'handshake');
    });
  }

  it('one that nobody asked for is refused', async () => {
    const ran = await scripted(
      stapling(([own]) => void own.extensions.push(status(RESPONSE))),
      { profile: tls13 },
    );
    assertRefused(ran.run(), 'ERR_TLS_UNSUPPORTED_EXTENSION', 'handshake');
  });

  it('in EncryptedExtensions or a ServerHello it is refused', async () => {
    const answer = extension(STATUS_REQUEST);
    const encrypted = replaced(serverFlight(), 'EncryptedExtensions', encryptedExtensions(answer));
    assertRefused(
      (await scripted({ flights: [encrypted] }, { profile })).run(),
      'ERR_TLS_ILLEGAL_PARAMETER',
      'handshake',
    );
    const hello = replaced(
      serverFlight(),
      'ServerHello',
      serverHello(fields => void fields.extensions.push(answer)),
    );
    assertRefused((await scripted({ flights: [hello] }, { profile })).run(), 'ERR_TLS_ILLEGAL_PARAMETER', 'plaintext');
  });

  it('a CertificateRequest may have it, for a response of ours', async () => {
    const algorithms = extension(13, vector(2, ...defaultSignatureSchemes.map(uint16)));
    const asking = certificateRequest([algorithms, extension(STATUS_REQUEST, Buffer.from([1, 0, 0, 0, 0]))]);
    const flights = [insertedBefore(serverFlight(), 'Certificate', asking)];
    const afterFinished = [applicationData('greeting'), closeNotify, fin];
    assertReceived((await scripted({ flights, afterFinished }, { profile })).run(), 'greeting');
  });

  it('CertificateStatus of TLS 1.2 has the same body', () => {
    const body = Buffer.concat([Buffer.from([1]), vector(3, RESPONSE)]);
    const parsed = parseCertificateStatus(new ByteReader(body, 0, body.length, malformedMessage as never));
    assert.deepEqual(Buffer.from(parsed), RESPONSE);
    body.fill(0);
    assert.equal(parsed[0], RESPONSE[0], 'a copy');
  });

  it('a server that has none staples none', async () => {
    const ran = await scripted(
      stapling(() => {}),
      { profile },
    );
    assertReceived(ran.run(), 'greeting');
    assert.equal(response(ran.client), undefined);
  });

  for (const [version, flags] of [
    ['TLSv1.3', []],
    ['TLSv1.2', ['-tls1_2']],
  ] as const) {
    it(`openssl s_server -status_file, ${version}`, async function () {
      if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
      // OCSPResponse { responseStatus tryLater(3) }: as much as OpenSSL wants to parse.
      const bytes = Buffer.from([0x30, 3, 0x0a, 1, 3]);
      const directory = mkdtempSync(join(tmpdir(), 'ringlet-status-'));
      const file = join(directory, 'response.der');
      writeFileSync(file, bytes);
      const server = await startOpenssl(await serverIdentity(), ['-www', '-status_file', file, ...flags]);
      try {
        const trust = trusting(await authority());
        const without = { ...tls13, tls12 };
        const { end, client } = await exchange(server.port, trust, REQUEST, { profile: { ...profile, tls12 } });
        assert.equal(end, CLOSE_NOTIFY);
        assert.equal(client.protocolVersion, version);
        assert.deepEqual(response(client), bytes);
        assert.equal(response((await exchange(server.port, trust, REQUEST, { profile: without })).client), undefined);
      } finally {
        await server.stop();
        rmSync(directory, { recursive: true });
      }
    });
  }
});
