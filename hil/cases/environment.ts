/** What an entry (hil/entries/) gives to the cases: ringlet as it is on this board. */
import type { W5500Board } from '../../boards/w5500-board.js';
import type { connect } from '../../src/socket/connect.js';
import type { BufferPlan } from '../../src/w5500/network.js';
import type { trustAnchor } from '../../src/x509/trust.js';

export interface CaseEnvironment {
  /** Sets up the pins, resets the chip and starts DHCP. Called again only for another plan: otherwise the network is started anew. */
  start(options: { buffers: BufferPlan }): W5500Board;
  connect: typeof connect;
  trustAnchor: typeof trustAnchor;
  /** SPI frames so far, where somebody else than the driver counts them: then both must say the same. */
  spiFrames?(): number;
  /** Free memory in bytes, with what can be collected. */
  free?(): number;
}
