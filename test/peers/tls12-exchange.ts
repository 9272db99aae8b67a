/** One connection between the TLS engine and the scripted TLS 1.2 server, in memory: bytes go to and fro until nothing moves. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { CLOSE_NOTIFY, TlsClient, type TlsClientConfig } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { NO_DATA_YET } from '../../src/transport.js';
import type { CodedError } from './exchange.js';
import { authority, SERVER_NAME_UNDER_TEST, server as serverIdentity } from './identities.js';
import { alert12, data12, fin12, type Step12, Tls12Server, type Tls12ServerOptions } from './tls12-server.js';
import { trusting } from './trust.js';

export class Exchange12 {
  readonly client: TlsClient;
  readonly sessions: Uint8Array[] = [];
  error?: CodedError;
  closeNotify = false;
  received = '';
  private readonly input: ByteRing;
  private toldOfEnd = false;

  constructor(
    readonly server: Tls12Server,
    config: Partial<TlsClientConfig> & Pick<TlsClientConfig, 'trust'>,
    private readonly piece = 8192,
  ) {
    this.input = new ByteRing(40000);
    this.client = new TlsClient({
      profile: everything,
      serverName: SERVER_NAME_UNDER_TEST,
      crypto: nodeCryptoProvider,
      random: nodeRandom,
      unixTime: () => Math.floor(Date.now() / 1000),
      input: this.input,
      listener: { session: session => void this.sessions.push(session) },
      ...config,
    });
  }

  run(): this {
    this.read();
    for (;;) {
      this.sendOutput();
      const bytes = this.server.take();
      if (bytes.length > 0) this.deliver(bytes);
      else if (this.server.ended && !this.toldOfEnd && !this.error) {
        this.toldOfEnd = true;
        this.client.inputEnded();
        this.read();
      } else if (this.client.output.length === 0) break;
    }
    this.server.assertComplete();
    return this;
  }

  serverSends(...steps: Step12[]): this {
    this.server.send(...steps);
    return this.run();
  }

  /** What is not taken is an error of the test. */
  write(text: string): number {
    return this.client.write(Buffer.from(text), 0, text.length);
  }

  /** Puts bytes of the server where the client finds them, and lets it read. */
  deliver(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += this.piece) {
      const piece = bytes.subarray(at, at + this.piece);
      if (this.error || this.closeNotify) return;
      assert.equal(this.input.write(piece, 0, piece.length), piece.length);
      this.read();
    }
  }

  read(): void {
    const into = new Uint8Array(4096);
    while (!this.error && !this.closeNotify) {
      try {
        const answer = this.client.read(into, 0, into.length);
        if (answer === NO_DATA_YET) return;
        if (answer === CLOSE_NOTIFY) this.closeNotify = true;
        else this.received += Buffer.from(into.subarray(0, answer)).toString('latin1');
      } catch (error) {
        assert.ok((error as CodedError).code?.match(/^ERR_(TLS|CERT)_/), String((error as Error).stack));
        this.error = error as CodedError;
      }
    }
  }

  sendOutput(): void {
    const { output } = this.client;
    while (output.length > 0) {
      const bytes = Buffer.alloc(output.length);
      output.copy(0, bytes, 0, bytes.length);
      this.client.outputSent(bytes.length);
      this.server.receive(bytes);
    }
  }
}

/** With an ECDSA certificate of the authority that is trusted, unless something else is said. */
export async function exchange12(
  server: Partial<Tls12ServerOptions> = {},
  client: Partial<TlsClientConfig> = {},
  piece?: number,
): Promise<Exchange12> {
  const identity = server.identity ?? (await serverIdentity());
  return new Exchange12(
    new Tls12Server({ ...server, identity }),
    { trust: trusting(await authority()), ...client },
    piece,
  );
}

/** The handshake went through; nothing but the server's end may have been met. */
export function assertOpen(ran: Exchange12): void {
  if (ran.error) throw ran.error;
  assert.equal(ran.client.handshakeComplete, true, 'handshakeComplete');
  assert.equal(ran.client.protocolVersion, 'TLSv1.2');
}

export function assertRefused12(ran: Exchange12, code: string, alert: number | undefined): void {
  const seen = ran.error ? `${ran.error.code} ${ran.error.message}` : 'no error';
  assert.equal(ran.error?.code, 'ERR_TLS_' + code, seen);
  const alerts = ran.server.log.filter(entry => String(entry).startsWith('alert'));
  assert.deepEqual(alerts, alert === undefined ? [] : [`alert 2 ${alert}`], seen);
  assert.throws(() => ran.client.read(new Uint8Array(1), 0, 1), { code: ran.error!.code });
}

export const goodbye = [data12('greeting'), alert12(1, 0), fin12];

/** The handshake goes through, then the server greets and ends. */
export async function assertGreets(
  server: Partial<Tls12ServerOptions>,
  client: Partial<TlsClientConfig> = {},
  piece?: number,
) {
  const ran = (await exchange12({ afterwards: goodbye, ...server }, client, piece)).run();
  assertOpen(ran);
  assert.equal(ran.received, 'greeting');
  assert.equal(ran.closeNotify, true);
  return ran;
}
