/**
 * The simulated chip's SPI port for firmware in another process, over two streams of bytes. A frame from the firmware:
 *
 *   length (2 bytes, the top bit set for a write) · the 3 header bytes of the frame · as many data bytes, if it writes
 *
 * A read is answered by its bytes and nothing else, so that firmware which can only block gets what it waits for in one piece; a write is
 * not answered. A length of 0 is what a firmware says when it starts: it gets one 00, and nothing that an earlier life has not fetched.
 */
import type { SpiPort } from '../../src/platform.js';

const WRITE = 0x8000;
const HEAD = 5;

export interface SpiStreamParts {
  spi: SpiPort;
  answer(bytes: Uint8Array): void;
  /** Throws away what has been answered and not been read. */
  discard(): void;
  /** The firmware waits, or will wait, for an answer that does not come. Called once. */
  stuck(reason: string): void;
  /** How long half a frame may stay half; 5000 if missing. */
  patienceMs?: number;
}

export class SpiStream {
  private waiting = new Uint8Array(0);
  private timeout: NodeJS.Timeout | undefined;
  private dead = false;

  constructor(private readonly parts: SpiStreamParts) {}

  feed(bytes: Uint8Array): void {
    if (this.dead) return;
    const all = this.waiting.length === 0 ? bytes : Buffer.concat([this.waiting, bytes]);
    let used = 0;
    try {
      for (let took = this.frame(all); took > 0; took = this.frame(all.subarray(used))) used += took;
    } catch (error) {
      this.give(`the chip model has failed: ${(error as Error).stack ?? error}`);
      return;
    }
    this.waiting = Uint8Array.from(all.subarray(used));
    this.watch();
  }

  close(): void {
    this.dead = true;
    clearTimeout(this.timeout);
  }

  /** Bytes that were used; 0 while the frame is not complete. */
  private frame(bytes: Uint8Array): number {
    if (bytes.length < HEAD) return 0;
    const word = (bytes[0]! << 8) | bytes[1]!;
    const length = word & ~WRITE;
    const header = Uint8Array.from(bytes.subarray(2, HEAD));
    if (length === 0) {
      this.parts.discard();
      this.parts.answer(Uint8Array.of(0));
      return HEAD;
    }
    if ((word & WRITE) === 0) {
      const data = new Uint8Array(length);
      this.parts.spi.read(header, data, 0, length);
      this.parts.answer(data);
      return HEAD;
    }
    if (bytes.length < HEAD + length) return 0;
    this.parts.spi.write(header, bytes, HEAD, length);
    return HEAD + length;
  }

  private watch(): void {
    clearTimeout(this.timeout);
    if (this.waiting.length === 0) return;
    this.timeout = setTimeout(
      () => this.give(`half an SPI frame (${this.waiting.length} bytes), and no more of it`),
      this.parts.patienceMs ?? 5000,
    );
  }

  private give(reason: string): void {
    if (this.dead) return;
    this.close();
    this.parts.stuck(reason);
  }
}
