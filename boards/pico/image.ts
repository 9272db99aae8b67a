/**
 * Firmware images for the emulated Pico: a raw `.bin`, which begins at the start of the flash, or a UF2 file, whose blocks
 * say where they go. The boot ROM is 16 KB of code that no Pico runs without; it is not part of this project.
 */
const UF2_BLOCK = 512;
const UF2_MAGIC_START = 0x0a324655;
const UF2_MAGIC_SECOND = 0x9e5d5157;
const UF2_MAGIC_END = 0x0ab16f30;
const UF2_NOT_MAIN_FLASH = 0x00000001;
const UF2_HAS_FAMILY = 0x00002000;
const RP2040_FAMILY = 0xe48bff56;
const XIP_BASE = 0x10000000;

export const FLASH_BYTES = 2 * 1024 * 1024;
export const BOOTROM_BYTES = 16 * 1024;

/** The whole flash, 2 MB, erased where the image has nothing. Throws an Error that says what is wrong with the file. */
export function flashOf(file: Uint8Array): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length >= 4 && view.getUint32(0, true) === UF2_MAGIC_START) {
    placeBlocks(view, file, flash);
  } else {
    if (file.length < 256) throw new Error(`The image has ${file.length} bytes: too few for a firmware.`);
    if (file.length > FLASH_BYTES)
      throw new Error(`The image has ${file.length} bytes; the Pico's flash has ${FLASH_BYTES}.`);
    flash.set(file);
  }
  return flash;
}

function placeBlocks(view: DataView, file: Uint8Array, flash: Uint8Array): void {
  if (file.length % UF2_BLOCK !== 0) throw new Error('The UF2 file is cut off: its length is no multiple of 512.');
  for (let at = 0; at < file.length; at += UF2_BLOCK) {
    const number = at / UF2_BLOCK;
    const magics = view.getUint32(at, true) === UF2_MAGIC_START && view.getUint32(at + 4, true) === UF2_MAGIC_SECOND;
    if (!magics || view.getUint32(at + 508, true) !== UF2_MAGIC_END) throw new Error(`Block ${number} is not UF2.`);
    const flags = view.getUint32(at + 8, true);
    if ((flags & UF2_NOT_MAIN_FLASH) !== 0) continue;
    const family = view.getUint32(at + 28, true);
    if ((flags & UF2_HAS_FAMILY) !== 0 && family !== RP2040_FAMILY) {
      throw new Error(`The UF2 file is for family 0x${family.toString(16)}, not for an RP2040.`);
    }
    const offset = view.getUint32(at + 12, true) - XIP_BASE;
    const length = view.getUint32(at + 16, true);
    if (length > 476 || offset < 0 || offset + length > FLASH_BYTES) {
      throw new Error(`Block ${number} of the UF2 file lies outside of the flash.`);
    }
    flash.set(file.subarray(at + 32, at + 32 + length), offset);
  }
}

/** The boot ROM as the words that the core reads. */
export function bootromOf(file: Uint8Array): Uint32Array {
  if (file.length !== BOOTROM_BYTES)
    throw new Error(`A boot ROM has ${BOOTROM_BYTES} bytes, this file ${file.length}.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return Uint32Array.from({ length: BOOTROM_BYTES / 4 }, (_, i) => view.getUint32(i * 4, true));
}
