import assert from 'node:assert/strict';
import * as net from 'node:net';
import * as fc from 'fast-check';
import { parseCertificate } from '../../src/x509/certificate.js';
import { describeName } from '../../src/x509/describe-name.js';
import { parseIpAddress } from '../../src/x509/ip-address.js';
import { pemToDer } from '../../src/x509/pem.js';
import { verifyServerIdentity } from '../../src/x509/server-identity.js';
import { makeCertificate } from '../../tools/certificates.js';
import { certificateOf, codeOf, commonName, der, expectCode, extensions, hex } from './support.js';

const dns = (name: string) => der(0x82, name);
const ip = (text: string) => der(0x87, hex(text));
const check = (names: Uint8Array[], serverName: string) =>
  codeOf(() => {
    const san = extensions(['551d11', false, der(0x30, ...names)]);
    verifyServerIdentity(
      parseCertificate(certificateOf({ extensions: san, subject: commonName('cn.test') })),
      serverName,
    );
  });
const MISMATCH = 'ERR_CERT_NAME_MISMATCH';

describe('x509: server identity (RFC 9525 §6)', () => {
  const table: [string, string, string][] = [
    // presented, wanted, outcome
    ['example.test', 'example.test', 'none'],
    ['EXAMPLE.Test', 'example.TEST', 'none'],
    ['example.test', 'example.test.', 'none'],
    ['example.test.', 'example.test', MISMATCH],
    ['example.test', 'www.example.test', MISMATCH],
    ['www.example.test', 'example.test', MISMATCH],
    ['example.test', 'example.tes', MISMATCH],
    ['xample.test', 'example.test', MISMATCH],
    ['example.test\0.evil.test', 'example.test', MISMATCH],
    ['', 'example.test', MISMATCH],
    ['*.example.test', 'www.example.test', 'none'],
    ['*.EXAMPLE.test', 'WWW.example.test', 'none'],
    ['*.example.test', 'xn--bcher-kva.example.test', 'none'],
    ['*.example.test', 'example.test', MISMATCH],
    ['*.example.test', 'a.b.example.test', MISMATCH],
    ['*.example.test', '.example.test', 'ERR_USAGE'],
    ['w*.example.test', 'www.example.test', MISMATCH],
    ['*w.example.test', 'www.example.test', MISMATCH],
    ['www.*.test', 'www.example.test', MISMATCH],
    ['*.*.test', 'www.example.test', MISMATCH],
    ['*', 'localhost', MISMATCH],
    ['*.', 'localhost', MISMATCH],
    ['*.lan', 'printer.lan', 'none'],
    ['*.lan', 'lan', MISMATCH],
    ['localhost', 'localhost', 'none'],
    ['_service.example.test', '_service.example.test', 'none'],
    ['1.2.3.4', '1.2.3.4', MISMATCH],
    ['*.2.3.4', '1.2.3.4', MISMATCH],
    ['\xc9xample.test', '\xc9xample.test', 'ERR_USAGE'],
  ];
  for (const [presented, wanted, outcome] of table) {
    it(`${JSON.stringify(presented)} for ${JSON.stringify(wanted)}: ${outcome}`, () => {
      assert.equal(check([dns(presented)], wanted), outcome);
    });
  }

  it('takes any of several names, and names of other kinds are skipped', () => {
    const names = [
      der(0x81, 'a@b.test'),
      dns('a.test'),
      der(0xa0, hex('06022a03a0020c00')),
      dns('b.test'),
      ip('7f000001'),
    ];
    assert.equal(check(names, 'b.test'), 'none');
    assert.equal(check(names, '127.0.0.1'), 'none');
    assert.equal(check(names, 'a@b.test'), 'ERR_USAGE');
    assert.equal(check([der(0x86, 'b.test')], 'b.test'), MISMATCH);
  });

  it('compares addresses by their bytes and with addresses only', () => {
    assert.equal(check([ip('c0000201')], '192.0.2.1'), 'none');
    assert.equal(check([ip('c0000201')], '192.0.2.2'), MISMATCH);
    assert.equal(check([ip('20010db8000000000000000000000001')], '2001:DB8::1'), 'none');
    assert.equal(check([ip('20010db8000000000000000000000001')], '2001:db8::2'), MISMATCH);
    assert.equal(check([ip('00000000000000000000ffffc0000201')], '192.0.2.1'), MISMATCH);
    assert.equal(check([ip('61626364')], 'abcd'), MISMATCH);
  });

  it('never falls back to the common name', () => {
    assert.equal(check([dns('other.test')], 'cn.test'), MISMATCH);
    const bare = parseCertificate(certificateOf({ subject: commonName('cn.test') }));
    expectCode(MISMATCH, () => verifyServerIdentity(bare, 'cn.test'));
  });

  it('refuses malformed names even behind one that fits', () => {
    assert.equal(check([dns('a.test'), ip('7f0000')], 'a.test'), 'ERR_CERT_MALFORMED');
    assert.equal(check([dns('a.test'), ip('c0000200ffffff00')], 'a.test'), 'ERR_CERT_MALFORMED');
    assert.equal(check([dns('a.test'), hex('8205aa')], 'a.test'), 'ERR_CERT_MALFORMED');
    assert.equal(check([], 'a.test'), 'ERR_CERT_MALFORMED');
  });

  for (const name of [
    '',
    '.',
    'a..test',
    'a b.test',
    'a/b',
    '[::1]',
    'fe80::1%eth0',
    '1.2.3',
    '256.1.1.1',
    '01.2.3.4',
    'a.1',
    'x'.repeat(64),
    ('a'.repeat(49) + '.').repeat(6) + 'test',
  ]) {
    it('refuses to look for ' + JSON.stringify(name.substring(0, 20)), () =>
      assert.equal(check([dns('a.test')], name), 'ERR_USAGE'),
    );
  }
});

describe('x509: IP addresses as text (RFC 4291 §2.2)', () => {
  const bytes = (text: string) => {
    const address = parseIpAddress(text);
    return address && Buffer.from(address).toString('hex');
  };

  it('reads the forms of the RFC', () => {
    assert.equal(bytes('0.0.0.0'), '00000000');
    assert.equal(bytes('255.255.255.255'), 'ffffffff');
    assert.equal(bytes('::'), '00'.repeat(16));
    assert.equal(bytes('::1'), '00'.repeat(15) + '01');
    assert.equal(bytes('1::'), '0001' + '00'.repeat(14));
    assert.equal(bytes('2001:DB8:0:0:8:800:200C:417A'), '20010db80000000000080800200c417a');
    assert.equal(bytes('::ffff:129.144.52.38'), '00'.repeat(10) + 'ffff81903426');
    assert.equal(bytes('1:2:3:4:5:6:1.2.3.4'), '00010002000300040005000601020304');
    assert.equal(bytes('1:2:3:4:5:6:7::'), '00010002000300040005000600070000');
  });

  it('agrees with node:net on what is an address', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      'ff',
      '12345',
      'g',
      '::',
      ':',
      '.',
      '1.2.3.4',
      '255',
      '256',
      '',
      '-1',
      'FFFF',
      '%',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 10 }).map(parts => parts.join('')),
      fc.array(piece, { maxLength: 9 }).map(parts => parts.join(':')),
      fc.array(piece, { maxLength: 5 }).map(parts => parts.join('.')),
      fc.ipV4(),
      fc.ipV6(),
    );
    fc.assert(
      fc.property(text, value => {
        if (value.includes('%')) return parseIpAddress(value) === undefined;
        return (parseIpAddress(value)?.length ?? 0) === [0, 0, 0, 0, 4, 0, 16][net.isIP(value)];
      }),
      { numRuns: 3000 },
    );
  });
});

describe('x509: PEM (RFC 7468)', () => {
  it('gives every certificate, whatever lies between', async () => {
    const a = await makeCertificate();
    const b = await makeCertificate({ kind: 'p384' });
    const blocks = pemToDer('# a comment\r\n' + a.pem.replace(/\n/g, '\r\n') + '\n' + a.keyPem + b.pem);
    assert.equal(blocks.length, 2);
    assert.deepEqual(Buffer.from(blocks[0]), Buffer.from(a.der));
    assert.deepEqual(Buffer.from(blocks[1]), Buffer.from(b.der));
  });

  it('decodes as Buffer does, and refuses everything that does not encode back to the same text', () => {
    const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), data => {
        assert.deepEqual(Buffer.from(pemToDer(pem(Buffer.from(data).toString('base64')))[0]), Buffer.from(data));
      }),
    );
    const characters = fc.constantFrom('A', 'B', '/', '+', 'z', '=', '9', '-', '_', '.');
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 9 }), parts => {
        const text = parts.join('');
        const good = text !== '' && Buffer.from(text, 'base64').toString('base64') === text;
        assert.equal(
          codeOf(() => pemToDer(pem(text))),
          good ? 'none' : 'ERR_USAGE',
          text,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a text without certificates or with an open end', () => {
    expectCode('ERR_USAGE', () => pemToDer(''));
    expectCode('ERR_USAGE', () => pemToDer('-----BEGIN CERTIFICATE-----\nAAAA\n'));
  });
});

describe('x509: a Name for people', () => {
  it('shows the most specific part first', async () => {
    const { der: bytes } = await makeCertificate({ subject: 'C=CH, O=Example, CN=example.test' });
    assert.equal(describeName(parseCertificate(bytes).subject), 'CN=example.test, O=Example, C=CH');
  });

  it('lets no control character through', () => {
    assert.equal(describeName(commonName('a\x1b[2J\n"b",\\\xff')), 'CN=a\\1b[2J\\0a\\"b\\"\\,\\\\\\ff');
  });

  it('shows unknown attributes, several in a part, and an empty name', () => {
    const attribute = (oid: string, value: string) => der(0x30, der(0x06, hex(oid)), der(0x0c, value));
    assert.equal(describeName(der(0x30, der(0x31, attribute('2a03', 'x'), attribute('550403', 'y')))), '2a03=x+CN=y');
    assert.equal(describeName(hex('3000')), '');
    expectCode('ERR_CERT_MALFORMED', () => describeName(hex('30023100')));
  });
});
