/** A Network (src/transport.ts) over node:net, so that the same tests run with and without the simulated chip. */
import * as net from 'node:net';
import { ringletError } from '../../src/errors.js';
import { type Network, NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';

class NodeTransport implements Transport {
  connected = false;
  closed = false;
  private readonly chunks: Buffer[] = [];
  private peerClosed = false;
  private error?: Error;

  constructor(
    private readonly socket: net.Socket,
    private readonly moved: () => void,
  ) {
    socket.on('connect', () => this.note(() => (this.connected = true)));
    socket.on('data', chunk => this.note(() => this.chunks.push(chunk)));
    socket.on('end', () => this.note(() => (this.peerClosed = true)));
    socket.on('close', () => this.note(() => (this.closed = true)));
    socket.on('error', error => this.note(() => (this.error = ringletError('ERR_NET_RESET', error.message))));
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    const chunk = this.chunks[0];
    if (chunk) {
      const taken = Math.min(length, chunk.length);
      into.set(chunk.subarray(0, taken), offset);
      if (taken === chunk.length) this.chunks.shift();
      else this.chunks[0] = chunk.subarray(taken);
      return taken;
    }
    if (this.error) throw this.error;
    return this.peerClosed ? PEER_CLOSED : NO_DATA_YET;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    if (this.error) throw this.error;
    if (!this.connected || this.socket.writableNeedDrain) return 0;
    this.socket.write(Buffer.from(bytes.subarray(offset, offset + length)));
    return length;
  }

  close(): void {
    this.socket.end();
  }

  abort(): void {
    this.socket.destroy();
  }

  private note(change: () => void): void {
    change();
    this.moved();
  }
}

export function nodeNetwork(): Network {
  let moved = true;
  return {
    connect: (host, port) =>
      new NodeTransport(net.connect({ host, port, allowHalfOpen: true }), () => {
        moved = true;
      }),
    poll() {
      const answer = moved;
      moved = false;
      return answer;
    },
  };
}
