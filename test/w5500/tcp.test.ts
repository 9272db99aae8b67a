import assert from 'node:assert/strict';
import type * as net from 'node:net';
import { NO_DATA_YET, PEER_CLOSED } from '../../src/transport.js';
import { closeRigs, codeOf, makeRig, pattern, receiveAll, sendAll, serve } from './harness.js';

describe('W5500 TCP through the simulated chip', () => {
  afterEach(closeRigs);

  it('echoes', async () => {
    const rig = makeRig();
    await serve(rig, 7, socket => socket.pipe(socket));
    rig.network.start();
    const transport = await rig.connected('peer.test', 7);
    const text = Buffer.from('hello over SPI');
    await sendAll(rig, transport, text);
    transport.close();
    assert.equal((await receiveAll(rig, transport)).toString(), text.toString());
    await rig.until(() => transport.closed);
    assert.equal(rig.network.chip.inUse, 0);
  });

  for (const [kilobytes, limit] of [
    [2, 8],
    [8, 8],
    [16, 8],
  ] as const) {
    it(`downloads 300 KB byte-exactly with ${kilobytes} KB of socket memory, in fewer than ${limit} frames per KB`, async () => {
      const size = [kilobytes, 0, 0, 0, 0, 0, 0, 0];
      const rig = makeRig({}, { buffers: { rx: size, tx: size } });
      const data = pattern(300 * 1024);
      const address = await serve(rig, 80, socket => socket.end(data));
      rig.network.start();
      const transport = await rig.connected(address, 80);
      const before = rig.network.chip.spi.frames;
      assert.ok(Buffer.from(data).equals(await receiveAll(rig, transport)));
      const frames = (rig.network.chip.spi.frames - before) / 300;
      console.log(`      ${frames.toFixed(2)} frames per KB`);
      assert.ok(frames < limit, `${frames} frames per KB`);
      transport.close();
      await rig.until(() => transport.closed);
    });
  }

  it('uploads 300 KB byte-exactly, whatever the ring does', async () => {
    for (const txSeed of [0xfff0, 0, undefined]) {
      const rig = makeRig({ chip: { txSeed, rxSeed: 0xfff0 } });
      const data = pattern(300 * 1024);
      const chunks: Buffer[] = [];
      let ended = false;
      const address = await serve(rig, 80, socket => {
        socket.on('data', chunk => chunks.push(chunk));
        socket.on('end', () => {
          ended = true;
          socket.end('thanks');
        });
      });
      rig.network.start();
      const transport = await rig.connected(address, 80);
      const before = rig.network.chip.spi.frames;
      await sendAll(rig, transport, data);
      console.log(`      ${((rig.network.chip.spi.frames - before) / 300).toFixed(2)} frames per KB`);
      assert.ok((rig.network.chip.spi.frames - before) / 300 < 8);
      transport.close();
      await rig.until(() => ended);
      assert.ok(Buffer.from(data).equals(Buffer.concat(chunks)));
      await rig.until(() => transport.closed);
    }
  });

  it('spends 5 frames for one full buffer and 1 for each idle poll', async () => {
    const rig = makeRig({ chip: { crLatencyReads: 0 } });
    let peer: net.Socket | undefined;
    const address = await serve(rig, 80, socket => {
      peer = socket;
    });
    rig.network.start();
    const transport = await rig.connected(address, 80);
    await rig.until(() => peer !== undefined);
    const spi = rig.network.chip.spi;
    const into = new Uint8Array(2048);
    await rig.run(20);
    assert.equal(transport.receive(into, 0, 2048), NO_DATA_YET);
    let before = spi.frames;
    for (let i = 0; i < 10; i++) {
      assert.equal(rig.network.poll(), false);
      assert.equal(transport.receive(into, 0, 2048), NO_DATA_YET);
    }
    assert.ok(spi.frames - before <= 12, `${spi.frames - before} frames for 10 idle polls`);
    peer!.write(pattern(2048));
    await new Promise(resolve => setTimeout(resolve, 30));
    before = spi.frames;
    assert.equal(rig.network.poll(), true);
    assert.equal(transport.receive(into, 0, 2048), 2048);
    assert.ok(spi.frames - before <= 6, `${spi.frames - before} frames for a full buffer`);
    console.log(`      ${spi.frames - before} frames for SIR, status and a full buffer`);
    // Bytes that the application does not take now are no reason to poll in a hurry.
    peer!.write('more');
    await new Promise(resolve => setTimeout(resolve, 30));
    rig.network.poll();
    rig.network.poll();
    assert.equal(rig.network.poll(), false);
    assert.equal(transport.receive(into, 0, 2048), 4);
    transport.abort();
  });

  it('hands over data before FIN, then PEER_CLOSED for ever, and can still send', async () => {
    const rig = makeRig();
    let got = '';
    const address = await serve(rig, 80, socket => {
      socket.end('last words');
      socket.on('data', chunk => {
        got += chunk.toString();
      });
    });
    rig.network.start();
    const transport = await rig.connected(address, 80);
    assert.equal((await receiveAll(rig, transport, 3)).toString(), 'last words');
    assert.equal(transport.receive(new Uint8Array(1), 0, 1), PEER_CLOSED);
    assert.equal(transport.closed, false);
    await sendAll(rig, transport, Buffer.from('I heard you'));
    await rig.until(() => got === 'I heard you');
    transport.close();
    await rig.until(() => transport.closed);
    assert.equal(transport.receive(new Uint8Array(1), 0, 1), PEER_CLOSED);
    assert.equal(rig.network.chip.inUse, 0);
  });

  for (const raises of ['none', 'DISCON', 'TIMEOUT'] as const) {
    it(`reports a refused connection once and for ever when Sn_IR shows ${raises}`, async () => {
      const rig = makeRig({ faults: { refusedRaises: raises } });
      const address = await serve(rig, 80, () => undefined);
      rig.network.start();
      const transport = rig.network.connect(address, 81);
      await rig.until(() => transport.closed);
      const code = raises === 'TIMEOUT' ? 'ERR_NET_TIMEOUT' : 'ERR_NET_REFUSED';
      for (let i = 0; i < 2; i++) {
        assert.equal(
          codeOf(() => transport.receive(new Uint8Array(1), 0, 1)),
          code,
        );
        assert.equal(
          codeOf(() => transport.send(new Uint8Array(1), 0, 1)),
          code,
        );
      }
      assert.equal(transport.connected, false);
      assert.equal(rig.network.chip.inUse, 0);
    });

    it(`hands over what arrived before a RST, then throws ERR_NET_RESET for ever, when Sn_IR shows ${raises}`, async () => {
      const rig = makeRig({ faults: { resetRaises: raises } });
      let peer: net.Socket | undefined;
      const address = await serve(rig, 80, socket => {
        peer = socket;
        socket.write('before');
      });
      rig.network.start();
      const transport = await rig.connected(address, 80);
      await rig.until(() => rig.network.chip.status.rxRsr === 6);
      peer!.resetAndDestroy();
      await rig.until(() => rig.board.chip.sockets[0]!.state === 0);
      const into = new Uint8Array(10);
      await rig.until(() => transport.receive(into, 0, 4) === 4);
      assert.equal(transport.receive(into, 4, 4), 2);
      assert.equal(Buffer.from(into.subarray(0, 6)).toString(), 'before');
      const code = raises === 'TIMEOUT' ? 'ERR_NET_TIMEOUT' : 'ERR_NET_RESET';
      await rig.until(() => codeOf(() => transport.receive(into, 0, 4)) === code);
      assert.equal(
        codeOf(() => transport.receive(into, 0, 4)),
        code,
      );
      assert.equal(transport.closed, true);
      assert.equal(rig.network.chip.inUse, 0);
    });
  }
});
