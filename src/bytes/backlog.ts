/**
 * Received bytes that wait behind a ring in memory which can be read at any place without taking them: that of a W5500's
 * socket (W5500 §4.2 Sn_RX_RSR). A TLS record that the ring cannot hold lies with its front in the ring and its rest here.
 */
export interface Backlog {
  /** Bytes that may lie here while the sender still finds room for a segment; 0 before the connection. */
  readonly capacity: number;
  /** Bytes that lie here now. */
  readonly length: number;
  /** Nothing will follow these bytes. */
  readonly ended: boolean;
  /** Copies `length` bytes from `index` on (0 is the one that comes into the ring next); only bytes that lie here. */
  copy(index: number, into: Uint8Array, offset: number, length: number): void;
  /** The reader waits for more: gives the sender the room of all that was taken out. */
  makeRoom(): void;
}
