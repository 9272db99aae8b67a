/** What the X.509 tests share: error codes, a few bytes of DER, and verification with node:crypto. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import type { RingletError } from '../../src/errors.js';
import { ServerChain } from '../../src/x509/server-chain.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { trustAnchor } from '../../src/x509/trust.js';
import type { VerifiedPath } from '../../src/x509/verify.js';
import type { Identity } from '../../tools/certificates.js';
import { slowProvider } from '../slow-provider.js';

export const NAME = 'server.test';

/** The code of the error `action` throws, 'none' if it throws nothing. What is no RingletError is thrown on. */
export function codeOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    const code = (error as RingletError).code;
    if (!/^ERR_(CERT_|USAGE)/.test(code)) throw error;
    return code;
  }
}

export function expectCode(code: string, action: () => unknown): void {
  assert.equal(codeOf(action), code);
}

export function seconds(date: Date): number {
  return date.getTime() / 1000;
}

export const now = Math.floor(Date.now() / 1000);

export function trust(...roots: Identity[]): TrustPolicy {
  return { anchors: roots.map(root => trustAnchor(root.der)) };
}

/** A chain, the server's certificate first, with room for all of it. The search is done in the smallest slices there are: finish() is one of one slice. */
export function verifyServerCertificate(
  chain: Uint8Array[],
  serverName: string,
  policy: TrustPolicy,
  unixTime: number | undefined,
  crypto: CryptoProvider,
): VerifiedPath {
  const slow = slowProvider(crypto, 3).provider;
  const made = new ServerChain({ serverName, trust: policy, unixTime: () => unixTime, crypto: slow }, Infinity);
  for (const certificate of chain) made.add(certificate);
  const search = made.verify();
  while (!search.step(1));
  return search.result();
}

export function verify(chain: Identity[], policy: TrustPolicy, unixTime: number | undefined = now): VerifiedPath {
  return verifyServerCertificate(
    chain.map(identity => identity.der),
    NAME,
    policy,
    unixTime,
    nodeCryptoProvider,
  );
}

/** One DER element. */
export function der(tag: number, ...parts: (Uint8Array | number[] | string)[]): Buffer {
  const content = Buffer.concat(
    parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );
  const n = content.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

export const hex = (text: string) => Buffer.from(text, 'hex');

/** The parts of a certificate, to be replaced one by one. */
export interface Parts {
  version?: Uint8Array;
  serial?: Uint8Array;
  innerAlgorithm?: Uint8Array;
  outerAlgorithm?: Uint8Array;
  issuer?: Uint8Array;
  validity?: Uint8Array;
  subject?: Uint8Array;
  spki?: Uint8Array;
  unique?: Uint8Array;
  /** The [3] element. */
  extensions?: Uint8Array;
  signature?: Uint8Array;
  afterTbs?: Uint8Array;
}

export const ecdsaSha256 = hex('300a06082a8648ce3d040302');
export const commonName = (text: string) => der(0x30, der(0x31, der(0x30, hex('0603550403'), der(0x0c, text))));
export const p256Algorithm = hex('301306072a8648ce3d020106082a8648ce3d030107');
export const p256Spki = der(0x30, p256Algorithm, der(0x03, [0, 4], Buffer.alloc(64, 7)));
export const validity2020to2040 = der(0x30, der(0x17, '200101000000Z'), der(0x17, '400101000000Z'));
const none = new Uint8Array(0);

/** A certificate out of `parts`, with a signature that is nobody's. */
export function certificateOf(parts: Parts): Uint8Array {
  const tbs = der(
    0x30,
    parts.version ?? hex('a003020102'),
    parts.serial ?? hex('020101'),
    parts.innerAlgorithm ?? ecdsaSha256,
    parts.issuer ?? commonName('issuer'),
    parts.validity ?? validity2020to2040,
    parts.subject ?? commonName('subject'),
    parts.spki ?? p256Spki,
    parts.unique ?? none,
    parts.extensions ?? none,
  );
  const signature = parts.signature ?? der(0x03, [0, 1, 2, 3]);
  return new Uint8Array(
    der(0x30, tbs, parts.afterTbs ?? none, parts.outerAlgorithm ?? parts.innerAlgorithm ?? ecdsaSha256, signature),
  );
}

/** Extensions out of [OID contents in hex, critical, DER of the value]. */
export function extensions(...list: [string, boolean, Uint8Array][]): Buffer {
  const each = list.map(([oid, critical, value]) =>
    der(0x30, der(0x06, hex(oid)), critical ? hex('0101ff') : none, der(0x04, value)),
  );
  return der(0xa3, der(0x30, ...each));
}
