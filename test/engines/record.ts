/**
 * Writes test/engines/known-answers.ts and recording.ts, which are committed: what node:crypto answers to seeded inputs, and what
 * passes between the client, with the portable provider and seeded randomness, and two servers: node:tls, and the scripted one.
 *
 *   node build/test/engines/record.js
 */
import * as nodeCrypto from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import * as tls from 'node:tls';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { finish } from '../../src/crypto/computation.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { portableSigners } from '../../src/crypto/portable-signers.js';
import { sha256 } from '../../src/crypto/sha256.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
import { encodeSession } from '../../src/tls/session.js';
import { parsePrivateKey } from '../../src/x509/private-key.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { makeCertificate } from '../../tools/certificates.js';
import { accepted, pkcs8Of } from '../crypto/differential-signers.js';
import { EARLY_DATA } from '../peers/client-hello.js';
import { fullFlight } from '../peers/flights.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { ScriptedServer } from '../peers/scripted-server.js';
import {
  applicationData,
  closeNotify,
  extension,
  keyUpdate,
  layout,
  newSessionTicket,
  pskFlight,
  selecting,
} from '../peers/steps.js';
import {
  alert12,
  before12,
  certificateRequest12,
  data12,
  helloRequest12,
  newSessionTicket12,
  SESSION_TICKET,
  serverEnd12,
  serverFlight12,
  serverHello12,
  Tls12Server,
  with12,
} from '../peers/tls12-server.js';
import { heard, RECORDED, RECORDED_TLS12, type RecordedConnection, RING } from './replay.js';
import { seededRandom } from './report.js';

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

/** Where padding, blocks and the last word of a length begin and end, and keys that are hashed first. */
const LENGTHS = [0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 255, 300];

/** Of the first bytes of SYMMETRIC_INPUT: digests, HMACs with as many bytes of key, HKDF, tags of AEADs. */
function edges(): string {
  const input = seededBytes(1, 300);
  const hashes = ['sha256', 'sha384', 'sha512'].map(name => {
    const digests = LENGTHS.map(length => nodeCrypto.createHash(name).update(input.subarray(0, length)).digest('hex'));
    const hmacs = LENGTHS.map(length =>
      nodeCrypto.createHmac(name, input.subarray(0, length)).update(input.subarray(0, 50)).digest('hex'),
    );
    // RFC 5869's salt is HMAC's key, and its input keying material the message.
    const expanded = Buffer.from(
      nodeCrypto.hkdfSync(name, input.subarray(0, 40), input.subarray(40, 60), input.subarray(60, 90), 150),
    );
    return [name, { digests, hmacs, expanded: hexOf(expanded) }];
  });
  const aeads = portableProvider.aeads.map(({ name, keyLength }) => [
    name,
    LENGTHS.map(length => {
      const key = input.subarray(100, 100 + keyLength);
      const options = { authTagLength: 16 } as nodeCrypto.CipherCCMOptions;
      const cipher = nodeCrypto.createCipheriv(name as 'aes-128-ccm', key, input.subarray(140, 152), options);
      cipher.setAAD(input.subarray(200, 200 + (length % 21)), { plaintextLength: length });
      cipher.update(input.subarray(0, length));
      cipher.final();
      return hexOf(cipher.getAuthTag());
    }),
  ]);
  return (
    `export const LENGTHS = ${JSON.stringify(LENGTHS)};\n` +
    `export const HASH_EDGES: Record<string, { digests: string[]; hmacs: string[]; expanded: string }> = ${JSON.stringify(Object.fromEntries(hashes))};\n` +
    `export const AEAD_EDGES: Record<string, string[]> = ${JSON.stringify(Object.fromEntries(aeads))};\n`
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

/** What the portable signers make of seeded draws, once node:crypto has verified it. */
function signers(): string {
  const message = seededBytes(6, 100);
  const ec = nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const answers: Record<string, object> = {};
  for (const signer of portableSigners) {
    const pair = signer.name.startsWith('rsa') ? rsa : ec;
    const pkcs8 = pkcs8Of(pair.privateKey);
    const digest = nodeCrypto.createHash('sha256').update(message).digest();
    const signature = finish(signer.sign(parsePrivateKey(pkcs8), sha256, digest, seededRandom(8)));
    if (!accepted(signer.name, pair.publicKey, sha256, message, signature)) throw new Error(signer.name);
    answers[signer.name] = { seed: 8, pkcs8: hexOf(pkcs8), digest: hexOf(digest), signature: hexOf(signature) };
  }
  return `export const SIGNERS: Record<string, { seed: number; pkcs8: string; digest: string; signature: string }> = ${JSON.stringify(answers)};\n`;
}

const SERVER = 'server.test';
const REPLY = 'HTTP/1.1 200 OK\r\n\r\n' + 'A line of the page. '.repeat(60);

/** A client that is seeded and notes what it hears and sends; `deliver` gives it bytes of a server. */
class SeededClient {
  readonly input = new ByteRing(RING);
  readonly fromServer: Buffer[] = [];
  readonly fromClient: Buffer[] = [];
  readonly reply: Buffer[] = [];
  private readonly heard = heard();
  private readonly client: TlsClient;
  private readonly unixTime = Math.floor(Date.now() / 1000);
  private requested = false;

  constructor(
    private readonly seed: number,
    private readonly anchor: Uint8Array,
    private readonly group: string,
    private readonly request: string,
    private readonly onSent: (bytes: Buffer) => void,
    private readonly resumed?: { session: Uint8Array; earlyData: Uint8Array },
    private readonly tls12 = false,
  ) {
    this.client = new TlsClient({
      profile: tls12 ? RECORDED_TLS12 : RECORDED,
      serverName: SERVER,
      crypto: { ...portableProvider, groups: portableProvider.groups.filter(({ name }) => name === group) },
      random: seededRandom(seed),
      unixTime: () => this.unixTime,
      trust: { anchors: [trustAnchor(anchor)] },
      input: this.input,
      listener: {
        message: (sent, type, length) => this.heard.message(sent, type, length),
        session: session => this.heard.session(session),
        earlyData: (accepted, bytes) => this.heard.earlyData(accepted, bytes),
      },
      session: resumed?.session,
      earlyData: resumed?.earlyData,
    });
  }

  deliver(bytes: Uint8Array): void {
    this.fromServer.push(Buffer.from(bytes));
    for (let at = 0; at < bytes.length; ) {
      at += this.input.write(bytes, at, bytes.length - at);
      this.run();
    }
  }

  run(): void {
    const { client } = this;
    const into = new Uint8Array(4096);
    for (let moved = true; moved; ) {
      const got = client.read(into, 0, into.length);
      moved = got !== NO_DATA_YET && got !== CLOSE_NOTIFY;
      if (moved) {
        this.reply.push(Buffer.from(into.subarray(0, got)));
        this.heard.taken += got;
      }
      if (client.handshakeComplete && !this.requested && this.request !== '') {
        client.write(Buffer.from(this.request), 0, this.request.length);
        this.requested = moved = true;
      }
      if (got === CLOSE_NOTIFY) client.closeWrite();
      for (let length = client.output.length; length > 0; length = client.output.length) {
        const bytes = Buffer.alloc(length);
        client.output.copy(0, bytes, 0, length);
        client.outputSent(length);
        this.fromClient.push(bytes);
        this.onSent(bytes);
        moved = got !== CLOSE_NOTIFY;
      }
    }
  }

  recording(): RecordedConnection {
    return {
      seed: this.seed,
      group: this.group,
      unixTime: this.unixTime,
      serverName: SERVER,
      trustAnchor: hexOf(this.anchor),
      request: hexOf(Buffer.from(this.request)),
      reply: hexOf(Buffer.concat(this.reply)),
      fromServer: hexOf(Buffer.concat(this.fromServer)),
      fromClient: hexOf(Buffer.concat(this.fromClient)),
      events: this.heard.events(),
      ...(this.tls12 && { tls12: true }),
      ...(this.resumed && {
        session: hexOf(this.resumed.session),
        earlyData: hexOf(this.resumed.earlyData),
      }),
    };
  }
}

async function withNode(): Promise<RecordedConnection> {
  const issuer = await makeCertificate({ ca: true });
  const identity = await makeCertificate({ issuer, dnsNames: [SERVER] });
  const server = tls.createServer({ key: identity.keyPem, cert: identity.pem, minVersion: 'TLSv1.3' }, socket => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(REPLY));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  const request = 'GET / HTTP/1.1\r\nHost: server.test\r\n\r\n';
  const client = new SeededClient(4242, issuer.der, 'x25519', request, bytes => socket.write(bytes));
  socket.on('data', piece => client.deliver(piece));
  client.run();
  await new Promise(closed => socket.once('close', closed));
  server.close();
  return client.recording();
}

/** Everything that a server may say, in few bytes: tickets, padding, a request for a certificate and one for new keys. */
async function withScriptedServer(): Promise<RecordedConnection> {
  const server = new ScriptedServer({
    identity: await serverIdentity('p256'),
    suite: 'TLS_CHACHA20_POLY1305_SHA256',
    group: 'secp256r1',
    flights: [fullFlight()],
    afterFinished: [
      newSessionTicket(),
      applicationData(seededBytes(3, 1)),
      layout({ padding: 20 }),
      applicationData(seededBytes(4, 300)),
      layout({ padding: 0 }),
      keyUpdate(true),
      applicationData(seededBytes(5, 500)),
      closeNotify,
    ],
  });
  const client = new SeededClient(77, (await authority()).der, 'secp256r1', '', bytes => server.receive(bytes));
  client.run();
  for (let piece = server.take(); piece.length > 0; piece = server.take()) client.deliver(piece);
  return client.recording();
}

/** A session with early data, on a suite of SHA-384. */
async function resumedWithScriptedServer(): Promise<RecordedConnection> {
  const ticket = seededBytes(6, 120);
  const key = seededBytes(7, 48);
  const server = new ScriptedServer({
    identity: await serverIdentity('p256'),
    suite: 'TLS_AES_256_GCM_SHA384',
    psks: [{ identity: ticket, key }],
    earlyData: 'accept',
    flights: [pskFlight(selecting(0), extension(EARLY_DATA))],
    afterFinished: [newSessionTicket([], seededBytes(8, 90)), applicationData(seededBytes(9, 200)), closeNotify],
  });
  const session = encodeSession({
    version: 0x0304,
    suite: 0x1302,
    extendedMasterSecret: false,
    issuedAt: Math.floor(Date.now() / 1000) - 1000,
    lifetimeSeconds: 7200,
    ageAdd: 0xf0000000,
    maxEarlyData: 100,
    secret: key,
    sessionId: Buffer.alloc(0),
    ticket,
    pin: Buffer.alloc(32, 1),
    serverName: SERVER,
    alpnProtocol: '',
  });
  const resumed = { session, earlyData: Buffer.from('early') };
  const receive = (bytes: Buffer) => server.receive(bytes);
  const client = new SeededClient(78, (await authority()).der, 'x25519', '', receive, resumed);
  client.run();
  for (let piece = server.take(); piece.length > 0; piece = server.take()) client.deliver(piece);
  return client.recording();
}

/** With a ticket, a request for a certificate, and a HelloRequest that is refused. */
async function withTls12Server(): Promise<RecordedConnection> {
  const hello = serverHello12(({ extensions }) => void extensions.push(extension(SESSION_TICKET)));
  const flight = with12(serverFlight12(), 'ServerHello', hello);
  const server = new Tls12Server({
    identity: await serverIdentity('p256'),
    group: 'secp256r1',
    flights: [before12(flight, 'ServerHelloDone', certificateRequest12())],
    ends: [[newSessionTicket12(seededBytes(10, 150)), ...serverEnd12()]],
    afterwards: [data12('one'), helloRequest12, data12('two'), alert12(1, 0)],
  });
  const receive = (bytes: Buffer) => server.receive(bytes);
  const client = new SeededClient(79, (await authority()).der, 'secp256r1', '', receive, undefined, true);
  client.run();
  for (let piece = server.take(); piece.length > 0; piece = server.take()) client.deliver(piece);
  return client.recording();
}

const heading = '/** Made by record.ts: the answers of node:crypto. */\n';
writeFileSync('test/engines/known-answers.ts', heading + symmetric() + edges() + groups() + signatures() + signers());
const constant = (name: string, recorded: RecordedConnection) =>
  `export const ${name}: RecordedConnection = ${JSON.stringify(recorded)};\n`;
writeFileSync(
  'test/engines/recording.ts',
  `/** Recorded by record.ts from node:tls ${process.versions.openssl}, and from the scripted server of test/peers/. */\n` +
    `import type { RecordedConnection } from './replay.js';\n` +
    constant('NODE_CONNECTION', await withNode()) +
    constant('SCRIPTED_CONNECTION', await withScriptedServer()) +
    constant('RESUMED_CONNECTION', await resumedWithScriptedServer()) +
    constant('TLS12_CONNECTION', await withTls12Server()),
);
