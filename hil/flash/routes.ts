/** Flashers by the names that maps use. */
import type { FlashRoute } from '../map/board-map.js';
import { dfuUtil } from './dfu-util.js';
import { esptool } from './esptool.js';
import type { Flasher } from './flasher.js';
import { picotool } from './picotool.js';
import { uf2 } from './uf2.js';

export const FLASHERS: Record<FlashRoute['type'], Flasher> = { uf2, picotool, 'dfu-util': dfuUtil, esptool };
