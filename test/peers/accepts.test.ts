/** What the client must accept, however unusual: RFC 8446's freedoms of a server, one at a time. */
import assert from 'node:assert/strict';
import type { KeyKind } from '../../tools/certificates.js';
import { ALPN, SERVER_NAME, SIGNATURE_ALGORITHMS, SUPPORTED_GROUPS } from './client-hello.js';
import { assertReceived, assertRefused, type ExchangeOptions } from './exchange.js';
import { fullFlight, insertedAfter, insertedBefore, replaced } from './flights.js';
import { authority, leaf, SERVER_NAME_UNDER_TEST, server as serverIdentity } from './identities.js';
import { suites } from './key-schedule.js';
import { groupIds } from './key-shares.js';
import { APPLICATION_DATA } from './records.js';
import { exchange } from './refusal.js';
import type { ServerOptions, Step } from './scripted-server.js';
import {
  alert,
  applicationData,
  certificateRequest,
  changeCipherSpec,
  closeNotify,
  encryptedExtensions,
  extension,
  fin,
  helloRetryRequest,
  keyUpdate,
  layout,
  newSessionTicket,
  plaintext,
  record,
  serverFlight,
  serverHello,
  uint16,
  vector,
} from './steps.js';
import { trusting } from './trust.js';

const goodbye = [applicationData('greeting'), closeNotify, fin];

/** The handshake completes, the greeting arrives, the server's end is clean. */
async function assertAccepted(server: Partial<ServerOptions>, client: Partial<ExchangeOptions> = {}) {
  const ran = (await exchange({ afterFinished: goodbye, ...server }, client)).run();
  assertReceived(ran, 'greeting');
  return ran;
}

/** What follows the handshake, then a greeting. */
async function assertAcceptedAfter(...steps: Step[]) {
  return assertAccepted({ afterFinished: [...steps, ...goodbye] });
}

describe('accepts', () => {
  it('a plain flight; says what was negotiated; sends SNI and nothing but its own', async () => {
    const { client, server } = await assertAccepted({});
    assert.equal(client.cipherSuite, 'TLS_AES_128_GCM_SHA256');
    assert.equal(client.group, 'x25519');
    assert.equal(client.alpnProtocol, undefined);
    assert.equal(server.clientHello.serverName, SERVER_NAME_UNDER_TEST);
    assert.deepEqual(server.client.messages, [1, 20]);
    assert.deepEqual(server.client.changeCipherSpecs, [1]);
  });

  for (const { name, hash } of suites) {
    for (const group of ['x25519', 'secp256r1'] as const) {
      it(`${name} (${hash}) with ${group}${group === 'x25519' ? '' : ', after HelloRetryRequest'}`, async () => {
        const retry = [[helloRetryRequest({ group: true }), changeCipherSpec]];
        const flights = [...(group === 'x25519' ? [] : retry), serverFlight()];
        const { client } = await assertAccepted({ suite: name, group, flights });
        assert.equal(client.cipherSuite, name);
        assert.equal(client.group, group);
      });
    }
  }

  const kinds: [KeyKind, KeyKind][] = [
    ['p384', 'p384'],
    ['p256', 'p384'],
    ['rsa2048', 'rsa2048'],
    ['rsa4096', 'p256'],
    ['ed25519', 'ed25519'],
  ];
  for (const [kind, issuerKind] of kinds) {
    it(`a certificate with a key of kind ${kind}, signed by ${issuerKind}`, async () => {
      const identity = await serverIdentity(kind, issuerKind);
      await assertAccepted({ identity }, { trust: trusting(await authority(issuerKind)) });
    });
  }

  it('a certificate for an address', async () => {
    const identity = await leaf({ issuer: await authority(), dnsNames: [], ipAddresses: ['192.0.2.1'] });
    const { server } = await assertAccepted({ identity }, { serverName: '192.0.2.1' });
    assert.equal(server.clientHello.serverName, undefined);
  });

  for (const [name, cookie, group] of [
    ['a cookie', 20, false],
    ['a cookie of 300 bytes', 300, false],
    ['a cookie and another group', 20, true],
    ['another group', 0, true],
  ] as const) {
    for (const withCcs of [true, false]) {
      it(`HelloRetryRequest with ${name}, ${withCcs ? 'with' : 'without'} ChangeCipherSpec`, async () => {
        const retry: Step[] = [helloRetryRequest({ cookie: cookie ? Buffer.alloc(cookie, 'c') : undefined, group })];
        if (withCcs) retry.push(changeCipherSpec);
        const { server } = await assertAccepted({
          group: group ? 'secp256r1' : 'x25519',
          flights: [retry, serverFlight()],
        });
        assert.equal(server.clientHellos.length, 2);
        // §D.4: before the second flight. Servers without state, which send cookies, understand it only before the encrypted one, which the RFC allows as well.
        assert.deepEqual(server.client.changeCipherSpecs, [cookie ? 2 : 1]);
      });
    }
  }

  it('HelloRetryRequest in records of one byte', async () => {
    const retry = [layout({ fragment: 1 }), helloRetryRequest({ cookie: Buffer.from('c') })];
    await assertAccepted({ flights: [retry, [layout({ fragment: 16384 }), ...serverFlight()]] });
  });

  it('no ChangeCipherSpec', () => assertAccepted({ flights: [replaced(serverFlight(), 'ChangeCipherSpec')] }));

  it('ChangeCipherSpec before ServerHello, and two more before Finished', async () => {
    const flight = insertedBefore(serverFlight(), 'Finished', changeCipherSpec, changeCipherSpec);
    await assertAccepted({ flights: [[changeCipherSpec, ...replaced(flight, 'ChangeCipherSpec')]] });
  });

  it('another legacy_record_version, which "MUST be ignored for all purposes" (§5.1)', async () => {
    const hello = serverHello();
    const odd: Step = {
      name: 'ServerHello',
      run(server) {
        hello.run(server);
        const bytes = server.take();
        bytes.writeUInt16BE(0x0301, 1);
        server.sendRaw(bytes);
      },
    };
    await assertAccepted({ flights: [replaced(serverFlight(), 'ServerHello', odd)] });
  });

  it('CertificateRequest, and answers with an empty Certificate', async () => {
    const { server } = await assertAccepted({ flights: [fullFlight()] });
    assert.deepEqual(server.client.messages, [1, 11, 20]);
  });

  it('CertificateRequest with extensions nobody knows', async () => {
    const schemes = extension(SIGNATURE_ALGORITHMS, vector(2, uint16(0x0403), uint16(0xfefe)));
    const request = certificateRequest([extension(0xfafa, Buffer.from('?')), schemes, extension(47, vector(2))]);
    await assertAccepted({ flights: [insertedAfter(serverFlight(), 'EncryptedExtensions', request)] });
  });

  it('server_name, supported_groups and ALPN in EncryptedExtensions', async () => {
    const extensions = encryptedExtensions(
      extension(SERVER_NAME),
      extension(SUPPORTED_GROUPS, vector(2, uint16(groupIds.secp256r1), uint16(0x6399))),
      extension(ALPN, vector(2, vector(1, Buffer.from('mqtt')))),
    );
    const flights = [replaced(serverFlight(), 'EncryptedExtensions', extensions)];
    const { client, server } = await assertAccepted({ flights }, { alpnProtocols: ['http/1.1', 'mqtt'] });
    assert.equal(client.alpnProtocol, 'mqtt');
    assert.deepEqual(server.clientHello.alpn, ['http/1.1', 'mqtt']);
  });

  it('ServerHello with its extensions the other way round', () =>
    assertAccepted({
      flights: [
        replaced(
          serverFlight(),
          'ServerHello',
          serverHello(fields => fields.extensions.reverse()),
        ),
      ],
    }));
});

describe('accepts records', () => {
  for (const fragment of [1, 2, 3, 5, 64, 512]) {
    it(`of at most ${fragment} bytes (Certificate over many)`, async () => {
      const together = layout({ fragment, coalesce: true });
      await assertAccepted({ flights: [[layout({ fragment }), ...serverFlight()]] });
      await assertAccepted({ flights: [[together, ...serverFlight()]] });
    });
  }

  it('with several messages each', () =>
    assertAccepted({ flights: [[layout({ coalesce: true }), ...serverFlight()]] }));

  for (const padding of [1, 255, 512, 15000]) {
    it(`with ${padding} bytes of padding`, async () => {
      await assertAccepted({ flights: [[layout({ padding }), ...serverFlight()]] });
    });
  }

  it('that arrive byte by byte', () =>
    assertAccepted({ flights: [fullFlight()] }, { deliver: bytes => [...bytes].map(byte => Buffer.from([byte])) }));

  it('while the transport takes one byte of output a time', async () => {
    const { server } = await assertAccepted({ flights: [fullFlight()] }, { accept: 1 });
    assert.deepEqual(server.client.messages, [1, 11, 20]);
  });

  it('of 16384 bytes, with the largest padding too', async () => {
    const data = Buffer.alloc(16384, 'x');
    const ran = await exchange({
      afterFinished: [
        applicationData(data),
        layout({ padding: 6384 }),
        record(APPLICATION_DATA, data.subarray(0, 10000)),
        closeNotify,
        fin,
      ],
    });
    assertReceived(ran.run(), Buffer.alloc(26384, 'x'));
  });

  it('of application data with nothing in them, a few, padded and not', () =>
    assertAcceptedAfter(
      record(APPLICATION_DATA, Buffer.alloc(0)),
      layout({ padding: 100 }),
      record(APPLICATION_DATA, Buffer.alloc(0)),
      layout({ padding: 0 }),
    ));

  it('with a version other than 0x0303 in plaintext ChangeCipherSpec', () =>
    assertAccepted({
      flights: [replaced(serverFlight(), 'ChangeCipherSpec', plaintext(20, Buffer.from([1]), 0x0301))],
    }));
});

describe('record_size_limit (RFC 8449)', () => {
  const RECORD_SIZE_LIMIT = 28;
  const agreed = (limit: number) => [
    replaced(serverFlight(), 'EncryptedExtensions', encryptedExtensions(extension(RECORD_SIZE_LIMIT, uint16(limit)))),
  ];
  /** A ring of 1000 bytes: less header and tag, 979 of plaintext with its type. */
  const small = { inputSize: 1000 };

  it('is offered as what the receive ring holds, 2^14 + 1 at most', async () => {
    for (const [inputSize, limit] of [
      [1000, 979],
      [16645, 16385],
      [20000, 16385],
    ]) {
      const { server } = await assertAccepted({}, { inputSize });
      const offered = server.clientHello.extensions.find(({ type }) => type === RECORD_SIZE_LIMIT);
      assert.equal(offered!.data.readUInt16BE(0), limit);
    }
  });

  it('holds for what the server sends, padding included, once it has agreed', async () => {
    const data = Buffer.alloc(978, 'x');
    const fits = await exchange(
      {
        flights: agreed(16385),
        afterFinished: [applicationData(data), layout({ padding: 900 }), applicationData('78'), closeNotify, fin],
      },
      small,
    );
    assertReceived(fits.run(), data.toString() + '78');
    const tooLong = await exchange(
      { flights: agreed(16385), afterFinished: [applicationData(Buffer.alloc(979))] },
      small,
    );
    assertRefused(tooLong.run(), 'ERR_TLS_RECORD_OVERFLOW', 'application');
  });

  it('holds for what the client sends', async () => {
    const ran = await exchange({ flights: agreed(64), afterFinished: [] });
    ran.run();
    const text = 'x'.repeat(500);
    for (let sent = 0; sent < text.length; ) {
      sent += ran.clientWrites(text.slice(sent));
      ran.run();
    }
    assert.equal(ran.server.client.applicationData.toString(), text);
    assert.equal(ran.server.client.largestPlaintext, 63);
  });

  it('below 64 is refused', async () => {
    const ran = await exchange({ flights: agreed(63) });
    assertRefused(ran.run(), 'ERR_TLS_ILLEGAL_PARAMETER', 'handshake');
  });
});

describe('accepts after the handshake', () => {
  it('tickets before, amid and after data, with an extension nobody knows', async () => {
    const ticket = newSessionTicket([extension(0xfafa, Buffer.from('?'))]);
    const ran = await exchange({
      afterFinished: [ticket, applicationData('a'), ticket, ticket, applicationData('b'), ticket, closeNotify, fin],
    });
    assertReceived(ran.run(), 'ab');
  });

  it('two tickets in one record, one over many', () =>
    assertAcceptedAfter(
      layout({ coalesce: true }),
      newSessionTicket(),
      newSessionTicket(),
      layout({ coalesce: false, fragment: 10 }),
      newSessionTicket(),
      layout({ fragment: 16384 }),
    ));

  it('KeyUpdate, not requested: the keys change exactly there, and nothing is answered', async () => {
    const { server } = await assertAcceptedAfter(keyUpdate(false), keyUpdate(false));
    assert.deepEqual(server.client.keyUpdates, []);
  });

  it('KeyUpdate, requested: answered once, before the next data, and data goes on both ways', async () => {
    const ran = await exchange({ afterFinished: [applicationData('one '), keyUpdate(true), applicationData('two')] });
    ran.run();
    assert.equal(ran.received.toString(), 'one two');
    assert.equal(ran.clientWrites('question'), 8);
    ran.run();
    assert.deepEqual(ran.server.client.keyUpdates, [0]);
    assert.equal(ran.server.client.applicationData.toString(), 'question');
    ran.serverSends(keyUpdate(true), applicationData(' three'), closeNotify, fin);
    assertReceived(ran, 'one two three');
  });

  it('KeyUpdates: a burst of requests gets one answer', async () => {
    const ran = await exchange({ afterFinished: [] });
    ran.run();
    ran.serverSends(keyUpdate(true), keyUpdate(true), keyUpdate(true), applicationData('data'));
    ran.clientWrites('question');
    ran.run();
    assert.equal(ran.received.toString(), 'data');
    assert.deepEqual(ran.server.client.keyUpdates, [0]);
    assert.equal(ran.server.client.applicationData.toString(), 'question');
  });

  it('three records under the old keys after our update_requested, then KeyUpdate (5a)', async () => {
    const ran = await exchange({ afterFinished: [] });
    ran.run();
    ran.client.updateKeys(true);
    ran.serverSends(applicationData('one '), applicationData('two '), applicationData('three '));
    assert.deepEqual(ran.server.client.keyUpdates, [1]);
    ran.serverSends(keyUpdate(false), applicationData('four'), closeNotify, fin);
    assertReceived(ran, 'one two three four');
  });

  it('KeyUpdate cut into records of one byte', () =>
    assertAcceptedAfter(layout({ fragment: 1 }), keyUpdate(false), layout({ fragment: 16384 })));

  it('user_canceled, then close_notify', () => assertAcceptedAfter(alert(1, 90)));

  it('data, then the end: whatever comes after close_notify is ignored', async () => {
    const ran = await exchange({
      afterFinished: [applicationData('greeting'), closeNotify, applicationData('late'), fin],
    });
    assertReceived(ran.run(), 'greeting');
  });

  it('close_notify while we go on writing', async () => {
    const ran = await exchange({ afterFinished: goodbye });
    assertReceived(ran.run(), 'greeting');
    ran.clientWrites('still here');
    ran.client.closeWrite();
    ran.run();
    assert.equal(ran.server.client.applicationData.toString(), 'still here');
    assert.deepEqual(ran.server.client.alert, { level: 1, description: 0, protection: 'application' });
  });
});
