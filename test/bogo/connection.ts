/** One TLS connection: the engine between a Wire and whoever reads and writes. */
import { nodeRandom } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { CLOSE_NOTIFY, TlsClient, type TlsClientConfig } from '../../src/tls/client.js';
import { applicationLayerProtocol } from '../../src/tls/extensions/application-layer-protocol.js';
import { serverName } from '../../src/tls/extensions/server-name.js';
import type { ConnectionOptions } from './options.js';
import { providerFor, type WatchedProvider } from './provider.js';
import { authenticationFor, trustFor } from './trust.js';
import type { Wire } from './wire.js';

/** The largest record, and some. */
const INPUT_SIZE = 5 + 16384 + 256 + 1024;

export class Connection {
  readonly client: TlsClient;
  readonly provider: WatchedProvider;
  readonly tickets: Uint8Array[] = [];
  serverHellos = 0;
  private readonly input = new ByteRing(INPUT_SIZE);
  private chunk: Buffer = Buffer.alloc(0);
  /** Plaintext that came with the end of the handshake. */
  private early: Buffer = Buffer.alloc(0);
  private ended = false;

  constructor(
    private readonly wire: Wire,
    options: ConnectionOptions,
  ) {
    this.provider = providerFor(options);
    const config: TlsClientConfig = {
      profile: {
        certificates: authenticationFor(options),
        extensions: [...(options.hostName ? [serverName] : []), applicationLayerProtocol],
      },
      serverName: options.hostName ?? 'none.test',
      crypto: this.provider.crypto,
      random: nodeRandom,
      unixTime: () => Math.floor(Date.now() / 1000),
      trust: trustFor(options),
      input: this.input,
      outputSize: 4 * 16384,
      // BoringSSL's limit for all messages but Certificate.
      handshakeBufferSize: 16384,
      chainMemory: 65536,
      alpnProtocols: alpnProtocols(options.advertiseAlpn),
      listener: {
        session: ticket => this.tickets.push(ticket),
        message: (sent, type) => {
          if (!sent && type === 2) this.serverHellos++;
        },
      },
    };
    this.client = new TlsClient(config);
  }

  async handshake(): Promise<void> {
    const into = new Uint8Array(16384);
    while (!this.client.handshakeComplete) {
      const answer = await this.step(into);
      if (answer > 0) this.early = Buffer.concat([this.early, into.subarray(0, answer)]);
    }
  }

  /** Answers how many bytes, or CLOSE_NOTIFY. */
  async read(into: Uint8Array): Promise<number> {
    if (this.early.length > 0) {
      const length = this.early.copy(into);
      this.early = this.early.subarray(length);
      return length;
    }
    for (;;) {
      const answer = await this.step(into);
      if (answer !== NO_DATA_YET) return answer;
    }
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at += this.client.write(bytes, at, bytes.length - at);
      this.flush();
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
  private async step(into: Uint8Array): Promise<number> {
    const handshaking = !this.client.handshakeComplete;
    let answer = NO_DATA_YET;
    this.flush();
    try {
      answer = this.client.read(into, 0, into.length);
    } finally {
      this.flush();
    }
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

function alpnProtocols(list: string | undefined): string[] {
  const protocols: string[] = [];
  for (let rest = list ?? ''; rest; ) {
    const end = 1 + rest.charCodeAt(0);
    protocols.push(rest.slice(1, end));
    rest = rest.slice(end);
  }
  return protocols;
}
