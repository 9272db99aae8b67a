/**
 * X25519, P-256, P-384 and RSA of the machine code: Wycheproof, node:crypto and BearSSL. Everything on the C compiled for this
 * machine with the sanitizers on; a sample on the emulated Cortex-M0+. NATIVE=all takes 10,000 inputs on the former and all
 * vectors on the latter, which is hours.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finish } from '../../src/crypto/computation.js';
import type { NativeCode } from '../../src/crypto/native/native-code.js';
import type { CryptoProvider, KeyShare } from '../../src/crypto/provider.js';
import { secp256r1 } from '../../src/crypto/secp256r1.js';
import { x25519 } from '../../src/crypto/x25519.js';
import type { RandomSource } from '../../src/platform.js';
import { differentials } from '../crypto/differential.js';
import { bytes, hex } from '../crypto/public-key-fixtures.js';
import { rsaCases } from '../crypto/rsa-cases.js';
import { NO_VECTORS, wycheproof } from '../crypto/wycheproof.js';
import { SEED } from '../seed.js';
import { skip } from '../skip.js';
import { compileHost, HostCode, missingHost } from './host-code.js';
import { publicKeyOf, runVectors, WYCHEPROOF } from './public-key.js';
import { ThumbCore } from './thumb-core.js';

const ALL = 10000;
const thorough = process.env['NATIVE'] === 'all';
/** How many of the 10,000 inputs, on this machine and on the emulated core. */
const HOST_INPUTS = thorough ? ALL : 50;
const EMULATED_INPUTS = thorough ? 100 : 1;
const BEARSSL_INPUTS = thorough ? ALL : 20;
const STACK_LIMIT = 1024;
const MHZ = 125;
/** Of what runs on the emulated core: seconds for an input of ECDSA. */
const EMULATED_TIME = thorough ? 36000000 : 120000;

describe('native public-key: the C, compiled for this machine with sanitizers', () => {
  let host: HostCode;
  let provider: CryptoProvider;

  before(function () {
    const missing = missingHost();
    if (missing) skip(this, missing);
    this.timeout(60000);
    host = new HostCode();
    provider = publicKeyOf(host);
  });

  after(() => host?.stop());

  for (const { file, name } of WYCHEPROOF) {
    it(`gives the answers of Wycheproof ${file}`, function () {
      this.timeout(120000);
      const groups = wycheproof(file);
      if (!groups) skip(this, NO_VECTORS);
      console.log(`      ${runVectors(provider, name, groups, Number.MAX_SAFE_INTEGER)}`);
    });
  }

  const named = (name: string) => () => provider.signatures.find(verifier => verifier.name === name)!;
  rsaCases(named('rsa-pkcs1'), named('rsa-pss'));

  for (const name of ['x25519', 'secp256r1', 'ecdsa-secp256r1', 'ecdsa-secp384r1', 'rsa-pkcs1', 'rsa-pss']) {
    it(`${name}: ${HOST_INPUTS} of ${ALL} random and edge inputs as node:crypto has them`, function () {
      this.timeout(3600000);
      const found = differentials(provider).find(differential => differential.name === name);
      console.log(`      ${found!.run(HOST_INPUTS)}`);
    });
  }

  for (const [which, portable] of [x25519, secp256r1].entries()) {
    it(`makes the key pairs of the portable ${portable.name} of the same random bytes, at the edges`, function () {
      this.timeout(60000);
      const native = provider.groups[which]!;
      for (const value of edgeScalars()) {
        const shares = [native, portable].map(group => finish(group.generate(drawing(value))));
        assert.equal(hex(shares[0]!.publicKey), hex(shares[1]!.publicKey), `${value}`);
        for (const peer of edgePoints(portable.publicKeyLength)) {
          const [ours, theirs] = shares.map(share => hex(finish(share.agree(peer))));
          assert.equal(ours, theirs, `${value} and ${hex(peer)}`);
        }
      }
    });
  }

  it('wipes the private key, and every workspace that it was in', () => {
    for (const which of [0, 1]) {
      const seen: Uint8Array[] = [];
      const watched: NativeCode = {
        call: (entry, a, b, c, d) => host.call(entry, a, b, c, d),
        addressOf(array) {
          seen.push(array);
          return host.addressOf(array);
        },
      };
      const group = publicKeyOf(watched).groups[which]!;
      const share = finish(group.generate(drawing(77n)));
      const peer = new Uint8Array(share.publicKey);
      const secret = hex(finish(share.agree(peer)));
      assert.equal(seen.length, 2, 'workspaces');
      for (const workspace of seen) assert.ok(workspace.every(byte => byte === 0));
      share.wipe();
      assert.notEqual(hex(finish(share.agree(peer))), secret);
    }
  });

  it(`${BEARSSL_INPUTS} of ${ALL} random and edge inputs of each primitive as BearSSL has them`, function () {
    this.timeout(3600000);
    if (!existsSync('/usr/include/bearssl.h')) skip(this, 'no BearSSL (Debian: libbearssl-dev)');
    const folder = mkdtempSync(join(tmpdir(), 'ringlet-bearssl-'));
    try {
      const program = compileHost(folder, 'bearssl-public-key.c', true, ['-lbearssl']);
      const { status, stdout, stderr } = spawnSync(program, [String(BEARSSL_INPUTS), String(SEED)], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout + stderr);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('native public-key: on the emulated Cortex-M0+', () => {
  const core = new ThumbCore();
  const provider = publicKeyOf(core);

  for (const { file, name, emulated } of WYCHEPROOF) {
    it(`gives the answers of Wycheproof ${file}`, function () {
      this.timeout(EMULATED_TIME);
      const groups = wycheproof(file);
      if (!groups) skip(this, NO_VECTORS);
      console.log(`      ${runVectors(provider, name, groups, thorough ? Number.MAX_SAFE_INTEGER : emulated)}`);
    });
  }

  for (const { name, run } of differentials({ ...provider, hashes: [], aeads: [] })) {
    // RSA and P-384 are in the vectors above.
    if (!/25519|256r1/.test(name)) continue;
    it(`${name}: ${EMULATED_INPUTS} of ${ALL} random and edge inputs as node:crypto has them`, function () {
      this.timeout(EMULATED_TIME);
      const hashed = differentials(provider).find(differential => differential.name === name);
      console.log(`      ${(hashed ? hashed.run : run)(EMULATED_INPUTS)}`);
    });
  }

  it('takes the same cycles whatever the private key and the peer are', function () {
    this.timeout(EMULATED_TIME);
    for (const group of provider.groups) {
      const shares: KeyShare[] = [];
      const generating = [2n ** 255n - 1n, 0xa5a5a5a5_00000000_ffffffffn].map(value =>
        cyclesOf(core, () => shares.push(finish(group.generate(drawing(value))))),
      );
      const agreeing = shares.map(share => cyclesOf(core, () => finish(shares[0]!.agree(share.publicKey))));
      console.log(`      ${group.name}: ${generating[0]} and ${agreeing[0]} cycles`);
      assert.equal(generating[0], generating[1], 'key pairs');
      assert.equal(agreeing[0], agreeing[1], 'secrets');
    }
  });

  it(`takes less than ${STACK_LIMIT} bytes of stack in every entry`, () => {
    const told = core.costs.map(({ calls, cycles, stackBytes }, entry) => {
      assert.ok(stackBytes < STACK_LIMIT, `entry ${entry}: ${stackBytes}`);
      const milliseconds = (cycles / calls / MHZ / 1000).toFixed(0);
      return `entry ${entry}: ${stackBytes} bytes, ${milliseconds} ms at ${MHZ} MHz on average`;
    });
    for (const line of told) if (line) console.log(`      ${line}`);
  });
});

function cyclesOf(core: ThumbCore, run: () => void): number {
  const total = () => core.costs.reduce((sum, { cycles }) => sum + cycles, 0);
  const before = total();
  run();
  return total() - before;
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Numbers of up to 320 bits around the order of P-256 and its multiples, and with long runs of ones and zeros. */
function edgeScalars(): bigint[] {
  const around = [0n, ORDER, ORDER << 1n, ORDER << 63n, ORDER * ((1n << 64n) - 1n)].flatMap(multiple => [
    multiple,
    multiple + 1n,
    multiple + 2n,
  ]);
  return [...around, ORDER - 1n, ORDER - 2n, ORDER >> 1n, (1n << 128n) - 1n, 1n << 128n, 1n << 255n, (1n << 320n) - 1n];
}

function edgePoints(length: number): Uint8Array[] {
  const prime = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
  const zeros = '00'.repeat(32);
  if (length === 32) {
    const [low, high] = ['ed', 'ff'].map(byte => `${byte}${'ff'.repeat(30)}`) as [string, string];
    return [zeros, `01${zeros.slice(2)}`, `${low}7f`, `${low}ff`, `${high}7f`, `${high}ff`, `ec${low.slice(2)}7f`].map(
      bytes,
    );
  }
  // (0, sqrt b) is on the curve, (p, sqrt b) is the same point spelt wrongly.
  const root = '66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4';
  return [
    `04${zeros}${root}`,
    `04${prime}${root}`,
    `04${zeros}${zeros}`,
    `04${'ff'.repeat(64)}`,
    `02${zeros}${root}`,
  ].map(bytes);
}

/** A random source that draws this number, little-endian, cut at its length. */
function drawing(value: bigint): RandomSource {
  return (into, offset, length) => {
    const drawn = Buffer.from(
      BigInt.asUintN(8 * length, value)
        .toString(16)
        .padStart(2 * length, '0'),
      'hex',
    ).reverse();
    into.set(drawn, offset);
  };
}
