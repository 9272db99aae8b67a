/**
 * The driver on a chip whose registers say anything: connections, lookups and DHCP while readings are changed, datagrams are
 * anything, links fall and the chip forgets. Nothing but documented errors, a bounded number of frames in every call; what is
 * read without disturbance is what was sent; and when the disturbance is over, a new connection works.
 *
 *   address (1), then steps: what (1) · operands
 */
import assert from 'node:assert/strict';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../../../src/transport.js';
import { type W5500Network, w5500Network } from '../../../src/w5500/network.js';
import { udpServices } from '../../../src/w5500/services.js';
import { Choices } from '../choices.js';
import { FakeChip, SOCK_UDP } from '../fake-chip.js';
import { countingRandom } from '../fixtures.js';
import { outcomeOf } from '../invariants.js';

const names = (prefix: string, list: string) => list.split(' ').map(name => prefix + name);
/** As README lists them; ERR_USAGE is what `send` says after `close`. */
const CODES = new Set([
  ...names('ERR_NET_', 'REFUSED RESET TIMEOUT LINK_DOWN NO_LEASE NO_SOCKET ABORTED'),
  ...names('ERR_NET_DNS_', 'FAILED TIMEOUT NOT_FOUND'),
  ...names('ERR_NET_TIME_', 'FAILED TIMEOUT'),
  ...names('ERR_CHIP_', 'NOT_FOUND STUCK RESET'),
  'ERR_USAGE',
]);
/** HOPELESS readings of hardware-socket.ts, a few times. */
const MOST_FRAMES = 20000;
const SERVER = new Uint8Array([10, 0, 0, 1]);
const STATIC = {
  ip: new Uint8Array([10, 0, 0, 7]),
  mask: new Uint8Array([255, 255, 255, 0]),
  gateway: SERVER,
  dns: [SERVER],
};
const MAC = new Uint8Array([2, 1, 2, 3, 4, 5]);

class Rig {
  readonly chip = new FakeChip();
  readonly network: W5500Network;
  transport: Transport | undefined;
  /** A reading was changed, or the connection's bytes are not known otherwise. */
  private disturbed = false;
  private delivered = 0;
  private received = 0;
  private readonly into = new Uint8Array(600);

  constructor(fixed: boolean) {
    this.network = w5500Network({
      services: udpServices,
      spi: this.chip,
      clock: this.chip,
      random: countingRandom(),
      mac: MAC,
      address: fixed ? STATIC : undefined,
    });
    this.call(() => this.network.start());
  }

  call<T>(action: () => T): T | undefined {
    const before = this.chip.frames;
    const { value } = outcomeOf(CODES, action);
    assert.ok(this.chip.frames - before < MOST_FRAMES, `${this.chip.frames - before} frames in one call`);
    return value;
  }

  step(choices: Choices): void {
    const { chip, network } = this;
    const what = choices.byte();
    switch (what & 15) {
      case 0:
        this.connect(what & 16 ? 'www.example.com' : '10.0.0.9');
        return;
      case 1:
        this.receive();
        return;
      case 2: {
        const bytes = new Uint8Array(1 + choices.byte() * 4);
        const sent = this.call(() => this.transport?.send(bytes, 0, bytes.length));
        assert.ok(sent === undefined || (sent >= 0 && sent <= bytes.length), `${sent} sent`);
        return;
      }
      case 3:
        chip.time += choices.uint16();
        return;
      case 4:
        this.deliver(choices.byte() * 8);
        return;
      case 5:
        for (let i = 0; i < 8; i++) chip.end(i, (what & 16) !== 0);
        return;
      case 6:
        this.datagram(what, choices);
        return;
      case 7:
        this.call(() => (what & 16 ? this.transport?.close() : this.transport?.abort()));
        return;
      case 8:
        chip.linkUp = !chip.linkUp;
        return;
      case 9:
        this.disturbed = true;
        chip.reset();
        return;
      case 10:
        network.queryTime('10.0.0.8', () => undefined);
        return;
      case 11:
        this.disturb(choices);
        return;
      default:
        for (let i = 0; i <= what >> 4; i++) this.poll();
    }
  }

  poll(): void {
    this.call(() => this.network.poll());
    this.chip.time += 1;
  }

  connect(host: string): void {
    this.transport?.abort();
    this.transport = this.network.connect(host, 443);
    this.delivered = this.received = 0;
    this.disturbed = false;
  }

  /** Takes what there is once; what was not disturbed is a count from 0. */
  receive(): void {
    const { into, transport } = this;
    if (!transport) return;
    const n = this.call(() => transport.receive(into, 0, into.length));
    if (n === undefined || n === NO_DATA_YET || n === PEER_CLOSED) return;
    assert.ok(n >= 1 && n <= into.length, `${n} received`);
    if (this.disturbed) return;
    for (let i = 0; i < n; i++) assert.equal(into[i], (this.received + i) & 0xff, `byte ${this.received + i}`);
    this.received += n;
    assert.ok(this.received <= this.delivered, 'more than was sent');
  }

  deliver(length: number): void {
    const bytes = new Uint8Array(length).map((_, i) => this.delivered + i);
    this.delivered += this.chip.deliver(this.chip.connection, bytes);
  }

  /** All that was delivered has arrived. */
  complete(): void {
    assert.equal(this.received, this.delivered, 'not all has arrived');
  }

  /** From the right server or not; alone, or behind what makes a DNS answer of it. */
  private datagram(what: number, choices: Choices): void {
    const { chip } = this;
    const payload = choices.bytes(choices.byte());
    for (let i = 0; i < 8; i++) {
      if (chip.state(i) !== SOCK_UDP) continue;
      const question = chip.lastSent(i);
      const answer = Buffer.concat([question, payload]);
      if (what & 16 && question.length > 12) answer.set([0x80, 0, 0, 1, 0, 1], 2);
      if (what & 32 && question.length >= 240) answer[0] = 2;
      const port = question.length >= 240 ? 67 : question.length === 48 ? 123 : 53;
      const from = question.length === 48 ? new Uint8Array([10, 0, 0, 8]) : SERVER;
      chip.deliverDatagram(i, from, what & 128 ? 9 : port, what & 64 ? payload : answer);
    }
  }

  /** Changes bytes of the next few readings. */
  private disturb(choices: Choices): void {
    let readings = 1 + (choices.byte() % 64);
    const at = choices.byte();
    const mask = choices.byte();
    const all = choices.byte() & 1;
    this.chip.disturb = bytes => {
      if (readings-- < 1) return;
      this.disturbed = true;
      if (all) bytes.fill(mask);
      else bytes[at % bytes.length]! ^= mask;
    };
  }
}

export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const rig = new Rig((choices.byte() & 1) === 0);
  for (let steps = 0; choices.left > 0 && steps < 200; steps++) rig.step(choices);
  if (data.length === 0 || (data[0]! & 1) !== 0) return;
  // With a fixed address: an honest chip, a link, and enough time for all that failed to be given up.
  const { chip } = rig;
  chip.disturb = () => {};
  chip.linkUp = true;
  rig.transport?.abort();
  for (let i = 0; i < 200; i++) {
    rig.poll();
    chip.time += 1000;
  }
  rig.connect('10.0.0.9');
  for (let i = 0; i < 5000 && !rig.transport!.connected; i++) rig.poll();
  assert.ok(rig.transport!.connected, 'no connection after the disturbance');
  rig.deliver(500);
  for (let i = 0; i < 300; i++) {
    rig.receive();
    rig.poll();
  }
  rig.complete();
}
