import assert from 'node:assert/strict';
import { parseCertificate } from '../../src/x509/certificate.js';
import { DerReader, Tag } from '../../src/x509/der-reader.js';
import {
  readBoolean,
  readInteger,
  readNamedBits,
  readOctets,
  readOid,
  readPositiveInteger,
} from '../../src/x509/der-values.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { parseTime } from '../../src/x509/time.js';
import type { Parts } from './support.js';
import {
  certificateOf,
  codeOf,
  commonName,
  der,
  ecdsaSha256,
  expectCode,
  extensions,
  hex,
  p256Algorithm,
  p256Spki,
} from './support.js';

const MALFORMED = 'ERR_CERT_MALFORMED';
const UNSUPPORTED = 'ERR_CERT_UNSUPPORTED';

const parse = (parts: Parts) => parseCertificate(certificateOf(parts));
const reader = (bytes: Uint8Array) => new DerReader(bytes, 0, bytes.length);

describe('x509: DER', () => {
  const length = (text: string, filler: number) => Buffer.concat([hex(text), Buffer.alloc(filler)]);
  const enter = (bytes: Uint8Array) => codeOf(() => reader(bytes).enter(bytes[0]));

  it('takes minimal definite lengths only', () => {
    assert.equal(enter(length('0400', 0)), 'none');
    assert.equal(enter(length('047f', 0x7f)), 'none');
    assert.equal(enter(length('048180', 0x80)), 'none');
    assert.equal(enter(length('04820100', 0x100)), 'none');
    assert.equal(enter(length('0482ffff', 0xffff)), 'none');
    const wrong = { '04817f': 0x7f, '04820080': 0x80, '048200ff': 0xff, '0483000100': 0x100, '0483010000': 0x10000 };
    for (const [text, filler] of Object.entries(wrong)) assert.equal(enter(length(text, filler)), MALFORMED, text);
    assert.equal(enter(hex('3080020100' + '0000')), MALFORMED, 'indefinite');
    assert.equal(enter(hex('04ff')), MALFORMED, 'reserved');
  });

  it('refuses what ends early, wherever it ends', () => {
    for (const text of ['04', '0401', '0481', '0482', '048201', '04820100', '047f00'])
      assert.equal(enter(hex(text)), MALFORMED, text);
    expectCode(MALFORMED, () => reader(hex('')).enter(Tag.Sequence));
    expectCode(MALFORMED, () => reader(hex('30030401')).enter(Tag.Sequence).enter(Tag.OctetString));
  });

  it('never looks beyond the end of an inner element', () => {
    const inner = reader(hex('30030402aabbcc')).enter(Tag.Sequence);
    expectCode(MALFORMED, () => inner.enter(Tag.OctetString));
    const tagOnly = reader(hex('30010402aabb')).enter(Tag.Sequence);
    expectCode(MALFORMED, () => tagOnly.enter(Tag.OctetString));
  });

  it('refuses tags of more than one byte', () => assert.equal(enter(hex('1f810100')), MALFORMED));

  it('refuses bytes behind the last element', () => {
    const content = reader(hex('3004040100aa')).enter(Tag.Sequence);
    content.enter(Tag.OctetString);
    expectCode(MALFORMED, () => content.finish());
  });

  it('takes minimal INTEGERs only', () => {
    const integer = (text: string) => codeOf(() => readInteger(reader(hex(text))));
    for (const good of ['020100', '02017f', '02020080', '020180', '0202ff7f'])
      assert.equal(integer(good), 'none', good);
    for (const bad of ['0200', '02020000', '0202007f', '0202ff80', '0203ffffff']) {
      assert.equal(integer(bad), MALFORMED, bad);
    }
    const positive = (text: string) => codeOf(() => readPositiveInteger(reader(hex(text))));
    assert.equal(positive('020100'), MALFORMED);
    assert.equal(positive('0201ff'), MALFORMED);
    assert.deepEqual([...readPositiveInteger(reader(hex('02020080')))], [0x80]);
  });

  it('takes BOOLEAN 00 and ff only', () => {
    assert.equal(readBoolean(reader(hex('0101ff'))), true);
    assert.equal(readBoolean(reader(hex('010100'))), false);
    assert.equal(readBoolean(reader(hex('020100'))), false);
    for (const bad of ['010101', '0100', '01020000', '0102ffff', '0101']) {
      expectCode(MALFORMED, () => readBoolean(reader(hex(bad))));
    }
  });

  it('takes BIT STRINGs with at most 7 unused bits, all zero', () => {
    for (const [good, bits] of [
      ['030100', 0],
      ['03020780', 0x80],
      ['03020106', 6],
      ['0303070680', 6],
    ] as const) {
      assert.equal(readNamedBits(reader(hex(good))), bits, good);
    }
    for (const bad of ['0300', '030101', '03020880', '03020781', '03020101', '0303070601']) {
      expectCode(MALFORMED, () => readNamedBits(reader(hex(bad))));
    }
    for (const bad of ['0300', '03020180', '0301ff']) expectCode(MALFORMED, () => readOctets(reader(hex(bad))));
  });

  it('takes minimal OBJECT IDENTIFIERs only', () => {
    assert.equal(readOid(reader(hex('0603550403'))), '550403');
    for (const bad of ['0600', '06025580', '0603558003', '06028001']) {
      expectCode(MALFORMED, () => readOid(reader(hex(bad))));
    }
  });
});

describe('x509: time', () => {
  const time = (tag: number, text: string) => parseTime(reader(der(tag, text)));

  it('reads what Date reads, for every day from 1950 to 2149 and years around the centuries', () => {
    const digits = (value: number, count: number) => String(value).padStart(count, '0');
    const days: number[] = [];
    for (let t = Date.UTC(1950, 0, 1); t < Date.UTC(2150, 0, 1); t += 86400000) days.push(t);
    for (const year of [1600, 1700, 1900, 2400, 9999])
      for (let d = 0; d < 365; d++) days.push(Date.UTC(year, 0, 1 + d));
    for (const day of days) {
      const date = new Date(day + 86399000);
      const rest = digits(date.getUTCMonth() + 1, 2) + digits(date.getUTCDate(), 2) + '235959Z';
      const year = date.getUTCFullYear();
      assert.equal(time(Tag.GeneralizedTime, digits(year, 4) + rest), date.getTime() / 1000);
      if (year < 2050 && year >= 1950)
        assert.equal(time(Tag.UtcTime, digits(year % 100, 2) + rest), date.getTime() / 1000);
    }
  });

  it('reads years 50 to 99 of a UTCTime as 19xx (RFC 5280 §4.1.2.5.1)', () => {
    assert.equal(time(Tag.UtcTime, '500101000000Z'), Date.UTC(1950, 0, 1) / 1000);
    assert.equal(time(Tag.UtcTime, '491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
  });

  for (const text of [
    '2001010000Z',
    '200101000000',
    '200101000000+0000',
    '200101000000z',
    '200101000000.0Z',
    '201301000000Z',
    '200001000000Z',
    '200100000000Z',
    '200132000000Z',
    '200431000000Z',
    '210229000000Z',
    '200101240000Z',
    '200101006000Z',
    '200101000060Z',
    '20010100000 Z',
    '2001010000:0Z',
    '',
  ]) {
    it('refuses UTCTime ' + JSON.stringify(text), () => expectCode(MALFORMED, () => time(Tag.UtcTime, text)));
  }
  for (const text of ['19000229000000Z', '20200101000000.5Z', '200101000000Z', '2020010100Z', '20200101000000+0100']) {
    it('refuses GeneralizedTime ' + text, () => expectCode(MALFORMED, () => time(Tag.GeneralizedTime, text)));
  }
});

describe('x509: certificate', () => {
  const basicConstraints = (value: string): Parts => ({ extensions: extensions(['551d13', true, hex(value)]) });

  it('is taken in version 3, and in version 1 without extensions', () => {
    assert.equal(parse({}).ca, false);
    assert.equal(parse({ version: hex('') }).notBefore, 1577836800);
  });

  it('has views of its DER', () => {
    const bytes = certificateOf({ serial: hex('02020080') });
    const certificate = parseCertificate(bytes);
    assert.equal(certificate.tbs.buffer, bytes.buffer);
    assert.equal(certificate.publicKey.spki.buffer, bytes.buffer);
    assert.deepEqual(Buffer.from(certificate.subject), commonName('subject'));
    assert.deepEqual(Buffer.from(certificate.issuer), commonName('issuer'));
    assert.deepEqual(Buffer.from(certificate.publicKey.spki), p256Spki);
    assert.deepEqual([...certificate.signature], [1, 2, 3]);
  });

  const cases: [string, string, Parts][] = [
    ['version 2', UNSUPPORTED, { version: hex('a003020101') }],
    ['version 4', UNSUPPORTED, { version: hex('a003020103') }],
    ['version 1 spelled out', MALFORMED, { version: hex('a003020100') }],
    ['a version with a rest', MALFORMED, { version: hex('a0040201020500').subarray(0, 6) }],
    ['no serial number', MALFORMED, { serial: hex('') }],
    ['a serial number not minimal', MALFORMED, { serial: hex('02020001') }],
    [
      'different inner and outer algorithms',
      MALFORMED,
      { innerAlgorithm: hex('300a06082a8648ce3d040303'), outerAlgorithm: ecdsaSha256 },
    ],
    ['an empty issuer', MALFORMED, { issuer: hex('3000') }],
    ['a validity of one time', MALFORMED, { validity: der(0x30, der(0x17, '200101000000Z')) }],
    [
      'a validity of three times',
      MALFORMED,
      { validity: der(0x30, der(0x17, '200101000000Z'), der(0x17, '200101000000Z'), der(0x17, '200101000000Z')) },
    ],
    ['an issuer unique identifier', UNSUPPORTED, { unique: hex('81020000') }],
    ['a subject unique identifier', UNSUPPORTED, { unique: hex('82020000') }],
    [
      'something after the extensions',
      MALFORMED,
      { extensions: Buffer.concat([extensions(['551d0f', true, hex('03020780')]), hex('0500')]) },
    ],
    [
      'extensions in version 1',
      MALFORMED,
      { version: hex(''), extensions: extensions(['551d0f', true, hex('03020780')]) },
    ],
    ['an empty list of extensions', MALFORMED, { extensions: hex('a3023000') }],
    [
      'something beside the list of extensions',
      MALFORMED,
      { extensions: der(0xa3, extensions(['551d0f', true, hex('03020780')]).subarray(2), hex('0500')) },
    ],
    [
      'the same extension twice',
      MALFORMED,
      { extensions: extensions(['551d0f', true, hex('03020780')], ['551d0f', true, hex('03020780')]) },
    ],
    [
      'the same unknown extension twice',
      MALFORMED,
      { extensions: extensions(['2a0304', false, hex('0500')], ['2a0304', false, hex('0500')]) },
    ],
    ['an unknown critical extension', UNSUPPORTED, { extensions: extensions(['2a0304', true, hex('0500')]) }],
    ['critical name constraints', UNSUPPORTED, { extensions: extensions(['551d1e', true, hex('3000')]) }],
    ['name constraints', UNSUPPORTED, { extensions: extensions(['551d1e', false, hex('3000')]) }],
    ['an extension with a rest', MALFORMED, { extensions: extensions(['551d0f', true, hex('030207800500')]) }],
    ['a path length without cA', MALFORMED, basicConstraints('3003020100')],
    ['a negative path length', MALFORMED, basicConstraints('30060101ff0201ff')],
    ['a rest in basicConstraints', MALFORMED, basicConstraints('30050101ff0500')],
    ['an empty extended key usage', MALFORMED, { extensions: extensions(['551d25', false, hex('3000')]) }],
    ['a signature of no whole bytes', MALFORMED, { signature: hex('03020780') }],
    ['an element after tbsCertificate', MALFORMED, { afterTbs: hex('0500') }],
  ];
  for (const [title, code, parts] of cases) it('is refused with ' + title, () => expectCode(code, () => parse(parts)));

  it('may have an unknown extension that is not critical', () => {
    assert.equal(parse({ extensions: extensions(['2a0304', false, hex('0500')]) }).serverAuth, true);
  });

  it('has its basic constraints read', () => {
    assert.equal(parse(basicConstraints('3000')).ca, false);
    assert.equal(parse(basicConstraints('3003010100')).ca, false, 'FALSE spelled out is tolerated');
    assert.equal(parse(basicConstraints('30030101ff')).ca, true);
    assert.equal(parse(basicConstraints('30030101ff')).pathLength, 127);
    assert.equal(parse(basicConstraints('30060101ff020100')).pathLength, 0);
    assert.equal(parse(basicConstraints('30070101ff02020080')).pathLength, 127);
  });

  it('is good for TLS servers with serverAuth, anyExtendedKeyUsage or no extended key usage', () => {
    const purposes = (...oids: string[]) =>
      parse({ extensions: extensions(['551d25', false, der(0x30, ...oids.map(oid => der(0x06, hex(oid))))]) })
        .serverAuth;
    assert.equal(purposes('2b06010505070302'), false);
    assert.equal(purposes('2b06010505070302', '2b06010505070301'), true);
    assert.equal(purposes('551d2500'), true);
    assert.equal(parse({}).serverAuth, true);
  });
});

describe('x509: public keys', () => {
  const rsaAlgorithm = hex('300d06092a864886f70d0101010500');
  const modulus = (bytes: number, first = 0x80, last = 1) => {
    const value = Buffer.alloc(bytes + 1, 0x55);
    value[0] = 0;
    value[1] = first;
    value[bytes] = last;
    return der(0x02, first >= 0x80 ? value : value.subarray(1));
  };
  const rsa = (n: Uint8Array, e: Uint8Array, algorithm = rsaAlgorithm) =>
    der(0x30, algorithm, der(0x03, [0], der(0x30, n, e)));
  const f4 = hex('0203010001');

  it('of RSA give modulus and exponent without leading zeros', () => {
    const key = parsePublicKey(rsa(modulus(256), f4));
    assert.equal(key.kind, 'rsa');
    assert.equal(key.pssOnly, false);
    assert.equal(key.modulus!.length, 256);
    assert.deepEqual([...key.exponent!], [1, 0, 1]);
    assert.equal(parsePublicKey(rsa(modulus(256), f4, hex('300b06092a864886f70d01010a'))).pssOnly, true);
  });

  const cases: [string, string, Uint8Array][] = [
    ['RSA of 1024 bits', UNSUPPORTED, rsa(modulus(128), f4)],
    ['RSA of 2047 bits', UNSUPPORTED, rsa(modulus(256, 0x7f), f4)],
    ['RSA of 8200 bits', UNSUPPORTED, rsa(modulus(1025), f4)],
    ['RSA with an exponent of 40 bits', UNSUPPORTED, rsa(modulus(256), hex('02050100000001'))],
    ['RSA with an even modulus', MALFORMED, rsa(modulus(256, 0x80, 2), f4)],
    ['RSA with an even exponent', MALFORMED, rsa(modulus(256), hex('020102'))],
    ['RSA with exponent 1', MALFORMED, rsa(modulus(256), hex('020101'))],
    ['RSA with a negative modulus', MALFORMED, rsa(der(0x02, Buffer.alloc(256, 0x81)), f4)],
    ['RSA with a rest', MALFORMED, rsa(modulus(256), Buffer.concat([f4, hex('0500')]))],
    ['RSA without NULL', UNSUPPORTED, rsa(modulus(256), f4, hex('300b06092a864886f70d010101'))],
    ['a compressed point', UNSUPPORTED, der(0x30, p256Algorithm, der(0x03, [0, 2], Buffer.alloc(32)))],
    ['a point too short', MALFORMED, der(0x30, p256Algorithm, der(0x03, [0, 4], Buffer.alloc(63)))],
    ['the point at infinity', MALFORMED, der(0x30, p256Algorithm, der(0x03, [0, 0]))],
    ['no point', MALFORMED, der(0x30, p256Algorithm, der(0x03, [0]))],
    ['a P-384 point on P-256', MALFORMED, der(0x30, p256Algorithm, der(0x03, [0, 4], Buffer.alloc(96)))],
    [
      'P-521',
      UNSUPPORTED,
      der(0x30, hex('301006072a8648ce3d020106052b81040023'), der(0x03, [0, 4], Buffer.alloc(132))),
    ],
    ['Ed25519 of 31 bytes', MALFORMED, der(0x30, hex('300506032b6570'), der(0x03, [0], Buffer.alloc(31)))],
    ['Ed448', UNSUPPORTED, der(0x30, hex('300506032b6571'), der(0x03, [0], Buffer.alloc(57)))],
    ['a rest', MALFORMED, der(0x30, p256Spki.subarray(2), hex('0500'))],
  ];
  for (const [title, code, spki] of cases)
    it('are refused: ' + title, () => expectCode(code, () => parsePublicKey(spki)));
});
