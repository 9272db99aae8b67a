/** What the runner's flags ask of one connection. The names are the flags', those that are not given undefined or empty. */
export interface ConnectionOptions {
  hostName?: string;
  /** Path of a PEM file. */
  trustCert?: string;
  verifyPeer?: boolean;
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
  ocspStapling?: boolean;
  /** What the client can show, in order of preference. */
  credentials: Credential[];
  /** The one that comes behind those. */
  defaultCredential: Credential;
  reverifyOnResume?: boolean;

  enableEarlyData?: boolean;
  /** Seconds that pass before a connection with a session. */
  resumptionDelay: number;
  /** What a HelloRequest is answered with: another handshake. */
  renegotiate?: boolean;

  shimWritesFirst?: boolean;
  shimInitialWrite: string;
  repeatShimInitialWrite: number;
  shimShutsDown?: boolean;
  checkCloseNotify?: boolean;
  readSize: number;
  keyUpdate?: boolean;
  keyUpdateBeforeRead?: boolean;
  readWithUnfinishedWrite?: boolean;
  exportKeyingMaterial?: number;
  exportLabel: string;
  exportContext: string;
  useExportContext?: boolean;

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
  expectTicketRenewal?: boolean;
  expectTicketSupportsEarlyData?: boolean;
  expectNoOfferEarlyData?: boolean;
  expectAcceptEarlyData?: boolean;
  expectRejectEarlyData?: boolean;
  expectEarlyDataReason?: string;
  expectTotalRenegotiations: number;
  expectSecureRenegotiation?: boolean;
  expectNoSecureRenegotiation?: boolean;
  expectExtendedMasterSecret?: boolean;
  /** Base64, an OCSP response. */
  expectOcspResponse?: string;
  expectSelectedCredential?: number;
}

export interface Credential {
  /** Paths of PEM files: a certificate and those above it, and its key. */
  certFile?: string;
  keyFile?: string;
  /** SignatureScheme numbers to sign with; empty: all we have. */
  signingPrefs: number[];
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
    credentials: [],
    defaultCredential: { signingPrefs: [] },
    resumptionDelay: 0,
    exportLabel: '',
    exportContext: '',
    expectTotalRenegotiations: 0,
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
