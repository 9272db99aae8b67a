/** Known answers of every portable key exchange and signature algorithm, to be run inside an engine. */
import { finish } from '../../src/crypto/computation.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { pemToDer } from '../../src/x509/pem.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { GROUPS, SIGNATURES } from './known-answers.js';
import { attempt, done, hex, same, seededRandom } from './report.js';

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

for (const group of portableProvider.groups) {
  const answer = GROUPS[group.name];
  attempt(group.name, () => {
    const share = finish(group.generate(seededRandom(answer.seed)));
    const secret = finish(share.agree(hex(answer.peer)));
    return same(share.publicKey, hex(answer.publicKey)) && secret !== undefined && same(secret, hex(answer.secret));
  });
}

for (const algorithm of portableProvider.signatures) {
  const answer = SIGNATURES[algorithm.name];
  const key = parsePublicKey(hex(answer.spki));
  const hash = portableProvider.hashes.filter(one => one.name === answer.hash)[0];
  attempt(algorithm.name, () => finish(algorithm.verify(key, hash, hex(answer.message), hex(answer.signature))));
  // Each of these two is 10 seconds and more on Espruino; test/crypto/ has their refusals.
  if (algorithm.name === 'ecdsa-secp384r1' || algorithm.name === 'ed25519') continue;
  attempt(algorithm.name + ' refuses another message', () => {
    const message = hex(answer.message);
    message[0] ^= 1;
    return !finish(algorithm.verify(key, hash, message, hex(answer.signature)));
  });
}
done();
