/** The folder of package.json, seen from build/hil: data files of hil/ are read where they are kept, not copied by the build. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '../..');
