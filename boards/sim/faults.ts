/**
 * What may go wrong with the chip, its bus and its peers. Every field may be changed at any moment; the defaults are a
 * healthy chip on a healthy network.
 */
export interface Faults {
  /** What becomes of a SYN: RST comes back, or nothing because the peer still remembers this port (RFC 9293 §3.6.1). */
  synAnswer: 'normal' | 'reset' | 'none';
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
  /**
   * Received bytes stop at this Sn_RX_RSR, and the rest lands behind the reading of its first byte: 0x00FF and 0x0100
   * become 0x0000, 0x01FF and 0x0200 become 0x0100.
   */
  tearReceived: number | undefined;
  /** The same with acknowledgements and Sn_TX_FSR. */
  tearFree: number | undefined;
  /** Bits that go wrong on the bus, each once. */
  flips: Flip[];
  /** May change any byte on its way out: `block` is the BSB, `address` the offset in it. */
  alterRead: ((block: number, address: number, value: number) => number) | undefined;
  /** Called before each byte of a socket register block is sampled; whatever it does lands between two bytes. */
  beforeSocketRead: ((socket: number, address: number) => void) | undefined;
}

/** One bit of one data byte: of those of its kind, the one behind `skip` others. */
export interface Flip {
  kind: 'register read' | 'register written' | 'payload read' | 'payload written';
  skip: number;
  mask: number;
}

/** The byte as it comes through; used flips are taken out of `flips`. */
export function flipped(flips: Flip[], block: number, written: boolean, value: number): number {
  const kind = `${block !== 0 && (block & 3) !== 1 ? 'payload' : 'register'} ${written ? 'written' : 'read'}`;
  let through = value;
  for (let i = flips.length - 1; i >= 0; i--) {
    const flip = flips[i]!;
    if (flip.kind !== kind || flip.skip-- > 0) continue;
    flips.splice(i, 1);
    through ^= flip.mask;
  }
  return through;
}

export function noFaults(): Faults {
  return {
    synAnswer: 'normal',
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
    tearReceived: undefined,
    tearFree: undefined,
    flips: [],
    alterRead: undefined,
    beforeSocketRead: undefined,
  };
}
