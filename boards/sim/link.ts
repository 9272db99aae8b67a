/**
 * One TCP connection as the chip's engine sees it. Two implementations: a real socket of Node (node-link.ts), and a peer in
 * this process whose segments come on the clock of the simulation (lan-peer.ts), which makes a run repeatable.
 */
export interface Link {
  /** Puts bytes on the wire; `acknowledged` is called, later, when the peer's TCP has them. */
  send(bytes: Uint8Array, acknowledged: () => void): void;
  /** FIN behind everything sent. */
  end(acknowledged: () => void): void;
  /** No more data for now: the window is closed. */
  pause(): void;
  resume(): void;
  /** The chip has forgotten the connection: nothing is told any more. */
  drop(): void;
}

/** What a link tells the chip, from the event loop or the clock, never from inside a call. */
export interface LinkEvents {
  connected(): void;
  data(bytes: Uint8Array): void;
  fin(): void;
  /** A RST that answers our SYN, or a connection's. */
  reset(): void;
  /** Nobody answers; only while connecting. */
  unreachable(): void;
}

/** Answers a SYN: what a service on the LAN gives the chip for a connection. */
export type Acceptor = (events: LinkEvents) => Link;
