// biome-ignore-all lint/suspicious/noExplicitAny: the types of @peculiar/x509 are the browser's, those of webcrypto Node's
/**
 * Certificates for tests and for the page that `npm start` serves, made with @peculiar/x509 (nobody should write an ASN.1
 * encoder to test an ASN.1 parser), which signs with node's WebCrypto.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as any);

export type KeyKind = 'p256' | 'p384' | 'rsa2048' | 'rsa4096' | 'ed25519';

export interface Identity {
  certificate: x509.X509Certificate;
  /** The certificate, DER. */
  der: Uint8Array;
  pem: string;
  keys: webcrypto.CryptoKeyPair;
  /** The private key, PKCS#8 PEM, as node:tls and openssl want it. */
  keyPem: string;
  kind: KeyKind;
}

export interface CertificateOptions {
  subject?: string;
  kind?: KeyKind;
  /** Who signs; self-signed when missing. */
  issuer?: Identity;
  /** Hash the issuer signs with; by default the one that fits its key. */
  hash?: 'SHA-256' | 'SHA-384' | 'SHA-512';
  /** true: RSA issuers sign with PSS instead of PKCS#1. */
  pss?: boolean;
  dnsNames?: string[];
  ipAddresses?: string[];
  ca?: boolean;
  pathLength?: number;
  notBefore?: Date;
  notAfter?: Date;
  /** Key usage flags; by default what fits `ca`. null leaves the extension out. */
  keyUsage?: x509.KeyUsageFlags | null;
  /** Extended key usage OIDs; by default serverAuth for leaves. null leaves the extension out. */
  extendedKeyUsage?: string[] | null;
  extraExtensions?: x509.Extension[];
}

const DAY = 24 * 3600 * 1000;

function keyAlgorithm(kind: KeyKind, pss: boolean): any {
  if (kind === 'p256') return { name: 'ECDSA', namedCurve: 'P-256' };
  if (kind === 'p384') return { name: 'ECDSA', namedCurve: 'P-384' };
  if (kind === 'ed25519') return { name: 'Ed25519' };
  return {
    name: pss ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: kind === 'rsa2048' ? 2048 : 4096,
  };
}

const keyCache = new Map<string, Promise<webcrypto.CryptoKeyPair>>();

/** A key pair; RSA keys are slow to make, so each `slot` of a kind is made once a process. */
function keyPair(kind: KeyKind, slot: string): Promise<webcrypto.CryptoKeyPair> {
  const id = kind + '/' + slot;
  let pair = keyCache.get(id);
  if (!pair) {
    pair = webcrypto.subtle.generateKey(keyAlgorithm(kind, false), true, ['sign', 'verify']) as Promise<any>;
    keyCache.set(id, pair!);
  }
  return pair!;
}

let serial = 1;

/** Makes a certificate and its key. */
export async function makeCertificate(options: CertificateOptions = {}): Promise<Identity> {
  const kind = options.kind ?? 'p256';
  const ca = options.ca ?? false;
  const keys = await keyPair(kind, kind.startsWith('rsa') ? (ca ? 'ca ' + options.subject : 'leaf') : String(serial));
  const issuer = options.issuer;
  const signerKind = issuer?.kind ?? kind;
  let signingKey: webcrypto.CryptoKey = (issuer?.keys ?? keys).privateKey;
  const hash = options.hash ?? (signerKind === 'p384' ? 'SHA-384' : 'SHA-256');
  let signingAlgorithm: any = { ...keyAlgorithm(signerKind, false), hash };
  if (signerKind.startsWith('rsa')) {
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', signingKey as any);
    const name = options.pss ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
    signingKey = (await webcrypto.subtle.importKey('pkcs8', pkcs8, { name, hash }, false, ['sign'])) as any;
    signingAlgorithm = { name, hash, saltLength: { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }[hash] };
  }
  const extensions: x509.Extension[] = [];
  if (ca || options.pathLength !== undefined)
    extensions.push(new x509.BasicConstraintsExtension(ca, options.pathLength, true));
  const usage =
    options.keyUsage === undefined
      ? ca
        ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
        : x509.KeyUsageFlags.digitalSignature
      : options.keyUsage;
  if (usage !== null) extensions.push(new x509.KeyUsagesExtension(usage, true));
  const extended =
    options.extendedKeyUsage === undefined ? (ca ? null : ['1.3.6.1.5.5.7.3.1']) : options.extendedKeyUsage;
  if (extended !== null) extensions.push(new x509.ExtendedKeyUsageExtension(extended));
  const names = [
    ...(options.dnsNames ?? []).map(value => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map(value => ({ type: 'ip' as const, value })),
  ];
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  extensions.push(...(options.extraExtensions ?? []));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(4, '0'),
    subject: options.subject ?? (ca ? 'CN=Test CA' : 'CN=Test server'),
    issuer: issuer?.certificate.subject ?? options.subject ?? (ca ? 'CN=Test CA' : 'CN=Test server'),
    notBefore: options.notBefore ?? new Date(Date.now() - DAY),
    notAfter: options.notAfter ?? new Date(Date.now() + 90 * DAY),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm,
    extensions,
  });
  const pkcs8 = Buffer.from((await webcrypto.subtle.exportKey('pkcs8', keys.privateKey as any)) as ArrayBuffer);
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
  return {
    certificate,
    der: new Uint8Array(certificate.rawData),
    pem: certificate.toString('pem'),
    keys,
    keyPem,
    kind,
  };
}
