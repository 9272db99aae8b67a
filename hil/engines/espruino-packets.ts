/**
 * Espruino's packets, 2v25 and newer, as jsinteractive.c has them: `10 01`, two bytes of type and length, data. Answers are a bare 06 or 15 and,
 * for some types, packets in the other direction; console text may come before, between and behind them.
 * There is no checksum and no sequence number: who sends must check what has arrived by other means.
 * In data from the board every line feed has a carriage return in front of it that is not counted in the length.
 */

export const PacketType = {
  RESPONSE: 0x0000,
  EVAL: 0x2000,
  EVENT: 0x4000,
  FILE_SEND: 0x6000,
  DATA: 0x8000,
  FILE_RECV: 0xa000,
} as const;

export const LONGEST_PACKET = 8191;

const LF = 0x0a;
const CR = 0x0d;
const DLE = 0x10;
const SOH = 0x01;
const ACK = 0x06;
const NAK = 0x15;

/**
 * Bytes that mean something on the way to a board, whatever they are part of: 03 interrupts what runs (Linux, STM32, nRF52), 04 on its
 * standard input ends the Linux build, 11 and 13 stop and start a UART with XON/XOFF.
 */
export function isTreacherous(byte: number): boolean {
  return byte === 0x03 || byte === 0x04 || byte === 0x11 || byte === 0x13;
}

/** A packet of any bytes; the caller has seen to it that none of them is treacherous where that matters. */
export function encodePacket(type: number, data: Uint8Array): Uint8Array {
  if (data.length > LONGEST_PACKET) throw new RangeError(`a packet carries ${LONGEST_PACKET} bytes at most`);
  const header = type | data.length;
  return Uint8Array.from([DLE, SOH, header >> 8, header & 0xff, ...data]);
}

/** A packet of text (an expression, or JSON): spaces behind it keep treacherous bytes out of the length. */
export function encodeTextPacket(type: number, text: string): Uint8Array {
  let padded = text;
  while (isTreacherous((type | padded.length) >> 8) || isTreacherous(padded.length & 0xff)) padded += ' ';
  return encodePacket(type, Buffer.from(padded, 'latin1'));
}

export interface PacketEvents {
  /** Whatever is no part of an answer, as latin1. */
  text(text: string): void;
  acknowledged(): void;
  refused(): void;
  packet(type: number, data: Uint8Array): void;
}

/**
 * Takes answers out of what a board says. Only while one is expected: what a program prints at other times is text, control characters and all.
 */
export class PacketParser {
  expecting = false;
  private header: number[] = [];
  private data: Uint8Array | undefined;
  private filled = 0;
  private textBytes: number[] = [];

  constructor(private readonly events: PacketEvents) {}

  feed(bytes: Uint8Array): void {
    for (const byte of bytes) this.byte(byte);
    this.flush();
  }

  /** Forgets a packet that did not become complete, and expects nothing; its bytes are lost. */
  abandon(): void {
    this.header = [];
    this.data = undefined;
    this.expecting = false;
  }

  private byte(byte: number): void {
    if (this.data !== undefined) {
      this.dataByte(this.data, byte);
      return;
    }
    if (this.header.length > 0) {
      this.headerByte(byte);
      return;
    }
    if (!this.expecting) this.textBytes.push(byte);
    else if (byte === DLE) this.header.push(byte);
    else if (byte === ACK || byte === NAK) {
      this.flush();
      if (byte === ACK) this.events.acknowledged();
      else this.events.refused();
    } else this.textBytes.push(byte);
  }

  /** Takes back the carriage return in front of each line feed; a last one has to wait for what follows. */
  private dataByte(data: Uint8Array, byte: number): void {
    const afterReturn = this.filled > 0 && data[this.filled - 1] === CR;
    if (byte === LF && afterReturn) data[this.filled - 1] = LF;
    else if (this.filled < data.length) data[this.filled++] = byte;
    else {
      this.complete();
      this.byte(byte);
      return;
    }
    if (this.filled === data.length && data[this.filled - 1] !== CR) this.complete();
  }

  private headerByte(byte: number): void {
    if (this.header.length === 1 && byte !== SOH) {
      this.textBytes.push(DLE);
      this.header = [];
      this.byte(byte);
      return;
    }
    this.header.push(byte);
    if (this.header.length < 4) return;
    this.data = new Uint8Array(((this.header[2]! << 8) | byte) & LONGEST_PACKET);
    this.filled = 0;
    if (this.data.length === 0) this.complete();
  }

  private complete(): void {
    const type = (this.header[2]! << 8) & 0xe000;
    const data = this.data!;
    this.header = [];
    this.data = undefined;
    this.flush();
    this.events.packet(type, data);
  }

  private flush(): void {
    if (this.textBytes.length === 0) return;
    const text = Buffer.from(this.textBytes).toString('latin1');
    this.textBytes = [];
    this.events.text(text);
  }
}

/** What E.toJS makes of a string, back to the string: quotes around it, and the escapes that Espruino writes. */
export function unquote(literal: string): string {
  const simple: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', a: '\x07' };
  return literal
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g, (_, x, u, octal, other) => {
      if (x !== undefined || u !== undefined) return String.fromCharCode(Number.parseInt(x ?? u, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return simple[other] ?? other;
    });
}
