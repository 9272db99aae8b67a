import { keysWith, withoutKeyExchange } from './keys.js';
import { sessions } from './sessions.js';

/** Sessions and external keys. */
export const preSharedKeys = keysWith(sessions, withoutKeyExchange);
