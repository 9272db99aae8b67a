/** Known answers of what boards/espruino-crypto.ts makes of the engine's own crypto, where there is one; elsewhere of what it leaves portable. */
import { espruinoAeads, espruinoCryptoLibrary, espruinoHashes } from '../../boards/espruino-crypto.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { attempt, done } from './report.js';
import { symmetricAnswers } from './symmetric-answers.js';

const library = espruinoCryptoLibrary();
const hashes = espruinoHashes(library);
attempt('what the engine has is used', () => !library || !library.SHA256 || hashes[0] !== portableProvider.hashes[0]);
symmetricAnswers({ hashes, aeads: espruinoAeads(library), groups: [], signatures: [] });
done();
