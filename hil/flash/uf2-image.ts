/**
 * Whether a UF2 file can be right for a board, before anything is written: blocks of 512 bytes with their magic numbers,
 * numbered without a gap, for the chip that is there, inside its flash. The package's list of families ends before RP2350,
 * so ids are compared as numbers (pico-sdk, boot/uf2.h).
 */
import { decodeBlock, magicValues, type UF2BlockData, UF2Flags } from 'uf2';
import { HilError } from '../errors.js';

export const RP2040 = 0xe48bff56;
export const RP2350_ABSOLUTE = 0xe48bff57;
export const RP2350 = 0xe48bff59;

const BLOCK = 512;
const FLASH_START = 0x10000000;
const NAMES: Record<number, string> = {
  [RP2040]: 'RP2040',
  [RP2350_ABSOLUTE]: 'RP2350 (absolute)',
  3834380120: 'data for RP2350',
  [RP2350]: 'RP2350 (Arm)',
  3834380122: 'RP2350 (RISC-V)',
  3834380123: 'RP2350 (Arm, non-secure)',
};

export interface Uf2Image {
  blocks: number;
  bytes: number;
  family: number;
  /** Lowest and one past the highest address written. */
  from: number;
  to: number;
}

/** Throws HilError('FLASH_IMAGE') that says what is wrong with `file`. */
export function checkUf2(file: Uint8Array, family: number, flashBytes: number, name: string): Uf2Image {
  const wrong = (message: string) => new HilError('FLASH_IMAGE', `${name} ${message}.`, 4);
  if (file.length === 0) throw wrong('is empty');
  if (!hasMagic(file.subarray(0, BLOCK))) throw wrong('is not a UF2 file (its first block has not the magic numbers)');
  if (file.length % BLOCK !== 0) {
    throw wrong(
      `has ${file.length} bytes, which is no multiple of ${BLOCK}: it was cut off while it was copied or downloaded`,
    );
  }
  let next = 0;
  let total = 0;
  let bytes = 0;
  let from = Infinity;
  let to = 0;
  for (let offset = 0; offset < file.length; offset += BLOCK) {
    const at = offset / BLOCK;
    const raw = file.subarray(offset, offset + BLOCK);
    if (!hasMagic(raw)) throw wrong(`is damaged: block ${at} has not the magic numbers`);
    const block = decode(raw, at, wrong);
    if (!(block.flags & UF2Flags.familyIDPresent))
      throw wrong(`names no chip in block ${at}; an image for ${hex(family)} is wanted`);
    // A block that RP2350's tools put in front, against an erratum of its boot ROM; numbered for itself.
    if (family === RP2350 && block.boardFamily === RP2350_ABSOLUTE) continue;
    if (block.boardFamily !== family) throw wrong(`is for ${hex(block.boardFamily)}, and the board is ${hex(family)}`);
    if (block.flags & UF2Flags.notMainFlash) continue;
    if (block.blockNumber !== next) throw wrong(`is damaged: block ${next} is missing`);
    if (next === 0) total = block.totalBlocks;
    if (block.totalBlocks !== total)
      throw wrong(`is damaged: block ${next} speaks of ${block.totalBlocks} blocks, the first one of ${total}`);
    next++;
    bytes += block.payload.length;
    from = Math.min(from, block.flashAddress);
    to = Math.max(to, block.flashAddress + block.payload.length);
  }
  if (next !== total) throw wrong(`has ${next} of its ${total} blocks`);
  if (from < FLASH_START || to > FLASH_START + flashBytes) {
    throw wrong(
      `writes 0x${from.toString(16)} to 0x${to.toString(16)}; the board's flash is 0x${FLASH_START.toString(16)} to 0x${(FLASH_START + flashBytes).toString(16)}`,
    );
  }
  return { blocks: next, bytes, family, from, to };
}

/** Ours: the package's isUF2Block looks at the start of the buffer behind a view. */
function hasMagic(raw: Uint8Array): boolean {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return raw.length === BLOCK && magicValues.every(({ offset, value }) => view.getUint32(offset, true) === value);
}

function decode(raw: Uint8Array, at: number, wrong: (message: string) => HilError): UF2BlockData {
  try {
    return decodeBlock(raw);
  } catch (error) {
    throw wrong(`is damaged: block ${at}: ${(error as Error).message}`);
  }
}

function hex(family: number): string {
  const id = '0x' + (family >>> 0).toString(16).padStart(8, '0');
  return NAMES[family >>> 0] ? `${NAMES[family >>> 0]}, family ${id}` : `an unknown chip, family ${id}`;
}
