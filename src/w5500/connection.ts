/**
 * What `W5500Network.connect` hands out: a Transport from the first moment, which waits for link, lease and lookup, then
 * is a TcpSocket. Whatever goes wrong on the way is thrown by `receive` and `send`, for ever.
 */
import { ringletError, usageError } from '../errors.js';
import { NO_DATA_YET, type Transport } from '../transport.js';
import type { TcpSocket } from './tcp-socket.js';

/** The socket, or undefined while the network is not ready; throws when it will not be. */
type Open = (ip: Uint8Array) => TcpSocket | undefined;

export class Connection implements Transport {
  private readonly open: Open;
  private ip: Uint8Array | undefined;
  private tcp: TcpSocket | undefined;
  private failure: Error | undefined;

  constructor(open: Open) {
    this.open = open;
  }

  get connected(): boolean {
    return this.tcp !== undefined && this.tcp.connected;
  }

  get closed(): boolean {
    return this.tcp ? this.tcp.closed : this.failure !== undefined;
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    if (this.tcp) return this.tcp.receive(into, offset, length);
    if (this.failure) throw this.failure;
    if (length < 1) usageError('receive: no room');
    return NO_DATA_YET;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    if (this.tcp) return this.tcp.send(bytes, offset, length);
    if (this.failure) throw this.failure;
    if (length < 1) usageError('send: nothing to send');
    return 0;
  }

  close(): void {
    if (this.tcp) this.tcp.close();
    else this.abort();
  }

  abort(): void {
    if (this.tcp) this.tcp.abort();
    else this.fail(ringletError('ERR_NET_ABORTED', 'The connection was aborted'));
  }

  /** For the network: the name has this address, or none. */
  resolved(error: Error | undefined, ip: Uint8Array | undefined): void {
    if (error) this.fail(error);
    else this.ip = ip;
  }

  /** For the network: an open socket is lost; one that is not open yet may still become one. */
  lose(error: Error): void {
    if (this.tcp) this.tcp.lose(error);
  }

  /** For the network: one step; true if something happened. */
  poll(): boolean {
    if (this.tcp) return this.tcp.poll();
    if (this.failure || !this.ip) return false;
    try {
      this.tcp = this.open(this.ip);
    } catch (error) {
      this.fail(error as Error);
    }
    return this.tcp !== undefined;
  }

  private fail(error: Error): void {
    this.failure = this.failure || error;
  }
}
