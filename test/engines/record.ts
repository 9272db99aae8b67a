/**
 * Writes test/engines/known-answers.ts and recording.ts, which are committed: what node:crypto answers to seeded inputs, and what
 * passes between the engine, with the portable provider and seeded randomness, and a node:tls server.
 *
 *   node build/test/engines/record.js
 */
import * as nodeCrypto from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { finish } from '../../src/crypto/computation.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { makeCertificate } from '../../tools/certificates.js';
import { seededRandom } from './report.js';

const SEED = 4242;
// The same as in bundle-tls.ts: the ClientHello says how large a record may be.
const RING = 4096;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function seededBytes(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  seededRandom(seed)(bytes, 0, length);
  return bytes;
}

function symmetric(): string {
  const input = seededBytes(1, 300);
  const hashes = Object.fromEntries(
    ['sha256', 'sha384', 'sha512'].map(name => [
      name,
      {
        digest: nodeCrypto.createHash(name).update(input).digest('hex'),
        hmac: nodeCrypto.createHmac(name, input.subarray(0, 20)).update(input.subarray(0, 100)).digest('hex'),
      },
    ]),
  );
  const aeads = Object.fromEntries(
    portableProvider.aeads.map(({ name, keyLength }) => {
      const nonce = input.subarray(32, 44);
      const options = { authTagLength: 16 } as nodeCrypto.CipherCCMOptions;
      const cipher = nodeCrypto.createCipheriv(name as 'aes-128-ccm', input.subarray(0, keyLength), nonce, options);
      cipher.setAAD(input.subarray(44, 49), { plaintextLength: input.length });
      const ciphertext = cipher.update(input);
      cipher.final();
      return [name, { ciphertext: hexOf(ciphertext), tag: hexOf(cipher.getAuthTag()) }];
    }),
  );
  return (
    `export const SYMMETRIC_INPUT = ${JSON.stringify(hexOf(input))};\n` +
    `export const HASHES: Record<string, { digest: string; hmac: string }> = ${JSON.stringify(hashes)};\n` +
    `export const AEADS: Record<string, { ciphertext: string; tag: string }> = ${JSON.stringify(aeads)};\n`
  );
}

function groups(): string {
  const x25519Peer = nodeCrypto.generateKeyPairSync('x25519');
  const x25519Public = x25519Peer.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const p256Peer = nodeCrypto.createECDH('prime256v1');
  const p256Public = p256Peer.generateKeys();
  const answers: Record<string, object> = {};
  for (const group of portableProvider.groups) {
    const ours = finish(group.generate(seededRandom(7))).publicKey;
    const prefix = Buffer.from('302a300506032b656e032100', 'hex');
    const secret =
      group.name === 'secp256r1'
        ? p256Peer.computeSecret(ours)
        : nodeCrypto.diffieHellman({
            privateKey: x25519Peer.privateKey,
            publicKey: nodeCrypto.createPublicKey({ key: Buffer.concat([prefix, ours]), format: 'der', type: 'spki' }),
          });
    const peer = group.name === 'secp256r1' ? p256Public : x25519Public;
    answers[group.name] = { seed: 7, publicKey: hexOf(ours), peer: hexOf(peer), secret: hexOf(secret) };
  }
  return `export const GROUPS: Record<string, { seed: number; publicKey: string; peer: string; secret: string }> = ${JSON.stringify(answers)};\n`;
}

function signatures(): string {
  const message = seededBytes(2, 120);
  const answer = (pair: nodeCrypto.KeyPairKeyObjectResult, hash: string, options: object = {}): object => ({
    hash,
    message: hexOf(message),
    spki: hexOf(pair.publicKey.export({ format: 'der', type: 'spki' })),
    signature: hexOf(
      nodeCrypto.sign(pair.privateKey.asymmetricKeyType === 'ed25519' ? null : hash, message, {
        key: pair.privateKey,
        ...options,
      }),
    ),
  });
  const rsa = nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pss = { padding: nodeCrypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const answers = {
    'ecdsa-secp256r1': answer(nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'),
    'ecdsa-secp384r1': answer(nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384'),
    ed25519: answer(nodeCrypto.generateKeyPairSync('ed25519'), 'sha512'),
    'rsa-pss': answer(rsa, 'sha256', pss),
    'rsa-pkcs1': answer(rsa, 'sha256'),
  };
  return `export const SIGNATURES: Record<string, { hash: string; message: string; spki: string; signature: string }> = ${JSON.stringify(answers)};\n`;
}

async function recording(): Promise<string> {
  const issuer = await makeCertificate({ ca: true });
  const identity = await makeCertificate({ issuer, dnsNames: ['server.test'] });
  const reply = Buffer.from('HTTP/1.1 200 OK\r\n\r\n' + 'A line of the page. '.repeat(60));
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: server.test\r\n\r\n');
  const server = tls.createServer({ key: identity.keyPem, cert: identity.pem, minVersion: 'TLSv1.3' }, socket => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(reply));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const { connect } = await import('node:net');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  const input = new ByteRing(RING);
  const unixTime = Math.floor(Date.now() / 1000);
  const client = new TlsClient({
    serverName: 'server.test',
    crypto: { ...portableProvider, groups: [portableProvider.groups[0]] },
    random: seededRandom(SEED),
    unixTime: () => unixTime,
    trust: { anchors: [trustAnchor(issuer.der)] },
    input,
  });
  const fromServer: Buffer[] = [];
  const fromClient: Buffer[] = [];
  let requested = false;
  const into = new Uint8Array(4096);
  const pump = (): void => {
    let got = 0;
    do {
      got = client.read(into, 0, into.length);
      if (client.handshakeComplete && !requested) {
        client.write(request, 0, request.length);
        requested = true;
      }
    } while (got !== NO_DATA_YET && got !== CLOSE_NOTIFY);
    if (got === CLOSE_NOTIFY) client.closeWrite();
    while (client.output.length > 0) {
      const length = client.output.spanAt(0, client.output.length);
      const piece = Buffer.from(
        client.output.bytes.subarray(client.output.offsetAt(0), client.output.offsetAt(0) + length),
      );
      fromClient.push(piece);
      client.outputSent(length);
      socket.write(piece);
    }
  };
  socket.on('data', piece => {
    fromServer.push(piece);
    input.write(piece, 0, piece.length);
    pump();
  });
  pump();
  await new Promise(closed => socket.once('close', closed));
  server.close();
  const recorded = {
    seed: SEED,
    unixTime,
    serverName: 'server.test',
    trustAnchor: hexOf(issuer.der),
    request: hexOf(request),
    reply: hexOf(reply),
    fromServer: hexOf(Buffer.concat(fromServer)),
    fromClient: hexOf(Buffer.concat(fromClient)),
  };
  return `/** Recorded by record.ts from node:tls ${process.versions.openssl}. */\nexport const RECORDING = ${JSON.stringify(recorded)};\n`;
}

const heading = '/** Made by record.ts: the answers of node:crypto. */\n';
writeFileSync('test/engines/known-answers.ts', heading + symmetric() + groups() + signatures());
writeFileSync('test/engines/recording.ts', await recording());
