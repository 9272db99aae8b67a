/** A board behind a raw TCP port: ser2net in raw mode, socat, `espruino --telnet`. `path` is `host:port`. */
import { connect, type Socket } from 'node:net';
import type { BindingInterface, OpenOptions } from '@serialport/bindings-interface';
import { StreamPort } from './stream-port.js';

const CONNECT_MS = 10000;

export const TcpBinding: BindingInterface<StreamPort> = {
  list: async () => [],
  async open(options: OpenOptions): Promise<StreamPort> {
    const [, host, port] = /^(.*):(\d+)$/.exec(options.path)!;
    const socket = await connected(host, Number(port));
    const streamPort: StreamPort = new StreamPort(options, {
      write: bytes =>
        new Promise((resolve, reject) => socket.write(bytes, error => (error ? reject(error) : resolve()))),
      close: async () => void socket.destroy(),
    });
    socket.on('data', bytes => streamPort.received(bytes));
    socket.on('error', error => streamPort.lost(error));
    socket.on('close', () => streamPort.lost(new Error(`${options.path} has closed the connection`)));
    return streamPort;
  },
};

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, timeout: CONNECT_MS });
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${CONNECT_MS / 1000} s`)));
    socket.once('error', reject);
  });
}
