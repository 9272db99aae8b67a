/** A TCP connection to the runner, read by whoever wants the next bytes. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class Wire {
  private readonly chunks: Buffer[] = [];
  private ended = false;
  private wake: () => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.on('data', chunk => {
      this.chunks.push(chunk);
      this.wake();
    });
    // A reset is an end like another: whether it may come now is for TLS to say.
    const end = (): void => {
      this.ended = true;
      this.wake();
    };
    socket.on('end', end);
    socket.on('error', end);
    socket.on('close', end);
  }

  /** Introduces itself to the runner's listener, which many shims share. */
  static async open(port: number, ipv6: boolean | undefined, shimId: bigint): Promise<Wire> {
    const socket = connect({ port, host: ipv6 ? '::1' : '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    const introduction = Buffer.alloc(8);
    introduction.writeBigUInt64LE(shimId);
    socket.write(introduction);
    return new Wire(socket);
  }

  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** The next bytes; undefined at the end. */
  async read(): Promise<Buffer | undefined> {
    while (this.chunks.length === 0 && !this.ended) {
      await new Promise<void>(resolve => {
        this.wake = resolve;
      });
    }
    return this.chunks.shift();
  }

  /** Half-closes and takes what still comes: a reset would make the runner lose what we have sent last, which may be the alert it looks for. */
  async finish(): Promise<void> {
    this.socket.end();
    while ((await this.read()) !== undefined);
    this.socket.destroy();
  }
}
