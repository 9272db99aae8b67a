/** UF2 files for tests. */
import { encodeBlock } from 'uf2';
import { RP2040 } from '../../hil/flash/uf2-image.js';

export function uf2File(options: { blocks?: number; family?: number; address?: number } = {}): Uint8Array {
  const blocks = options.blocks ?? 3;
  const family = 'family' in options ? options.family : RP2040;
  return Buffer.concat(
    Array.from({ length: blocks }, (_, index) =>
      encodeBlock({
        flags: family === undefined ? 0 : 0x2000,
        flashAddress: (options.address ?? 0x10000000) + index * 256,
        payload: new Uint8Array(256).fill(index),
        blockNumber: index,
        totalBlocks: blocks,
        boardFamily: family ?? 0,
      }),
    ),
  );
}
