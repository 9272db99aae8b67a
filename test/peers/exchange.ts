/**
 * One connection between the TLS engine and the scripted server, in memory: bytes go to and fro, cut as the test says, until
 * nothing moves. What the client did with them is the outcome.
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import type { UnixTime } from '../../src/platform.js';
import { type ExternalPsk, TlsClient, type TlsClientConfig, type TlsProfile } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { NO_DATA_YET } from '../../src/transport.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { SERVER_NAME_UNDER_TEST } from './identities.js';
import type { Protection } from './records.js';
import { ScriptedServer, type ServerOptions, type Step } from './scripted-server.js';

/** The answer of TlsClient.read after close_notify. */
const CLOSE_NOTIFY = -3;

export interface ExchangeOptions {
  server: ServerOptions;
  trust: TrustPolicy;
  serverName?: string;
  crypto?: CryptoProvider;
  unixTime?: UnixTime;
  alpnProtocols?: string[];
  profile?: TlsProfile;
  session?: Uint8Array;
  psk?: ExternalPsk;
  pskMode?: 'psk_ke';
  earlyData?: Uint8Array;
  outputSize?: number;
  /** Whatever else the client is to be made with. */
  config?: Partial<TlsClientConfig>;
  /** Hears everything the client tells. */
  hear?: (what: string, client: TlsClient) => void;
  /** Bytes of the receive ring: by default enough for the largest record. */
  inputSize?: number;
  /** Cuts what the server sends into what arrives at once; by default nothing is cut. */
  deliver?: (bytes: Buffer) => Buffer[];
  /** What is on the wire in place of the server's bytes; `at` is the offset of the first in the whole stream. */
  tamper?: (bytes: Buffer, at: number) => Buffer;
  /** Bytes of output the transport takes a time. */
  accept?: number;
  /** Called once, when everything is still and the handshake is complete. */
  then?: (exchange: Exchange) => void;
}

export interface CodedError extends Error {
  code: string;
  alert?: number;
}

export class Exchange {
  readonly server: ScriptedServer;
  readonly client: TlsClient;
  error?: CodedError;
  closeNotify = false;
  received: Buffer = Buffer.alloc(0);
  readonly sessions: Uint8Array[] = [];
  /** The answers to earlyData. */
  readonly earlyData: Array<{ accepted: boolean; text: string }> = [];
  /** All bytes of the server that were put on the wire. */
  wireLength = 0;
  private readonly input: ByteRing;
  private readonly plaintext = new Uint8Array(4096);
  private toldOfEnd = false;
  private thenCalled = false;

  constructor(private readonly options: ExchangeOptions) {
    this.server = new ScriptedServer(options.server);
    this.input = new ByteRing(options.inputSize ?? 5 + 16384 + 256);
    this.client = new TlsClient({
      profile: options.profile ?? everything,
      minVersion: 'TLSv1.3',
      serverName: options.serverName ?? SERVER_NAME_UNDER_TEST,
      crypto: options.crypto ?? nodeCryptoProvider,
      random: nodeRandom,
      unixTime: options.unixTime ?? (() => Math.floor(Date.now() / 1000)),
      trust: options.trust,
      input: this.input,
      alpnProtocols: options.alpnProtocols,
      session: options.session,
      psk: options.psk,
      pskMode: options.pskMode,
      earlyData: options.earlyData,
      outputSize: options.outputSize,
      ...options.config,
      listener: {
        message: (sent, type) => this.told((sent ? '>' : '<') + type),
        session: session => {
          this.sessions.push(session);
          this.told('session');
        },
        earlyData: (accepted, bytes) => {
          this.earlyData.push({ accepted, text: Buffer.from(bytes).toString() });
          this.told('earlyData');
        },
      },
    });
  }

  private told(what: string): void {
    this.options.hear?.(what, this.client);
  }

  /** Runs until nothing moves; may be called again after `server.send` or `client.write`. */
  run(): this {
    this.read();
    for (;;) {
      this.sendOutput();
      const bytes = this.server.take();
      if (bytes.length > 0) this.deliver(bytes);
      else if (this.server.ended && !this.toldOfEnd && !this.error) this.tellOfEnd();
      else if (this.client.output.length === 0 && !this.callThen()) break;
    }
    this.server.client.assertComplete();
    return this;
  }

  /** Steps of the server, and everything that follows from them. */
  serverSends(...steps: Step[]): this {
    this.server.send(...steps);
    return this.run();
  }

  clientWrites(text: string): number {
    const bytes = Buffer.from(text);
    return this.client.write(bytes, 0, bytes.length);
  }

  private callThen(): boolean {
    const { then } = this.options;
    if (!then || this.thenCalled || this.error || !this.client.handshakeComplete) return false;
    this.thenCalled = true;
    then(this);
    return true;
  }

  private deliver(bytes: Buffer): void {
    const { deliver, tamper } = this.options;
    const onWire = tamper ? tamper(bytes, this.wireLength) : bytes;
    this.wireLength += bytes.length;
    for (const piece of deliver ? deliver(onWire) : [onWire]) {
      for (let at = 0; at < piece.length && !this.error && !this.closeNotify; ) {
        const taken = this.input.write(piece, at, piece.length - at);
        at += taken;
        const before = this.input.length;
        this.read();
        this.sendOutput();
        assert.ok(taken > 0 || this.error || this.input.length < before, 'the client does not read on');
      }
    }
  }

  private tellOfEnd(): void {
    this.toldOfEnd = true;
    if (this.closeNotify) return;
    this.client.inputEnded();
    this.read();
  }

  private read(): void {
    while (!this.error && !this.closeNotify) {
      try {
        const answer = this.client.read(this.plaintext, 0, this.plaintext.length);
        if (answer === NO_DATA_YET) return;
        if (answer === CLOSE_NOTIFY) this.closeNotify = true;
        else {
          assert.ok(answer >= 1, `read answered ${answer}`);
          this.received = Buffer.concat([this.received, this.plaintext.subarray(0, answer)]);
        }
      } catch (error) {
        assert.ok((error as CodedError).code?.match(/^ERR_(TLS|CERT|KEY)_/), String((error as Error).stack));
        this.error = error as CodedError;
      }
    }
  }

  private sendOutput(): void {
    const { output } = this.client;
    while (output.length > 0) {
      const bytes = new Uint8Array(Math.min(output.length, this.options.accept ?? output.length));
      output.copy(0, bytes, 0, bytes.length);
      this.client.outputSent(bytes.length);
      this.server.receive(bytes);
    }
  }
}

/** RFC 8446 §6.2, spelled out here: which alert says what to the peer. */
const alerts: Record<string, number | undefined> = {
  ERR_TLS_UNEXPECTED_MESSAGE: 10,
  ERR_TLS_BAD_RECORD_MAC: 20,
  ERR_TLS_RECORD_OVERFLOW: 22,
  ERR_TLS_ILLEGAL_PARAMETER: 47,
  ERR_TLS_DECODE_ERROR: 50,
  ERR_TLS_MISSING_CERTIFICATE: 50,
  ERR_TLS_BAD_FINISHED: 51,
  ERR_TLS_BAD_CERTIFICATE_VERIFY: 51,
  ERR_TLS_HANDSHAKE_FAILURE: 40,
  ERR_TLS_PROTOCOL_VERSION: 70,
  ERR_TLS_RECORD_TOO_LARGE: 80,
  ERR_TLS_MESSAGE_TOO_LARGE: 80,
  ERR_TLS_MISSING_EXTENSION: 109,
  ERR_TLS_UNSUPPORTED_EXTENSION: 110,
  ERR_CERT_BAD_SIGNATURE: 42,
  ERR_CERT_NAME_MISMATCH: 42,
  ERR_CERT_MALFORMED: 42,
  ERR_CERT_PIN_MISMATCH: 42,
  ERR_CERT_UNSUPPORTED: 43,
  ERR_CERT_USAGE: 43,
  ERR_CERT_EXPIRED: 45,
  ERR_CERT_NOT_YET_VALID: 45,
  ERR_CERT_NO_CLOCK: 46,
  ERR_CERT_UNKNOWN_ISSUER: 48,
  ERR_CERT_NOT_A_CA: 48,
  ERR_CERT_PATH_LENGTH: 48,
  ERR_KEY_SIGNER: 80,
  ERR_KEY_MISMATCH: 80,
  ERR_TLS_TRUNCATED: undefined,
  ERR_TLS_ALERT_RECEIVED: undefined,
};

/**
 * The connection ended with one of `codes`; the server got exactly the alert that belongs to it, fatal, under `protection`;
 * and the error is the answer for ever.
 */
export function assertRefused(exchange: Exchange, codes: string | string[], protection: Protection): void {
  const { client, error, server } = exchange;
  const seen = error ? `${error.code} ${error.message}` : exchange.closeNotify ? 'close_notify' : 'no error';
  assert.ok(error && [codes].flat().includes(error.code), `expected ${codes}, got ${seen}`);
  assert.ok(error.code in alerts, `no alert is known for ${error.code}`);
  assert.equal(exchange.closeNotify, false, 'reported a clean end');
  const description = alerts[error.code];
  const expected = description === undefined ? undefined : { level: 2, description, protection };
  assert.deepEqual(server.client.alert, expected, `the alert on the wire for ${error.code} ${error.message}`);
  const sameError = (thrown: CodedError) => thrown.code === error.code;
  assert.throws(() => client.read(new Uint8Array(16), 0, 16), sameError, 'a later read');
  assert.throws(() => client.write(new Uint8Array(16), 0, 16), sameError, 'a later write');
  assert.equal(client.output.length, 0, 'output after the alert');
}

/** The handshake went through and this was received. */
export function assertReceived(exchange: Exchange, received: string | Uint8Array, closeNotify = true): void {
  if (exchange.error) throw exchange.error;
  assert.ok(exchange.client.handshakeComplete, 'handshakeComplete');
  assert.ok(exchange.server.client.finished, 'the client sent its Finished');
  assert.equal(exchange.received.toString('latin1'), Buffer.from(received as string).toString('latin1'));
  assert.equal(exchange.closeNotify, closeNotify, 'close_notify');
  assert.equal(exchange.server.client.alert, undefined, 'an alert of the client');
}
