/**
 * Reads what the client sends to the scripted server, and asserts that it is allowed: record headers, at most one
 * ChangeCipherSpec, messages in order under the right keys, no record after close_notify or a fatal alert.
 */
import assert from 'node:assert/strict';
import { digest } from './key-schedule.js';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  type Protection,
  type TrafficKeys,
} from './records.js';
import type { ScriptedServer } from './scripted-server.js';
import { vector, verifyWith } from './steps.js';

const CLIENT_HELLO = 1;
const END_OF_EARLY_DATA = 5;
const CERTIFICATE = 11;
const CERTIFICATE_VERIFY = 15;
const FINISHED = 20;
const KEY_UPDATE = 24;

export interface ReceivedAlert {
  level: number;
  description: number;
  protection: Protection;
}

export class ClientReader {
  /** The one alert the client has sent, close_notify included. */
  alert?: ReceivedAlert;
  /** Types of the client's handshake messages in order. */
  readonly messages: number[] = [];
  finished = false;
  /** Of the client's CertificateVerify. */
  scheme = 0;
  /** Behind how many messages each ChangeCipherSpec came. */
  readonly changeCipherSpecs: number[] = [];
  /** true: nothing more is read, for tests after which the two sides disagree about their keys. */
  deaf = false;
  applicationData: Buffer = Buffer.alloc(0);
  earlyData: Buffer = Buffer.alloc(0);
  /** Records of early data that were skipped. */
  skipped = 0;
  /** How many records that was. */
  applicationRecords = 0;
  /** Content bytes of the largest application data record. */
  largestPlaintext = 0;
  /** update_requested or not, of each KeyUpdate received. */
  readonly keyUpdates: number[] = [];
  private input: Buffer = Buffer.alloc(0);
  private handshake: Buffer = Buffer.alloc(0);
  private keys?: TrafficKeys;
  private earlyKeys?: TrafficKeys;
  private keysAfterFinished?: TrafficKeys;
  private certificateSeen = false;
  private openedOne = false;
  private closed = false;

  constructor(private readonly server: ScriptedServer) {}

  expect(keys: TrafficKeys): void {
    this.keys = keys;
  }

  /** Until EndOfEarlyData. */
  expectEarlyData(keys: TrafficKeys): void {
    this.earlyKeys = keys;
  }

  expectAfterFinished(keys: TrafficKeys): void {
    this.keysAfterFinished = keys;
  }

  receive(bytes: Buffer): void {
    if (this.deaf) return;
    this.input = Buffer.concat([this.input, bytes]);
    while (this.input.length >= 5) {
      const length = this.input.readUInt16BE(3);
      assert.ok(length <= 16384 + 256, `client: a record of ${length} bytes`);
      if (this.input.length < 5 + length) return;
      const record = this.input.subarray(0, 5 + length);
      this.input = this.input.subarray(5 + length);
      this.readRecord(record);
    }
  }

  /** Nothing may lie half-sent when the client is done. */
  assertComplete(): void {
    assert.equal(this.input.length, 0, 'client: part of a record');
    assert.equal(this.handshake.length, 0, 'client: part of a handshake message');
  }

  private readRecord(record: Buffer): void {
    const type = record[0];
    const version = record.readUInt16BE(1);
    assert.ok(!this.closed, `client: a record of type ${type} after close_notify or a fatal alert`);
    const firstRecord = this.messages.length === 0;
    assert.ok(version === 0x0303 || (firstRecord && version === 0x0301), `client: record version ${version}`);
    if (type === CHANGE_CIPHER_SPEC) this.readChangeCipherSpec(record.subarray(5));
    else if (type === APPLICATION_DATA) this.readProtected(record);
    else {
      assert.ok(
        (!this.keys && !this.earlyKeys) || type === ALERT,
        `client: a plaintext record of type ${type} after ServerHello`,
      );
      this.readContent(type, record.subarray(5), 'plaintext');
    }
  }

  private readProtected(record: Buffer): void {
    if (this.skips(record)) return;
    const keys = this.earlyKeys ?? this.keys;
    assert.ok(keys, 'client: a protected record before ServerHello');
    const { protection } = keys;
    const opened = keys.open(record);
    assert.ok(opened, `client: a record that does not open under the ${protection} keys`);
    assert.ok(opened.content.length <= 16384, 'client: a plaintext over 2^14 bytes');
    this.readContent(opened.type, opened.content, protection);
  }

  /** RFC 8446 §4.2.10: what is rejected is skipped, until a record opens under the handshake keys or a second ClientHello comes. */
  private skips(record: Buffer): boolean {
    if (this.server.options.earlyData !== 'reject' || this.openedOne) return false;
    this.openedOne = !!this.keys && this.keys.again().open(record) !== undefined;
    if (!this.openedOne) this.skipped++;
    return !this.openedOne;
  }

  private readChangeCipherSpec(content: Buffer): void {
    assert.deepEqual([...content], [1], 'client: ChangeCipherSpec');
    assert.ok(this.messages.length > 0 && !this.finished, 'client: ChangeCipherSpec at the wrong time');
    this.changeCipherSpecs.push(this.messages.length);
    assert.equal(this.changeCipherSpecs.length, 1, 'client: more than one ChangeCipherSpec');
  }

  private readContent(type: number, content: Buffer, protection: Protection): void {
    if (type !== HANDSHAKE) assert.equal(this.handshake.length, 0, 'client: a handshake message was interrupted');
    if (type === HANDSHAKE) this.readHandshake(content);
    else if (type === ALERT) this.readAlert(content, protection);
    else if (type === APPLICATION_DATA && protection === 'early') {
      this.earlyData = Buffer.concat([this.earlyData, content]);
    } else if (type === APPLICATION_DATA) {
      assert.ok(this.finished, 'client: application data before Finished');
      this.applicationRecords++;
      this.largestPlaintext = Math.max(this.largestPlaintext, content.length);
      this.applicationData = Buffer.concat([this.applicationData, content]);
    } else assert.fail(`client: a record of inner type ${type}`);
  }

  private readAlert(content: Buffer, protection: Protection): void {
    assert.equal(content.length, 2, 'client: alert length');
    this.alert = { level: content[0], description: content[1], protection };
    this.closed = true;
  }

  private readHandshake(content: Buffer): void {
    assert.ok(content.length > 0, 'client: an empty handshake record');
    this.handshake = Buffer.concat([this.handshake, content]);
    while (this.handshake.length >= 4) {
      const end = 4 + this.handshake.readUIntBE(1, 3);
      if (this.handshake.length < end) return;
      const message = this.handshake.subarray(0, end);
      this.handshake = this.handshake.subarray(end);
      this.messages.push(message[0]);
      this.readMessage(message);
    }
  }

  private readMessage(message: Buffer): void {
    if (message[0] === CLIENT_HELLO) {
      assert.ok(!this.keys, 'client: ClientHello after ServerHello');
      this.assertKeyChange();
      this.server.receivedClientHello(message);
      return;
    }
    assert.ok(this.keys, `client: message ${message[0]} before ServerHello`);
    if (message[0] === END_OF_EARLY_DATA) this.readEndOfEarlyData(message);
    else if (message[0] === KEY_UPDATE) this.readKeyUpdate(message);
    else if (message[0] === CERTIFICATE) this.readCertificate(message);
    else if (message[0] === CERTIFICATE_VERIFY) this.readCertificateVerify(message);
    else if (message[0] === FINISHED) this.readFinished(message);
    else assert.fail(`client: message ${message[0]}`);
  }

  private readEndOfEarlyData(message: Buffer): void {
    assert.ok(this.earlyKeys && message.length === 4, 'client: EndOfEarlyData');
    assert.ok(this.keysAfterFinished, 'client: EndOfEarlyData before the server sent Finished');
    this.assertKeyChange();
    this.server.transcript = Buffer.concat([this.server.transcript, message]);
    this.earlyKeys = undefined;
  }

  private readCertificate(message: Buffer): void {
    const server = this.server;
    assert.ok(!this.finished, 'client: Certificate after Finished');
    assert.ok(server.certificateRequested && !this.certificateSeen, 'client: Certificate that nobody asked for');
    const list = (server.options.clientChain ?? []).map(({ der }) => [vector(3, der), vector(2)]);
    const expected = Buffer.concat([vector(1), vector(3, ...list.flat())]);
    assert.equal(message.subarray(4).toString('hex'), expected.toString('hex'), 'client: Certificate');
    this.certificateSeen = true;
    server.transcript = Buffer.concat([server.transcript, message]);
  }

  /** RFC 8446 §4.4.3. */
  private readCertificateVerify(message: Buffer): void {
    const server = this.server;
    const [own] = server.options.clientChain ?? [];
    assert.ok(own && this.certificateSeen && !this.scheme, 'client: CertificateVerify');
    this.scheme = message.readUInt16BE(4);
    assert.equal(message.readUInt16BE(6), message.length - 8, 'client: length of the signature');
    const content = Buffer.concat([
      Buffer.alloc(64, 0x20),
      Buffer.from('TLS 1.3, client CertificateVerify\0'),
      digest(server.suite.hash, server.transcript),
    ]);
    assert.ok(verifyWith(this.scheme, own, content, message.subarray(8)), 'client: signature in CertificateVerify');
    server.transcript = Buffer.concat([server.transcript, message]);
  }

  private readFinished(message: Buffer): void {
    const server = this.server;
    assert.ok(!this.finished, 'client: a second Finished');
    assert.equal(this.certificateSeen, server.certificateRequested, 'client: no Certificate before Finished');
    assert.equal(!!this.scheme, !!server.options.clientChain, 'client: no CertificateVerify before Finished');
    const expected = server.keySchedule.verifyData(server.clientHandshakeSecret, server.transcript);
    assert.equal(message.subarray(4).toString('hex'), expected.toString('hex'), 'client: Finished');
    this.assertKeyChange();
    assert.ok(this.keysAfterFinished, 'client: Finished before the server sent its own');
    assert.ok(!this.earlyKeys, 'client: Finished without EndOfEarlyData');
    server.transcript = Buffer.concat([server.transcript, message]);
    this.finished = true;
    this.keys = this.keysAfterFinished;
    server.receivedFinished();
  }

  private readKeyUpdate(message: Buffer): void {
    assert.ok(this.finished, 'client: KeyUpdate before Finished');
    assert.equal(message.length, 5, 'client: KeyUpdate length');
    assert.ok(message[4] === 0 || message[4] === 1, 'client: KeyUpdate value');
    this.keyUpdates.push(message[4]);
    this.assertKeyChange();
    this.keys = this.keys!.next();
  }

  private assertKeyChange(): void {
    assert.equal(this.handshake.length, 0, 'client: a handshake message across a change of keys');
  }
}
