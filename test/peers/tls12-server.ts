/**
 * A TLS 1.2 server that does what a test tells it to, in the style of scripted-server.ts: sans-IO, its messages are named steps that a test reorders, drops, repeats or
 * edits. It reads the client strictly: what no client may do fails an assertion.
 */
import assert from 'node:assert/strict';
import { constants, createPrivateKey, randomBytes, sign } from 'node:crypto';
import type { Identity } from '../../tools/certificates.js';
import { type GroupName, groupIds, makeServerShare, type ServerShare } from './key-shares.js';
import { plaintextRecord } from './records.js';
import { encodeExtensions, extension, framed, uint16, vector } from './steps.js';
import { hashOf, prf12, Tls12Keys, type Tls12Suite, tls12Suites } from './tls12-keys.js';

export interface Step12 {
  readonly name: string;
  run(server: Tls12Server): void;
}

export interface Tls12ServerOptions {
  identity: Identity;
  suite?: string;
  group?: GroupName;
  /** What answers the first, the second … ClientHello: up to ServerHelloDone, or if a session is resumed to Finished. */
  flights?: Step12[][];
  /** What answers the client's Finished of a full handshake. */
  ends?: Step12[][];
  /** When the last handshake is complete on this side. */
  afterwards?: Step12[];
  extendedMasterSecret?: boolean;
  renegotiationInfo?: boolean;
  /** Given out in each ServerHello. */
  sessionId?: Buffer;
  /** A session to resume: its master secret. */
  master?: Buffer;
}

export const EMS = 23;
export const SESSION_TICKET = 35;
export const RENEGOTIATION_INFO = 0xff01;

export class Tls12Server {
  readonly suite: Tls12Suite;
  readonly share: ServerShare;
  readonly group: GroupName;
  randoms = Buffer.alloc(64);
  clientSessionId = Buffer.alloc(0);
  /** Of the last ClientHello, by type. */
  offered = new Map<number, Buffer>();
  offeredSuites: number[] = [];
  transcript: Buffer = Buffer.alloc(0);
  master: Buffer;
  /** Types of the client's messages, 'ccs', 'data' and 'alert level number' in order. */
  readonly log: (number | string)[] = [];
  received: Buffer = Buffer.alloc(0);
  ended = false;
  resuming = false;
  verifyData = Buffer.alloc(0);
  private clientVerify: Buffer = Buffer.alloc(0);
  private readKeys?: Tls12Keys;
  writeKeys?: Tls12Keys;
  private nextRead?: Tls12Keys;
  private nextWrite?: Tls12Keys;
  private input: Buffer = Buffer.alloc(0);
  private handshake: Buffer = Buffer.alloc(0);
  private hellos = 0;
  private readonly output: Buffer[] = [];

  constructor(readonly options: Tls12ServerOptions) {
    this.suite = tls12Suites[options.suite ?? 'aes-128-gcm']!;
    this.group = options.group ?? 'x25519';
    this.share = makeServerShare(this.group);
    this.master = options.master ?? Buffer.alloc(0);
  }

  take(): Buffer {
    return Buffer.concat(this.output.splice(0));
  }

  send(...steps: Step12[]): void {
    for (const step of steps) step.run(this);
  }

  sendRaw(bytes: Buffer): void {
    this.output.push(bytes);
  }

  sendRecord(type: number, content: Buffer): void {
    this.sendRaw(this.writeKeys ? this.writeKeys.seal(type, content) : plaintextRecord(type, content));
  }

  sendMessage(type: number, body: Buffer): void {
    const message = framed(type, body);
    this.transcript = Buffer.concat([this.transcript, message]);
    for (let at = 0; at < message.length; at += 16384) this.sendRecord(22, message.subarray(at, at + 16384));
  }

  /** From now on what is sent has the new keys. */
  useWriteKeys(): void {
    this.writeKeys = this.nextWrite ?? this.writeKeys;
  }

  makeKeys(): void {
    const { hash, keyLength, ivLength } = this.suite;
    const seed = Buffer.concat([this.randoms.subarray(32), this.randoms.subarray(0, 32)]);
    const block = prf12(hash, this.master, 'key expansion', seed, 2 * (keyLength + ivLength));
    const iv = 2 * keyLength;
    this.nextRead = new Tls12Keys(this.suite, block.subarray(0, keyLength), block.subarray(iv, iv + ivLength));
    this.nextWrite = new Tls12Keys(this.suite, block.subarray(keyLength, iv), block.subarray(iv + ivLength));
  }

  finishedData(side: 'client' | 'server'): Buffer {
    const { hash } = this.suite;
    return prf12(hash, this.master, side + ' finished', hashOf(hash, this.transcript), 12);
  }

  receive(bytes: Buffer): void {
    this.input = Buffer.concat([this.input, bytes]);
    while (this.input.length >= 5) {
      const end = 5 + this.input.readUInt16BE(3);
      if (this.input.length < end) return;
      const record = this.input.subarray(0, end);
      this.input = this.input.subarray(end);
      this.readContent(record[0]!, this.readKeys ? this.readKeys.open(record) : record.subarray(5));
    }
  }

  assertComplete(): void {
    assert.equal(this.input.length + this.handshake.length, 0, 'client: something half-sent');
  }

  private readContent(type: number, content: Buffer): void {
    if (type === 22) {
      this.readHandshake(content);
      return;
    }
    assert.equal(this.handshake.length, 0, 'client: a handshake message was interrupted');
    if (type === 20) {
      assert.ok(this.nextRead, 'client: change_cipher_spec too early');
      this.log.push('ccs');
      this.readKeys = this.nextRead;
      this.nextRead = undefined;
    } else if (type === 21) this.log.push(`alert ${content[0]} ${content[1]}`);
    else {
      assert.ok(this.readKeys, 'client: application data in plaintext');
      this.log.push('data');
      this.received = Buffer.concat([this.received, content]);
    }
  }

  private readHandshake(content: Buffer): void {
    this.handshake = Buffer.concat([this.handshake, content]);
    while (this.handshake.length >= 4) {
      const end = 4 + this.handshake.readUIntBE(1, 3);
      if (this.handshake.length < end) return;
      const message = this.handshake.subarray(0, end);
      this.handshake = this.handshake.subarray(end);
      this.log.push(message[0]!);
      this.readMessage(message[0]!, message);
    }
  }

  private readMessage(type: number, message: Buffer): void {
    if (type === 1) this.readClientHello(message);
    else if (type === 20) this.readFinished(message);
    else {
      assert.ok(type === 11 || type === 16, 'client: message ' + type);
      this.transcript = Buffer.concat([this.transcript, message]);
      if (type === 16) this.readKeyExchange(message);
    }
  }

  private readKeyExchange(message: Buffer): void {
    const { hash } = this.suite;
    const point = message.subarray(5);
    assert.equal(message[4], point.length, 'client: ClientKeyExchange');
    const premaster = this.share.agree(point);
    const extended = this.options.extendedMasterSecret !== false;
    this.master = extended
      ? prf12(hash, premaster, 'extended master secret', hashOf(hash, this.transcript), 48)
      : prf12(hash, premaster, 'master secret', this.randoms, 48);
    this.makeKeys();
  }

  private readClientHello(message: Buffer): void {
    const sessionId = message.subarray(39, 39 + message[38]!);
    let at = 39 + sessionId.length;
    const suites = message.subarray(at + 2, at + 2 + message.readUInt16BE(at));
    at += 2 + suites.length + 2;
    this.offered = new Map();
    this.offeredSuites = Array.from({ length: suites.length / 2 }, (_, i) => suites.readUInt16BE(2 * i));
    for (at += 2; at < message.length; at += 4 + message.readUInt16BE(at + 2)) {
      this.offered.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + message.readUInt16BE(at + 2)));
    }
    const renegotiation = this.offered.get(RENEGOTIATION_INFO);
    // Not there if only TLS 1.3 is offered.
    if (renegotiation) assert.deepEqual(renegotiation, vector(1, this.clientVerify), 'client: renegotiation_info');
    this.clientSessionId = Buffer.from(sessionId);
    this.randoms = Buffer.concat([message.subarray(6, 38), randomBytes(32)]);
    this.transcript = Buffer.from(message);
    this.resuming = !!this.options.master;
    const flight = this.options.flights?.[this.hellos];
    this.hellos++;
    this.send(...(flight ?? (this.resuming ? resumedFlight() : serverFlight12())));
  }

  private readFinished(message: Buffer): void {
    const expected = this.finishedData('client');
    assert.deepEqual(message.subarray(4), expected, 'client: Finished');
    assert.equal(this.log[this.log.length - 2], 'ccs', 'client: Finished without change_cipher_spec');
    this.clientVerify = expected;
    this.transcript = Buffer.concat([this.transcript, message]);
    if (!this.resuming) this.send(...(this.options.ends?.[this.hellos - 1] ?? serverEnd12()));
    if (this.hellos >= (this.options.flights?.length ?? 1)) this.send(...(this.options.afterwards ?? []));
  }

  /** RFC 5746 §3.2: of both sides, client's first. */
  get renegotiatedConnection(): Buffer {
    return Buffer.concat([this.clientVerify, this.verifyData]);
  }
}

export function step12(name: string, run: (server: Tls12Server) => void): Step12 {
  return { name, run };
}

export function message12(name: string, type: number, build: (server: Tls12Server) => Uint8Array): Step12 {
  return step12(name, server => server.sendMessage(type, Buffer.from(build(server))));
}

export interface Hello12 {
  version: number;
  random: Buffer;
  sessionId: Buffer;
  suite: number;
  compression: number;
  extensions: { type: number; data: Buffer }[];
}

export function serverHello12(edit: (hello: Hello12, server: Tls12Server) => void = () => {}): Step12 {
  return message12('ServerHello', 2, server => {
    const { extendedMasterSecret, renegotiationInfo, sessionId } = server.options;
    const hello: Hello12 = {
      version: 0x0303,
      random: server.randoms.subarray(32),
      sessionId: server.resuming ? server.clientSessionId : (sessionId ?? Buffer.alloc(0)),
      suite: server.suite.id + (server.options.identity.kind.startsWith('rsa') ? server.suite.rsa : 0),
      compression: 0,
      extensions: [],
    };
    if (extendedMasterSecret !== false) hello.extensions.push(extension(EMS));
    if (renegotiationInfo !== false)
      hello.extensions.push(extension(RENEGOTIATION_INFO, vector(1, server.renegotiatedConnection)));
    edit(hello, server);
    hello.random.copy(server.randoms, 32);
    return Buffer.concat([
      uint16(hello.version),
      hello.random,
      vector(1, hello.sessionId),
      uint16(hello.suite),
      Buffer.from([hello.compression]),
      hello.extensions.length ? encodeExtensions(hello.extensions) : Buffer.alloc(0),
    ]);
  });
}

export function certificate12(identity?: Identity): Step12 {
  return message12('Certificate', 11, server => vector(3, vector(3, (identity ?? server.options.identity).der)));
}

export interface KeyExchange12 {
  curveType: number;
  curve: number;
  point: Buffer;
  scheme: number;
}

/** `sabotage` edits the whole message. */
export function serverKeyExchange12(
  edit: (fields: KeyExchange12, server: Tls12Server) => void = () => {},
  sabotage: (body: Buffer) => Buffer = body => body,
  identity?: Identity,
): Step12 {
  return message12('ServerKeyExchange', 12, server => {
    const { kind, keyPem } = identity ?? server.options.identity;
    const fields = {
      curveType: 3,
      curve: groupIds[server.group],
      point: server.share.publicKey,
      scheme: { p256: 0x0403, p384: 0x0503, rsa2048: 0x0804, rsa4096: 0x0804, ed25519: 0x0807 }[kind],
    };
    edit(fields, server);
    const params = Buffer.concat([Buffer.from([fields.curveType]), uint16(fields.curve), vector(1, fields.point)]);
    const signature = signed(fields.scheme, keyPem, Buffer.concat([server.randoms, params]));
    return sabotage(Buffer.concat([params, uint16(fields.scheme), vector(2, signature)]));
  });
}

function signed(scheme: number, keyPem: string, content: Buffer): Buffer {
  const key = createPrivateKey(keyPem);
  if (scheme === 0x0807) return sign(null, content, key);
  if (scheme >> 8 === 8) {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return sign({ 4: 'sha256', 5: 'sha384', 6: 'sha512' }[scheme & 255]!, content, { key, padding, saltLength: -1 });
  }
  return sign({ 2: 'sha1', 4: 'sha256', 5: 'sha384', 6: 'sha512' }[scheme >> 8]!, content, key);
}

export function certificateRequest12(authorities = 0): Step12 {
  const names = Array.from({ length: authorities }, () => vector(2, Buffer.alloc(100, 0x30)));
  const body = Buffer.concat([
    vector(1, Buffer.from([64, 1])),
    vector(2, uint16(0x0403), uint16(0x0804)),
    vector(2, ...names),
  ]);
  return message12('CertificateRequest', 13, () => body);
}

export const serverHelloDone12 = message12('ServerHelloDone', 14, () => Buffer.alloc(0));

export function newSessionTicket12(ticket: Buffer, lifetime = 300): Step12 {
  const hint = Buffer.alloc(4);
  hint.writeUInt32BE(lifetime);
  return message12('NewSessionTicket', 4, () => Buffer.concat([hint, vector(2, ticket)]));
}

export const changeCipherSpec12 = step12('ChangeCipherSpec', server => {
  server.sendRecord(20, Buffer.from([1]));
  server.useWriteKeys();
});

export function finished12(edit: (data: Buffer) => Buffer = data => data): Step12 {
  return step12('Finished', server => {
    server.verifyData = server.finishedData('server') as Buffer<ArrayBuffer>;
    server.sendMessage(20, edit(server.verifyData));
  });
}

export function data12(text: string): Step12 {
  return step12('data', server => server.sendRecord(23, Buffer.from(text)));
}

export function alert12(level: number, number: number): Step12 {
  return step12('alert', server => server.sendRecord(21, Buffer.from([level, number])));
}

/** Not part of a transcript. */
export const helloRequest12 = step12('HelloRequest', server => server.sendRecord(22, framed(0, Buffer.alloc(0))));

export const fin12 = step12('FIN', server => {
  server.ended = true;
});

export function serverFlight12(): Step12[] {
  return [serverHello12(), certificate12(), serverKeyExchange12(), serverHelloDone12];
}

export function serverEnd12(): Step12[] {
  return [changeCipherSpec12, finished12()];
}

export function resumedFlight(): Step12[] {
  return [serverHello12(), step12('keys', server => server.makeKeys()), changeCipherSpec12, finished12()];
}

/** The flight with other steps in place of the one with this name. */
export function with12(flight: Step12[], name: string, ...steps: Step12[]): Step12[] {
  const at = flight.findIndex(step => step.name === name);
  assert.ok(at >= 0, 'no ' + name);
  return [...flight.slice(0, at), ...steps, ...flight.slice(at + 1)];
}

export function before12(flight: Step12[], name: string, ...steps: Step12[]): Step12[] {
  return with12(flight, name, ...steps, flight.find(step => step.name === name)!);
}
