/** What a TlsSocket tells its listeners. */
/** A handshake message that was sent or received; `length` includes its 4-byte header. */
export interface HandshakeTrace {
  sent: boolean;
  type: number;
  length: number;
}

/** How far the computations of the handshake are; only a board with `slices` tells. */
export interface Progress {
  /** What is being computed: 'key share', 'shared secret', 'certificates' (the signatures on them), 'CertificateVerify', and 'signature' if the client sends a certificate too. */
  step: string;
  /** How many of `total` steps are done: 0 to 3 of 4, then 4 of 5 if there is a signature to make. A HelloRetryRequest begins at 0 again. */
  done: number;
  total: number;
  /** Work on this step so far, in about so many multiplications modulo a 256-bit number. */
  units: number;
}

export interface EarlyDataAnswer {
  /** False if they were not accepted, or not even sent: then they have to be written. */
  accepted: boolean;
  bytes: Uint8Array;
}

export interface TlsSocketEvents {
  connect: () => void;
  /** After each slice of a computation: from before `connect` until shortly before `secureConnect`. */
  progress: (progress: Progress) => void;
  secureConnect: () => void;
  data: (chunk: Uint8Array) => void;
  drain: () => void;
  end: () => void;
  error: (error: Error & { code: string }) => void;
  close: (hadError: boolean) => void;
  /** What a later connection to this server can resume: `session` of its options. Opaque, and secret. Several may come, at any time. */
  session: (session: Uint8Array) => void;
  /** What became of `earlyData`, before `secureConnect`. */
  earlyData: (answer: EarlyDataAnswer) => void;
  keylog: (line: string) => void;
  message: (trace: HandshakeTrace) => void;
}
