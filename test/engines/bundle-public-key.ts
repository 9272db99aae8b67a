/** Known answers of every portable key exchange and signature algorithm, to be run inside an engine. */
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { portableSigners } from '../../src/crypto/portable-signers.js';
import { pemToDer } from '../../src/x509/pem.js';
import { publicKeyAnswers } from './public-key-answers.js';
import { attempt, done, hex, same } from './report.js';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

attempt('PEM that ends with its last dash', () => {
  const found = pemToDer(BEGIN + 'AAEC' + END + BEGIN + 'AwQF' + END);
  return found.length === 2 && same(found[0], hex('000102')) && same(found[1], hex('030405'));
});
attempt('PEM that is cut off', () => {
  try {
    pemToDer(BEGIN + 'AAEC' + END.substring(0, 20));
  } catch (error) {
    return (error as { code: string }).code === 'ERR_USAGE';
  }
  return false;
});
publicKeyAnswers(portableProvider, portableSigners);
done();
