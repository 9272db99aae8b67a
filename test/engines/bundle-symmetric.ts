/** Known answers of every portable hash, HMAC, HKDF and AEAD, to be run inside an engine. */
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { done } from './report.js';
import { symmetricAnswers } from './symmetric-answers.js';

symmetricAnswers(portableProvider);
done();
