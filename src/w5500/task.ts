/** A connection or a question that is open, as the network drives it. */
export interface Task {
  /** It has its hardware. */
  readonly started: boolean;
  /** It is over, and its hardware given back. */
  readonly closed: boolean;
  /** It takes the largest socket, for long; otherwise the smallest. */
  readonly lasting: boolean;
  /** The peer's address, once that is known, of a task that is `lasting`. */
  readonly ip?: Uint8Array | undefined;
  /** It needs a socket for a short time only, or gives its own back soon. */
  readonly brief: boolean;
  /** When it gives up waiting for link, address and socket. */
  readonly readyBy: number;
  /** Takes the hardware it needs, now that there are link and address. A socket is free, too. Throws ERR_CHIP_STUCK. */
  begin(): void;
  /** One step. True if something happened, or will soon. */
  poll(now: number): boolean;
  /** Ends with that error. */
  lose(error: Error): void;
}
