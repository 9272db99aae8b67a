/** The firmware's end of hil/sim/spi-stream.ts: an SpiPort over two streams that can be read and written synchronously. Memory: 517 bytes. */
import type { SpiPort } from '../../src/platform.js';

/** Longer transfers are split into frames of this many data bytes, as on a board whose SPI takes no more. */
const LONGEST_FRAME = 512;
const HEAD = 5;

export interface SpiStreamPort extends SpiPort {
  /** So far. */
  frames(): number;
}

/** `send` writes `length` bytes of `data`; `receive` waits for `length` bytes and writes them into `into` from `offset`. */
export function spiStreamPort(
  send: (data: Uint8Array, length: number) => void,
  receive: (into: Uint8Array, offset: number, length: number) => void,
): SpiStreamPort {
  const frame = new Uint8Array(HEAD + LONGEST_FRAME);
  let frames = 0;

  function begin(header: Uint8Array, length: number, top: number): void {
    frame[0] = top + (length >> 8);
    frame[1] = length;
    frame.set(header, 2);
    frames++;
  }

  /** The next frame goes on where this one ends (W5500 §2.2.2). */
  function advance(header: Uint8Array, length: number): void {
    const address = (header[0] << 8) + header[1] + length;
    header[0] = address >> 8;
    header[1] = address;
  }

  // A hello: whatever an earlier life was going to be told is gone.
  frame.fill(0);
  send(frame, HEAD);
  receive(frame, 0, 1);

  return {
    read(header, into, offset, length) {
      for (let done = 0; done < length; done += LONGEST_FRAME) {
        const piece = length - done < LONGEST_FRAME ? length - done : LONGEST_FRAME;
        begin(header, piece, 0);
        send(frame, HEAD);
        receive(into, offset + done, piece);
        advance(header, piece);
      }
    },
    write(header, data, offset, length) {
      for (let done = 0; done < length; done += LONGEST_FRAME) {
        const piece = length - done < LONGEST_FRAME ? length - done : LONGEST_FRAME;
        begin(header, piece, 0x80);
        frame.set(data.subarray(offset + done, offset + done + piece), HEAD);
        send(frame, HEAD + piece);
        advance(header, piece);
      }
    },
    frames: () => frames,
  };
}
