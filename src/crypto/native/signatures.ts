/**
 * ECDSA and RSA verification in machine code (firmware-glue/thumb/ecdsa.c, rsa.c), one call a slice. Memory while it runs: P-256
 * 2.5 KB, P-384 3.7 KB, RSA-2048 2.3 KB, RSA-4096 4.4 KB, in one piece.
 */
import { type Computation, done, once } from '../computation.js';
import { digest } from '../digest.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from '../provider.js';
import { Entry, type NativeCode, workspaceAddress } from './native-code.js';

/** The workspaces of ecdsa.c and rsa.c; two coordinates of 48 bytes and the longest digest end where the next begins. */
const POINT_AT = 3;
const EXPONENT_END = 100;
const DIGEST_AT = 100;
const SIGNATURE_AT = 164;
const LONGEST_ECDSA = 104;

/** `curve` and bytes of its numbers; without them RSA, of 2048 to 4096 bits, whose modulus comes before the signature. */
class NativeVerifier implements SignatureVerifier {
  readonly name: SignatureName;
  private readonly code: NativeCode;
  private readonly entry: Entry;
  private readonly size: number;
  private readonly curve: string | undefined;

  constructor(code: NativeCode, name: SignatureName, entry: Entry, size: number, curve?: string) {
    this.code = code;
    this.name = name;
    this.entry = entry;
    this.size = size;
    this.curve = curve;
  }

  verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
    const size = this.size;
    const length = signature.length;
    const number = size ? key.point : key.modulus;
    const exponent = key.exponent || [];
    if (key.kind !== (size ? 'ec' : 'rsa') || key.curve !== this.curve || !number) return done(false);
    if (number.length !== (size ? 2 * size + 1 : length)) return done(false);
    if (size ? length > LONGEST_ECDSA : length < 256 || length > 512 || exponent.length > 4) return done(false);
    return once(() => {
      const workspace = new Uint8Array(size ? SIGNATURE_AT + LONGEST_ECDSA + 69 * size : 8 * length + 260);
      workspace.set(exponent, EXPONENT_END - exponent.length);
      workspace.set(number, size ? POINT_AT : SIGNATURE_AT);
      digest(hash.create(), [message], workspace, DIGEST_AT);
      workspace.set(signature, size ? SIGNATURE_AT : SIGNATURE_AT + length);
      return this.code.call(this.entry, workspaceAddress(this.code, workspace), length, hash.digestLength, 0) === 1;
    });
  }
}

export const nativeEcdsaP256 = (code: NativeCode): SignatureVerifier =>
  new NativeVerifier(code, 'ecdsa-secp256r1', Entry.P256_VERIFY, 32, 'secp256r1');
export const nativeEcdsaP384 = (code: NativeCode): SignatureVerifier =>
  new NativeVerifier(code, 'ecdsa-secp384r1', Entry.P384_VERIFY, 48, 'secp384r1');
export const nativeRsaPkcs1 = (code: NativeCode): SignatureVerifier =>
  new NativeVerifier(code, 'rsa-pkcs1', Entry.RSA_PKCS1_VERIFY, 0);
export const nativeRsaPss = (code: NativeCode): SignatureVerifier =>
  new NativeVerifier(code, 'rsa-pss', Entry.RSA_PSS_VERIFY, 0);
