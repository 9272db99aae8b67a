/** The TLS engine over a wire: connects, and moves bytes until a condition holds. The engine's own pump is not used. */
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { type ExternalPsk, TlsClient, type TlsProfile } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { SERVER_NAME_UNDER_TEST } from './identities.js';
import type { Wire } from './wires.js';

const CLOSE_NOTIFY = -3;
const CLIENT_HELLO = 1;
const KEY_UPDATE = 24;

export interface ConversationOptions {
  wire: Wire;
  port: number;
  trust: TrustPolicy;
  crypto?: CryptoProvider;
  alpnProtocols?: string[];
  profile?: TlsProfile;
  session?: Uint8Array;
  psk?: ExternalPsk;
  pskMode?: 'psk_ke';
  earlyData?: Uint8Array;
}

export class Conversation {
  readonly client: TlsClient;
  received = '';
  closeNotify = false;
  /** KeyUpdates of the server so far. */
  keyUpdates = 0;
  /** ClientHellos of ours: 2 after a HelloRetryRequest. */
  clientHellos = 0;
  /** Types of the server's handshake messages until the handshake was complete. */
  readonly flight: number[] = [];
  readonly sessions: Uint8Array[] = [];
  /** The answers to earlyData. */
  readonly earlyData: Array<{ accepted: boolean; text: string }> = [];
  private readonly transport: Transport;
  private readonly input = new ByteRing(5 + 16384 + 256);
  private readonly plaintext = new Uint8Array(2048);
  private peerClosed = false;

  constructor(private readonly options: ConversationOptions) {
    this.transport = options.wire.connect(options.port);
    this.client = new TlsClient({
      profile: options.profile ?? everything,
      serverName: SERVER_NAME_UNDER_TEST,
      crypto: options.crypto ?? nodeCryptoProvider,
      random: nodeRandom,
      unixTime: () => Math.floor(Date.now() / 1000),
      trust: options.trust,
      input: this.input,
      alpnProtocols: options.alpnProtocols,
      session: options.session,
      psk: options.psk,
      pskMode: options.pskMode,
      earlyData: options.earlyData,
      listener: {
        session: session => this.sessions.push(session),
        earlyData: (accepted, bytes) => this.earlyData.push({ accepted, text: Buffer.from(bytes).toString() }),
        message: (sent, type) => {
          if (!sent && type === KEY_UPDATE) this.keyUpdates++;
          if (sent && type === CLIENT_HELLO) this.clientHellos++;
          if (!sent && !this.client.handshakeComplete) this.flight.push(type);
        },
      },
    });
  }

  /** Moves bytes until `condition`, 10 seconds at most; an error of engine or transport is thrown. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 10000;
    for (;;) {
      const moved = this.options.wire.poll();
      this.receive();
      this.read();
      this.send();
      if (condition()) return;
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}; received "${this.received}"`);
      await new Promise<void>(resolve => (moved ? setImmediate(resolve) : setTimeout(resolve, 1)));
    }
  }

  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    let at = 0;
    await this.until('the request to be taken', () => {
      at += this.client.write(bytes, at, bytes.length - at);
      return at === bytes.length && this.client.output.length === 0;
    });
  }

  async end(): Promise<void> {
    this.client.closeWrite();
    await this.until('close_notify to be sent', () => this.client.output.length === 0);
    this.transport.close();
    this.transport.abort();
  }

  abort(): void {
    this.transport.abort();
  }

  private receive(): void {
    while (this.input.space > 0 && !this.peerClosed) {
      const answer = this.transport.receive(this.input.bytes, this.input.spaceOffset, this.input.spaceLength);
      if (answer === NO_DATA_YET) return;
      if (answer === PEER_CLOSED) {
        this.peerClosed = true;
        this.client.inputEnded();
      } else this.input.commit(answer);
    }
  }

  private read(): void {
    while (!this.closeNotify) {
      const answer = this.client.read(this.plaintext, 0, this.plaintext.length);
      if (answer === NO_DATA_YET) return;
      if (answer === CLOSE_NOTIFY) this.closeNotify = true;
      else this.received += Buffer.from(this.plaintext.subarray(0, answer)).toString('latin1');
    }
  }

  private send(): void {
    const { output } = this.client;
    while (output.length > 0) {
      const taken = this.transport.send(output.bytes, output.offsetAt(0), output.spanAt(0, output.length));
      if (taken === 0) return;
      this.client.outputSent(taken);
    }
  }
}
