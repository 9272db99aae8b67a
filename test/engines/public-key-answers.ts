/** Known answers of a provider's key exchanges and signature algorithms, and what they must refuse, to be run inside an engine. */
import { finish } from '../../src/crypto/computation.js';
import type { CryptoProvider, PrivateKey, Signer } from '../../src/crypto/provider.js';
import { parsePrivateKey } from '../../src/x509/private-key.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { GROUPS, SIGNATURES, SIGNERS } from './known-answers.js';
import { attempt, hex, same, seededRandom } from './report.js';

/** RFC 7748 §6.1: Alice's key, Bob's public key, what they share. */
const ALICE = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a';
const ALICE_PUBLIC = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a';
const BOB_PUBLIC = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
const SHARED = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';

const ZERO = '0000000000000000000000000000000000000000000000000000000000000000';
const P256_P = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
/** The square root of P-256's b: (0, root) is on the curve. */
const P256_ROOT = '66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4';
const P256_ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';

/** No points, or the same spelt wrongly: RFC 7748 §6.1's zero, and SEC 1 §2.3.4's refusals. */
const NO_PEERS: Record<string, string[]> = {
  x25519: [ZERO, '', 'ff'],
  secp256r1: [
    '04' + ZERO + ZERO,
    '04' + P256_P + P256_ROOT,
    '04' + ZERO + P256_P,
    '02' + ZERO + P256_ROOT,
    '04' + ZERO + P256_ROOT + '00',
    '00',
  ],
};

/** ASN.1 of signatures that no key has made: r or s are 0, the order, negative or too long; or it is no pair. */
const NO_SIGNATURES = [
  '3006020100020101',
  '3006020101020100',
  '3006020181020101',
  '3026022100' + P256_ORDER + '020101',
  '3026020101022100' + P256_ORDER,
  '300702020001020101',
  '3003020101',
  '30060201010201',
  '',
];

export function publicKeyAnswers(provider: CryptoProvider, signers: ReadonlyArray<Signer>): void {
  for (const group of provider.groups) {
    const answer = GROUPS[group.name];
    attempt(group.name, () => {
      const share = finish(group.generate(seededRandom(answer.seed)));
      const secret = finish(share.agree(hex(answer.peer)));
      for (const peer of NO_PEERS[group.name]) if (finish(share.agree(hex(peer))) !== undefined) throw new Error(peer);
      return same(share.publicKey, hex(answer.publicKey)) && secret !== undefined && same(secret, hex(answer.secret));
    });
    if (group.name !== 'x25519') continue;
    attempt('x25519 of RFC 7748, section 6.1', () => {
      const share = finish(group.generate((into, offset) => into.set(hex(ALICE), offset)));
      const secret = finish(share.agree(hex(BOB_PUBLIC)));
      return same(share.publicKey, hex(ALICE_PUBLIC)) && secret !== undefined && same(secret, hex(SHARED));
    });
  }

  for (const algorithm of provider.signatures) {
    const answer = SIGNATURES[algorithm.name];
    const key = parsePublicKey(hex(answer.spki));
    const hash = provider.hashes.filter(one => one.name === answer.hash)[0];
    const verify = (message: Uint8Array, signature: Uint8Array) =>
      finish(algorithm.verify(key, hash, message, signature));
    attempt(algorithm.name, () => verify(hex(answer.message), hex(answer.signature)));
    attempt(algorithm.name + ' refuses another message', () => {
      const message = hex(answer.message);
      message[0] ^= 1;
      return !verify(message, hex(answer.signature));
    });
    attempt(algorithm.name + ' refuses what is no signature', () => {
      for (const wrong of NO_SIGNATURES) if (verify(hex(answer.message), hex(wrong))) throw new Error(wrong);
      return true;
    });
  }
  for (const signer of signers) {
    const answer = SIGNERS[signer.name];
    const hash = provider.hashes.filter(one => one.name === 'sha256')[0];
    const sign = (key: PrivateKey) => finish(signer.sign(key, hash, hex(answer.digest), seededRandom(answer.seed)));
    attempt('sign ' + signer.name, () => same(sign(parsePrivateKey(hex(answer.pkcs8))), hex(answer.signature)));
    attempt('sign ' + signer.name + ' refuses an erased key', () => {
      const key = parsePrivateKey(hex(answer.pkcs8));
      if (!key.erase) return false;
      key.erase();
      return thrown(() => sign(key)) === 'ERR_USAGE';
    });
  }
  attempt('private keys that are none', () => {
    const pkcs8 = hex(SIGNERS['ecdsa-secp256r1'].pkcs8);
    for (let length = 0; length < pkcs8.length; length += 7) {
      if (thrown(() => parsePrivateKey(pkcs8.subarray(0, length))) !== 'ERR_KEY_MALFORMED') return false;
    }
    return true;
  });
}

function thrown(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
}
