/**
 * The TLS client, RFC 8446, without I/O: ciphertext in (`input`), ciphertext out (`output`), plaintext in (`write`) and out (`read`). `read` drives everything;
 * nothing is ever inferred from silence. The end of the transport is told with `inputEnded`, and is an error unless a close_notify came first.
 *
 * Memory: an output ring, one handshake buffer, both allocated here once; records are opened in the caller's input ring. Later neither `read` nor `write` allocates.
 *
 * The first error is the answer for ever. It queues its alert (alerts.ts), under the current keys, and wipes them.
 */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import { NO_DATA_YET } from '../bytes/outcomes.js';
import { type RingletError, ringletError, usageError } from '../errors.js';
import { Noted, note } from '../recorder.js';
import type { VerifiedPath } from '../x509/verify.js';
import { alertFor, alertName } from './alerts.js';
import { sizeOption, type TlsClientConfig } from './config.js';
import { Alert, ContentType, Version } from './constants.js';
import { malformedMessage, tlsError, unexpectedMessage } from './errors.js';
import { goOn, receive, startHandshake } from './handshake.js';
import { ClientHandshake, type Computing, countFutile, countWarning, wipe } from './handshake-state.js';
import { KeyUpdates, Update } from './key-updates.js';
import { learnNegotiated } from './negotiated.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';

export type { TrustAnchor, TrustPolicy } from '../x509/trust.js';
export type { TlsClientConfig, TlsListener } from './config.js';
export type { TlsProfile } from './profile.js';
export type { ExternalPsk } from './psk/external-psk.js';

/** The peer has said that no more will come: an authenticated end. The answer stays the same from now on. */
export const CLOSE_NOTIFY = -3;

/** More units of work than there are. */
const ALL = 1 << 30;

/** Not an answer of `read`. */
const EVENTS_FIRST = 0;

export class TlsClient {
  /** The first error, if there was one. */
  error?: RingletError;
  /** Ciphertext to send, oldest first: `spanAt(0, length)` bytes lie at `offsetAt(0)` of `bytes`. Then call `outputSent`. @internal */
  readonly output: ReceiveWindow & { readonly peak: number };
  // What was negotiated: undefined until the server's Finished has authenticated it.
  protocolVersion?: string;
  cipherSuite?: string;
  group?: string;
  alpnProtocol?: string;
  /** Undefined too if a key stood in for the certificate: of a session or `psk`. */
  peerPath?: VerifiedPath;
  /** Whether it was a session that authenticated the server. */
  resumed?: boolean;
  /** Whether the server has taken `earlyData`. */
  earlyDataAccepted?: boolean;
  /** The OCSP response that came with the server's certificate, DER, not verified: see extensions/status-request.ts. */
  ocspResponse?: Uint8Array;
  /** Whether the server has asked for `cert`, and got it. */
  certificateSent?: boolean;
  private readonly records: RecordReader;
  private readonly writer: RecordWriter;
  private readonly handshake: ClientHandshake;
  private readonly sliced: boolean | undefined;
  private readonly receiveWindow: ReceiveWindow;
  private authenticated?: boolean;
  private ended?: boolean;
  private closeNotifyReceived?: boolean;
  private closeWanted?: boolean;
  private closeNotifySent?: boolean;
  private readonly updates: KeyUpdates;
  private complete: boolean;
  /** Bytes of output up to the end of our Finished that are not sent yet. */
  private finishedUnsent: number;

  /** The ClientHello is in `output` on return, or, with `sliced`, once it is computed. Throws ERR_USAGE or ERR_TLS_MESSAGE_TOO_LARGE, naming the option to change. */
  constructor(config: TlsClientConfig) {
    const input = config.input;
    sizeOption(input ? input.capacity : 0, 'input (receiveBuffer)', 0, input && input.backlog ? 1024 : 256);
    this.receiveWindow = input;
    this.records = new RecordReader(input, config.profile.longRecords, config.makeBuffer);
    const outputSize = sizeOption(config.outputSize, 'outputSize', 2048, 512);
    const own = config.profile.clientCertificates;
    this.writer = new RecordWriter(own ? own.check(config, outputSize) : outputSize, config.makeBuffer);
    this.output = this.writer.output;
    this.records.tape = this.writer.tape = config.tape;
    this.complete = false;
    this.finishedUnsent = 0;
    this.handshake = new ClientHandshake(config, this.records, this.writer);
    this.updates = new KeyUpdates(this.handshake);
    this.sliced = config.sliced;
    startHandshake(this.handshake);
  }

  /** True from the moment the server is authenticated and the transport has taken the last byte of our Finished. */
  get handshakeComplete(): boolean {
    return this.complete;
  }

  /** What `compute` is to go on with before `read` can: a member of Computing; -1 if there is nothing, or if it is somebody else who has to. @internal */
  get computing(): Computing | -1 {
    const computation = this.handshake.computation;
    return computation && !(computation.waiting && computation.waiting()) ? (this.handshake.step as Computing) : -1;
  }

  /** Goes on with what takes long for about `budget` units (crypto/computation.ts), at least one. An error is for `read` to throw. @internal */
  compute(budget: number): void {
    try {
      if (this.computing >= 0) this.goOn(budget);
    } catch (error) {
      this.fail(error as RingletError);
    }
  }

  /**
   * Drives the handshake, and takes plaintext: at most `length` bytes (1 or more) into `into` from `offset`. Answers how
   * many (1 or more), NO_DATA_YET, or CLOSE_NOTIFY. Throws the first error, for ever, once every authentic byte before it is taken.
   */
  read(into: Uint8Array, offset: number, length: number): number {
    checkRange(into, offset, length, 1);
    for (;;) {
      let answer = NO_DATA_YET;
      try {
        answer = this.readRecords(into, offset, length);
        this.settle();
      } catch (error) {
        this.fail(error as RingletError);
      }
      // What is taken must reach the caller before a listener can read on, or throw: its events wait for the next call.
      if (answer > 0) return answer;
      this.tellListener();
      if (this.error && answer < 0) throw this.error;
      if (answer !== EVENTS_FIRST) return answer;
    }
  }

  /** The transport has delivered its last byte into `input`. @internal */
  inputEnded(): void {
    this.ended = true;
  }

  /**
   * Seals plaintext: answers how many of `length` bytes were taken, 0 if there is no room or the handshake is not complete.
   * Nothing of `bytes` is kept. Throws the first error; ERR_USAGE after closeWrite.
   */
  write(bytes: Uint8Array, offset: number, length: number): number {
    const writer = this.writer;
    const output = this.output;
    const updates = this.updates;
    const tls12 = this.handshake.tls12;
    let taken = 0;
    if (this.error) throw this.error;
    if (this.closeWanted) usageError('write after closeWrite');
    checkRange(bytes, offset, length, 0);
    if (!this.complete || (tls12 && tls12.renegotiating)) return 0;
    while (taken < length) {
      if (writer.protection && writer.protection.exhausted) updates.owe(Update.Owed);
      updates.seal();
      let piece = length - taken;
      if (piece > writer.limit) piece = writer.limit;
      if (piece > writer.room) {
        // Sealing whatever fits makes tiny records while the ring drains: wait until it is half empty.
        if (output.length * 2 > output.capacity || updates.owed !== Update.None) break;
        piece = writer.room;
      }
      if (piece < 1) break;
      writer.record(ContentType.ApplicationData, Version.Tls12, bytes, offset + taken, piece);
      taken += piece;
    }
    this.tellListener();
    return taken;
  }

  /** Says close_notify, behind everything written so far; during the handshake, when it is done. Reading goes on. Idempotent. @internal */
  closeWrite(): void {
    this.closeWanted = true;
    this.settle();
    this.tellListener();
  }

  /** Gives up: user_canceled, close_notify, and no more. Idempotent; every later read and write throws ERR_USAGE. After both close_notify it does nothing. */
  cancel(): void {
    // An error is 81 variables on Espruino.
    if (this.closeNotifySent && this.closeNotifyReceived) return;
    if (!this.error && !this.closeNotifySent) {
      this.writer.sendAlert(Alert.UserCanceled);
      this.closeNotify();
    }
    this.fail(ringletError('ERR_USAGE', 'connection cancelled'));
  }

  /** KeyUpdate, RFC 8446 §4.6.3: new keys for what we send and, with `requestPeer`, for what the peer sends. */
  updateKeys(requestPeer: boolean): void {
    if (this.error) throw this.error;
    if (!this.complete || this.closeWanted) usageError('updateKeys: not open');
    if (this.handshake.tls12) usageError('updateKeys: TLS 1.2');
    this.updates.owe(requestPeer ? Update.OwedAndRequesting : Update.Owed);
    this.updates.seal();
    this.tellListener();
  }

  /**
   * As Node's: `length` bytes of keying material (RFC 8446 §7.5, RFC 5705) that both sides have, and nobody else, for this `label`, in ASCII, and `context`. Throws
   * ERR_USAGE unless the connection is open, and its profile has an `exporter`.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array {
    const material = this.handshake.keyingMaterial;
    if (!material) usageError('exportKeyingMaterial: not open, or no exporter');
    return material.derive(length, label, context);
  }

  /** The transport has taken `length` bytes of `output`. @internal */
  outputSent(length: number): void {
    const output = this.output;
    if (!(length >= 0 && length <= output.length)) usageError('outputSent: more than there is');
    output.discard(length);
    this.updates.sent(length);
    if (!this.complete && this.finishedUnsent > 0) {
      this.finishedUnsent -= length;
      this.complete = this.finishedUnsent <= 0;
    }
    this.settle();
    this.tellListener();
  }

  /** Bytes of plaintext that `write` would take now; 0 too while more than half of the output ring waits to be sent. @internal */
  get writable(): number {
    const writer = this.writer;
    const output = this.output;
    const tls12 = this.handshake.tls12;
    if (this.error || this.closeWanted || !this.complete || output.length * 2 > output.capacity) return 0;
    if (tls12 && tls12.renegotiating) return 0;
    return writer.room > 0 ? writer.room : 0;
  }

  /** The most bytes of the handshake buffer that were ever in use. @internal */
  get handshakeBufferPeak(): number {
    return this.handshake.incoming.mostUsed;
  }

  /** As `read`, but does not throw a standing error, and answers EVENTS_FIRST when the listener is to be told something. */
  private readRecords(into: Uint8Array, offset: number, length: number): number {
    const records = this.records;
    const handshake = this.handshake;
    for (;;) {
      const events = handshake.pendingEvents;
      if (this.error) return NO_DATA_YET;
      if (events && events.length > 0) return EVENTS_FIRST;
      if (handshake.computation) {
        if (this.sliced || this.computing < 0) return NO_DATA_YET;
        this.goOn(ALL);
        continue;
      }
      if (this.closeNotifyReceived) {
        // RFC 8446 §6.1: "Any data received after a closure alert has been received MUST be ignored."
        this.receiveWindow.discard(this.receiveWindow.length);
        return CLOSE_NOTIFY;
      }
      if (records.remaining === 0 && !records.next()) {
        if (this.ended) tlsError('TRUNCATED', 'the stream ended without close_notify');
        return NO_DATA_YET;
      }
      const type = records.contentType;
      if (type === ContentType.ApplicationData) {
        const taken = this.applicationData(into, offset, length);
        if (taken > 0) return taken;
      } else if (type === ContentType.Handshake) {
        this.handshakeRecord();
      } else if (type === ContentType.Alert) {
        this.alertRecord();
      } else {
        this.changeCipherSpec();
      }
    }
  }

  private applicationData(into: Uint8Array, offset: number, length: number): number {
    const records = this.records;
    const protection = records.protection;
    if (!this.handshake.authenticated || this.handshake.incoming.bytesHere) unexpectedMessage('application data');
    const taken = records.remaining < length ? records.remaining : length;
    if (taken === 0) {
      countFutile(this.handshake);
      return 0;
    }
    records.take(into, offset, taken);
    this.handshake.futile = this.handshake.warnings = 0;
    if (protection && protection.exhausted) this.updates.ask();
    return taken;
  }

  private handshakeRecord(): void {
    const handshake = this.handshake;
    const before = this.records.protection;
    receive(handshake);
    if (!this.authenticated) this.findOut();
    // New keys: it was a KeyUpdate.
    else if (before !== this.records.protection && !this.updates.received()) countFutile(handshake);
  }

  private goOn(budget: number): void {
    goOn(this.handshake, budget);
    if (!this.authenticated) this.findOut();
  }

  /** What has come of it: whether our Finished has just been sealed. */
  private findOut(): void {
    if (!this.handshake.authenticated) return;
    this.finishedUnsent = this.output.length;
    this.complete = this.complete || !this.finishedUnsent;
    this.authenticated = true;
    this.handshake.futile = this.handshake.warnings = 0;
    learnNegotiated(this, this.handshake);
    if (this.handshake.profile.zeroRtt) this.handshake.profile.zeroRtt.finish(this.handshake);
  }

  /** RFC 8446 §6: two bytes, one alert a record, never in pieces. The level says nothing: all but two are fatal. But TLS 1.2 has warnings (RFC 5246 §7.2.2). */
  private alertRecord(): void {
    const records = this.records;
    if (records.remaining !== 2) malformedMessage('of an alert has not 2 bytes');
    const warning = this.handshake.tls12 && this.receiveWindow.byteAt(0) === 1;
    const alert = this.receiveWindow.byteAt(1);
    records.skip(2);
    note(records.tape, Noted.AlertIn, alert);
    const fatal = !warning && alert !== Alert.UserCanceled && alert !== Alert.CloseNotify;
    if (!fatal && this.handshake.incoming.bytesHere) unexpectedMessage('alert inside a handshake message');
    if (!fatal && alert !== Alert.CloseNotify) {
      countWarning(this.handshake);
    } else if (!fatal && this.handshake.authenticated) {
      this.closeNotifyReceived = true;
      this.wipeAfterBoth();
    } else {
      const error = ringletError(
        'ERR_TLS_ALERT_RECEIVED',
        'the server sent the alert ' + alertName(alert, this.handshake.profile.certificates),
      );
      error.alert = alert;
      throw error;
    }
  }

  /** RFC 8446 §5: one byte 0x01, between the first ClientHello and the peer's Finished, is dropped. In TLS 1.2 it has its place among the messages. */
  private changeCipherSpec(): void {
    const records = this.records;
    const handshake = this.handshake;
    const expected = handshake.expected;
    const chosen = handshake.tls12 && handshake.tls12.chosen;
    const unwanted = expected.newKeys ? handshake.incoming.bytesHere : this.authenticated || chosen;
    if (records.remaining !== 1 || unwanted || this.receiveWindow.byteAt(0) !== 1) {
      unexpectedMessage('change_cipher_spec');
    }
    records.skip(1);
    if (!expected.newKeys) countFutile(handshake);
    else {
      handshake.expected = expected.newKeys(handshake);
      this.authenticated = false;
    }
  }

  /** What may go out without the caller writing: an owed KeyUpdate once all before it is sent, an owed close_notify. */
  private settle(): void {
    const tls12 = this.handshake.tls12;
    if (this.error || this.closeNotifySent || !this.authenticated) return;
    if (tls12) tls12.hooks.answer(this.handshake);
    if (this.closeWanted) {
      if (!(tls12 && tls12.renegotiating) || this.closeNotifyReceived) this.closeNotify();
    } else if (this.output.length === 0) this.updates.seal();
  }

  private closeNotify(): void {
    this.closeWanted = this.closeNotifySent = true;
    this.writer.sendAlert(Alert.CloseNotify);
    this.wipeAfterBoth();
  }

  /** After both close_notify nothing is sealed or opened any more. */
  private wipeAfterBoth(): void {
    if (this.closeNotifySent && this.closeNotifyReceived) wipe(this.handshake);
  }

  private fail(error: RingletError): void {
    if (this.error) return;
    this.error = error;
    this.records.noteFailure();
    const alert = alertFor(error.code, this.handshake.profile.certificates);
    if (alert !== Alert.None && !this.closeNotifySent) this.writer.sendAlert(alert);
    wipe(this.handshake);
  }

  /** Tells the listener what has happened. Before each call the engine is consistent, whatever the listener then does with it. */
  private tellListener(): void {
    const events = this.handshake.pendingEvents;
    if (events) while (events.length > 0) (events.shift() as () => void)();
  }
}

function checkRange(bytes: Uint8Array, offset: number, length: number, floor: number): void {
  if (!(length >= floor && offset >= 0 && offset + length <= bytes.length)) {
    usageError('offset and length: outside the array');
  }
}
