/** TLS 1.2 against a server that says what a test wants it to: what is accepted. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { provider } from '../tls/connection.js';
import { server as serverIdentity } from './identities.js';
import { recordsOf } from './records.js';
import { extension, uint16, vector } from './steps.js';
import { assertGreets, assertOpen, exchange12, goodbye } from './tls12-exchange.js';
import {
  alert12,
  before12,
  certificateRequest12,
  EMS,
  helloRequest12,
  message12,
  SESSION_TICKET,
  type Step12,
  serverEnd12,
  serverFlight12,
  serverHello12,
  serverKeyExchange12,
  with12,
} from './tls12-server.js';

describe('TLS 1.2 accepts', () => {
  for (const suite of ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305']) {
    for (const group of ['x25519', 'secp256r1'] as const) {
      for (const [name, crypto] of [
        ['node:crypto', provider([suite], ['x25519', 'secp256r1'])],
        ['portable', portableProvider],
      ] as const) {
        it(`${suite} and ${group}, ${name}`, async () => {
          const ran = await assertGreets({ suite, group }, { crypto });
          assert.deepEqual(ran.server.log.slice(0, 4), [1, 16, 'ccs', 20]);
          assert.equal(ran.client.group, group);
          assert.match(ran.client.cipherSuite!, /^TLS_ECDHE_ECDSA_WITH_/);
        });
      }
    }
  }

  for (const kind of ['p384', 'rsa2048', 'ed25519'] as const) {
    it(`a server key of kind ${kind}`, async () => {
      await assertGreets({ identity: await serverIdentity(kind) });
    });
  }

  for (const [kind, scheme] of [
    ['p256', 0x0503],
    ['p384', 0x0403],
    ['rsa2048', 0x0401],
    ['rsa2048', 0x0601],
    ['rsa2048', 0x0805],
  ] as const) {
    it(`a ${kind} key's signature of scheme 0x0${scheme.toString(16)}: no curve is said, and PKCS#1 is allowed`, async () => {
      const exchange = serverKeyExchange12(fields => void (fields.scheme = scheme));
      const flights = [with12(serverFlight12(), 'ServerKeyExchange', exchange)];
      await assertGreets({ identity: await serverIdentity(kind), flights });
    });
  }

  it('an alone offered TLS 1.2 says nothing of TLS 1.3', async () => {
    const { server } = await assertGreets({}, { maxVersion: 'TLSv1.2' });
    for (const type of [41, 43, 44, 45, 51]) assert.ok(!server.offered.has(type), 'extension ' + type);
    assert.equal(server.clientSessionId.length, 0);
    assert.ok(server.offeredSuites.every(suite => suite >> 8 !== 0x13));
  });

  it('both versions are offered together, TLS 1.3 first', async () => {
    const { server } = await assertGreets({});
    assert.deepEqual(server.offered.get(43), vector(1, uint16(0x0304), uint16(0x0303)));
    assert.deepEqual(server.offered.get(11), Buffer.from([1, 0]));
    assert.equal(server.offered.get(EMS)!.length, 0);
    assert.equal(server.offered.get(SESSION_TICKET)!.length, 0);
    assert.equal(server.clientSessionId.length, 32);
  });

  it('CertificateRequest, and answers with an empty list', async () => {
    for (const authorities of [0, 300]) {
      const flights = [before12(serverFlight12(), 'ServerHelloDone', certificateRequest12(authorities))];
      const ran = await assertGreets({ flights });
      assert.deepEqual(ran.server.log.slice(0, 5), [1, 11, 16, 'ccs', 20]);
    }
  });

  it('a server without extended master secret: nothing is to be resumed or exported', async () => {
    const ran = await assertGreets({ extendedMasterSecret: false, sessionId: randomBytes(32) });
    assert.deepEqual(ran.sessions, []);
    assert.throws(() => ran.client.exportKeyingMaterial(32, 'EXPORTER-test'), { code: 'ERR_USAGE' });
  });

  it('a server without renegotiation_info or any other extension', async () => {
    await assertGreets({ extendedMasterSecret: false, renegotiationInfo: false });
  });

  it('byte by byte', async () => {
    await assertGreets({ flights: [before12(serverFlight12(), 'ServerHelloDone', certificateRequest12())] }, {}, 1);
  });

  it('a CertificateStatus, or none though it was announced', async () => {
    const hello = serverHello12(({ extensions }) => void extensions.push(extension(5)));
    const status = message12('CertificateStatus', 22, () => Buffer.from([1, 0, 0, 3, 7, 8, 9]));
    const announced = with12(serverFlight12(), 'ServerHello', hello);
    const ran = await assertGreets({ flights: [before12(announced, 'ServerKeyExchange', status)] });
    assert.deepEqual(ran.client.ocspResponse, new Uint8Array([7, 8, 9]));
    await assertGreets({ flights: [announced] });
  });

  it('HelloRequest before every message of the handshake', async () => {
    const noisy = (steps: Step12[]) =>
      steps.flatMap(step => (step.name === 'Finished' ? [step] : [helloRequest12, step]));
    await assertGreets({ flights: [noisy(serverFlight12())], ends: [noisy(serverEnd12())] });
  });

  it('warnings, a few', async () => {
    const warned = before12(serverFlight12(), 'Certificate', alert12(1, 112));
    const ran = await assertGreets({ flights: [warned], afterwards: [alert12(1, 41), ...goodbye] });
    assert.equal(ran.error, undefined);
  });

  it('what is exported is the PRF with label and randoms (RFC 5705)', async () => {
    const ran = await exchange12();
    assertOpen(ran.run());
    const { prf12 } = await import('./tls12-keys.js');
    const { master, randoms } = ran.server;
    const context = Buffer.from('context');
    assert.deepEqual(
      Buffer.from(ran.client.exportKeyingMaterial(40, 'EXPORTER-x')),
      prf12('sha256', master, 'EXPORTER-x', randoms, 40),
    );
    assert.deepEqual(
      Buffer.from(ran.client.exportKeyingMaterial(40, 'EXPORTER-x', context)),
      prf12('sha256', master, 'EXPORTER-x', Buffer.concat([randoms, vector(2, context)]), 40),
    );
  });
});

describe('TLS 1.2: 1a, the flight of 75 + 6 + 45 bytes', () => {
  for (const accept of [1, 5, 6, 17, 536, 1460, Infinity]) {
    it(`through a writer that takes ${accept} bytes a call: whole, in order, and complete no earlier than its last byte is taken`, async () => {
      const ran = await exchange12({ group: 'secp256r1' }, { crypto: provider(['aes-128-gcm'], ['secp256r1']) });
      const { client, server } = ran;
      ran.read();
      ran.sendOutput();
      ran.deliver(server.take());
      const { output } = client;
      assert.equal(output.length, 126);
      const wire = Buffer.alloc(126);
      for (let at = 0; at < 126; ) {
        assert.equal(client.handshakeComplete, false);
        const taken = Math.min(accept, output.length);
        output.copy(0, wire.subarray(at), 0, taken);
        client.outputSent(taken);
        at += taken;
      }
      assert.deepEqual(
        recordsOf(wire).map(record => [record[0], record.length]),
        [
          [22, 75],
          [20, 6],
          [22, 45],
        ],
      );
      server.receive(wire);
      // Not before the server's Finished either: no false start.
      assert.equal(client.handshakeComplete, false);
      assert.equal(ran.write('early'), 0);
      ran.deliver(server.take());
      assertOpen(ran);
    });
  }

  it('resumed: our Finished comes last, and with its last byte the end', async () => {
    const first = (await exchange12({ sessionId: randomBytes(32) })).run();
    const ran = await exchange12({ master: first.server.master }, { session: first.sessions[0]! });
    ran.read();
    ran.sendOutput();
    ran.deliver(ran.server.take());
    assert.equal(ran.client.output.length, 51);
    ran.client.outputSent(50);
    assert.equal(ran.client.handshakeComplete, false);
    ran.client.outputSent(1);
    assert.equal(ran.client.handshakeComplete, true);
  });
});
