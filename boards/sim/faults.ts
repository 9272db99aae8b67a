/**
 * What may go wrong with the chip, its bus and its peers. Every field may be changed at any moment; the defaults are a
 * healthy chip on a healthy network.
 */
export interface Faults {
  /** The Sn_IR bit that a refused connection raises: the datasheet does not say. */
  refusedRaises: 'none' | 'DISCON' | 'TIMEOUT';
  /** The same question for a RST on an established connection. */
  resetRaises: 'none' | 'DISCON' | 'TIMEOUT';
  /** Chip-side addresses whose packets vanish behind a live gateway: TCP gives up after TCP_TO, UDP does not notice. */
  blackholes: Set<string>;
  /** Established peers have fallen silent: nothing more is sent, received or acknowledged. */
  deadPeer: boolean;
  /** SEND_OK, and TX_RD with it, come this much later. */
  sendOkDelayMs: number;
  sendOkNever: boolean;
  /** SEND_OK waits for the peer's ACK; the datasheet leaves open when it is raised. */
  sendOkAtAck: boolean;
  /** The peer's ACK (Sn_TX_FSR growing again) comes this much after the data has gone. */
  ackDelayMs: number;
  /** At most this many bytes go out for one SEND; TX_RD stops short of TX_WR. */
  partialSend: number | undefined;
  /** Sn_CR never returns to 0 and nothing is executed. */
  crStuck: boolean;
  /** The chip drives this byte whatever is read. */
  misoStuck: number | undefined;
  /** The peer's FIN is never seen while the socket is in FIN_WAIT. */
  finWaitForever: boolean;
  /** Data that arrives in FIN_WAIT reaches the ring: undocumented either way. */
  receiveInFinWait: boolean;
  /** Added to the length in the header of a received UDP datagram. */
  udpLengthError: number;
  /** So many reads of VERSIONR answer `versionWrong` first. */
  versionWrongReads: number;
  versionWrong: number;
  /** So many falling edges of INTn are not seen by `onInterrupt`. */
  interruptEdgesLost: number;
  /**
   * Data, FIN, RST and ACKs take effect only when the byte at this address of the socket block has just been read: 0x26
   * tears Sn_RX_RSR, 0x20 tears Sn_TX_FSR, 0x03 lands data and FIN between Sn_SR and Sn_RX_RSR.
   */
  deliverAfterReadOf: number | undefined;
  /** May change any byte on its way out: `block` is the BSB, `address` the offset in it. */
  alterRead: ((block: number, address: number, value: number) => number) | undefined;
  /** Called before each byte of a socket register block is sampled; whatever it does lands between two bytes. */
  beforeSocketRead: ((socket: number, address: number) => void) | undefined;
}

export function noFaults(): Faults {
  return {
    refusedRaises: 'none',
    resetRaises: 'none',
    blackholes: new Set(),
    deadPeer: false,
    sendOkDelayMs: 0,
    sendOkNever: false,
    sendOkAtAck: false,
    ackDelayMs: 0,
    partialSend: undefined,
    crStuck: false,
    misoStuck: undefined,
    finWaitForever: false,
    receiveInFinWait: false,
    udpLengthError: 0,
    versionWrongReads: 0,
    versionWrong: 0x00,
    interruptEdgesLost: 0,
    deliverAfterReadOf: undefined,
    alterRead: undefined,
    beforeSocketRead: undefined,
  };
}
