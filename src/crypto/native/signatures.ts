/**
 * ECDSA and RSA verification in machine code (firmware-glue/thumb/ecdsa.c, rsa.c), one call a slice. Memory while it runs: P-256
 * 2.5 KB, P-384 3.7 KB, RSA-2048 2.1 KB, RSA-4096 4.2 KB, in one piece.
 */
import { type Computation, done, once } from '../computation.js';
import { digest } from '../digest.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from '../provider.js';
import { type RsaPower, rsaPkcs1Verifier, rsaPssVerifier } from '../rsa-encoding.js';
import { Entry, type NativeCode, workspaceAddress } from './native-code.js';

/** The workspace of ecdsa.c; two coordinates of 48 bytes and the longest digest end where the next begins. */
const POINT_AT = 3;
const DIGEST_AT = 100;
const SIGNATURE_AT = 164;
const LONGEST_SIGNATURE = 104;

function ecdsa(code: NativeCode, curve: 'secp256r1' | 'secp384r1', size: number, entry: Entry): SignatureVerifier {
  return {
    name: ('ecdsa-' + curve) as SignatureName,
    verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      const point = key.point;
      const length = signature.length;
      if (key.kind !== 'ec' || key.curve !== curve || !point || point.length !== 2 * size + 1) return done(false);
      if (length > LONGEST_SIGNATURE) return done(false);
      return once(() => {
        const workspace = new Uint8Array(SIGNATURE_AT + LONGEST_SIGNATURE + 69 * size);
        workspace.set(point, POINT_AT);
        digest(hash.create(), [message], workspace, DIGEST_AT);
        workspace.set(signature, SIGNATURE_AT);
        return code.call(entry, workspaceAddress(code, workspace), length, hash.digestLength, 0) === 1;
      });
    },
  };
}

function power(code: NativeCode): RsaPower {
  return (modulus, exponent, base) =>
    once(() => {
      const length = modulus.length;
      const workspace = new Uint8Array(8 * length + 96);
      workspace.set(modulus);
      workspace.set(base, length);
      let e = 0;
      for (let i = 0; i < exponent.length; i++) e = (e << 8) | exponent[i];
      return code.call(Entry.RSA_PUBLIC, workspaceAddress(code, workspace), length, e, 0) === 1
        ? new Uint8Array(workspace.subarray(length, 2 * length))
        : undefined;
    });
}

export const nativeEcdsaP256 = (code: NativeCode): SignatureVerifier => ecdsa(code, 'secp256r1', 32, Entry.P256_VERIFY);
export const nativeEcdsaP384 = (code: NativeCode): SignatureVerifier => ecdsa(code, 'secp384r1', 48, Entry.P384_VERIFY);
export const nativeRsaPkcs1 = (code: NativeCode): SignatureVerifier => rsaPkcs1Verifier(power(code));
export const nativeRsaPss = (code: NativeCode): SignatureVerifier => rsaPssVerifier(power(code));
