/** TLS 1.2: keys that are used up, and computations in slices. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import type { Aead } from '../../src/crypto/provider.js';
import type { TlsClient } from '../../src/tls/client.js';
import { Tls12RecordKeys } from '../../src/tls/tls12/record-protection.js';
import { type Exchange12, exchange12 } from '../peers/tls12-exchange.js';
import { data12, helloRequest12, serverEnd12, serverFlight12 } from '../peers/tls12-server.js';

describe('keys of TLS 1.2', () => {
  it('are used up after 2^23 records, and count until then', () => {
    const numbers: string[] = [];
    let count = 0;
    const aead = {
      start(nonce: Uint8Array, aad: Uint8Array, length: number) {
        assert.equal(length, 13);
        if (count % 0x7f0000 < 2 || count === 0x100)
          numbers.push(Buffer.from(aad.subarray(0, 8)).toString('hex').slice(8));
        assert.equal(nonce[11], aad[7]! ^ 12);
        count++;
      },
    } as unknown as Aead;
    const keys = new Tls12RecordKeys(
      aead,
      new Uint8Array(12).map((_, i) => i + 1),
      false,
    );
    const header = new Uint8Array([23, 3, 3, 0, 0]);
    while (!keys.exhausted) keys.start(header, 100);
    assert.equal(count, 0x800001);
    assert.deepEqual(numbers, ['00000000', '00000001', '00000100', '007f0000', '007f0001']);
  });

  /** As if so many records had passed. */
  const exhaust = (client: TlsClient, side: 'records' | 'writer') => {
    const { protection } = (client as unknown as Record<string, { protection: object }>)[side]!;
    Object.defineProperty(protection, 'exhausted', { value: true });
  };

  it('when ours are, write says so, and the connection can still be read and closed', async () => {
    const ran = (await exchange12()).run();
    exhaust(ran.client, 'writer');
    assert.throws(() => ran.write('more'), { code: 'ERR_TLS_KEY_LIMIT' });
    ran.serverSends(data12('still heard'));
    assert.equal(ran.received, 'still heard');
    ran.client.closeWrite();
    ran.run();
    assert.equal(ran.server.log[ran.server.log.length - 1], 'alert 1 0');
  });

  it("when the server's are, that is the end", async () => {
    const ran = (await exchange12()).run();
    exhaust(ran.client, 'records');
    ran.serverSends(data12('one more'));
    assert.equal(ran.received, '');
    assert.equal(ran.error?.code, 'ERR_TLS_KEY_LIMIT');
  });
});

describe('TLS 1.2 in slices', () => {
  /** Moves bytes, and computes a little at a time; answers how often. */
  function drive(ran: Exchange12): number {
    let slices = 0;
    ran.run();
    while (ran.client.computing >= 0) {
      ran.client.compute(1);
      slices++;
      ran.run();
    }
    return slices;
  }

  it('the handshake, and a renegotiation with data amid it', async () => {
    const { portableProvider } = await import('../../src/crypto/portable-provider.js');
    for (const crypto of [nodeCryptoProvider, portableProvider]) {
      const ran = await exchange12(
        {
          flights: [serverFlight12(), [data12('amid '), ...serverFlight12()]],
          ends: [serverEnd12(), serverEnd12()],
          afterwards: [data12('after')],
        },
        { crypto, sliced: true, renegotiation: true },
      );
      assert.ok(drive(ran) > 3);
      assert.equal(ran.client.handshakeComplete, true);
      ran.server.send(helloRequest12);
      assert.ok(drive(ran) > 3);
      if (ran.error) throw ran.error;
      assert.equal(ran.received, 'amid after');
      assert.deepEqual(ran.server.log, [1, 16, 'ccs', 20, 1, 16, 'ccs', 20]);
    }
  });
});
