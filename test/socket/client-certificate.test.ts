/** Client certificates through `connect`: what it takes, how far it is, and how it waits for a key that lives elsewhere. */
import assert from 'node:assert/strict';
import type { TLSSocket } from 'node:tls';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { type ExternalKey, externalSigners } from '../../src/crypto/external-key.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { portableSigners } from '../../src/crypto/portable-signers.js';
import { sha256 } from '../../src/crypto/sha256.js';
import { connect } from '../../src/socket/connect.js';
import type { Progress } from '../../src/socket/events.js';
import type { Board, ConnectOptions } from '../../src/socket/options.js';
import { slices } from '../../src/socket/slices.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { pemToDer } from '../../src/x509/pem.js';
import { privateKeyFromPem } from '../../src/x509/private-key.js';
import { authority, client as clientChain, server as serverIdentity } from '../peers/identities.js';
import { type RunningServer, startNode } from '../peers/servers.js';
import { trusting } from '../peers/trust.js';
import { board, story } from './harness.js';

const GREETING = 'hello, device';
const PLAIN_END = ['connect', 'secureConnect', 'data', 'end', 'close false'];

describe('client certificates through connect()', function () {
  this.timeout(20000);
  let server: RunningServer;
  let options: ConnectOptions;
  const authorized: boolean[] = [];

  before(async () => {
    const serve = (socket: TLSSocket) => {
      authorized.push(socket.authorized);
      socket.once('data', () => socket.end(GREETING));
    };
    server = await startNode(await serverIdentity(), { requestCert: true, ca: (await authority()).pem }, serve);
    const [leaf, above] = await clientChain();
    options = {
      host: '127.0.0.1',
      port: server.port,
      servername: 'server.test',
      ca: trusting(await authority()).anchors,
      cert: pemToDer(leaf!.pem + above!.pem),
      key: privateKeyFromPem(leaf!.keyPem),
    };
  });

  after(() => server.stop());
  beforeEach(() => void authorized.splice(0));

  /** Says something, so that the server answers. */
  function asking(socket: TlsSocket): TlsSocket {
    socket.on('secureConnect', () => void socket.write('?'));
    return socket;
  }

  /** An element with the key of the certificate, which answers `after` ms later, or never. */
  async function element(after: number, answers = true): Promise<{ key: ExternalKey; crypto: Board['crypto'] }> {
    const own = privateKeyFromPem((await clientChain())[0]!.keyPem);
    const signer = nodeCryptoProvider.signers!.find(({ name }) => name === 'ecdsa-secp256r1')!;
    const key: ExternalKey = {
      kind: 'ec',
      curve: 'secp256r1',
      sign(_name, _hash, digest, done) {
        const computation = signer.sign(own, sha256, digest, board.random);
        while (!computation.step(1000));
        setTimeout(() => done(answers ? computation.result() : undefined), after);
      },
    };
    return { key, crypto: { ...nodeCryptoProvider, signers: externalSigners(key) } };
  }

  /** `board`, and how often it has set a timer. */
  function counting(from: Board): { board: Board; timers: () => number } {
    let timers = 0;
    const timer: Board['timer'] = {
      after(ms, call) {
        timers++;
        return from.timer.after(ms, call);
      },
      cancel: handle => from.timer.cancel(handle),
    };
    return { board: { ...from, timer }, timers: () => timers };
  }

  it('chain and key, as their PEM files have them', async () => {
    const heard = await story(asking(connect(board, options)));
    assert.deepEqual(heard.events, PLAIN_END);
    assert.equal(heard.received.toString(), GREETING);
    assert.deepEqual(authorized, [true]);
  });

  it('in slices: the signature is the fifth step of five', async () => {
    const crypto = { ...portableProvider, signers: portableSigners };
    const progress: Progress[] = [];
    const socket = connect({ ...board, crypto, slices: slices(2) }, options);
    socket.on('progress', told => progress.push(told));
    assert.deepEqual((await story(asking(socket))).events, PLAIN_END);
    const steps = [...new Set(progress.map(({ step, done, total }) => `${step} ${done}/${total}`))];
    assert.deepEqual(steps, [
      'key share 0/4',
      'shared secret 1/4',
      'certificates 2/4',
      'CertificateVerify 3/4',
      'signature 4/5',
    ]);
    assert.deepEqual(authorized, [true]);
  });

  for (const cut of [undefined, slices(5)]) {
    const how = cut ? ', in slices' : '';

    it(`a slow element is waited for without spinning${how}`, async () => {
      const { key, crypto } = await element(400);
      const { board: counted, timers } = counting({ ...board, crypto, slices: cut });
      const progress: Progress[] = [];
      const socket = connect(counted, { ...options, key });
      socket.on('progress', told => progress.push(told));
      const begun = Date.now();
      assert.deepEqual((await story(asking(socket))).events, PLAIN_END);
      assert.ok(Date.now() - begun >= 400);
      assert.ok(timers() - progress.length < 150, `${timers()} timers`);
      assert.ok(progress.filter(({ step }) => step === 'signature').length <= 1);
      assert.deepEqual(authorized, [true]);
    });

    it(`an element that fails is an error, and an alert${how}`, async () => {
      const { key, crypto } = await element(20, false);
      const heard = await story(connect({ ...board, crypto, slices: cut }, { ...options, key }));
      assert.deepEqual(heard.events, ['connect', 'error ERR_KEY_SIGNER', 'close true']);
      assert.deepEqual(authorized, []);
    });

    it(`an element that does not answer meets the timeout of the handshake${how}`, async () => {
      const { key, crypto } = await element(3000);
      const begun = Date.now();
      const heard = await story(connect({ ...board, crypto, slices: cut }, { ...options, key, handshakeTimeout: 500 }));
      assert.deepEqual(heard.events, ['connect', 'error ERR_TLS_HANDSHAKE_TIMEOUT', 'close true']);
      assert.ok(Date.now() - begun < 2500);
    });
  }
});
