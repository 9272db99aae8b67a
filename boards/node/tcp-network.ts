/**
 * Network over node:net: the engine and the socket without any chip, for benchmarks, tests and people on desktops.
 * Node pushes data; `receive` pulls. What has arrived and was not asked for waits here, and Node's socket is paused while
 * there is any, so that memory stays bounded by one chunk.
 */
import * as net from 'node:net';
import { ringletError, usageError } from '../../src/errors.js';
import { type Network, NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';

export class NodeTcpTransport implements Transport {
  tape: Transport['tape'];
  connected = false;
  closed = false;
  private readonly socket: net.Socket;
  private chunk: Uint8Array | undefined;
  private chunkOffset = 0;
  private peerEnded = false;
  private failure: Error | undefined;
  private closing = false;

  constructor(host: string, port: number) {
    this.socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.socket.on('connect', () => {
      this.connected = true;
    });
    this.socket.on('data', data => {
      this.chunk = data;
      this.chunkOffset = 0;
      this.socket.pause();
    });
    this.socket.on('end', () => {
      this.peerEnded = true;
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.failure ??= ringletError(netCode(error), `The connection to ${host} port ${port} failed: ${error.message}`);
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    if (!(length > 0)) usageError('receive: length must be at least 1');
    if (this.chunk) {
      const taken = Math.min(length, this.chunk.length - this.chunkOffset);
      into.set(this.chunk.subarray(this.chunkOffset, this.chunkOffset + taken), offset);
      this.chunkOffset += taken;
      if (this.chunkOffset === this.chunk.length) {
        this.chunk = undefined;
        this.socket.resume();
      }
      return taken;
    }
    if (this.failure) throw this.failure;
    return this.peerEnded ? PEER_CLOSED : NO_DATA_YET;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    if (this.failure) throw this.failure;
    if (!this.connected || this.closing || this.socket.writableNeedDrain) return 0;
    this.socket.write(bytes.slice(offset, offset + length));
    return length;
  }

  close(): void {
    if (this.closing) return;
    this.closing = true;
    this.socket.end();
    // 'close' needs what the peer still sends to be consumed.
    this.chunk = undefined;
    this.socket.removeAllListeners('data');
    this.socket.resume();
  }

  abort(): void {
    this.socket.destroy();
    this.closed = true;
  }
}

function netCode(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'ERR_NET_REFUSED';
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'ERR_NET_RESET';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'ERR_NET_DNS_NOT_FOUND';
  return error.code === 'ETIMEDOUT' ? 'ERR_NET_TIMEOUT' : 'ERR_NET_FAILED';
}

export const nodeTcpNetwork: Network = {
  connect: (host, port) => new NodeTcpTransport(host, port),
  poll: () => false,
};
