/**
 * The readable bundle for Espruino with machine code: its Storage and E.nativeCall stand in front of the emulated Cortex-M0+ core. What is wrong
 * with the stored code is found before any of it is called.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as vm from 'node:vm';
import { crc32 } from 'node:zlib';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { hex } from '../crypto/symmetric-providers.js';
import { skip } from '../skip.js';
import { BLOB, ThumbCore } from './thumb-core.js';

const BUNDLE = fileURLToPath(new URL('../../../dist/espruino-w5500-evb-pico.js', import.meta.url));
/** Where the blob is said to lie in flash. */
const FLASH = 0x10101000;

interface Made {
  crypto: CryptoProvider;
  /** How often E.nativeCall has made a function. */
  functions: number;
}

/** `spoil` changes what the machine code answers. */
function start(stored: Buffer | undefined, spoil: (core: ThumbCore) => void = () => {}): Made {
  const core = new ThumbCore();
  spoil(core);
  const file = stored?.toString('latin1');
  const made = { functions: 0 } as Made;
  const context = vm.createContext({
    E: {
      CRC32: (text: string) => crc32(Buffer.from(text, 'latin1')),
      toArrayBuffer: (text: string) => new Uint8Array(Buffer.from(text, 'latin1')).buffer,
      getAddressOf: (value: string | Uint8Array) => (value === file ? FLASH : core.addressOf(value as Uint8Array)),
      nativeCall(address: number, signature: string) {
        assert.equal(signature, 'int(int,int,int,int)');
        made.functions++;
        for (let entry = 0; entry < core.entries; entry++) {
          if (stored!.readUInt32LE(16 + 4 * entry) !== address - FLASH) continue;
          return (a: number, b: number, c: number, d: number) => core.call(entry, a, b, c, d);
        }
        throw new Error('no entry there');
      },
    },
    require: (name: string) => ({
      read: (wanted: string) => (name === 'Storage' && wanted === 'ringlet-thumb' ? file : undefined),
    }),
    // Those of this realm, whose buffers the core knows.
    Uint8Array,
  });
  made.crypto = vm.runInContext(`${readFileSync(BUNDLE, 'utf8')};ringlet.nativeCrypto()`, context);
  return made;
}

describe('native: machine code on Espruino, out of its Storage', () => {
  const blob = readFileSync(BLOB);

  before(function () {
    if (!existsSync(BUNDLE)) skip(this, `${BUNDLE} is not built`);
  });

  it('hashes, lists its algorithms, and makes each function once', () => {
    const made = start(blob);
    const { crypto } = made;
    assert.equal(crypto.aeads.map(({ name }) => name).join(), 'chacha20-poly1305,aes-128-gcm,aes-256-gcm');
    const message = new Uint8Array(1000).fill(0x61);
    for (const algorithm of crypto.hashes) {
      const into = new Uint8Array(algorithm.digestLength);
      const hash = algorithm.create();
      hash.update(message, 0, 1000);
      hash.digest(into, 0);
      assert.equal(hex(into), createHash(algorithm.name).update(message).digest('hex'));
    }
    // HMAC for the test of the code itself, then these three.
    assert.equal(made.functions, 4);
  });

  const damaged = (at: number): Buffer => {
    const copy = Buffer.from(blob);
    copy[at]! ^= 1;
    return copy;
  };
  const older = Buffer.from(blob);
  older[6]!--;
  const cases: Array<[string, Buffer | undefined, string]> = [
    ['no file', undefined, 'ERR_NATIVE_MISSING'],
    ['another kind of file', damaged(0), 'ERR_NATIVE_VERSION'],
    ['another format version', damaged(4), 'ERR_NATIVE_VERSION'],
    ['one of an older release, with fewer entries', older, 'ERR_NATIVE_VERSION'],
    ['a bit of the table', damaged(17), 'ERR_NATIVE_DAMAGED'],
    ['the last bit', damaged(blob.length - 1), 'ERR_NATIVE_DAMAGED'],
    ['a file cut off', blob.subarray(0, blob.length - 4), 'ERR_NATIVE_DAMAGED'],
    ['a file with something behind it', Buffer.concat([blob, Buffer.alloc(4)]), 'ERR_NATIVE_DAMAGED'],
    ['a checksum that is not its own', damaged(12), 'ERR_NATIVE_DAMAGED'],
  ];
  for (const [what, stored, code] of cases) {
    it(`${what} is ${code}, and the message says what to do`, () => {
      assert.throws(() => start(stored), { code, message: /upload the ringlet-thumb\.bin/ });
    });
  }

  it('code that answers wrongly is ERR_NATIVE_DAMAGED', () => {
    const silent = (core: ThumbCore) => {
      core.call = () => 0;
    };
    assert.throws(() => start(blob, silent), { code: 'ERR_NATIVE_DAMAGED', message: /wrong answers/ });
  });
});
