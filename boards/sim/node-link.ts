/** A link over node:net. Chip and model differ in one place: CLOSE is silent on the chip, here the peer sees FIN or RST. */
import * as net from 'node:net';
import type { Link, LinkEvents } from './link.js';

export class NodeLink implements Link {
  private dropped = false;

  constructor(
    private readonly socket: net.Socket,
    events: LinkEvents,
  ) {
    const told = (tell: () => void) => () => {
      if (!this.dropped) tell();
    };
    let connecting = socket.connecting;
    socket.once(
      'connect',
      told(() => {
        connecting = false;
        events.connected();
      }),
    );
    socket.on('data', chunk => told(() => events.data(chunk))());
    socket.on(
      'end',
      told(() => events.fin()),
    );
    socket.on('error', (error: NodeJS.ErrnoException) =>
      told(() => {
        if (!connecting || error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') events.reset();
        else events.unreachable();
      })(),
    );
  }

  static connect(host: string, port: number, events: LinkEvents): NodeLink {
    return new NodeLink(net.connect({ host, port, allowHalfOpen: true, noDelay: true }), events);
  }

  send(bytes: Uint8Array, acknowledged: () => void): void {
    this.socket.write(bytes, error => {
      if (!this.dropped && !error) acknowledged();
    });
  }

  end(acknowledged: () => void): void {
    this.socket.end(() => {
      if (!this.dropped) acknowledged();
    });
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }

  drop(): void {
    this.dropped = true;
    this.socket.destroy();
  }
}
