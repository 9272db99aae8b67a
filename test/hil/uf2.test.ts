/** UF2 files that were made up: what fits a board passes, what cannot be right is refused before anything is written. */
import assert from 'node:assert/strict';
import { encodeBlock } from 'uf2';
import type { HilError } from '../../hil/errors.js';
import { checkUf2, RP2040, RP2350, RP2350_ABSOLUTE } from '../../hil/flash/uf2-image.js';
import { uf2File } from './uf2-file.js';

const FLASH = 2 * 1024 * 1024;

function refused(file: Uint8Array, message: RegExp, family = RP2040): void {
  assert.throws(
    () => checkUf2(file, family, FLASH, 'f.uf2'),
    (error: HilError) =>
      (error.code === 'FLASH_IMAGE' && error.exitCode === 4 && message.test(error.message)) ||
      assert.fail(error.message),
  );
}

describe('hil: UF2 images', () => {
  it('takes one for the board, and knows what it writes', () => {
    const image = checkUf2(uf2File({ blocks: 5 }), RP2040, FLASH, 'f.uf2');
    assert.deepEqual(image, { blocks: 5, bytes: 1280, family: RP2040, from: 0x10000000, to: 0x10000500 });
  });

  it('refuses an empty file, and one of another kind', () => {
    refused(new Uint8Array(0), /f\.uf2 is empty/);
    refused(new Uint8Array(1024), /is not a UF2 file/);
    refused(Buffer.from('<!doctype html>'.repeat(100)), /is not a UF2 file/);
  });

  it('refuses one that was cut off, in a block or between two', () => {
    const file = uf2File({ blocks: 5 });
    refused(file.subarray(0, 4 * 512 + 100), /has 2148 bytes, which is no multiple of 512/);
    refused(file.subarray(0, 4 * 512), /has 4 of its 5 blocks/);
  });

  it('refuses one with a block missing, damaged, or from another file', () => {
    const file = uf2File({ blocks: 5 });
    refused(Buffer.concat([file.subarray(0, 1024), file.subarray(1536)]), /block 2 is missing/);
    const damaged = new Uint8Array(file);
    damaged[3 * 512] ^= 1;
    refused(damaged, /block 3 has not the magic numbers/);
    refused(
      Buffer.concat([file.subarray(0, 1024), uf2File({ blocks: 9 }).subarray(1024)]),
      /block 2 speaks of 9 blocks, the first one of 5/,
    );
  });

  it('refuses one for another chip, by name where it has one', () => {
    refused(
      uf2File({ family: RP2350 }),
      /is for RP2350 \(Arm\), family 0xe48bff59, and the board is RP2040, family 0xe48bff56/,
    );
    refused(uf2File({ family: RP2040 }), /is for RP2040.*the board is RP2350/, RP2350);
    refused(uf2File({ family: 0x57755a57 }), /is for an unknown chip, family 0x57755a57/);
    refused(uf2File({ family: undefined }), /names no chip in block 0/);
  });

  it('refuses one that would write beyond the flash, or into RAM', () => {
    refused(
      uf2File({ blocks: 2, address: 0x10000000 + FLASH - 256 }),
      /writes 0x101fff00 to 0x10200100; the board's flash is 0x10000000 to 0x10200000/,
    );
    refused(uf2File({ address: 0x20000000 }), /writes 0x20000000/);
  });

  it('passes over the block that RP2350 tools put in front', () => {
    const front = encodeBlock({
      flags: 0x2000,
      flashAddress: 0x10ffff00,
      payload: new Uint8Array(256).fill(0xef),
      blockNumber: 0,
      totalBlocks: 2,
      boardFamily: RP2350_ABSOLUTE,
    });
    const file = Buffer.concat([front, uf2File({ family: RP2350, blocks: 3 })]);
    assert.equal(checkUf2(file, RP2350, FLASH, 'f.uf2').blocks, 3);
  });
});
