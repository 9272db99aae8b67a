/**
 * What the network has delivered and the RX ring has no room for yet. Node hands over chunks of up to 64 KB, more than
 * any ring holds, so the order of things lives here: data, then FIN or RST behind it.
 */

/** Above this Node's socket is paused; a peer's window would be closed long before. */
const LIMIT = 65536;

export class Wire {
  /** SYN/ACK is there. */
  connected = false;
  finArrived = false;
  resetArrived = false;
  private chunks: Uint8Array[] = [];
  private length = 0;

  get empty(): boolean {
    return this.chunks.length === 0;
  }

  get full(): boolean {
    return this.length > LIMIT;
  }

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  /** Takes a segment of at most `limit` bytes, never across two chunks. */
  take(limit: number): Uint8Array {
    const chunk = this.chunks[0]!;
    const segment = chunk.subarray(0, limit);
    if (segment.length === chunk.length) this.chunks.shift();
    else this.chunks[0] = chunk.subarray(segment.length);
    this.length -= segment.length;
    return segment;
  }

  discardData(): void {
    this.chunks = [];
    this.length = 0;
  }
}
