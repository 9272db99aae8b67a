import { keysWith } from './keys.js';

/** `externalKeys` for boards that always make a key exchange: `pskMode` 'psk_ke' is ERR_USAGE. */
export const externalKeysWithExchange = keysWith(undefined, undefined);
