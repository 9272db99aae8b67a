/** Writes the seeds that have names: inputs made on purpose, one for each thing a target can reach. Those named by a hash were found. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as dnsPacket from 'dns-packet';
import { clientHello } from '../../test/fuzz/client.js';
import { type CertificateName, fixture } from '../../test/fuzz/fixtures.js';
import { FuzzServer, type Retry } from '../../test/fuzz/server.js';
import { parseClientHello } from '../../test/peers/client-hello.js';
import { uint16, vector } from '../../test/peers/steps.js';

/** The largest of both targets: index 3. */
const RING = 16645;

function seed(target: string, name: string, ...pieces: (Uint8Array | number[] | string)[]): void {
  const folder = `test/fuzz/seeds/${target}/`;
  mkdirSync(folder, { recursive: true });
  const parts = pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece)));
  writeFileSync(folder + name, Buffer.concat(parts));
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// records: ring, limit, chunks, keys; then kind, type, length, padding, content
for (const [name, keys] of [
  ['plaintext', 0],
  ['aes-gcm', 1],
  ['aes-256', 3],
  ['chacha', 5],
  ['ccm', 7],
] as const) {
  seed('records', `${name}-three`, [5, 0, 7, keys], [3, 22, 0, 40, 0], [3, 23, 1, 0, 9], [1, 0], [3, 21, 0, 2, 0]);
  seed('records', `${name}-damaged`, [4, 0, 9, keys], [3, 23, 0, 9, 1], [7, 23, 0, 4, 6, 1, 2, 3, 4]);
  seed('records', `${name}-too-large`, [0, 64, 1, keys], [3, 23, 0, 9, 1], [2, 23, 16, 0, 0]);
}
seed('records', 'largest', [7, 0, 3, 1], [2, 23, 64, 0, 0], [2, 23, 64, 1, 0]);
for (const keys of [8, 9, 11, 13]) {
  seed(
    'records',
    `chip-${keys}`,
    [5, 0, 7, keys],
    [2, 23, 64, 0, 0],
    [3, 23, 0, 9, 0],
    [2, 23, 62, 200, 255],
    [2, 23, 10, 0, 0],
  );
  seed('records', `chip-damaged-${keys}`, [4, 0, 7, keys], [2, 23, 20, 0, 0], [7, 23, 1, 255, 9], Buffer.alloc(511, 3));
  seed('records', `chip-cut-${keys}`, [4, 0, 7, keys], [3, 23, 0, 20, 0], [0, 7, 23, 3, 3, 16, 32, 1, 2]);
  seed('records', `chip-padding-${keys}`, [4, 0, 7, keys], [2, 0, 20, 0, 0], [3, 23, 0, 20, 0]);
}
seed('records', 'limit', [7, 64, 3, 1], [3, 23, 0, 63, 0], [3, 23, 0, 64, 0]);
seed('records', 'only-padding', [7, 0, 3, 1], [3, 23, 0, 0, 20], [3, 0, 0, 9, 0]);
seed('records', 'foreign', [7, 0, 3, 0], [0, 5], 'HTTP/');

// flight: ring, chunks; then the server's bytes
const good = new FuzzServer(0, 0, RING);
good.message(8, good.body(8));
good.message(11, good.body(11));
seed('flight', 'half', [3, 5], ...good.wire);
for (const retry of [1, 2, 3])
  seed('flight', `retry-${retry}`, [3, retry], ...new FuzzServer(1, retry as Retry, RING).wire);
seed('flight', 'hello-ccm', [1, 5], ...new FuzzServer(3, 0, 300).wire);
seed('flight', 'alert', [3, 5], hex('15030300020228'));
seed('flight', 'http', [3, 5], 'HTTP/1.1 400 Bad Request\r\n\r\n');
seed('flight', 'ccs', [3, 5], hex('140303000101'), ...new FuzzServer(2, 0, RING).wire, hex('140303000101'));

// handshake: hellos, ring, chunks; then steps
const flight = [0, 1, 2, 3, 4];
seed('handshake', 'whole', [0, 3, 1], flight, [5, 6, 7, 8, 50, 3, 8, 0, 0, 9, 0]);
seed('handshake', 'no-request', [1, 2, 2], [0, 2, 3, 4], [8, 200, 0, 5, 7, 8, 9, 1]);
for (let hellos = 2; hellos < 16; hellos++)
  seed('handshake', `hellos-${hellos}`, [hellos, 3, hellos], flight, [8, 5, 0]);
seed('handshake', 'coalesced', [0, 3, 1], [14, 1], flight, [5, 5, 7, 8, 9, 0, 9, 0]);
seed('handshake', 'tiny-records', [0, 0, 1], [14, 6], [0, 2, 3, 4], [5, 8, 9, 0, 9, 0]);
seed('handshake', 'no-verify', [0, 3, 1], [0, 2, 4]);
seed('handshake', 'ccs', [0, 3, 1], [15, 0, 15, 2, 15, 3, 4, 15]);
seed('handshake', 'canceled', [0, 3, 1], flight, [9, 90, 8, 3, 0, 9, 0]);
seed('handshake', 'alpn', [0, 3, 1], [10, 8, 0, 11], hex('0009001000050003026832'), [1, 2, 3, 4, 8, 3, 0]);
seed('handshake', 'record-limit', [0, 3, 1], [10, 8, 0, 8], hex('0006001c00020040'), [2, 3, 4, 8, 99, 0]);
for (let which = 0; which < 6; which++) {
  seed('handshake', `damaged-${which}`, [0, 3, 1], flight.slice(0, which), [11, which, 0, 1, 0, 9, 0x55], [1, 2, 3, 4]);
}
seed(
  'handshake',
  'ticket-extensions',
  [0, 3, 1],
  flight,
  [10, 4, 0, 23],
  hex('00001c20010203040100000261620008002a000400000000'),
);
seed('handshake', 'update-unknown', [0, 3, 1], flight, [10, 24, 0, 1, 2]);
seed('handshake', 'forged-verify', [0, 3, 1], [0, 2, 11, 3, 0, 1, 0, 9, 0x55, 4]);
seed('handshake', 'raw', [0, 3, 1], [0, 12, 23, 20], Buffer.alloc(20));
seed('handshake', 'inner-type', [0, 3, 1], [0, 13, 25, 3, 1, 2, 3, 9]);

// messages: parser; then the body
const { sessionId } = parseClientHello(clientHello(RING).subarray(5));
const serverHello = new FuzzServer(0, 0, RING).wire[0]!.subarray(9);
const counting = Buffer.from(Array.from({ length: 64 }, (_, i) => i));
const withSession = (body: Uint8Array) =>
  hex(Buffer.from(body).toString('hex').replace(sessionId.toString('hex'), counting.subarray(32).toString('hex')));
seed('messages', 'server-hello', [0], withSession(serverHello));
for (const retry of [1, 2, 3] as Retry[]) {
  const wire = new FuzzServer(0, retry, RING).wire[0]!;
  seed('messages', `hello-retry-request-${retry}`, [0], withSession(wire.subarray(9, 5 + wire.readUInt16BE(3))));
}
seed('messages', 'tls12-hello', [0], hex('0303'), Buffer.alloc(32, 5), hex('00c02f00'));
const extensions = (...list: [number, Buffer][]) =>
  vector(2, ...list.map(([type, data]) => Buffer.concat([uint16(type), vector(2, data)])));
seed(
  'messages',
  'encrypted-extensions',
  [1],
  extensions([0, hex('')], [10, hex('0002001d')], [16, hex('0003026832')], [28, hex('4001')]),
);
seed('messages', 'encrypted-extensions-none', [1], extensions());
seed(
  'messages',
  'certificate',
  [2],
  hex('00'),
  vector(3, vector(3, hex('3000')), vector(2), vector(3, hex('300100')), vector(2)),
);
seed(
  'messages',
  'certificate-request',
  [3],
  hex('00'),
  extensions([13, hex('000204030804'.slice(0, 8))], [47, hex('1234')]),
);
seed('messages', 'ticket', [4], new FuzzServer(0, 0, RING).body(4));
seed('messages', 'ticket-early-data', [4], hex('00001c20010203040100000261620008002a000400000000'));
seed('messages', 'key-update', [5, 1]);

for (const name of ['root', 'server', 'chainRoot', 'chainMiddle', 'chainLeaf'] as CertificateName[]) {
  seed('certificate', name, fixture(name));
}

// chain: certificates; then each: which, edits, per edit how, where, bytes
seed('chain', 'good', [1, 0, 0, 1, 0]);
seed('chain', 'good-server', [0, 3, 0]);
seed('chain', 'mixed', [4, 0, 0, 4, 0, 3, 0, 2, 0, 1, 0]);
seed('chain', 'root-in-it', [2, 0, 0, 1, 0, 2, 0]);
seed('chain', 'damaged-signature', [1, 0, 1, 6, 2, 60, 1, 1, 0]);
seed('chain', 'damaged-middle', [1, 0, 0, 1, 1, 6, 0, 90, 1]);
seed('chain', 'leaf-as-issuer', [1, 3, 0, 0, 0]);

for (const text of [
  '10.0.0.1',
  '::',
  '::1',
  '2001:db8::ff:1',
  '1:2:3:4:5:6:7:8',
  '::ffff:1.2.3.4',
  '1::2::3',
  '1.2.3.256',
]) {
  seed('text', 'address-' + text.replace(/:/g, '_'), [0], text);
}
for (const text of ['10.0.0.1', '010.000.0.255', '1.2.3']) seed('text', 'dotted-' + text, [1], text);
const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
for (const [i, body] of ['AAECAwQ=', 'AAECAw==', 'AAEC', 'AAE', 'A=A='].entries())
  seed('text', `pem-${i}`, [2], pem(body));
seed('text', 'pem-two', [2], pem('AAEC'), 'x\n', pem('AwQF\r\nBgcI'));
for (const text of ['a', 'www.example.com.', 'xn--bcher-kva.example', '-_.1', '1.2.3.4', 'a..b', 'a'.repeat(64)]) {
  seed('text', 'name-' + text.slice(0, 20), [3], text);
}

const NAME = 'www.example.com';
const answer = (flags: number, answers: dnsPacket.Answer[]) =>
  dnsPacket.encode({ type: 'response', id: 0, flags, questions: [{ type: 'A', name: NAME }], answers });
seed('dns', 'address', answer(0, [{ type: 'A', name: NAME, ttl: 9, data: '192.0.2.1' }]));
seed(
  'dns',
  'alias',
  answer(0, [
    { type: 'CNAME', name: NAME, data: 'cdn.example.net' },
    { type: 'AAAA', name: 'cdn.example.net', data: '::1' },
    { type: 'A', name: 'cdn.example.net', data: '192.0.2.7' },
  ]),
);
seed('dns', 'no-such-name', answer(3, []));
seed('dns', 'none', answer(0, []));
seed('dns', 'refused', answer(5, []));
seed('dns', 'truncated', answer(dnsPacket.TRUNCATED_RESPONSE, []));
const compressed = Buffer.from(answer(0, []));
compressed[7] = 2;
seed(
  'dns',
  'compressed',
  compressed,
  hex('c00c00050001000000090004'),
  hex('0161c010'),
  hex('c02d00010001000000090004c0000201'),
);
seed('dns', 'pointer-to-itself', compressed, hex('c02100010001000000090004c0000201'), hex('c000'));

seed('dns', 'wrong-length', compressed, hex('c00c00010001000000090005c000020100'), hex('c00c00050001000000090000'));

const dhcp = Buffer.alloc(240);
hex('0201060001020304').copy(dhcp);
hex('0a000005').copy(dhcp, 16);
hex('020102030405').copy(dhcp, 28);
hex('63825363').copy(dhcp, 236);
seed(
  'dhcp',
  'offer',
  dhcp,
  hex('35010236040a0000013304000151800104ffffff0003040a000001060808080808090909092a040a000002ff'),
);
seed('dhcp', 'ack', dhcp, hex('00003501053a04000000643b04000000c80c02616200ff000000'));
seed('dhcp', 'nak', dhcp, hex('350106ff'));
seed('dhcp', 'no-end', dhcp, hex('350105'));
seed('dhcp', 'cut-option', dhcp, hex('35010536040a'));
seed('dhcp', 'other-client', dhcp.subarray(0, 33), [9], dhcp.subarray(34), hex('350105ff'));

const sntp = hex(
  '2401000000000000' + '0000000000000000' + '0000000000000000' + '0001020304050607' + '0000000000000000',
);
seed('sntp', 'answer', sntp, hex('ec00000080000000'));
seed('sntp', 'era-1', sntp, hex('0000100000000000'));
seed('sntp', 'unsynchronised', hex('e4'), sntp.subarray(1), hex('ec00000080000000'));
seed('sntp', 'kiss-of-death', hex('2400'), sntp.subarray(2), hex('ec00000080000000'));
seed('sntp', 'too-old', sntp, hex('d000000080000000'));

// chip: address, then steps: what, operands
const polls = [0xfc, 0xfc];
seed('chip', 'connection', [0], polls, [0], polls, [4, 100, 1, 2, 50, 0xfc, 1, 5, 0xfc, 1, 1, 23], polls);
seed('chip', 'reset', [0], polls, [0], polls, [4, 9, 0x15, 0xfc, 1, 1]);
seed(
  'chip',
  'lookup',
  [0],
  polls,
  [16],
  polls,
  [0x16, 16],
  hex('c00c00010001000000090004' + '0a000009'),
  polls,
  [4, 9, 1],
);
seed('chip', 'time', [0], polls, [10], polls, [0x46, 48], Buffer.alloc(48, 0x24), polls);
seed(
  'chip',
  'dhcp',
  [1],
  polls,
  polls,
  [0x26, 9],
  hex('350102ff'),
  polls,
  [0x66, 4, 1, 2, 3, 4],
  polls,
  [3, 16, 0],
  polls,
);
seed('chip', 'link', [0], polls, [0], polls, [8, 3, 32, 0], polls, [8], polls, [0], polls);
seed('chip', 'forgotten', [0], polls, [0], polls, [9, 3, 4, 0], polls, [0], polls);
seed('chip', 'torn-status', [0], polls, [0], polls, [4, 9, 11, 5, 0x27, 0xff, 0], polls, [1]);
seed('chip', 'miso-high', [0], polls, [0], polls, [11, 63, 0, 0xff, 1], polls, polls, [0], polls);
seed(
  'chip',
  'wrap',
  [0],
  polls,
  [0],
  polls,
  [4, 255, 1, 1, 1, 1, 4, 255, 1, 1, 1, 1, 2, 255, 0xfc, 2, 255, 0xfc, 2, 255, 0xfc],
);
