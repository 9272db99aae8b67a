/** What a TlsSocket tells its listeners. */
import type { NewSessionTicket } from '../tls/client.js';

/** A handshake message that was sent or received; `length` includes its 4-byte header. */
export interface HandshakeTrace {
  sent: boolean;
  type: number;
  length: number;
}

export interface TlsSocketEvents {
  connect: () => void;
  secureConnect: () => void;
  data: (chunk: Uint8Array) => void;
  drain: () => void;
  end: () => void;
  error: (error: Error & { code: string }) => void;
  close: (hadError: boolean) => void;
  session: (ticket: NewSessionTicket) => void;
  keylog: (line: string) => void;
  message: (trace: HandshakeTrace) => void;
}
