/** Certificates that the openssl command line makes: the kinds that WebCrypto cannot, and a second opinion on DER. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { finish } from '../../src/crypto/computation.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { describeName } from '../../src/x509/describe-name.js';
import { pemToDer } from '../../src/x509/pem.js';
import { verifyCertificateSignature } from '../../src/x509/signature.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { skip } from '../skip.js';
import { codeOf, NAME, now, verifyServerCertificate } from './support.js';

/** They are valid from the moment they are made. */
const soon = now + 3600;

const PSS = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'];

describe('x509: certificates made by openssl', () => {
  let folder: string;
  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'ringlet-x509-'));
    try {
      openssl('version');
    } catch {
      skip(this, 'no openssl command');
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function openssl(...parameters: string[]): string {
    return execFileSync('openssl', parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  }

  /** A certificate that its own key has signed. */
  function selfSigned(key: string[], ...signing: string[]): Uint8Array {
    const subject = ['-subj', '/C=CH/O=Example/CN=self', '-addext', 'subjectAltName=DNS:' + NAME, '-days', '9'];
    openssl(
      'req',
      '-x509',
      '-newkey',
      ...key,
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'crt.pem',
      ...subject,
      ...signing,
    );
    return pemToDer(readFileSync(join(folder, 'crt.pem'), 'latin1'))[0];
  }

  const outcome = (der: Uint8Array) =>
    codeOf(() => {
      const policy = { anchors: [trustAnchor(der)] };
      verifyServerCertificate([der], NAME, policy, soon, nodeCryptoProvider);
    });
  const ec = (curve: string) => ['ec', '-pkeyopt', 'ec_paramgen_curve:' + curve];

  const cases: [string, string, string[], string[]][] = [
    ['P-256', 'none', ec('P-256'), ['-sha256']],
    ['P-384 with SHA-512', 'none', ec('P-384'), ['-sha512']],
    ['Ed25519', 'none', ['ed25519'], []],
    ['RSA', 'none', ['rsa:2048'], ['-sha256']],
    ['RSA with a PSS signature', 'none', ['rsa:2048'], ['-sha384', ...PSS]],
    ['an id-RSASSA-PSS key', 'none', ['rsa-pss'], ['-sha256', '-sigopt', 'rsa_pss_saltlen:digest']],
    [
      'a PSS salt of another length',
      'ERR_CERT_UNSUPPORTED',
      ['rsa:2048'],
      ['-sha256', ...PSS.slice(0, 3), 'rsa_pss_saltlen:20'],
    ],
    [
      'another hash in MGF1',
      'ERR_CERT_UNSUPPORTED',
      ['rsa:2048'],
      ['-sha256', ...PSS, '-sigopt', 'rsa_mgf1_md:sha384'],
    ],
    ['SHA-1', 'ERR_CERT_UNSUPPORTED', ['rsa:2048'], ['-sha1']],
    ['MD5', 'ERR_CERT_UNSUPPORTED', ['rsa:2048'], ['-md5']],
    ['SHA-224', 'ERR_CERT_UNSUPPORTED', ['rsa:2048'], ['-sha224']],
    ['ECDSA with SHA-1', 'ERR_CERT_UNSUPPORTED', ec('P-256'), ['-sha1']],
    ['RSA of 1024 bits', 'ERR_CERT_UNSUPPORTED', ['rsa:1024'], ['-sha256']],
    ['P-521', 'ERR_CERT_UNSUPPORTED', ec('P-521'), ['-sha512']],
    ['secp256k1', 'ERR_CERT_UNSUPPORTED', ec('secp256k1'), ['-sha256']],
    [
      'curve parameters spelled out',
      'ERR_CERT_UNSUPPORTED',
      [...ec('P-256'), '-pkeyopt', 'ec_param_enc:explicit'],
      ['-sha256'],
    ],
    ['Ed448', 'ERR_CERT_UNSUPPORTED', ['ed448'], []],
  ];
  for (const [title, code, key, signing] of cases) {
    it(`${title}: ${code}`, () => {
      const der = selfSigned(key, ...signing);
      assert.equal(outcome(der), code);
      if (code === 'none') assert.equal(describeName(parseCertificate(der).subject), 'CN=self, O=Example, C=CH');
    });
  }

  it('an id-RSASSA-PSS key verifies no PKCS#1 signature', () => {
    const certificate = parseCertificate(selfSigned(['rsa:2048'], '-sha256'));
    const key = certificate.publicKey;
    assert.equal(finish(verifyCertificateSignature(certificate, key, nodeCryptoProvider)), true);
    const pssKey = { kind: key.kind, spki: key.spki, modulus: key.modulus, exponent: key.exponent, pssOnly: true };
    const code = codeOf(() => verifyCertificateSignature(certificate, pssKey, nodeCryptoProvider));
    assert.equal(code, 'ERR_CERT_UNSUPPORTED');
  });

  it('a chain that `openssl verify` accepts', () => {
    writeFileSync(
      join(folder, 'ca.ext'),
      'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n',
    );
    writeFileSync(
      join(folder, 'leaf.ext'),
      `basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n` +
        `subjectAltName=DNS:${NAME},IP:192.0.2.1,IP:2001:db8::1,email:a@b.test,URI:https://b.test/\n` +
        'certificatePolicies=1.2.3.4\ncrlDistributionPoints=URI:http://b.test/crl\n',
    );
    const sign = (name: string, issuer: string, curve: string, digest: string) => {
      const request = ['-nodes', '-keyout', name + '.key', '-out', name + '.csr', '-subj', '/CN=' + name];
      openssl('req', '-new', '-newkey', ...ec(curve), ...request);
      const from = ['-in', name + '.csr', '-CA', issuer + '.pem', '-CAkey', issuer + '.key', '-set_serial', '0x80'];
      openssl('x509', '-req', ...from, '-days', '9', digest, '-out', name + '.pem', '-extfile', name + '.ext');
      return pemToDer(readFileSync(join(folder, name + '.pem'), 'latin1'))[0];
    };
    const root = ['-nodes', '-keyout', 'root.key', '-out', 'root.pem', '-subj', '/CN=root', '-sha256', '-days', '9'];
    openssl('req', '-x509', '-newkey', 'rsa:2048', ...root, '-addext', 'keyUsage=critical,keyCertSign');
    const ca = sign('ca', 'root', 'P-384', '-sha512');
    const leaf = sign('leaf', 'ca', 'P-256', '-sha384');
    assert.match(openssl('verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'ca.pem', 'leaf.pem'), /OK/);
    const policy = { anchors: [trustAnchor(pemToDer(readFileSync(join(folder, 'root.pem'), 'latin1'))[0])] };
    for (const name of [NAME, '192.0.2.1', '2001:db8::1']) {
      assert.equal(verifyServerCertificate([leaf, ca], name, policy, soon, nodeCryptoProvider).path.length, 2);
    }
  });
});
