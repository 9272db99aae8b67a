/** The ways from the engine to a server on loopback: straight over node:net, or through driver and simulated chip. */

import { nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeTcpNetwork } from '../../boards/node/tcp-network.js';
import { createSimBoard } from '../../boards/sim/index.js';
import type { Transport } from '../../src/transport.js';
import { localMac } from '../../src/w5500/mac.js';
import { w5500Network } from '../../src/w5500/network.js';
import { udpServices } from '../../src/w5500/services.js';

export interface Wire {
  connect(port: number): Transport;
  poll(): boolean;
  close(): void;
}

export function nodeWire(): Wire {
  return {
    connect: port => nodeTcpNetwork.connect('127.0.0.1', port),
    poll: () => nodeTcpNetwork.poll(),
    close: () => undefined,
  };
}

/** A W5500 with a static address; the server appears at an address of its own on the virtual LAN. */
export function simulatedChipWire(): Wire {
  const board = createSimBoard();
  const network = w5500Network({
    services: udpServices,
    spi: board.spi,
    clock: board.clock,
    random: nodeRandom,
    mac: localMac(new Uint8Array([1, 2, 3, 4, 5])),
    address: {
      ip: new Uint8Array([10, 0, 0, 7]),
      mask: new Uint8Array([255, 255, 255, 0]),
      gateway: new Uint8Array([10, 0, 0, 1]),
      dns: [new Uint8Array([10, 0, 0, 1])],
    },
  });
  network.start();
  return {
    connect: port => network.connect(board.lan.publish('server.test', 443, port), 443),
    poll: () => network.poll(),
    close: () => board.close(),
  };
}
