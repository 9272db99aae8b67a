/** Reads pcapng (draft-ietf-opsawg-pcapng): packets of Ethernet interfaces, and the TLS key logs embedded in it. */

export interface CapturedPacket {
  bytes: Buffer;
  /** Milliseconds since 1970. */
  at: number;
}

export interface CaptureFile {
  packets: CapturedPacket[];
  /** Lines of NSS key logs. */
  keyLog: string[];
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;
const TLS_KEY_LOG = 0x544c534b;
const ETHERNET = 1;
const TIMESTAMP_RESOLUTION = 9;

interface Interface {
  linkType: number;
  /** Timestamp units a millisecond. */
  perMs: number;
}

export function isPcapng(file: Buffer): boolean {
  return file.length >= 28 && file.readUInt32LE(0) === SECTION_HEADER;
}

/** The older format, of which there are four: either byte order, micro- or nanoseconds. */
export function isPcap(file: Buffer): boolean {
  return (
    file.length >= 24 && [0xa1b2c3d4, 0xa1b23c4d].some(it => file.readUInt32LE(0) === it || file.readUInt32BE(0) === it)
  );
}

/** Throws an Error that says what is wrong and where. */
export function readPcapng(file: Buffer): CaptureFile {
  const found: CaptureFile = { packets: [], keyLog: [] };
  let interfaces: Interface[] = [];
  let little = true;
  for (let at = 0; at < file.length; ) {
    if (file.length - at < 12) throw new Error(`pcapng: ${file.length - at} bytes behind the last block, at ${at}`);
    if (file.readUInt32LE(at) === SECTION_HEADER) {
      little = file.readUInt32LE(at + 8) === 0x1a2b3c4d;
      if (!little && file.readUInt32BE(at + 8) !== 0x1a2b3c4d) throw new Error(`pcapng: no byte-order magic at ${at}`);
      interfaces = [];
    }
    const uint32 = (offset: number) => (little ? file.readUInt32LE(offset) : file.readUInt32BE(offset));
    const uint16 = (offset: number) => (little ? file.readUInt16LE(offset) : file.readUInt16BE(offset));
    const type = uint32(at);
    const length = uint32(at + 4);
    if (length < 12 || length % 4 !== 0 || at + length > file.length || uint32(at + length - 4) !== length) {
      throw new Error(`pcapng: the block at ${at} has no valid length (${length}): the file is cut off or damaged`);
    }
    const body = at + 8;
    const end = at + length - 4;
    /** `size` bytes of the body from `offset`. */
    const bytes = (offset: number, size: number): Buffer => {
      if (offset + size > end) throw new Error(`pcapng: the block at ${at} says that it holds ${size} bytes`);
      return file.subarray(offset, offset + size);
    };
    if (type === INTERFACE) {
      const description = { linkType: uint16(body), perMs: 1000 };
      for (let option = body + 8; option + 4 <= end && uint16(option) !== 0; ) {
        if (uint16(option) === TIMESTAMP_RESOLUTION) description.perMs = unitsPerMs(bytes(option + 4, 1)[0]!);
        option += 4 + ((uint16(option + 2) + 3) & ~3);
      }
      interfaces.push(description);
    } else if (type === ENHANCED_PACKET) {
      const source = interfaces[uint32(body)];
      if (!source) throw new Error(`pcapng: the packet at ${at} belongs to no interface`);
      const time = (uint32(body + 4) * 0x100000000 + uint32(body + 8)) / source.perMs;
      if (source.linkType === ETHERNET) {
        found.packets.push({ at: time, bytes: bytes(body + 20, uint32(body + 12)) });
      }
    } else if (type === SIMPLE_PACKET && interfaces[0]?.linkType === ETHERNET) {
      found.packets.push({ at: 0, bytes: bytes(body + 4, Math.min(uint32(body), end - body - 4)) });
    } else if (type === DECRYPTION_SECRETS && uint32(body) === TLS_KEY_LOG) {
      found.keyLog.push(
        ...bytes(body + 8, uint32(body + 4))
          .toString('latin1')
          .split(/\r?\n/)
          .filter(Boolean),
      );
    }
    at += length;
  }
  return found;
}

/** if_tsresol: a power of ten, or of two if the highest bit is set. */
function unitsPerMs(resolution: number): number {
  return (resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution) / 1000;
}
