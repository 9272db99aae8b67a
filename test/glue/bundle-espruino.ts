/** Known answers of all that firmware-glue/espruino offers, to be run inside an Espruino that has it. */
import { createEcdsaP256Signer } from '../../src/crypto/ecdsa-sign.js';
import { nativeSecp256r1 } from '../../src/crypto/native/key-exchange.js';
import { nativeProvider } from '../../src/crypto/native/native-provider.js';
import { publicKeyAnswers } from '../engines/public-key-answers.js';
import { attempt, done } from '../engines/report.js';
import { symmetricAnswers } from '../engines/symmetric-answers.js';

interface Library {
  call(entry: number, a: number, b?: number, c?: number, d?: number): number;
  addressOf(array: unknown): number;
}

declare function require(name: 'ringlet'): Library;

const library = require('ringlet');

function refuses(call: () => number): boolean {
  try {
    call();
  } catch (error) {
    return (error as Error).message.indexOf('no such entry') > 0;
  }
  return false;
}

attempt('an entry that is not there', () => refuses(() => library.call(255, 0, 0, 0, 0)));
attempt('too few arguments', () => refuses(() => library.call(0, 0)));
attempt('no array has no address', () => library.addressOf('text') === 0 && library.addressOf(undefined) === 0);
symmetricAnswers(nativeProvider(library as never));
publicKeyAnswers(nativeProvider(library as never), [createEcdsaP256Signer(nativeSecp256r1(library as never))]);
done();
