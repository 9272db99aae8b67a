/** What @serialport/stream wants of a port, over anything that gives and takes bytes. Control lines and speed mean nothing here. */
import type { BindingPortInterface, OpenOptions, PortStatus } from '@serialport/bindings-interface';

export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

interface Reading {
  buffer: Buffer;
  offset: number;
  length: number;
  resolve(read: { buffer: Buffer; bytesRead: number }): void;
  reject(error: Error): void;
}

export class StreamPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  isOpen = true;
  private chunks: Uint8Array[] = [];
  private reading: Reading | undefined;
  private failure: Error | undefined;

  constructor(
    options: OpenOptions,
    private readonly sink: ByteSink,
  ) {
    this.openOptions = {
      dataBits: 8,
      lock: false,
      stopBits: 1,
      parity: 'none',
      rtscts: false,
      xon: false,
      xoff: false,
      xany: false,
      hupcl: false,
      ...options,
    };
  }

  /** The other side has sent `bytes`. */
  received(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes);
    this.serve();
  }

  /** The other side is gone; what it sent before is still read. */
  lost(error: Error): void {
    this.failure ??= error;
    this.serve();
  }

  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    return new Promise((resolve, reject) => {
      this.reading = { buffer, offset, length, resolve, reject };
      this.serve();
    });
  }

  async write(buffer: Buffer): Promise<void> {
    if (this.failure) throw this.failure;
    if (!this.isOpen) throw canceled();
    await this.sink.write(buffer);
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.failure = canceled();
    this.chunks = [];
    this.serve();
    await this.sink.close();
  }

  async update(): Promise<void> {}
  async set(): Promise<void> {}
  async flush(): Promise<void> {}
  async drain(): Promise<void> {}

  async get(): Promise<PortStatus> {
    return { cts: true, dsr: true, dcd: true };
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    return { baudRate: this.openOptions.baudRate };
  }

  private serve(): void {
    const { reading } = this;
    if (reading === undefined) return;
    const chunk = this.chunks.shift();
    if (chunk === undefined) {
      if (this.failure === undefined) return;
      this.reading = undefined;
      reading.reject(this.failure);
      return;
    }
    this.reading = undefined;
    const bytesRead = Math.min(chunk.length, reading.length);
    reading.buffer.set(chunk.subarray(0, bytesRead), reading.offset);
    if (bytesRead < chunk.length) this.chunks.unshift(chunk.subarray(bytesRead));
    reading.resolve({ buffer: reading.buffer, bytesRead });
  }
}

/** The stream takes an error with this mark for what it asked for itself. */
function canceled(): Error {
  return Object.assign(new Error('The port was closed'), { canceled: true });
}
