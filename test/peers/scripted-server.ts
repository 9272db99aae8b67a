/**
 * A TLS 1.3 server that does what a test tells it to. Sans-IO: bytes of the client go into `receive`, bytes for the client
 * come out of `take`. It answers the n-th ClientHello with the n-th of its `flights`, lists of steps (steps.ts) that a test
 * reorders, drops, repeats or edits; and it reads the client strictly (client-flight.ts), so that a client that
 * misbehaves fails an assertion.
 */
import assert from 'node:assert/strict';
import type { Identity } from '../../tools/certificates.js';
import { type ClientHello, checkSecondClientHello, EARLY_DATA, parseClientHello } from './client-hello.js';
import { ClientReader } from './client-reader.js';
import { digest, KeySchedule, type Suite, type SuiteName, suiteNamed } from './key-schedule.js';
import { type GroupName, groupIds, makeServerShare, type ServerShare } from './key-shares.js';
import { HANDSHAKE, plaintextRecord, TrafficKeys } from './records.js';

export interface Step {
  readonly name: string;
  run(server: ScriptedServer): void;
}

export interface ServerOptions {
  identity: Identity;
  /** Certificates sent after the leaf. */
  chain?: Identity[];
  suite?: SuiteName;
  group?: GroupName;
  /** What the client has to answer a CertificateRequest with, its own first; by default nothing. */
  clientChain?: Identity[];
  /** What answers the first, the second … ClientHello. */
  flights: Step[][];
  /** The keys by what the client calls them; `serverHello` with `selecting` uses one. */
  psks?: ServerPsk[];
  /** What is done with early data: by default they are not expected. Those that are rejected are skipped. */
  earlyData?: 'accept' | 'reject';
  /** What follows the client's Finished. */
  afterFinished?: Step[];
}

export interface ServerPsk {
  identity: Buffer;
  key: Buffer;
  external?: boolean;
}

/** How messages become records. */
export interface Layout {
  /** The most plaintext bytes a record carries. */
  fragment: number;
  /** true: messages are gathered until the keys change or the flight ends; false: each begins a record. */
  coalesce: boolean;
  /** Zero bytes after the content type of each protected record. */
  padding: number;
}

export class ScriptedServer {
  readonly suite: Suite;
  readonly group: GroupName;
  readonly share: ServerShare;
  readonly keySchedule: KeySchedule;
  readonly client: ClientReader;
  readonly layout: Layout = { fragment: 16384, coalesce: false, padding: 0 };
  readonly clientHellos: ClientHello[] = [];
  /** The handshake messages so far, as they were sent; hashed where the key schedule needs it. */
  transcript: Buffer = Buffer.alloc(0);
  /** What the first flight's HelloRetryRequest asked for, for checking the second ClientHello. */
  retry?: { group?: number; cookie?: Buffer };
  writeKeys?: TrafficKeys;
  serverHandshakeSecret: Buffer = Buffer.alloc(0);
  clientHandshakeSecret: Buffer = Buffer.alloc(0);
  /** psk_ke: the ServerHello has no key_share. */
  withoutKeyShare = false;
  /** A certificate was asked for, so the client's flight begins with Certificate. */
  certificateRequested = false;
  /** The server has closed its side: FIN follows what `take` still has. */
  ended = false;
  private pending: Buffer = Buffer.alloc(0);
  private readonly output: Buffer[] = [];

  constructor(readonly options: ServerOptions) {
    this.suite = suiteNamed(options.suite ?? 'TLS_AES_128_GCM_SHA256');
    this.group = options.group ?? 'x25519';
    this.share = makeServerShare(this.group);
    this.keySchedule = new KeySchedule(this.suite);
    this.client = new ClientReader(this);
  }

  get clientHello(): ClientHello {
    return this.clientHellos[this.clientHellos.length - 1];
  }

  receive(bytes: Uint8Array): void {
    this.client.receive(Buffer.from(bytes));
  }

  /** Everything for the client that has not been taken yet. */
  take(): Buffer {
    const bytes = Buffer.concat(this.output);
    this.output.length = 0;
    return bytes;
  }

  /** Runs steps now: before the handshake is over, or later for data, tickets, key updates and the end. */
  send(...steps: Step[]): void {
    for (const step of steps) step.run(this);
    this.flush();
  }

  /** Called by the reader with each ClientHello, a whole message. */
  receivedClientHello(message: Buffer): void {
    const hello = parseClientHello(message);
    if (this.clientHellos.length > 0) {
      checkSecondClientHello(this.clientHellos[0], hello, this.retry?.group, this.retry?.cookie);
    }
    this.clientHellos.push(hello);
    this.checkBinders(hello);
    this.transcript = Buffer.concat([this.transcript, message]);
    this.expectEarlyData(hello);
    const flight = this.options.flights[this.clientHellos.length - 1];
    assert.ok(flight, `client: ClientHello number ${this.clientHellos.length} was not asked for`);
    this.send(...flight);
  }

  /** Every binder of a key that is known here is right. */
  private checkBinders({ psk, bytes }: ClientHello): void {
    psk?.identities.forEach(({ identity }, i) => {
      const known = this.options.psks?.find(other => other.identity.equals(identity));
      const binder = psk.binders[i];
      // Of another hash than the suite's.
      if (!known || binder.length !== this.suite.digestLength) return;
      const transcript = Buffer.concat([this.transcript, bytes.subarray(0, psk.truncated)]);
      const expected = this.keySchedule.binder(known.key, !!known.external, transcript);
      assert.equal(binder.toString('hex'), expected.toString('hex'), `client: binder ${i}`);
    });
  }

  private expectEarlyData({ psk, extensions }: ClientHello): void {
    const offered = extensions.some(({ type }) => type === EARLY_DATA);
    assert.ok(!offered || this.clientHellos.length === 1, 'client: early_data after HelloRetryRequest');
    if (!offered) return;
    assert.ok(this.options.earlyData, 'client: early_data that nobody expects');
    if (this.options.earlyData === 'reject') return;
    const known = this.options.psks!.find(({ identity }) => identity.equals(psk!.identities[0].identity));
    const secret = this.keySchedule.earlyTrafficSecret(known!.key, this.transcript);
    this.client.expectEarlyData(new TrafficKeys(this.suite, secret, 'early'));
  }

  /** The n-th key that the client offers is used. */
  selectPsk(at: number): void {
    const identity = this.clientHello.psk?.identities[at]?.identity;
    this.keySchedule.psk = this.options.psks?.find(known => identity && known.identity.equals(identity))?.key;
  }

  /** The key of a ticket with this nonce. */
  ticketKey(nonce: Uint8Array): Buffer {
    return this.keySchedule.ticketKey(nonce, this.transcript);
  }

  /** Called by the reader once the client's Finished has been verified. */
  receivedFinished(): void {
    this.send(...(this.options.afterFinished ?? []));
  }

  /** Sends handshake bytes in records as `layout` says. */
  sendHandshake(bytes: Buffer): void {
    this.pending = Buffer.concat([this.pending, bytes]);
    if (!this.layout.coalesce) this.flush();
  }

  /** Puts gathered handshake messages on the wire. */
  flush(): void {
    const { fragment } = this.layout;
    for (let at = 0; at < this.pending.length; at += fragment) {
      this.sendRecord(HANDSHAKE, this.pending.subarray(at, at + fragment));
    }
    this.pending = Buffer.alloc(0);
  }

  /** One record under the keys of the moment, whatever its length. `type` undefined: only padding. */
  sendRecord(type: number | undefined, content: Uint8Array): void {
    if (this.writeKeys) this.sendRaw(this.writeKeys.seal(type, content, this.layout.padding));
    else this.sendRaw(plaintextRecord(type ?? 0, content));
  }

  /** Bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    this.output.push(Buffer.from(bytes));
  }

  /** RFC 8446 §4.4.1: with HelloRetryRequest, a message_hash stands for the first ClientHello. */
  replaceFirstClientHello(): void {
    const hash = digest(this.suite.hash, this.transcript);
    this.transcript = Buffer.concat([Buffer.from([254, 0, 0, hash.length]), hash]);
  }

  useHandshakeKeys(): void {
    this.flush();
    const secrets = this.keySchedule.handshakeSecrets(this.sharedSecret(), this.transcript);
    this.serverHandshakeSecret = secrets.server;
    this.clientHandshakeSecret = secrets.client;
    this.writeKeys = new TrafficKeys(this.suite, secrets.server, 'handshake');
    this.client.expect(new TrafficKeys(this.suite, secrets.client, 'handshake'));
  }

  private sharedSecret(): Buffer | undefined {
    if (this.withoutKeyShare) return undefined;
    const clientShare = this.clientHello.keyShares.get(groupIds[this.group]);
    assert.ok(clientShare, `client: no key_share for ${this.group}; the test needs a HelloRetryRequest`);
    return this.share.agree(clientShare);
  }

  useApplicationKeys(): void {
    this.flush();
    const secrets = this.keySchedule.applicationSecrets(this.transcript);
    this.writeKeys = new TrafficKeys(this.suite, secrets.server, 'application');
    this.client.expectAfterFinished(new TrafficKeys(this.suite, secrets.client, 'application'));
  }

  /** After our KeyUpdate. */
  updateWriteKeys(): void {
    this.flush();
    this.writeKeys = this.writeKeys!.next();
  }
}
