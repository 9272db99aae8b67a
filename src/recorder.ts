/**
 * What the layers tell a flight recorder (socket/flight-recorder.ts, or none): numbers only, never a secret or a byte of payload.
 */
export interface Recorder {
  note(kind: number, a: number, b?: number, c?: number): void;
  /** One line: `head`, then the events. */
  line(head: string): string;
}

/** Kinds of events with up to three numbers; the values are the letters of the line. They are kept modulo 65536. */
export const enum Noted {
  /** `s` TlsSocket's state. */
  State = 115,
  /** `r` bytes that the transport has delivered in one call. */
  Received = 114,
  /** `w` bytes that it has taken. */
  Written = 119,
  /** `e` the peer has closed. */
  Ended = 101,
  /** `i` a record opened: content type, length in its header, length of its content. */
  RecordIn = 105,
  /** `o` a record sealed: content type, length in its header. */
  RecordOut = 111,
  /** `m` a handshake message that came, `M` one that was sent: type, length with its header. */
  MessageIn = 109,
  MessageOut = 77,
  /** `a` an alert that came. */
  AlertIn = 97,
  /** `x` the engine has failed: type and length in the record header it had looked at last, bytes in the receive window. */
  Failed = 120,
  /** `c` the chip's socket: Sn_SR * 256 + Sn_IR, Sn_RX_RSR, Sn_TX_FSR. */
  Chip = 99,
}

/** Takes an event down, if anybody wants it. */
export function note(recorder: Recorder | undefined, kind: Noted, a: number, b?: number, c?: number): void {
  if (recorder) recorder.note(kind, a, b, c);
}
