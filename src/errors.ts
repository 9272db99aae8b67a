/**
 * Every error of this project is a plain `Error` with a stable `code` (Espruino cannot subclass Error).
 * The prefix says who is to blame:
 *
 *   ERR_TLS_    the peer broke the protocol, or the connection ended early
 *   ERR_CERT_   the peer's certificate is not acceptable
 *   ERR_KEY_    the application's own private key: MALFORMED, UNSUPPORTED, ENCRYPTED, MISMATCH, SIGNER
 *   ERR_NET_    the network: refused, reset, timed out, no lease, no such name
 *   ERR_CHIP_   the Ethernet chip or its wiring
 *   ERR_USAGE   the calling code; never caused by what a peer sent
 *
 * The alert that TLS sends is a function of the code (`tls/alerts.ts`), so no throw site chooses one.
 */
export interface RingletError extends Error {
  code: string;
  /** The alert a peer sent, for ERR_TLS_ALERT_RECEIVED: its number, RFC 8446 §6. */
  alert?: number;
  /** What the connection did last, where the board has a flight recorder: one line for `npm run replay`. */
  trace?: string;
}

/** An error to throw: `message` is one sentence a person can act on. */
export function ringletError(code: string, message: string): RingletError {
  const error = new Error(message) as RingletError;
  error.code = code;
  return error;
}

/** Throws ERR_USAGE: something only the calling code can mend. */
export function usageError(message: string): never {
  throw ringletError('ERR_USAGE', message);
}
