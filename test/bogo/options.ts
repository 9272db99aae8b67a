/** What the runner's flags ask of one connection. The names are the flags', those that are not given undefined or empty. */
export interface ConnectionOptions {
  hostName?: string;
  /** Path of a PEM file. */
  trustCert?: string;
  verifyFail?: boolean;
  customVerify?: boolean;
  /** NamedGroup numbers, in order of preference; empty: all we have. */
  curves: number[];
  /** Groups that the ClientHello is to have a key share of. */
  keyShares: number[];
  /** SignatureScheme numbers; empty: all we have. */
  verifyPrefs: number[];
  minVersion?: number;
  maxVersion?: number;
  noTls12?: boolean;
  noTls13?: boolean;
  /** As in the extension: each with its length before it. */
  advertiseAlpn?: string;

  shimWritesFirst?: boolean;
  shimInitialWrite: string;
  repeatShimInitialWrite: number;
  shimShutsDown?: boolean;
  checkCloseNotify?: boolean;
  readSize: number;
  keyUpdate?: boolean;
  keyUpdateBeforeRead?: boolean;
  readWithUnfinishedWrite?: boolean;

  expectVersion?: number;
  expectCipher?: number;
  expectCurveId?: number;
  expectPeerSignatureAlgorithm?: number;
  expectAlpn: string;
  /** Path of a PEM file. */
  expectPeerCertFile?: string;
  expectHrr?: boolean;
  expectNoHrr?: boolean;
  expectNoSession?: boolean;
  expectSessionMiss?: boolean;
}

export interface ShimOptions {
  port: number;
  ipv6?: boolean;
  shimId: bigint;
  resumeCount: number;
  isHandshakerSupported?: boolean;
  /** For the first connection, for those that resume, and for what follows rejected early data. */
  initial: ConnectionOptions;
  resume: ConnectionOptions;
  retry: ConnectionOptions;
}

export function defaultOptions(): ShimOptions {
  const connection = (): ConnectionOptions => ({
    curves: [],
    keyShares: [],
    verifyPrefs: [],
    shimInitialWrite: 'hello',
    repeatShimInitialWrite: 1,
    readSize: 512,
    expectAlpn: '',
  });
  return {
    port: 0,
    shimId: 0n,
    resumeCount: 0,
    initial: connection(),
    resume: connection(),
    retry: connection(),
  };
}

/** The runner asks for what this shim or the engine does not have: the process ends with 89, and the test counts as unimplemented. */
export class Unimplemented extends Error {}
