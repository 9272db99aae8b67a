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

export class Pump {
  /** Total ciphertext bytes taken from and given to the transport. */
  received: number;
  sent: number;
  private readonly tls: TlsClient;
  private readonly input: ByteRing;
  private readonly transport: Transport;
  private inputEnded: boolean;
  /** What ended the transport; thrown once the engine has nothing authentic left to hand over. */
  failure: Error | undefined;

  /** `input` is the ring that `tls` was made with. */
  constructor(tls: TlsClient, input: ByteRing, transport: Transport) {
    this.received = this.sent = 0;
    this.tls = tls;
    this.input = input;
    this.transport = transport;
    this.inputEnded = false;
  }

  /**
   * Moves what can be moved now. Answers plaintext bytes written to `into` (1 to `length`), CLOSE_NOTIFY, or NO_DATA_YET when
   * nothing moves any more. With `length` 0 the application takes nothing now: plaintext stays in the ring, and once that
   * is full the TCP window closes. Throws the engine's or the transport's error; an alert may then be left for `flush`.
   */
  run(into: Uint8Array, offset: number, length: number): number {
    for (;;) {
      const read = length > 0 ? this.tls.read(into, offset, length) : NO_DATA_YET;
      const moved = this.receive();
      const flushed = this.send();
      if (read !== NO_DATA_YET) return read;
      if (moved || flushed) continue;
      // A failure waits for plaintext that lies before it, unless the application does not take any.
      if (this.failure && (length > 0 || this.input.length === 0)) throw this.failure;
      return NO_DATA_YET;
    }
  }

  /** Sends what is pending, nothing else; answers true when nothing is left or nothing more can be sent. */
  flush(): boolean {
    this.send();
    return this.failure !== undefined || this.tls.output.length === 0;
  }

  private receive(): boolean {
    const input = this.input;
    const space = input.spaceLength;
    if (space === 0 || this.inputEnded || this.failure) return false;
    let received: number;
    try {
      received = this.transport.receive(input.bytes, input.spaceOffset, space);
    } catch (error) {
      this.failure = error as Error;
      return true;
    }
    if (received === NO_DATA_YET) return false;
    if (received === PEER_CLOSED) {
      this.inputEnded = true;
      note(this.transport.tape, Noted.Ended, 1);
      this.tls.inputEnded();
      return true;
    }
    input.commit(received);
    this.received += received;
    note(this.transport.tape, Noted.Received, received);
    return true;
  }

  private send(): boolean {
    const output = this.tls.output;
    let moved = false;
    while (output.length > 0 && !this.failure) {
      let sent: number;
      try {
        sent = this.transport.send(output.bytes, output.offsetAt(0), output.spanAt(0, output.length));
      } catch (error) {
        this.failure = error as Error;
        return true;
      }
      if (sent === 0) break;
      note(this.transport.tape, Noted.Written, sent);
      this.tls.outputSent(sent);
      this.sent += sent;
      moved = true;
    }
    return moved;
  }
}
