/**
 * The server's side of a trace: a scripted server whose records have the types and lengths that the trace tells of. What
 * is in them is not in a trace, so it is made up: certificates of the length they had, application data of zeros, and
 * padding (RFC 8446 §5.4) where ours is shorter than it was.
 */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { ScriptedServer, type Step } from '../../test/peers/scripted-server.js';
import {
  applicationKeys,
  certificate,
  certificateRequest,
  certificateVerify,
  encryptedExtensions,
  finished,
  framed,
  handshakeKeys,
  helloRetryRequest,
  type MessageStep,
  serverHello,
  step,
} from '../../test/peers/steps.js';
import { type Identity, makeCertificate } from '../certificates.js';
import type { Trace, TraceEvent } from './trace.js';

const enum Message {
  ServerHello = 2,
  NewSessionTicket = 4,
  EncryptedExtensions = 8,
  Certificate = 11,
  CertificateRequest = 13,
  CertificateVerify = 15,
  Finished = 20,
  KeyUpdate = 24,
}

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
/** Content type and tag. */
const SEALING = 17;
const SECP256R1_HELLO = 155;
const LARGEST_FINISHED_SHA256 = 36;

interface TracedRecord {
  type: number;
  length: number;
  content: number;
  /** The messages that were complete with it. */
  messages: TraceEvent[];
  alert: number;
}

export class ReplayServer {
  readonly server: ScriptedServer;
  /** The trust anchor. */
  readonly root: Uint8Array;
  /** How the replay had to differ from the trace. */
  readonly differences: string[] = [];
  /** Bytes that were sent before those that the trace tells of. */
  unconstrained = 0;
  private readonly records: TracedRecord[];
  private next = 0;
  /** Handshake bytes without a record yet, and where messages end in them. */
  private pending: { type: number; bytes: Buffer }[] = [];
  private readonly rest: Buffer;

  private constructor(trace: Trace, root: Uint8Array, leaf: Identity) {
    this.root = root;
    this.records = tracedRecords(trace);
    this.rest = unopened(trace, this.records);
    const of = (type: number) => trace.events.filter(event => event.kind === 'm' && event.a === type);
    const hellos = of(Message.ServerHello);
    const retried = trace.events.filter(event => event.kind === 'M' && event.a === 1).length > 1;
    const hello = hellos[hellos.length - 1];
    const finishedLength = of(Message.Finished)[0]?.b ?? LARGEST_FINISHED_SHA256;
    const requested = of(Message.CertificateRequest).length > 0;
    this.server = new ScriptedServer({
      identity: leaf,
      suite: finishedLength > LARGEST_FINISHED_SHA256 ? 'TLS_AES_256_GCM_SHA384' : 'TLS_AES_128_GCM_SHA256',
      group: retried || hello?.b === SECP256R1_HELLO ? 'secp256r1' : 'x25519',
      flights: [],
      afterFinished: [step('what followed', () => this.send())],
    });
    const flight: MessageStep[] = [encryptedExtensions()];
    if (requested) flight.push(certificateRequest());
    flight.push(certificate(), broken(trace, certificateVerify()), broken(trace, finished()));
    const before = this.firstTraced(trace, flight);
    const main: Step[] = [
      this.sending(serverHello(), before > 0),
      handshakeKeys,
      ...flight.map((message, i) => this.sending(message, before > i + 1)),
      step('the rest', () => this.send()),
      applicationKeys,
    ];
    const retry = step('HelloRetryRequest', server => {
      helloRetryRequest({ group: true }).run(server);
      const bytes = this.server.take();
      this.pending.push({ type: Message.ServerHello, bytes: bytes.subarray(5) });
      if (before > 0) this.sendFreely();
      else this.send();
    });
    this.server.options.flights.push(...(retried ? [[retry], main] : [main]));
  }

  static async create(trace: Trace, name: string): Promise<ReplayServer> {
    const root = await makeCertificate({ kind: 'ed25519', ca: true, subject: 'CN=Replay Root' });
    const wanted = trace.events.find(event => event.kind === 'm' && event.a === Message.Certificate)?.b ?? 0;
    let filler = 0;
    let leaf: Identity;
    for (let attempt = 0; ; attempt++) {
      leaf = await makeCertificate({
        kind: 'ed25519',
        issuer: root,
        dnsNames: [name],
        // An extension that nobody knows and that is not critical.
        extraExtensions: filler > 0 ? [new x509.Extension('2.999.1', false, new Uint8Array(filler))] : [],
      });
      // Message header 4, context 1, list 3, entry 3 + 2.
      const missing = wanted - (leaf.der.length + 13);
      if (missing === 0 || attempt === 4 || filler + missing < 1) break;
      filler += missing - (filler === 0 ? 20 : 0);
      if (filler < 1) break;
    }
    const trusted = trace.code === 'ERR_CERT_UNKNOWN_ISSUER' ? await makeCertificate({ ca: true }) : root;
    return new ReplayServer(trace, trusted.der, leaf);
  }

  /** How many messages of ServerHello and `flight` were sent before the first event that is left. */
  private firstTraced(trace: Trace, flight: MessageStep[]): number {
    if (trace.lost === 0) return 0;
    const types = [Message.ServerHello, ...flight.map(({ type }) => type)];
    const first = trace.events.find(event => event.kind === 'm' && types.includes(event.a));
    return first ? types.indexOf(first.a) : types.length;
  }

  private sending(message: MessageStep, freely: boolean): Step {
    return step(message.name, server => {
      const bytes = framed(message.type, message.build(server));
      server.transcript = Buffer.concat([server.transcript, bytes]);
      this.pending.push({ type: message.type, bytes });
      if (freely) this.sendFreely();
      // The keys change behind it.
      else if (message.type === Message.ServerHello) this.send();
    });
  }

  /** In records of its own, of which the trace knows nothing. */
  private sendFreely(): void {
    for (const { bytes } of this.pending) {
      this.server.sendRecord(HANDSHAKE, bytes);
      this.unconstrained += 5 + bytes.length + (this.server.writeKeys ? SEALING : 0);
    }
    this.pending = [];
  }

  /** Sends records of the trace as far as there is something to put into them. */
  private send(): void {
    while (this.next < this.records.length) {
      const record = this.records[this.next]!;
      // What comes behind the server's Finished has to wait for the client's.
      if (this.pending.length === 0 && !this.server.client.finished && record.type !== CHANGE_CIPHER_SPEC) return;
      if (record.type === HANDSHAKE && !this.sendHandshake(record)) return;
      if (record.type === CHANGE_CIPHER_SPEC) this.server.sendRaw(Buffer.from([20, 3, 3, 0, 1, 1]));
      // An alert or data in plaintext lies before the keys, everything else behind them.
      if (record.type === ALERT) this.sendSealed(record, Buffer.from([record.alert > 0 ? 2 : 1, record.alert]));
      if (record.type === APPLICATION_DATA) {
        if (!this.server.client.finished) return;
        this.sendSealed(record, Buffer.alloc(record.content));
      }
      this.next++;
    }
    if (this.pending.length > 0 && this.rest.length === 0) {
      const left = this.pending.length;
      if (this.server.client.finished) this.differences.push(`${left} messages did not fit`);
    }
    this.server.sendRaw(this.rest);
    this.next = Infinity;
  }

  private sendHandshake(record: TracedRecord): boolean {
    this.addLaterMessages(record);
    const protectedRecord = record.length !== record.content;
    if (protectedRecord !== (this.server.writeKeys !== undefined)) return false;
    if (this.pending.length === 0) return false;
    const room = record.length - (protectedRecord ? SEALING : 0);
    const parts: Buffer[] = [];
    let used = 0;
    for (let ending = record.messages.length; ; ending--) {
      const message = this.pending[0];
      if (!message) break;
      // The part of a message that ends in a later record leaves something for that one.
      const wanted = ending > 0 ? message.bytes.length : Math.min(record.content - used, message.bytes.length - 1);
      const taken = Math.max(0, Math.min(wanted, room - used));
      if (taken > 0) parts.push(message.bytes.subarray(0, taken));
      used += taken;
      if (ending > 0 && taken === message.bytes.length) this.pending.shift();
      else {
        message.bytes = message.bytes.subarray(taken);
        if (ending > 0) this.differences.push(`message ${message.type} is longer than it was`);
        break;
      }
    }
    this.sendSealed(record, Buffer.concat(parts));
    if (record.messages.some(({ a }) => a === Message.KeyUpdate)) this.server.updateWriteKeys();
    return true;
  }

  /** Messages that come when the handshake is over. */
  private addLaterMessages(record: TracedRecord): void {
    for (const { a: type, b: length } of record.messages) {
      if (type === Message.NewSessionTicket) {
        const ticket = Buffer.alloc(Math.max(19, length));
        ticket.set([type, 0, (ticket.length - 4) >> 8, (ticket.length - 4) & 255]);
        // ticket_lifetime, ticket_age_add, ticket_nonce, ticket, extensions.
        ticket.set([0, 0, 28, 32, 0, 0, 0, 0, 0, (ticket.length - 17) >> 8, (ticket.length - 17) & 255], 4);
        this.pending.push({ type, bytes: ticket.subarray(0, ticket.length) });
      } else if (type === Message.KeyUpdate) this.pending.push({ type, bytes: framed(type, Buffer.from([0])) });
    }
  }

  private sendSealed(record: TracedRecord, content: Buffer): void {
    const protectedRecord = this.server.writeKeys !== undefined;
    const length = content.length + (protectedRecord ? SEALING : 0);
    if (length !== record.length && !(protectedRecord && length < record.length)) {
      this.differences.push(`a record has ${length} bytes instead of ${record.length}`);
    }
    this.server.layout.padding = protectedRecord ? Math.max(0, record.length - length) : 0;
    this.server.sendRecord(record.type, content);
    this.server.layout.padding = 0;
  }
}

/** Errors that a made-up message can have too. */
function broken(trace: Trace, message: MessageStep): MessageStep {
  const code = message.type === Message.Finished ? 'ERR_TLS_BAD_FINISHED' : 'ERR_TLS_BAD_CERTIFICATE_VERIFY';
  if (trace.code !== code) return message;
  return {
    ...message,
    build: server => {
      const body = message.build(server);
      body[body.length - 1]! ^= 1;
      return body;
    },
  };
}

function tracedRecords(trace: Trace): TracedRecord[] {
  const records: TracedRecord[] = [];
  for (const { kind, a, b, c } of trace.events) {
    const last = records[records.length - 1];
    if (kind === 'i') records.push({ type: a, length: b, content: c, messages: [], alert: 0 });
    else if (kind === 'm' && last) last.messages.push({ kind, at: 0, a, b, c });
    else if (kind === 'a' && last) last.alert = a;
  }
  return records;
}

/** What lay in the ring behind the last record that was opened: the header that the engine saw, and anything behind it. */
function unopened(trace: Trace, records: TracedRecord[]): Buffer {
  const opened = records.reduce((total, { length }) => total + 5 + length, 0);
  const length = trace.lost === 0 ? trace.received - opened : trace.held;
  const rest = Buffer.alloc(Math.max(0, length), 0x5a);
  const failed = trace.events.find(({ kind }) => kind === 'x');
  rest.set(
    [failed?.a ?? APPLICATION_DATA, 3, 3, (failed?.b ?? 16384) >> 8, (failed?.b ?? 16384) & 255].slice(0, length),
  );
  return rest;
}
