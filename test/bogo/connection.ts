/** One TLS connection: the engine between a Wire and whoever reads and writes. */
import { nodeRandom } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { CLOSE_NOTIFY, TlsClient, type TlsClientConfig } from '../../src/tls/client.js';
import { ExtensionType, HandshakeType } from '../../src/tls/constants.js';
import type { ClientHandshake } from '../../src/tls/handshake-state.js';
import { parseSession } from '../../src/tls/session.js';
import { ClientIdentity } from './client-identity.js';
import { type ConnectionOptions, Unimplemented } from './options.js';
import { profileFor } from './profile.js';
import { providerFor, type WatchedProvider } from './provider.js';
import { trustFor } from './trust.js';
import type { Wire } from './wire.js';

/** The largest record, and some. */
const INPUT_SIZE = 5 + 16384 + 256 + 1024;

/** The shim's time stands still between connections, and in them. */
const START = Math.floor(Date.now() / 1000);

const TLS12 = 0x0303;
const TLS13 = 0x0304;

export class Connection {
  readonly client: TlsClient;
  readonly provider: WatchedProvider;
  readonly sessions: Uint8Array[] = [];
  /** How many messages of each type have come. */
  readonly received: number[] = [];
  readonly identity: ClientIdentity;
  offeredEarlyData = false;
  private readonly input = new ByteRing(INPUT_SIZE);
  private chunk: Buffer = Buffer.alloc(0);
  /** Plaintext that came when nobody was reading. */
  private waiting: Buffer = Buffer.alloc(0);
  private ended = false;

  /** `session` is what an earlier connection has left, `retry` goes for what follows rejected early data. */
  constructor(
    private readonly wire: Wire,
    options: ConnectionOptions,
    retry: ConnectionOptions,
    readonly session?: Uint8Array,
    earlyData?: Uint8Array,
  ) {
    this.provider = providerFor(options);
    this.identity = new ClientIdentity(options);
    const config: TlsClientConfig = {
      profile: profileFor(options, retry, this.identity.authentication),
      ...versions(options),
      ...this.identity.config,
      serverName: options.hostName ?? 'none.test',
      renegotiation: options.renegotiate,
      crypto: this.provider.crypto,
      random: nodeRandom,
      unixTime: () => START + (session ? options.resumptionDelay : 0),
      trust: trustFor(options),
      input: this.input,
      // For early data too, all of which goes out at once.
      outputSize: 20 * 16384,
      // BoringSSL's limit for all messages but Certificate.
      handshakeBufferSize: 16384,
      chainMemory: 65536,
      alpnProtocols: alpnProtocols(options.advertiseAlpn),
      session,
      earlyData: options.enableEarlyData && earlyData?.length ? earlyData : undefined,
      listener: {
        session: bytes => this.sessions.push(bytes),
        message: (sent, type) => {
          if (!sent) this.received[type] = (this.received[type] ?? 0) + 1;
          else if (type === HandshakeType.ClientHello && this.received[HandshakeType.ServerHello] === undefined) {
            this.offeredEarlyData = this.state.offeredExtensions.includes(ExtensionType.EarlyData);
          }
        },
      },
    };
    this.client = new TlsClient(config);
  }

  /** What applications do not get to see. */
  get state(): ClientHandshake {
    return this.client['handshake'];
  }

  async handshake(): Promise<void> {
    while (!this.client.handshakeComplete) await this.step();
  }

  /** Answers how many bytes, or CLOSE_NOTIFY. */
  async read(into: Uint8Array): Promise<number> {
    for (;;) {
      if (this.waiting.length > 0) {
        const length = this.waiting.copy(into);
        this.waiting = this.waiting.subarray(length);
        return length;
      }
      if ((await this.step()) === CLOSE_NOTIFY) return CLOSE_NOTIFY;
    }
  }

  /** While keys change, the engine takes nothing: what comes meanwhile is kept. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const taken = this.client.write(bytes, at, bytes.length - at);
      this.flush();
      at += taken;
      if (taken === 0 && (await this.step()) === CLOSE_NOTIFY) return;
    }
  }

  updateKeys(requestPeer: boolean): void {
    this.client.updateKeys(requestPeer);
    this.flush();
  }

  closeWrite(): void {
    this.client.closeWrite();
    this.flush();
  }

  /** Takes what the engine has for the runner. */
  flush(): void {
    const { output } = this.client;
    while (output.length > 0) {
      const length = output.spanAt(0, output.length);
      const at = output.offsetAt(0);
      this.wire.write(output.bytes.slice(at, at + length));
      this.client.outputSent(length);
    }
  }

  /** Reads what is here; if that is nothing, waits for more from the runner. */
  private async step(): Promise<number> {
    const into = new Uint8Array(16384);
    const handshaking = !this.client.handshakeComplete;
    let answer = NO_DATA_YET;
    this.flush();
    try {
      answer = this.client.read(into, 0, into.length);
    } finally {
      this.flush();
    }
    if (answer > 0) this.waiting = Buffer.concat([this.waiting, into.subarray(0, answer)]);
    if (answer === NO_DATA_YET && !(handshaking && this.client.handshakeComplete)) await this.receive();
    return answer;
  }

  private async receive(): Promise<void> {
    if (this.chunk.length === 0 && !this.ended) {
      const chunk = await this.wire.read();
      if (chunk) this.chunk = chunk;
      else this.ended = true;
    }
    if (this.ended) this.client.inputEnded();
    this.chunk = this.chunk.subarray(this.input.write(this.chunk, 0, this.chunk.length));
  }
}

export { CLOSE_NOTIFY };

/** Bytes of early data that the server takes with a session. */
export function earlyDataLimit(session: Uint8Array): number {
  return parseSession(session).maxEarlyData;
}

/** Of a range without any version the engine says what is wrong with it. */
function versions(options: ConnectionOptions): Pick<TlsClientConfig, 'minVersion' | 'maxVersion'> {
  const { minVersion = TLS12, maxVersion = TLS13, noTls12, noTls13 } = options;
  if (maxVersion < TLS12) throw new Unimplemented('versions before TLS 1.2');
  return {
    minVersion: noTls12 || minVersion > TLS12 ? 'TLSv1.3' : 'TLSv1.2',
    maxVersion: noTls13 || maxVersion < TLS13 ? 'TLSv1.2' : 'TLSv1.3',
  };
}

function alpnProtocols(list: string | undefined): string[] {
  const protocols: string[] = [];
  for (let rest = list ?? ''; rest; ) {
    const end = 1 + rest.charCodeAt(0);
    protocols.push(rest.slice(1, end));
    rest = rest.slice(end);
  }
  return protocols;
}
