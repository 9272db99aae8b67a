/** RFC 8448 §3, "Simple 1-RTT Handshake", and what §4, "Resumed 0-RTT Handshake", has of its own: secrets, keys, Finished, binder and records, byte for byte. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { type CipherSuite, supportedSuites } from '../../src/tls/cipher-suites.js';
import { ContentType } from '../../src/tls/constants.js';
import { deriveSecret, hkdfExpandLabel, KeySchedule } from '../../src/tls/key-schedule.js';
import { RecordProtection } from '../../src/tls/record-protection.js';
import { RecordReader } from '../../src/tls/record-reader.js';
import { RecordWriter } from '../../src/tls/record-writer.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const hex = (array: Uint8Array) => Buffer.from(array).toString('hex');
const none = new Uint8Array(0);
const suite = supportedSuites(nodeCryptoProvider, true).find(({ id }) => id === 0x1301) as CipherSuite;

const SHARED = '8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d';
const HELLOS = '860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8';
const SERVER_FINISHED = '9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13';
const CLIENT_HS = 'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21';
const SERVER_HS = 'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38';
const CLIENT_AP = '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5';
const SERVER_AP = 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643';
const EXPORTER = 'fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50';
const FINISHED = `14000020 a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61`;
const FINISHED_RECORD = `1703030035 75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f8
  0338ac98fc46deb384bd1caeacab6867d726c40546`;
const DATA_RECORD = `1703030043 a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a
  6292a2977014bd1e3deae63aeebb21694915e4`;
const CLOSE_RECORD = '1703030013 c9872760655666b74d7ff1153efd6db6d0b0e3';

describe('RFC 8448 §3', () => {
  it('traffic secrets of the handshake and of application data, and the exporter secret', () => {
    const schedule = new KeySchedule(suite.hash);
    schedule.enter(bytes(SHARED), bytes(HELLOS));
    assert.equal(hex(schedule.clientSecret), CLIENT_HS);
    assert.equal(hex(schedule.serverSecret), SERVER_HS);
    schedule.enter(undefined, bytes(SERVER_FINISHED));
    assert.equal(hex(schedule.clientSecret), CLIENT_AP);
    assert.equal(hex(schedule.serverSecret), SERVER_AP);
    const exporter = deriveSecret(suite.hash, schedule.stageSecret, 'exp master', bytes(SERVER_FINISHED));
    assert.equal(hex(exporter), EXPORTER);
  });

  it('keys and nonces', () => {
    const expand = (secret: string, label: string, length: number) =>
      hex(hkdfExpandLabel(suite.hash, bytes(secret), label, none, length));
    assert.equal(expand(SERVER_HS, 'key', 16), '3fce516009c21727d0f2e4e86ee403bc');
    assert.equal(expand(SERVER_HS, 'iv', 12), '5d313eb2671276ee13000b30');
    assert.equal(expand(CLIENT_HS, 'key', 16), 'dbfaa693d1762c5b666af5d950258d01');
    assert.equal(expand(CLIENT_AP, 'iv', 12), '5b78923dee08579033e523d9');
  });

  it('Finished of the client', () => {
    const schedule = new KeySchedule(suite.hash);
    assert.equal(hex(schedule.verifyData(bytes(CLIENT_HS), bytes(SERVER_FINISHED))), hex(bytes(FINISHED)).slice(8));
  });

  it('secrets are wiped when they are superseded', () => {
    const schedule = new KeySchedule(suite.hash);
    const shared = bytes(SHARED);
    schedule.enter(shared, bytes(HELLOS));
    const { clientSecret, serverSecret } = schedule;
    schedule.enter(undefined, bytes(SERVER_FINISHED));
    const application = schedule.clientSecret;
    schedule.updateClient();
    for (const secret of [shared, clientSecret, serverSecret, application]) assert.equal(hex(secret), '00'.repeat(32));
  });

  /** Seals the client's Finished, or its data and close_notify, into a ring whose first free byte is `at`. */
  function sealed(at: number, secret: string, ...contents: Array<[number, Uint8Array]>): string {
    const writer = new RecordWriter(512);
    writer.output.write(new Uint8Array(at + 1), 0, at + 1);
    writer.output.discard(at);
    writer.protection = new RecordProtection(suite, bytes(secret));
    for (const [type, content] of contents) writer.record(type, 0x0303, content, 0, content.length);
    writer.output.discard(1);
    const out = new Uint8Array(writer.output.length);
    writer.output.copy(0, out, 0, out.length);
    return hex(out);
  }

  const data = bytes(Array.from({ length: 50 }, (_, i) => i.toString(16).padStart(2, '0')).join(''));

  it('records of the client, sealed at every place of the ring, across its end too', () => {
    for (let at = 0; at < 511; at++) {
      assert.equal(sealed(at, CLIENT_HS, [ContentType.Handshake, bytes(FINISHED)]), hex(bytes(FINISHED_RECORD)));
      assert.equal(
        sealed(at, CLIENT_AP, [ContentType.ApplicationData, data], [ContentType.Alert, bytes('0100')]),
        hex(bytes(DATA_RECORD + CLOSE_RECORD)),
      );
    }
  });

  it('the same records, opened at every place of a ring, taken in pieces of every size', () => {
    for (let at = 0; at <= 97; at++) {
      // One byte more than the two records: it keeps the ring from starting again at 0.
      const all = bytes(DATA_RECORD + CLOSE_RECORD);
      const input = new ByteRing(all.length + 1);
      const records = new RecordReader(input);
      records.protection = new RecordProtection(suite, bytes(CLIENT_AP));
      input.write(new Uint8Array(at), 0, at);
      if (at > 0) input.discard(at - 1);
      assert.equal(input.write(all, 0, all.length), all.length);
      if (at > 0) input.discard(1);
      assert.equal(records.next(), true);
      assert.equal(records.contentType, ContentType.ApplicationData);
      const taken = new Uint8Array(50);
      const size = 1 + (at % 50);
      for (let from = 0; from < 50; ) {
        const length = Math.min(size, records.remaining);
        const before = input.length;
        records.take(taken, from, length);
        from += length;
        assert.ok(before - input.length >= length, 'what was taken frees its room');
      }
      assert.equal(hex(taken), hex(data));
      assert.equal(records.next(), true);
      assert.equal(records.contentType, ContentType.Alert);
      records.skip(2);
      assert.equal(input.length, 0);
    }
  });
});

describe('RFC 8448 §4', () => {
  const CLIENT_FINISHED = '209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d';
  const RESUMPTION_MASTER = '7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c';
  const PSK = '4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3';
  const TRUNCATED_HELLO = '63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14';
  const HELLO = '08ad0fa05d7c7233b1775ba2ff9f4c5b8b59276b7f227f13a976245f5d960913';
  const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

  it('resumption master secret of §3, and the key of its ticket', () => {
    const schedule = new KeySchedule(suite.hash);
    schedule.enter(bytes(SHARED), bytes(HELLOS));
    schedule.enter(undefined, bytes(SERVER_FINISHED));
    const resumption = deriveSecret(suite.hash, schedule.stageSecret, 'res master', bytes(CLIENT_FINISHED));
    assert.equal(hex(resumption), RESUMPTION_MASTER);
    assert.equal(hex(hkdfExpandLabel(suite.hash, resumption, 'resumption', bytes('0000'), 32)), PSK);
  });

  it('binder, early traffic secret and the record of early data', () => {
    const schedule = new KeySchedule(suite.hash, bytes(PSK));
    assert.equal(hex(schedule.stageSecret), '9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c');
    const binderKey = deriveSecret(suite.hash, schedule.stageSecret, 'res binder', bytes(EMPTY_HASH));
    assert.equal(
      hex(schedule.verifyData(binderKey, bytes(TRUNCATED_HELLO))),
      '3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d',
    );
    const secret = deriveSecret(suite.hash, schedule.stageSecret, 'c e traffic', bytes(HELLO));
    assert.equal(hex(secret), '3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62');
    const writer = new RecordWriter(512);
    writer.protection = new RecordProtection(suite, secret);
    writer.record(ContentType.ApplicationData, 0x0303, bytes('414243444546'), 0, 6);
    const out = new Uint8Array(writer.output.length);
    writer.output.copy(0, out, 0, out.length);
    assert.equal(hex(out), '1703030017ab1df420e75c457a7cc5d2844f76d5aee4b4edbf049be0');
  });
});

describe('RecordProtection', () => {
  it('makes the nonce of RFC 8446 §5.3 from every byte of the sequence number, and says when it is exhausted', () => {
    const nonces: string[] = [];
    const spying = {
      ...suite,
      aead: { ...suite.aead, create: () => ({ start: (nonce: Uint8Array) => nonces.push(hex(nonce)) }) as never },
    };
    const protection = new RecordProtection(spying, bytes(CLIENT_AP));
    const state = protection as unknown as { sequenceLow: number; sequenceHigh: number };
    const iv = BigInt('0x5b78923dee08579033e523d9');
    const expected = (sequence: bigint) => (iv ^ sequence).toString(16).padStart(24, '0');
    for (let i = 0; i < 300; i++) protection.start(new Uint8Array(5), 1);
    for (let i = 0; i < 300; i++) assert.equal(nonces[i], expected(BigInt(i)));
    assert.equal(protection.exhausted, false);
    // A word of 24 bits runs over into the next; the bytes above the lowest are renewed when that one is 0.
    state.sequenceLow = 0xffff00;
    nonces.length = 0;
    for (let i = 0; i < 600; i++) protection.start(new Uint8Array(5), 1);
    for (let i = 0; i < 600; i++) assert.equal(nonces[i], expected(BigInt(0xffff00 + i)));
    assert.equal(protection.exhausted, true);
    assert.equal(state.sequenceHigh, 1);
  });
});
