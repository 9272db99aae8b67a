/**
 * The only place where the TLS engine meets a transport: moves bytes until nothing moves.
 *
 *   transport ── receive ──► input ring ──► TlsClient ──► plaintext (caller's memory)
 *   transport ◄── send ───── output ring ◄── TlsClient
 *
 * The order of a round is read, receive, send. Send comes last because reading may queue an answer (our Finished, an alert,
 * a KeyUpdate) that must leave even if nothing more arrives; send-first would strand it.
 */
import type { ByteRing } from '../bytes/byte-ring.js';
import { Noted, note } from '../recorder.js';
import type { TlsClient } from '../tls/client.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../transport.js';

export interface Pump {
  /** Total ciphertext bytes taken from and given to the transport. */
  received: number;
  sent: number;
  /**
   * What ended the transport; thrown once the engine has nothing authentic left to hand over. If sending has met it, the transport may
   * still have received bytes.
   */
  failure: Error | undefined;
  /**
   * Moves what can be moved now. Answers plaintext bytes written to `into` (1 to `length`), CLOSE_NOTIFY, or NO_DATA_YET when
   * nothing moves any more. With `length` 0 the application takes nothing now: plaintext stays in the ring, and once that
   * is full the TCP window closes. Throws the engine's or the transport's error; an alert may then be left for `flush`.
   */
  run(into: Uint8Array, offset: number, length: number): number;
  /** Sends what is pending, nothing else; answers true when nothing is left or nothing more can be sent. */
  flush(): boolean;
}

/** `input` is the ring that `tls` was made with. */
export function pump(tls: TlsClient, input: ByteRing, transport: Transport): Pump {
  const output = tls.output;
  /** Nothing more will be received. */
  let inputEnded = false;

  const self: Pump = {
    received: 0,
    sent: 0,
    failure: undefined,
    run(into, offset, length) {
      for (;;) {
        const read = length > 0 ? tls.read(into, offset, length) : NO_DATA_YET;
        const moved = receive();
        const flushed = send();
        if (read !== NO_DATA_YET) return read;
        if (moved || flushed) continue;
        // A failure waits for plaintext that lies before it, unless the application does not take any.
        if (self.failure && (length > 0 || input.length === 0)) throw self.failure;
        return NO_DATA_YET;
      }
    },
    flush() {
      send();
      return self.failure !== undefined || output.length === 0;
    },
  };

  function receive(): boolean {
    const space = input.spaceLength;
    if (space === 0 || inputEnded) return false;
    try {
      const received = transport.receive(input.bytes, input.spaceOffset, space);
      if (received === NO_DATA_YET) return false;
      if (received !== PEER_CLOSED) {
        input.commit(received);
        self.received += received;
        note(transport.tape, Noted.Received, received);
        return true;
      }
      note(transport.tape, Noted.Ended, 1);
      tls.inputEnded();
    } catch (error) {
      self.failure = self.failure || (error as Error);
    }
    inputEnded = true;
    return true;
  }

  function send(): boolean {
    let sent = 0;
    let moved = false;
    while (output.length > 0 && !self.failure) {
      try {
        sent = transport.send(output.bytes, output.offsetAt(0), output.spanAt(0, output.length));
      } catch (error) {
        self.failure = error as Error;
        return true;
      }
      if (sent === 0) break;
      note(transport.tape, Noted.Written, sent);
      tls.outputSent(sent);
      self.sent += sent;
      moved = true;
    }
    return moved;
  }

  return self;
}
