/**
 * What the client refuses in the server's authentication: certificates (RFC 5280 §6, RFC 8446 §4.4.2), CertificateVerify
 * (§4.4.3) and Finished (§4.4.4). Each fault has its own error and the alert that belongs to it.
 */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import * as x509 from '@peculiar/x509';
import { type CertificateOptions, type Identity, makeCertificate } from '../../tools/certificates.js';
import { assertRefused } from './exchange.js';
import { replaced, withBody } from './flights.js';
import { authority, leaf, server as serverIdentity } from './identities.js';
import { assertRefusal, exchange, itRefuses } from './refusal.js';
import type { Step } from './scripted-server.js';
import { certificateVerify, serverFlight, uint16, vector } from './steps.js';

const DAY = 24 * 3600 * 1000;
const ILLEGAL = 'ERR_TLS_ILLEGAL_PARAMETER';
const BAD_SIGNATURE = 'ERR_TLS_BAD_CERTIFICATE_VERIFY';

function ago(days: number): Date {
  return new Date(Date.now() - days * DAY);
}

/** One test: a chain that `make` answers, leaf first. */
function itRefusesChain(name: string, code: string | string[], make: () => Promise<Identity[]>, client = {}): void {
  it(`${name}: ${[code].flat().join(' or ')}`, async () => {
    const [identity, ...chain] = await make();
    const ran = (await exchange({ chain }, client, identity)).run();
    assertRefused(ran, code, 'handshake');
    assert.equal(ran.client.handshakeComplete, false);
  });
}

async function issued(options: CertificateOptions): Promise<Identity> {
  return leaf({ issuer: await authority(), ...options });
}

async function intermediate(options: CertificateOptions = {}): Promise<Identity> {
  return makeCertificate({ subject: 'CN=Intermediate', ca: true, issuer: await authority(), ...options });
}

describe('refuses a certificate', () => {
  itRefusesChain('of an unknown issuer', 'ERR_CERT_UNKNOWN_ISSUER', async () => {
    const stranger = await makeCertificate({ ca: true, subject: 'CN=Stranger' });
    return [await leaf({ issuer: stranger }), stranger];
  });
  itRefusesChain('that is self-signed', 'ERR_CERT_UNKNOWN_ISSUER', async () => [await leaf({})]);
  itRefusesChain(
    'of an issuer with the name of the trusted one and another key',
    ['ERR_CERT_BAD_SIGNATURE', 'ERR_CERT_UNKNOWN_ISSUER'],
    async () => [await leaf({ issuer: await makeCertificate({ ca: true, subject: 'CN=Test CA p256' }) })],
  );
  itRefusesChain('whose intermediate is missing', 'ERR_CERT_UNKNOWN_ISSUER', async () => [
    await leaf({ issuer: await intermediate() }),
  ]);
  itRefusesChain('for another name', 'ERR_CERT_NAME_MISMATCH', async () => [
    await issued({ dnsNames: ['other.test'] }),
  ]);
  itRefusesChain('whose name is in the subject only', 'ERR_CERT_NAME_MISMATCH', async () => [
    await issued({ dnsNames: [] }),
  ]);
  itRefusesChain(
    'for a wildcard two labels deep',
    'ERR_CERT_NAME_MISMATCH',
    async () => [
      await issued({ dnsNames: ['*.test', '*'] }),
      // "*.test" stands for one label under a top-level domain: server.test would match, a.server.test must not.
    ],
    { serverName: 'a.server.test' },
  );
  itRefusesChain('that has expired', 'ERR_CERT_EXPIRED', async () => [
    await issued({ notBefore: ago(20), notAfter: ago(1) }),
  ]);
  itRefusesChain('that is not yet valid', 'ERR_CERT_NOT_YET_VALID', async () => [
    await issued({ notBefore: ago(-1), notAfter: ago(-20) }),
  ]);
  itRefusesChain('whose intermediate has expired', 'ERR_CERT_EXPIRED', async () => {
    const issuer = await intermediate({ notBefore: ago(20), notAfter: ago(1) });
    return [await leaf({ issuer }), issuer];
  });
  itRefusesChain('while nobody knows the time', 'ERR_CERT_NO_CLOCK', async () => [await issued({})], {
    unixTime: () => undefined,
  });
  itRefusesChain('signed by a leaf', 'ERR_CERT_NOT_A_CA', async () => {
    const issuer = await issued({ subject: 'CN=Leaf as CA' });
    return [await leaf({ issuer }), issuer];
  });
  itRefusesChain('signed by a CA that says it is none', 'ERR_CERT_NOT_A_CA', async () => {
    const extraExtensions = [new x509.BasicConstraintsExtension(false, undefined, true)];
    const issuer = await issued({ subject: 'CN=No CA', extraExtensions, keyUsage: x509.KeyUsageFlags.keyCertSign });
    return [await leaf({ issuer }), issuer];
  });
  itRefusesChain('of a CA that may not sign certificates', ['ERR_CERT_USAGE', 'ERR_CERT_NOT_A_CA'], async () => {
    const issuer = await intermediate({ keyUsage: x509.KeyUsageFlags.digitalSignature });
    return [await leaf({ issuer }), issuer];
  });
  itRefusesChain('deeper than the path length allows', 'ERR_CERT_PATH_LENGTH', async () => {
    const first = await intermediate({ pathLength: 0, subject: 'CN=First' });
    const second = await makeCertificate({ ca: true, issuer: first, subject: 'CN=Second' });
    return [await leaf({ issuer: second }), second, first];
  });
  itRefusesChain('for clients', 'ERR_CERT_USAGE', async () => [
    await issued({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] }),
  ]);
  itRefusesChain('whose key may not sign', 'ERR_CERT_USAGE', async () => [
    await issued({ keyUsage: x509.KeyUsageFlags.keyEncipherment }),
  ]);
  itRefusesChain('with a critical extension nobody knows', 'ERR_CERT_UNSUPPORTED', async () => [
    await issued({ extraExtensions: [new x509.Extension('1.2.3.4.5', true, new Uint8Array([5, 0]))] }),
  ]);
  itRefusesChain('whose signature is broken in any byte', 'ERR_CERT_BAD_SIGNATURE', async () => {
    const identity = await issued({});
    // The signature's last byte: an ECDSA s that differs.
    const der = new Uint8Array(identity.der);
    der[der.length - 1] ^= 1;
    return [{ ...identity, der }];
  });
  itRefusesChain('whose content was changed after signing', 'ERR_CERT_BAD_SIGNATURE', async () => {
    const identity = await serverIdentity();
    const der = Buffer.from(identity.der);
    const at = der.indexOf('server.test', der.indexOf('server.test') + 1);
    der.write('sErver.test', at, 'latin1');
    return [{ ...identity, der }];
  });
  itRefusesChain('signed by a broken intermediate', 'ERR_CERT_BAD_SIGNATURE', async () => {
    const issuer = await intermediate({ subject: 'CN=Broken' });
    const identity = await leaf({ issuer });
    const der = new Uint8Array(issuer.der);
    der[der.length - 1] ^= 1;
    return [identity, { ...issuer, der }];
  });
});

describe('refuses a CertificateVerify', () => {
  const flightWith = (step: Step) => [replaced(serverFlight(), 'CertificateVerify', step)];

  itRefuses([
    {
      name: 'with another context string',
      flights: flightWith(certificateVerify(undefined, undefined, 'TLS 1.3, client CertificateVerify')),
      code: BAD_SIGNATURE,
    },
    {
      name: 'of another connection',
      flights: [
        replaced(serverFlight(), 'CertificateVerify', {
          ...certificateVerify(),
          run(server) {
            const { transcript } = server;
            server.transcript = Buffer.alloc(4);
            const body = certificateVerify().build(server);
            server.transcript = transcript;
            server.sendHandshake(Buffer.concat([Buffer.from([15, 0, 0, body.length]), body]));
          },
        }),
      ],
      code: BAD_SIGNATURE,
    },
    {
      name: 'with an empty signature',
      flights: [withBody(serverFlight(), 'CertificateVerify', () => Buffer.concat([uint16(0x0403), uint16(0)]))],
      code: [BAD_SIGNATURE, 'ERR_TLS_DECODE_ERROR'],
    },
    {
      name: 'with a trailing byte in the signature',
      flights: [
        withBody(serverFlight(), 'CertificateVerify', body =>
          Buffer.concat([uint16(0x0403), vector(2, body.subarray(4), Buffer.alloc(1))]),
        ),
      ],
      code: BAD_SIGNATURE,
    },
  ]);

  it('with any byte of the signature changed', async () => {
    const length = 70;
    for (let i = 4; i < length; i++) {
      const edit = (body: Buffer) => {
        body[i] ^= 1 << (i % 8);
        return body;
      };
      await assertRefusal({
        name: '',
        flights: [withBody(serverFlight(), 'CertificateVerify', edit)],
        code: BAD_SIGNATURE,
      });
    }
  });

  const claims: [string, Identity['kind'], number, number][] = [
    ['rsa_pkcs1_sha256, which is for certificates only', 'rsa2048', 0x0401, 0x0401],
    ['rsa_pkcs1_sha1', 'rsa2048', 0x0201, 0x0201],
    ['ecdsa_sha1', 'p256', 0x0203, 0x0203],
    ['ecdsa_secp384r1_sha384 with a secp256r1 key', 'p256', 0x0503, 0x0503],
    ['ecdsa_secp256r1_sha256 with a secp384r1 key', 'p384', 0x0403, 0x0403],
    ['ecdsa_secp521r1_sha512, which was not offered', 'p256', 0x0603, 0x0603],
    ['rsa_pss_pss_sha256, which was not offered', 'rsa2048', 0x0804, 0x0809],
    ['rsa_pss_rsae_sha256 with an EC key', 'p256', 0x0403, 0x0804],
    ['ecdsa_secp256r1_sha256 with an RSA key', 'rsa2048', 0x0804, 0x0403],
    ['ed25519 with an EC key', 'p256', 0x0403, 0x0807],
    ['ecdsa_secp256r1_sha256 with an Ed25519 key', 'ed25519', 0x0807, 0x0403],
    ['scheme 0', 'p256', 0x0403, 0],
    ['a GREASE scheme', 'p256', 0x0403, 0x0a0a],
  ];
  for (const [name, kind, scheme, claimed] of claims) {
    it(`${name}: ${ILLEGAL}`, async () => {
      const flights = flightWith(certificateVerify(scheme, claimed));
      const ran = (await exchange({ flights }, {}, await serverIdentity(kind))).run();
      assertRefused(ran, ILLEGAL, 'handshake');
    });
  }
  it(`rsa_pss_rsae_sha384 signed with SHA-256: ${BAD_SIGNATURE}`, async () => {
    const flights = flightWith(certificateVerify(0x0804, 0x0805));
    assertRefused((await exchange({ flights }, {}, await serverIdentity('rsa2048'))).run(), BAD_SIGNATURE, 'handshake');
  });
  it(`by another key than the certificate's: ${BAD_SIGNATURE}`, async () => {
    const { der } = await serverIdentity();
    const other = await issued({});
    assertRefused((await exchange({}, {}, { ...other, der })).run(), BAD_SIGNATURE, 'handshake');
  });
});

describe('refuses a Finished', () => {
  for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] as const) {
    it(`${suite}: with any byte changed`, async () => {
      for (let i = 0; i < (suite.endsWith('384') ? 48 : 32); i++) {
        const edit = (body: Buffer) => {
          body[i] ^= 1 << (i % 8);
          return body;
        };
        await assertRefusal({
          name: '',
          server: { suite, flights: [withBody(serverFlight(), 'Finished', edit)] },
          code: 'ERR_TLS_BAD_FINISHED',
        });
      }
    });
  }
  itRefuses([
    {
      name: 'of zeros',
      flights: [withBody(serverFlight(), 'Finished', body => Buffer.alloc(body.length))],
      code: 'ERR_TLS_BAD_FINISHED',
    },
    {
      name: 'as long as another hash',
      flights: [withBody(serverFlight(), 'Finished', body => Buffer.concat([body, Buffer.alloc(16)]))],
      code: 'ERR_TLS_DECODE_ERROR',
    },
  ]);
});
