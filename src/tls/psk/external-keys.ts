import { keysWith, withoutKeyExchange } from './keys.js';

/** External keys alone: what a board has that does not want sessions. Tickets are neither asked for nor kept. */
export const externalKeys = keysWith(undefined, withoutKeyExchange);
