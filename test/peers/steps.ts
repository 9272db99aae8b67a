/** The steps a scripted server's flight is made of: messages, changes of keys, and everything a server should not do. */
import { constants, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import type { Identity } from '../../tools/certificates.js';
import {
  COOKIE,
  type Extension,
  KEY_SHARE,
  PRE_SHARED_KEY,
  SIGNATURE_ALGORITHMS,
  SUPPORTED_VERSIONS,
} from './client-hello.js';
import { digest } from './key-schedule.js';
import { groupIds } from './key-shares.js';
import { ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, plaintextRecord } from './records.js';
import type { Layout, ScriptedServer, Step } from './scripted-server.js';

/** A step that sends one handshake message; `build` answers it without its 4-byte header. */
export interface MessageStep extends Step {
  type: number;
  build(server: ScriptedServer): Buffer;
}

export function isMessage(step: Step): step is MessageStep {
  return 'build' in step;
}

/** Any handshake message, the same bytes whatever came before. It counts for the transcript. */
export function message(name: string, type: number, build: (server: ScriptedServer) => Uint8Array): MessageStep {
  return {
    name,
    type,
    build: server => Buffer.from(build(server)),
    run(server) {
      const bytes = framed(this.type, this.build(server));
      server.transcript = Buffer.concat([server.transcript, bytes]);
      server.sendHandshake(bytes);
    },
  };
}

/** The same message with another body; its length follows. */
export function edited(step: MessageStep, edit: (body: Buffer) => Uint8Array): MessageStep {
  return message(`edited ${step.name}`, step.type, server => edit(step.build(server)));
}

/** The same bytes a second time; the transcript has them once, so that the server can still read the client's alert. */
export function twice(sending: MessageStep): Step {
  return step(`${sending.name} twice`, server => {
    const bytes = framed(sending.type, sending.build(server));
    server.transcript = Buffer.concat([server.transcript, bytes]);
    server.sendHandshake(bytes);
    server.sendHandshake(bytes);
  });
}

export function framed(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, body.length >> 16, (body.length >> 8) & 255, body.length & 255]), body]);
}

export function step(name: string, run: (server: ScriptedServer) => void): Step {
  return { name, run };
}

// ------------------------------------------------------------------------------------------------ vectors

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

/** A vector with a length of 1, 2 or 3 bytes in front. */
export function vector(lengthBytes: number, ...content: Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.length, 0, lengthBytes);
  return Buffer.concat([length, bytes]);
}

export function encodeExtensions(extensions: Extension[]): Buffer {
  return vector(2, ...extensions.map(({ type, data }) => Buffer.concat([uint16(type), vector(2, data)])));
}

export function extension(type: number, ...data: Uint8Array[]): Extension {
  return { type, data: Buffer.concat(data) };
}

// ----------------------------------------------------------------------------------------------- messages

export interface ServerHelloFields {
  legacyVersion: number;
  random: Buffer;
  sessionId: Buffer;
  suite: number;
  compression: number;
  extensions: Extension[];
}

/** RFC 8446 §4.1.3. */
export function serverHello(edit: (fields: ServerHelloFields, server: ScriptedServer) => void = () => {}): MessageStep {
  return message('ServerHello', 2, server => {
    const fields = helloFields(server, randomBytes(32), [
      extension(SUPPORTED_VERSIONS, uint16(0x0304)),
      extension(KEY_SHARE, uint16(groupIds[server.group]), vector(2, server.share.publicKey)),
    ]);
    edit(fields, server);
    return encodeHello(fields);
  });
}

/** A ServerHello that selects the n-th key of the client, with a key exchange or (psk_ke) without. */
export function selecting(
  at: number,
  mode: 'psk_dhe_ke' | 'psk_ke' = 'psk_dhe_ke',
  edit: (fields: ServerHelloFields, server: ScriptedServer) => void = () => {},
): MessageStep {
  const sending = serverHello((fields, server) => {
    if (mode === 'psk_ke') fields.extensions = fields.extensions.filter(({ type }) => type !== KEY_SHARE);
    fields.extensions.push(extension(PRE_SHARED_KEY, uint16(at)));
    edit(fields, server);
  });
  return {
    ...sending,
    run(server) {
      server.selectPsk(at);
      server.withoutKeyShare = mode === 'psk_ke';
      sending.run.call(this, server);
    },
  };
}

/** The flight of a server that has selected a key. */
export function pskFlight(hello: Step = selecting(0), ...inEncryptedExtensions: Extension[]): Step[] {
  return [
    hello,
    changeCipherSpec,
    handshakeKeys,
    encryptedExtensions(...inEncryptedExtensions),
    finished(),
    applicationKeys,
  ];
}

/** The random of a HelloRetryRequest, RFC 8446 §4.1.3: the SHA-256 of its name. */
const retryRandom = digest('sha256', Buffer.from('HelloRetryRequest'));

export interface RetryOptions {
  /** true: asks for a share of the server's group. */
  group?: boolean;
  cookie?: Buffer;
  edit?: (fields: ServerHelloFields, server: ScriptedServer) => void;
}

/** RFC 8446 §4.1.4. */
export function helloRetryRequest(options: RetryOptions): MessageStep {
  const build = (server: ScriptedServer) => {
    const extensions = [extension(SUPPORTED_VERSIONS, uint16(0x0304))];
    if (options.cookie) extensions.push(extension(COOKIE, vector(2, options.cookie)));
    if (options.group) extensions.push(extension(KEY_SHARE, uint16(groupIds[server.group])));
    const fields = helloFields(server, retryRandom, extensions);
    options.edit?.(fields, server);
    return encodeHello(fields);
  };
  const sending = message('HelloRetryRequest', 2, build);
  return {
    ...sending,
    run(server) {
      server.retry = { group: options.group ? groupIds[server.group] : undefined, cookie: options.cookie };
      server.replaceFirstClientHello();
      sending.run(server);
    },
  };
}

export function encryptedExtensions(...extensions: Extension[]): MessageStep {
  return message('EncryptedExtensions', 8, () => encodeExtensions(extensions));
}

export const defaultSignatureSchemes = [0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0807, 0x0401];

/** RFC 8446 §4.3.2. */
export function certificateRequest(extensions?: Extension[], context = Buffer.alloc(0)): MessageStep {
  const list = extensions ?? [extension(SIGNATURE_ALGORITHMS, vector(2, ...defaultSignatureSchemes.map(uint16)))];
  return message('CertificateRequest', 13, server => {
    server.certificateRequested = true;
    return Buffer.concat([vector(1, context), encodeExtensions(list)]);
  });
}

export interface CertificateEntry {
  der: Uint8Array;
  extensions: Extension[];
}

/** RFC 8446 §4.4.2: the leaf and its chain, as `edit` leaves them. */
export function certificate(edit: (entries: CertificateEntry[]) => void = () => {}, context = Buffer.alloc(0)) {
  return message('Certificate', 11, server => {
    const { identity, chain } = server.options;
    const entries = [identity, ...(chain ?? [])].map(({ der }) => ({ der, extensions: [] as Extension[] }));
    edit(entries);
    const list = entries.map(entry => Buffer.concat([vector(3, entry.der), encodeExtensions(entry.extensions)]));
    return Buffer.concat([vector(1, context), vector(3, ...list)]);
  });
}

/** The scheme that fits a key, RFC 8446 §4.2.3. */
export const schemeOf: Record<Identity['kind'], number> = {
  p256: 0x0403,
  p384: 0x0503,
  rsa2048: 0x0804,
  rsa4096: 0x0804,
  ed25519: 0x0807,
};

/** RFC 8446 §4.4.3. `claimed` is the scheme written in the message, `scheme` the one that signs. */
export function certificateVerify(scheme?: number, claimed = scheme, context = 'TLS 1.3, server CertificateVerify') {
  return message('CertificateVerify', 15, server => {
    const { identity } = server.options;
    const signing = scheme ?? schemeOf[identity.kind];
    const content = Buffer.concat([
      Buffer.alloc(64, 0x20),
      Buffer.from(context + '\0'),
      digest(server.suite.hash, server.transcript),
    ]);
    const signature = signWith(signing, identity, content);
    return Buffer.concat([uint16(claimed ?? signing), vector(2, signature)]);
  });
}

const privateKeys = new Map<string, KeyObject>();

/** Parsed once: reading a key takes longer than signing with it. */
function privateKey(pem: string): KeyObject {
  const key = privateKeys.get(pem) ?? createPrivateKey(pem);
  privateKeys.set(pem, key);
  return key;
}

function signWith(scheme: number, identity: Identity, content: Buffer): Buffer {
  const key = privateKey(identity.keyPem);
  const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants;
  if (scheme === 0x0807) return sign(null, content, key);
  if (scheme >> 8 === 8) {
    const hash = { 2052: 'sha256', 2053: 'sha384', 2054: 'sha512' }[scheme]!;
    return sign(hash, content, { key, padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST });
  }
  const hash = { 2: 'sha1', 4: 'sha256', 5: 'sha384', 6: 'sha512' }[scheme >> 8]!;
  return sign(hash, content, (scheme & 255) === 3 ? key : { key, padding: RSA_PKCS1_PADDING });
}

/** The same for the schemes of clients. */
export function verifyWith(scheme: number, identity: Identity, content: Buffer, signature: Buffer): boolean {
  const key = createPublicKey(privateKey(identity.keyPem));
  const hash = { 4: 'sha256', 5: 'sha384', 6: 'sha512' }[scheme >> 8 === 8 ? scheme & 255 : scheme >> 8];
  const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants;
  if (scheme >> 8 !== 8) return verify(hash, content, key, signature);
  return verify(hash, content, { key, padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }, signature);
}

/** RFC 8446 §4.4.4. */
export function finished(): MessageStep {
  return message('Finished', 20, server =>
    server.keySchedule.verifyData(server.serverHandshakeSecret, server.transcript),
  );
}

// ------------------------------------------------------------------------------------- after the handshake

/** A post-handshake message: not part of the transcript. */
export function laterMessage(name: string, type: number, body: Uint8Array): MessageStep {
  return { ...message(name, type, () => body), run: server => server.sendHandshake(framed(type, body)) };
}

/** RFC 8446 §4.6.1. */
export function newSessionTicket(
  extensions: Extension[] = [],
  ticket: Uint8Array = randomBytes(32),
  lifetimeSeconds = 7200,
  nonce: Uint8Array = Buffer.from([0]),
): MessageStep {
  const lifetime = Buffer.alloc(4);
  lifetime.writeUInt32BE(lifetimeSeconds);
  const body = Buffer.concat([
    lifetime,
    Buffer.from([1, 2, 3, 4]),
    vector(1, nonce),
    vector(2, ticket),
    encodeExtensions(extensions),
  ]);
  return laterMessage('NewSessionTicket', 4, body);
}

/** RFC 8446 §4.6.3, and the change of keys that follows it. */
export function keyUpdate(requested: boolean): Step {
  const update = laterMessage('KeyUpdate', 24, Buffer.from([requested ? 1 : 0]));
  return step('KeyUpdate', server => {
    update.run(server);
    server.updateWriteKeys();
  });
}

export function applicationData(bytes: string | Uint8Array): Step {
  const content = Buffer.from(bytes as Uint8Array);
  return step('application data', server => {
    server.flush();
    const length = Math.min(server.layout.fragment, 16384);
    for (let at = 0; at < content.length; at += length) {
      server.sendRecord(APPLICATION_DATA, content.subarray(at, at + length));
    }
  });
}

export const closeNotify = alert(1, 0);

/** The transport ends here. */
export const fin = step('FIN', server => {
  server.flush();
  server.ended = true;
});

// ------------------------------------------------------------------------------------------------- records

export const handshakeKeys = step('handshake keys', server => server.useHandshakeKeys());
export const applicationKeys = step('application keys', server => server.useApplicationKeys());

/** Always in plaintext, RFC 8446 §D.4. */
export const changeCipherSpec: Step = { ...plaintext(CHANGE_CIPHER_SPEC, Buffer.from([1])), name: 'ChangeCipherSpec' };

/** One record of any type and length under the keys of the moment; no type: nothing but padding. */
export function record(type: number | undefined, content: Uint8Array): Step {
  return step(`record of type ${type}`, server => {
    server.flush();
    server.sendRecord(type, content);
  });
}

/** One record in plaintext, whatever the keys. */
export function plaintext(type: number, content: Uint8Array, version = 0x0303): Step {
  return step(`plaintext record of type ${type}`, server => {
    server.flush();
    server.sendRaw(plaintextRecord(type, content, version));
  });
}

export function alert(level: number, description: number): Step {
  return { ...record(ALERT, Buffer.from([level, description])), name: `alert ${description}` };
}

/** Changes how the following messages become records. */
export function layout(change: Partial<Layout>): Step {
  return step('layout', server => {
    server.flush();
    Object.assign(server.layout, change);
  });
}

/** The message's first `at` bytes (header included), then `between`, then the rest; at < 0 counts from the end. */
export function interrupted(sending: MessageStep, at: number, ...between: Step[]): Step {
  return step(`interrupted ${sending.name}`, server => {
    const bytes = framed(sending.type, sending.build(server));
    server.transcript = Buffer.concat([server.transcript, bytes]);
    server.flush();
    server.sendHandshake(bytes.subarray(0, at < 0 ? bytes.length + at : at));
    for (const inner of between) inner.run(server);
    server.sendHandshake(bytes.subarray(at < 0 ? bytes.length + at : at));
  });
}

/** What a well-behaved server answers to a ClientHello. */
export function serverFlight(): Step[] {
  return [
    serverHello(),
    changeCipherSpec,
    handshakeKeys,
    encryptedExtensions(),
    certificate(),
    certificateVerify(),
    finished(),
    applicationKeys,
  ];
}

function helloFields(server: ScriptedServer, random: Buffer, extensions: Extension[]): ServerHelloFields {
  return {
    legacyVersion: 0x0303,
    random,
    sessionId: server.clientHello.sessionId,
    suite: server.suite.id,
    compression: 0,
    extensions,
  };
}

function encodeHello(fields: ServerHelloFields): Buffer {
  return Buffer.concat([
    uint16(fields.legacyVersion),
    fields.random,
    vector(1, fields.sessionId),
    uint16(fields.suite),
    Buffer.from([fields.compression]),
    encodeExtensions(fields.extensions),
  ]);
}
