/**
 * Writes pcapng files (draft-ietf-opsawg-pcapng): a section of little-endian blocks, one Ethernet interface, timestamps
 * in microseconds. There is no well-kept small writer among the packages, and four kinds of blocks are all it takes.
 *
 *   [ type | total length | body, padded to 32 bits | total length ]
 */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;
const TLS_KEY_LOG = 0x544c534b;
const ETHERNET = 1;

export interface Packet {
  /** Since 1970. */
  microseconds: number;
  bytes: Uint8Array;
}

/** `keyLog`: lines of an NSS key log. They go before every packet, because who reads the file decrypts as it goes. */
export function pcapng(packets: readonly Packet[], keyLog: readonly string[]): Uint8Array {
  const section = Buffer.alloc(16, 0xff);
  section.writeUInt32LE(0x1a2b3c4d, 0);
  section.writeUInt16LE(1, 4);
  section.writeUInt16LE(0, 6);
  const blocks = [block(SECTION_HEADER, section)];
  if (keyLog.length > 0) blocks.push(secrets(Buffer.from(keyLog.join('\n') + '\n', 'latin1')));
  const description = Buffer.alloc(8);
  description.writeUInt16LE(ETHERNET, 0);
  blocks.push(block(INTERFACE, description));
  for (const packet of packets) blocks.push(enhancedPacket(packet));
  return new Uint8Array(Buffer.concat(blocks));
}

function secrets(text: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(TLS_KEY_LOG, 0);
  head.writeUInt32LE(text.length, 4);
  return block(DECRYPTION_SECRETS, head, text);
}

function enhancedPacket({ microseconds, bytes }: Packet): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(0, 0);
  head.writeUInt32LE(Math.floor(microseconds / 0x100000000), 4);
  head.writeUInt32LE(microseconds % 0x100000000, 8);
  head.writeUInt32LE(bytes.length, 12);
  head.writeUInt32LE(bytes.length, 16);
  return block(ENHANCED_PACKET, head, bytes);
}

function block(type: number, ...body: Uint8Array[]): Buffer {
  const content = Buffer.concat(body);
  const padded = (content.length + 3) & ~3;
  const whole = Buffer.alloc(12 + padded);
  whole.writeUInt32LE(type, 0);
  whole.writeUInt32LE(whole.length, 4);
  content.copy(whole, 8);
  whole.writeUInt32LE(whole.length, whole.length - 4);
  return whole;
}
