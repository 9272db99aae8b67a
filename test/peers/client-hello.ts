/** A strict reader of ClientHello (RFC 8446 §4.1.2): what a careful server refuses, this one asserts. */
import assert from 'node:assert/strict';

export interface Extension {
  type: number;
  data: Buffer;
}

export interface ClientHello {
  /** The whole message with its header. */
  bytes: Buffer;
  random: Buffer;
  sessionId: Buffer;
  suites: number[];
  extensions: Extension[];
  groups: number[];
  signatureSchemes: number[];
  keyShares: Map<number, Buffer>;
  serverName?: string;
  alpn?: string[];
  cookie?: Buffer;
  /** Of psk_key_exchange_modes. */
  pskModes: number[];
  psk?: OfferedPsks;
}

export interface OfferedPsks {
  identities: Array<{ identity: Buffer; age: number }>;
  binders: Buffer[];
  /** Bytes of the message before the binders. */
  truncated: number;
}

export const SERVER_NAME = 0;
export const SUPPORTED_GROUPS = 10;
export const SIGNATURE_ALGORITHMS = 13;
export const ALPN = 16;
export const PRE_SHARED_KEY = 41;
export const EARLY_DATA = 42;
export const SUPPORTED_VERSIONS = 43;
export const PSK_KEY_EXCHANGE_MODES = 45;
export const COOKIE = 44;
export const KEY_SHARE = 51;

/** Cuts vectors off the front of a buffer; running out is a failed assertion. */
class Cursor {
  constructor(
    private bytes: Buffer,
    private readonly what: string,
  ) {}

  get empty(): boolean {
    return this.bytes.length === 0;
  }

  take(length: number): Buffer {
    assert.ok(length <= this.bytes.length, `client: ${this.what} ends early`);
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  number(length: number): number {
    return this.take(length).readUIntBE(0, length);
  }

  vector(lengthBytes: number, floor: number): Buffer {
    const content = this.take(this.number(lengthBytes));
    assert.ok(content.length >= floor, `client: ${this.what} has a vector of ${content.length} bytes`);
    return content;
  }

  finish(): void {
    assert.ok(this.empty, `client: ${this.what} has trailing bytes`);
  }
}

/** `message` is a whole handshake message. */
export function parseClientHello(message: Buffer): ClientHello {
  assert.equal(message[0], 1, 'client: expected a ClientHello');
  const hello = new Cursor(message.subarray(4), 'ClientHello');
  assert.equal(hello.number(2), 0x0303, 'client: legacy_version');
  const random = hello.take(32);
  const sessionId = hello.vector(1, 0);
  assert.ok(sessionId.length <= 32, 'client: legacy_session_id');
  const suites = numbers(hello.vector(2, 2), 'cipher_suites');
  assert.deepEqual([...hello.vector(1, 1)], [0], 'client: legacy_compression_methods');
  const extensions = parseExtensions(hello.vector(2, 8));
  hello.finish();
  return checked({
    bytes: message,
    random,
    sessionId,
    suites,
    extensions,
    groups: listOf(extensions, SUPPORTED_GROUPS),
    signatureSchemes: listOf(extensions, SIGNATURE_ALGORITHMS),
    keyShares: parseKeyShares(extensions),
    serverName: parseServerName(extensions),
    alpn: parseAlpn(extensions),
    cookie: parseCookie(extensions),
    pskModes: parsePskModes(extensions),
    psk: parsePsks(extensions, message),
  });
}

/** RFC 8446 §4.1.2: after HelloRetryRequest only key_share, cookie (and what we do not offer) may differ. */
export function checkSecondClientHello(first: ClientHello, second: ClientHello, group?: number, cookie?: Buffer): void {
  assert.deepEqual(second.random, first.random, 'client: the random changed after HelloRetryRequest');
  assert.deepEqual(second.sessionId, first.sessionId, 'client: legacy_session_id changed after HelloRetryRequest');
  assert.deepEqual(second.suites, first.suites, 'client: cipher_suites changed after HelloRetryRequest');
  const unchanged = (hello: ClientHello) =>
    hello.extensions
      .filter(({ type }) => ![KEY_SHARE, COOKIE, EARLY_DATA, PRE_SHARED_KEY, 21].includes(type))
      .map(({ type, data }) => `${type}:${data.toString('hex')}`);
  assert.deepEqual(unchanged(second), unchanged(first), 'client: extensions changed after HelloRetryRequest');
  if (group === undefined) assert.deepEqual(second.keyShares, first.keyShares, 'client: key_share changed');
  else assert.deepEqual([...second.keyShares.keys()], [group], 'client: key_share after HelloRetryRequest');
  assert.deepEqual(second.cookie, cookie, 'client: cookie');
}

function checked(hello: ClientHello): ClientHello {
  assertDistinct(hello.suites, 'cipher_suites');
  assertDistinct(hello.groups, 'supported_groups');
  assertDistinct(hello.signatureSchemes, 'signature_algorithms');
  const types = hello.extensions.map(extension => extension.type);
  assertDistinct(types, 'extensions');
  const last = types.indexOf(PRE_SHARED_KEY);
  assert.ok(last < 0 || last === types.length - 1, 'client: pre_shared_key is not the last extension');
  const versions = new Cursor(find(hello.extensions, SUPPORTED_VERSIONS)!, 'supported_versions');
  assert.ok(numbers(versions.vector(1, 2), 'supported_versions').includes(0x0304), 'client: offers no TLS 1.3');
  versions.finish();
  const shares = [...hello.keyShares.keys()];
  assert.ok(types.includes(KEY_SHARE) || (hello.psk && hello.groups.length === 0), 'client: no key_share');
  const order = shares.map(group => hello.groups.indexOf(group));
  assert.ok(!order.includes(-1), 'client: key_share of a group that is not in supported_groups');
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
    'client: key_share in another order than supported_groups',
  );
  return hello;
}

function parseExtensions(bytes: Buffer): Extension[] {
  const cursor = new Cursor(bytes, 'extensions');
  const extensions: Extension[] = [];
  while (!cursor.empty) extensions.push({ type: cursor.number(2), data: cursor.vector(2, 0) });
  return extensions;
}

function parseKeyShares(extensions: Extension[]): Map<number, Buffer> {
  const data = find(extensions, KEY_SHARE);
  if (!data) return new Map();
  const outer = new Cursor(data, 'key_share');
  const cursor = new Cursor(outer.vector(2, 0), 'key_share');
  outer.finish();
  const shares = new Map<number, Buffer>();
  while (!cursor.empty) {
    const group = cursor.number(2);
    assert.ok(!shares.has(group), 'client: two key_shares of one group');
    shares.set(group, cursor.vector(2, 1));
  }
  return shares;
}

function parseServerName(extensions: Extension[]): string | undefined {
  const data = find(extensions, SERVER_NAME);
  if (!data) return undefined;
  const outer = new Cursor(data, 'server_name');
  const names = new Cursor(outer.vector(2, 1), 'server_name');
  outer.finish();
  assert.equal(names.number(1), 0, 'client: server_name type');
  const name = names.vector(2, 1).toString('latin1');
  names.finish();
  assert.match(name, /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'client: server_name is not a host name');
  assert.doesNotMatch(name, /^[0-9.]+$/, 'client: server_name is an address (RFC 6066 §3)');
  return name;
}

function parseAlpn(extensions: Extension[]): string[] | undefined {
  const data = find(extensions, ALPN);
  if (!data) return undefined;
  const outer = new Cursor(data, 'application_layer_protocol_negotiation');
  const cursor = new Cursor(outer.vector(2, 2), 'application_layer_protocol_negotiation');
  outer.finish();
  const protocols: string[] = [];
  while (!cursor.empty) protocols.push(cursor.vector(1, 1).toString('latin1'));
  return protocols;
}

function parseCookie(extensions: Extension[]): Buffer | undefined {
  const data = find(extensions, COOKIE);
  if (!data) return undefined;
  const cursor = new Cursor(data, 'cookie');
  const cookie = cursor.vector(2, 1);
  cursor.finish();
  return cookie;
}

function parsePskModes(extensions: Extension[]): number[] {
  const data = find(extensions, PSK_KEY_EXCHANGE_MODES);
  if (!data) return [];
  const cursor = new Cursor(data, 'psk_key_exchange_modes');
  const modes = [...cursor.vector(1, 1)];
  cursor.finish();
  assertDistinct(modes, 'psk_key_exchange_modes');
  return modes;
}

/** RFC 8446 §4.2.11. */
function parsePsks(extensions: Extension[], message: Buffer): OfferedPsks | undefined {
  const data = find(extensions, PRE_SHARED_KEY);
  assert.ok(data || !find(extensions, EARLY_DATA), 'client: early_data without pre_shared_key');
  if (!data) return undefined;
  assert.ok(find(extensions, PSK_KEY_EXCHANGE_MODES), 'client: pre_shared_key without psk_key_exchange_modes');
  const cursor = new Cursor(data, 'pre_shared_key');
  const list = new Cursor(cursor.vector(2, 7), 'identities');
  const identities: OfferedPsks['identities'] = [];
  while (!list.empty) identities.push({ identity: list.vector(2, 1), age: list.number(4) });
  const bytes = cursor.vector(2, 33);
  const entries = new Cursor(bytes, 'binders');
  const binders: Buffer[] = [];
  while (!entries.empty) binders.push(entries.vector(1, 32));
  cursor.finish();
  assert.equal(binders.length, identities.length, 'client: as many binders as identities');
  return { identities, binders, truncated: message.length - bytes.length - 2 };
}

function listOf(extensions: Extension[], type: number): number[] {
  const data = find(extensions, type);
  // Without certificates there are no signatures, without a key exchange no groups.
  if (!data && find(extensions, PRE_SHARED_KEY)) return [];
  assert.ok(data, `client: extension ${type} is missing`);
  const cursor = new Cursor(data, `extension ${type}`);
  const list = numbers(cursor.vector(2, 2), `extension ${type}`);
  cursor.finish();
  return list;
}

function numbers(bytes: Buffer, what: string): number[] {
  assert.equal(bytes.length % 2, 0, `client: ${what} has an odd length`);
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i));
}

function find(extensions: Extension[], type: number): Buffer | undefined {
  const found = extensions.find(extension => extension.type === type)?.data;
  assert.ok(found || type !== SUPPORTED_VERSIONS, `client: extension ${type} is missing`);
  return found;
}

function assertDistinct(list: number[], what: string): void {
  assert.equal(new Set(list).size, list.length, `client: ${what} has duplicates`);
}
