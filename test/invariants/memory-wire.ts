/** A transport without a network, for engine and pump: a test decides how much it takes, what has arrived, and when it fails. */
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { ringletError } from '../../src/errors.js';
import { type Pump, pump } from '../../src/socket/pump.js';
import { TlsClient, type TlsClientConfig } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';
import { fixedRandom, type Recording } from './recorded.js';

export class MemoryWire implements Transport {
  readonly connected = true;
  readonly closed = false;
  /** What the transport takes of each offer, 0 for "would block". */
  accept: (offered: number) => number = offered => offered;
  /** Called with every piece that was taken. */
  onTaken: (bytes: Buffer) => void = () => undefined;
  /** After so many bytes every call throws. */
  failAfter = Infinity;
  taken = 0;
  /** Offers since it failed. */
  offersAfterFailure = 0;
  private arrived: Buffer = Buffer.alloc(0);
  private ended = false;
  private failed = false;
  private resetArrived = false;
  private readonly pieces: Buffer[] = [];

  /** Bytes for the client. */
  push(bytes: Uint8Array): void {
    this.arrived = Buffer.concat([this.arrived, bytes]);
  }

  fin(): void {
    this.ended = true;
  }

  /** RST: what has arrived can still be taken. */
  reset(): void {
    this.resetArrived = true;
  }

  get sent(): Buffer {
    return Buffer.concat(this.pieces);
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    this.checkFailure();
    if (this.arrived.length === 0 && this.resetArrived) this.checkFailure(true);
    if (this.arrived.length === 0) return this.ended ? PEER_CLOSED : NO_DATA_YET;
    const n = this.arrived.copy(into, offset, 0, Math.min(length, this.arrived.length));
    this.arrived = this.arrived.subarray(n);
    return n;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    if (this.failed) this.offersAfterFailure++;
    this.checkFailure();
    const left = this.failAfter - this.taken;
    const n = Math.min(this.accept(length), length, left);
    if (n === 0) {
      if (left === 0) this.checkFailure(true);
      return 0;
    }
    const piece = Buffer.from(bytes.subarray(offset, offset + n));
    this.taken += n;
    this.pieces.push(piece);
    this.onTaken(piece);
    return n;
  }

  close(): void {}

  abort(): void {}

  private checkFailure(fails = false): void {
    if (fails) this.failed = true;
    if (this.failed) throw ringletError('ERR_NET_RESET', 'The peer reset the connection');
  }
}

export interface Piped {
  client: TlsClient;
  pump: Pump;
  wire: MemoryWire;
}

/** An engine with its pump over a wire in memory. */
export function piped(from: Recording, config: Partial<TlsClientConfig> = {}): Piped {
  const input = new ByteRing(from.ring);
  const client = new TlsClient({
    profile: everything,
    serverName: from.serverName,
    crypto: from.crypto,
    random: fixedRandom,
    unixTime: () => from.now,
    trust: from.trust,
    input,
    // Whoever takes tickets asks for them in ClientHello: as in the recording.
    listener: { session: () => undefined },
    ...config,
  });
  const wire = new MemoryWire();
  return { client, pump: pump(client, input, wire), wire };
}
