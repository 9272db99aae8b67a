/** The encoding of sessions: what was written is read, anything else is refused. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import '../seed.js';
import { encodeSession, parseSession, type Session, usableSession } from '../../src/tls/session.js';
import { makeConfig } from './connection.js';

const uint16 = fc.nat(0xffff);
const uint32 = fc.nat(0xffffffff);
const bytes = fc.uint8Array({ maxLength: 300 });
const text = fc.string({ maxLength: 60, unit: 'binary-ascii' });

const sessions: fc.Arbitrary<Session> = fc.record(
  {
    version: uint16,
    suite: uint16,
    extendedMasterSecret: fc.boolean(),
    issuedAt: uint32,
    lifetimeSeconds: uint32,
    ageAdd: uint32,
    maxEarlyData: uint32,
    secret: bytes,
    sessionId: bytes,
    ticket: bytes,
    pin: bytes,
    serverName: text,
    alpnProtocol: text,
  },
  { noNullPrototype: true },
);

const session: Session = {
  version: 0x0304,
  suite: 0x1301,
  extendedMasterSecret: false,
  issuedAt: 1000000,
  lifetimeSeconds: 7200,
  ageAdd: 0xfedcba98,
  maxEarlyData: 0,
  secret: new Uint8Array(32).fill(7),
  sessionId: new Uint8Array(0),
  ticket: new Uint8Array(100).fill(9),
  pin: new Uint8Array(32).fill(5),
  serverName: 'server.test',
  alpnProtocol: '',
};

describe('session', () => {
  it('what was encoded is parsed', () => {
    fc.assert(fc.property(sessions, made => assert.deepEqual(parseSession(encodeSession(made)), made)));
  });

  it('every other length is refused', () => {
    const good = encodeSession(session);
    for (let length = 0; length < good.length; length++) {
      assert.throws(() => parseSession(good.slice(0, length)), { code: 'ERR_USAGE', message: /^session ends early/ });
    }
    const long = new Uint8Array(good.length + 1);
    long.set(good);
    assert.throws(() => parseSession(long), { code: 'ERR_USAGE', message: /^session has 1 bytes too many/ });
  });

  it('another format is refused by its number', () => {
    const other = encodeSession(session);
    for (const format of [0, 2, 255]) {
      other[0] = format;
      assert.throws(() => parseSession(other), { code: 'ERR_USAGE', message: 'session of another format' });
    }
  });

  it('whatever the bytes, it is a session or ERR_USAGE', () => {
    const damaged = fc.tuple(sessions, fc.nat(), fc.nat(255)).map(([made, at, value]) => {
      const encoded = encodeSession(made);
      encoded[at % encoded.length] = value;
      return encoded;
    });
    const any = fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged);
    fc.assert(
      fc.property(any, encoded => {
        try {
          assert.deepEqual(encodeSession({ ...parseSession(encoded) }).length, encoded.length);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ERR_USAGE');
        }
      }),
    );
  });
});

describe('a session is used', () => {
  const encoded = encodeSession(session);
  const at = (now: number | undefined, pins?: Uint8Array[], serverName = 'server.test') =>
    usableSession({ ...makeConfig({ pins }), session: encoded, serverName, unixTime: () => now });

  it('from when it was issued until its lifetime is over', () => {
    assert.equal(at(999999), undefined);
    assert.deepEqual(at(1000000.9), session);
    assert.deepEqual(at(1007199.9), session);
    assert.equal(at(1007200), undefined);
  });

  it('only while the time is known', () => {
    assert.equal(at(undefined), undefined);
  });

  it('only for the server whose it is', () => {
    assert.throws(() => at(1000000, undefined, 'other.test'), {
      code: 'ERR_USAGE',
      message: 'session of another server: server.test',
    });
  });

  it('only if the key of that server is still pinned', () => {
    assert.deepEqual(at(1000000, [new Uint8Array(32), session.pin]), session);
    assert.equal(at(1000000, [new Uint8Array(32)]), undefined);
  });
});
