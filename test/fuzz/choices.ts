/** Reads a fuzzer's bytes as decisions. Behind the end everything is 0, so that every input is a whole program. */
export class Choices {
  private at = 0;

  constructor(private readonly data: Uint8Array) {}

  get left(): number {
    return this.data.length - this.at;
  }

  byte(): number {
    return this.at < this.data.length ? this.data[this.at++]! : 0;
  }

  uint16(): number {
    return (this.byte() << 8) | this.byte();
  }

  /** As many of `length` bytes as there are. */
  bytes(length: number): Buffer {
    const bytes = Buffer.from(this.data.subarray(this.at, this.at + length));
    this.at += bytes.length;
    return bytes;
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }
}
