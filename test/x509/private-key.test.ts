/** Private keys as openssl and node:crypto write them, and everything else, which is an ERR_KEY_ error. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import type { PrivateKey } from '../../src/crypto/provider.js';
import { rsaPkcs1Signer } from '../../src/crypto/rsa-sign.js';
import { sha256 } from '../../src/crypto/sha256.js';
import type { RingletError } from '../../src/errors.js';
import { parsePrivateKey, privateKeyFromPem } from '../../src/x509/private-key.js';
import { seededRandom } from '../crypto/public-key-fixtures.js';
import { skip } from '../skip.js';

const ec = nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const rsa = nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

type Type = 'pkcs8' | 'sec1' | 'pkcs1';
const derOf = (key: nodeCrypto.KeyObject, type: Type) =>
  new Uint8Array(key.export({ format: 'der', type: type as 'pkcs8' }));
const pemOf = (key: nodeCrypto.KeyObject, type: Type, extra: object = {}) =>
  key.export({ format: 'pem', type: type as 'pkcs8', ...extra }) as string;
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes!).toString('hex');

const FILES: Array<[string, nodeCrypto.KeyObject, Type]> = [
  ['P-256 in PKCS#8', ec, 'pkcs8'],
  ['P-256 in SEC 1', ec, 'sec1'],
  ['RSA in PKCS#8', rsa, 'pkcs8'],
  ['RSA in PKCS#1', rsa, 'pkcs1'],
];

/** All its numbers, as text. */
function spell(key: PrivateKey): string {
  const parts = [key.scalar, key.point, key.modulus, key.exponent, ...(key.rsaSecrets ?? [])];
  return [key.kind, key.curve, ...parts.map(part => part && hex(part))].join(' ');
}

/** The key's numbers as node:crypto has them. */
function expected(key: nodeCrypto.KeyObject): string {
  const jwk = key.export({ format: 'jwk' });
  const part = (text: string | undefined) => Buffer.from(text as string, 'base64url');
  if (jwk.kty === 'EC') {
    const point = Buffer.concat([Buffer.from([4]), part(jwk.x), part(jwk.y)]);
    return spell({ kind: 'ec', curve: 'secp256r1', scalar: part(jwk.d), point });
  }
  const secrets = [jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map(part);
  return spell({ kind: 'rsa', modulus: part(jwk.n), exponent: part(jwk.e), rsaSecrets: secrets });
}

/** The key's numbers, or the code of the error; what has none is thrown on. */
function outcome(parse: () => PrivateKey): string {
  try {
    return spell(parse());
  } catch (error) {
    const { code } = error as RingletError;
    if (!/^ERR_(KEY_(MALFORMED|UNSUPPORTED|ENCRYPTED)|USAGE)$/.test(code)) throw error;
    return code;
  }
}

const outcomeOf = (der: Uint8Array) => outcome(() => parsePrivateKey(der));
const element = (tag: number, ...contents: Uint8Array[]) => {
  const body = Buffer.concat(contents);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return new Uint8Array([tag, ...length, ...body]);
};
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe('x509: private keys', () => {
  for (const [what, key, type] of FILES) {
    describe(what, () => {
      const der = derOf(key, type);

      it('has the numbers that node:crypto says, from DER and from PEM', () => {
        assert.equal(outcomeOf(der), expected(key));
        assert.equal(
          outcome(() => privateKeyFromPem(`Bag Attributes\n  name: x\n${pemOf(key, type)}\nafter`)),
          expected(key),
        );
      });

      it('is copied, and can be erased', () => {
        const file = new Uint8Array(der);
        const parsed = parsePrivateKey(file);
        file.fill(0);
        assert.equal(spell(parsed), expected(key));
        parsed.erase?.();
        for (const secret of [...(parsed.rsaSecrets ?? []), parsed.scalar ?? new Uint8Array(0)]) {
          assert.ok(secret.every(byte => byte === 0));
        }
      });

      it('cut short at every length, or with something behind it, is ERR_KEY_MALFORMED', () => {
        for (let length = 0; length < der.length; length++) {
          assert.equal(outcomeOf(der.slice(0, length)), 'ERR_KEY_MALFORMED', `${length}`);
          assert.equal(outcomeOf(der.subarray(0, length)), 'ERR_KEY_MALFORMED', `${length}, the rest lies behind it`);
        }
        assert.equal(outcomeOf(new Uint8Array([...der, 0])), 'ERR_KEY_MALFORMED');
      });

      it('with any bit of any byte flipped it is another key, or an error with a code', () => {
        const counts: Record<string, number> = {};
        for (let at = 0; at < 8 * der.length; at++) {
          const file = new Uint8Array(der);
          file[at >> 3] ^= 1 << (at & 7);
          const answer = outcomeOf(file);
          assert.notEqual(answer, expected(key), `bit ${at}`);
          const kind = answer.startsWith('ERR_') ? answer : 'another key';
          counts[kind] = (counts[kind] ?? 0) + 1;
        }
        console.log(`        ${JSON.stringify(counts)}`);
        assert.ok(counts.ERR_KEY_MALFORMED > 0 && counts['another key'] > 0);
      });
    });
  }

  it('RSA with a wrong bit somewhere does not sign', function () {
    this.timeout(60000);
    const der = derOf(rsa, 'pkcs1');
    const good = spell(parsePrivateKey(der));
    let refused = 0;
    for (let at = 5; at < der.length; at += 13) {
      const file = new Uint8Array(der);
      file[at] ^= 4;
      let key: PrivateKey;
      try {
        key = parsePrivateKey(file);
      } catch {
        continue;
      }
      assert.notEqual(spell(key), good);
      // The private exponent itself stands in the file, but the remainders of it are what is computed with.
      const d = good.split(' ')[6];
      if (hex(key.rsaSecrets![0]) !== d) continue;
      assert.throws(
        () => finish(rsaPkcs1Signer.sign(key, sha256, new Uint8Array(32), seededRandom())),
        (error: RingletError) => /^ERR_(KEY_MISMATCH|USAGE)$/.test(error.code),
        `byte ${at}`,
      );
      refused++;
    }
    assert.ok(refused > 40, `${refused}`);
  });

  it('of 4096 bits, and with primes of 1025 and 1024 bits', () => {
    for (const modulusLength of [2049, 4096]) {
      const key = nodeCrypto.generateKeyPairSync('rsa', { modulusLength }).privateKey;
      assert.equal(outcomeOf(derOf(key, 'pkcs8')), expected(key));
    }
  });

  it('PKCS#8 version 2 (RFC 5958 §2) with attributes and public key, and SEC 1 without a public key', () => {
    const scalar = Buffer.from(ec.export({ format: 'jwk' }).d!, 'base64url');
    const p256 = bytes('301306072a8648ce3d020106082a8648ce3d030107');
    const inner = element(0x30, bytes('020101'), element(4, scalar));
    const wanted = spell({ kind: 'ec', curve: 'secp256r1', scalar });
    const pkcs8 = (...rest: Uint8Array[]) => element(0x30, ...rest);
    const key = element(4, inner);
    assert.equal(outcomeOf(pkcs8(bytes('020100'), p256, key)), wanted);
    assert.equal(outcomeOf(pkcs8(bytes('020100'), p256, key, bytes('a000'))), wanted);
    assert.equal(outcomeOf(pkcs8(bytes('020101'), p256, key, bytes('a000'), bytes('81020000'))), wanted);
    assert.equal(outcomeOf(pkcs8(bytes('020100'), p256, key, bytes('81020000'))), 'ERR_KEY_MALFORMED');
    assert.equal(outcomeOf(pkcs8(bytes('020101'), p256, key)), 'ERR_KEY_MALFORMED');
    assert.equal(outcomeOf(pkcs8(bytes('020102'), p256, key)), 'ERR_KEY_MALFORMED');
    // Outside of PKCS#8 nobody says which curve it is.
    assert.equal(outcomeOf(inner), 'ERR_KEY_UNSUPPORTED');
    // Each in the other's envelope, and an envelope in an envelope.
    const rsaAlgorithm = bytes('300d06092a864886f70d0101010500');
    assert.equal(outcomeOf(pkcs8(bytes('020100'), rsaAlgorithm, key)), 'ERR_KEY_MALFORMED');
    assert.equal(outcomeOf(pkcs8(bytes('020100'), p256, element(4, derOf(rsa, 'pkcs1')))), 'ERR_KEY_MALFORMED');
    assert.equal(outcomeOf(pkcs8(bytes('020100'), p256, element(4, derOf(ec, 'pkcs8')))), 'ERR_KEY_MALFORMED');
  });

  it('others are ERR_KEY_UNSUPPORTED', () => {
    const others = [
      nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
      nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      nodeCrypto.generateKeyPairSync('ed25519'),
      nodeCrypto.generateKeyPairSync('x25519'),
      nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 1024 }),
      nodeCrypto.generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    ];
    for (const { privateKey } of others) assert.equal(outcomeOf(derOf(privateKey, 'pkcs8')), 'ERR_KEY_UNSUPPORTED');
    assert.equal(outcomeOf(derOf(others[0].privateKey, 'sec1')), 'ERR_KEY_UNSUPPORTED');
    const numbers = derOf(rsa, 'pkcs1').subarray(7);
    assert.equal(outcomeOf(element(0x30, bytes('020101'), numbers)), 'ERR_KEY_UNSUPPORTED', 'three primes');
  });

  it('encrypted ones are ERR_KEY_ENCRYPTED, in PKCS#8 and as openssl once did it', () => {
    const options = { cipher: 'aes-256-cbc', passphrase: 'secret' };
    assert.equal(
      outcome(() => privateKeyFromPem(pemOf(ec, 'pkcs8', options))),
      'ERR_KEY_ENCRYPTED',
    );
    assert.equal(
      outcome(() => privateKeyFromPem(pemOf(rsa, 'pkcs1', options))),
      'ERR_KEY_ENCRYPTED',
    );
  });

  it('text without a key is ERR_USAGE', () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    for (const text of ['', certificate, pemOf(ec, 'pkcs8').slice(0, -5), pemOf(ec, 'pkcs8').replace(/\nM/, '\n!')]) {
      assert.equal(
        outcome(() => privateKeyFromPem(text)),
        'ERR_USAGE',
      );
    }
  });

  for (const [what, command] of [
    ['genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256', 'P-256'],
    ['ecparam -name prime256v1 -genkey', 'P-256 behind its parameters'],
    ['genrsa -traditional 2048', 'PKCS#1'],
    ['genrsa 3072', 'PKCS#8'],
  ]) {
    it(`of openssl ${what} (${command})`, function () {
      this.timeout(20000);
      let text = '';
      try {
        text = execFileSync('openssl', what.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') skip(this, 'no openssl');
        throw error;
      }
      assert.equal(
        outcome(() => privateKeyFromPem(text)),
        expected(nodeCrypto.createPrivateKey(text)),
      );
    });
  }
});
