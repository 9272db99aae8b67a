import * as assert from 'node:assert/strict';
import * as dgram from 'node:dgram';
import type { AddressInfo } from 'node:net';
import * as dnsPacket from 'dns-packet';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import { COMMON_BLOCK, Pins, until } from './pins.js';

const UDP = 0x22;
const SEND_OK = 0x10;
const TIMEOUT = 0x08;
const RECV = 0x04;

describe('sim: UDP and the virtual LAN, W5500 §4.2 and the services behind it', () => {
  let board: SimBoard;
  let clock: VirtualClock;
  let pins: Pins;

  function start(options: SimBoardOptions = {}): void {
    clock = new VirtualClock();
    board = createSimBoard({ clock, ...options });
    pins = new Pins(board.chip);
  }

  afterEach(() => board.close());

  /** Sends one datagram from socket 1; answers the received packets, the 8-byte header included. */
  function exchange(address: string, port: number, payload: ArrayLike<number>): number[] {
    pins.destination(1, address, port);
    pins.send(1, payload);
    assert.equal(pins.byte(1, 0x02) & SEND_OK, SEND_OK);
    pins.setByte(1, 0x02, 0xff);
    clock.advance(5);
    return pins.receive(1);
  }

  /** A BOOTP message with DHCP options, RFC 2131 §2. */
  function dhcpMessage(options: number[], ciaddr = [0, 0, 0, 0], flags = 0x80): number[] {
    const message = new Array<number>(300).fill(0);
    message.splice(0, 4, 1, 1, 6, 0);
    message.splice(4, 4, 0xde, 0xad, 0xbe, 0xef);
    message[10] = flags;
    message.splice(12, 4, ...ciaddr);
    message.splice(28, 6, 2, 0, 0, 0, 0, 1);
    message.splice(236, 4, 99, 130, 83, 99);
    message.splice(240, options.length + 1, ...options, 255);
    return message;
  }

  function openDhcp(): void {
    pins.write(COMMON_BLOCK, 0x0009, 2, 0, 0, 0, 0, 1);
    pins.open(1, 0x02, 68);
    assert.equal(pins.byte(1, 0x03), UDP);
  }

  it('DHCP: DISCOVER, OFFER, REQUEST, ACK; the datagram header is address, port and length', () => {
    start({ leaseSeconds: 1000 });
    openDhcp();
    const offer = exchange('255.255.255.255', 67, dhcpMessage([53, 1, 1]));
    assert.deepEqual(offer.slice(0, 8), [10, 0, 0, 1, 0, 67, 300 >> 8, 300 & 255]);
    assert.equal(offer.length, 308);
    const message = offer.slice(8);
    assert.deepEqual(message.slice(4, 8), [0xde, 0xad, 0xbe, 0xef], 'xid');
    assert.deepEqual(message.slice(16, 20), [10, 0, 0, 100], 'yiaddr');
    assert.deepEqual(message.slice(240, 243), [53, 1, 2]);
    const ack = exchange('255.255.255.255', 67, dhcpMessage([53, 1, 3, 50, 4, 10, 0, 0, 100, 54, 4, 10, 0, 0, 1]));
    const options = ack.slice(8 + 240).join(',');
    assert.ok(options.startsWith('53,1,5,'), options);
    for (const wanted of ['1,4,255,255,255,0', '3,4,10,0,0,1', '6,4,10,0,0,1', '51,4,0,0,3,232', '58,4,0,0,1,244']) {
      assert.ok(options.includes(',' + wanted + ','), wanted);
    }
    const nak = exchange('255.255.255.255', 67, dhcpMessage([53, 1, 3, 50, 4, 10, 0, 0, 77, 54, 4, 10, 0, 0, 1]));
    assert.equal(nak[8 + 242], 6);
    assert.deepEqual(board.dhcp.received, [1, 3, 3]);
    assert.deepEqual(board.chip.violations, []);
  });

  it('DHCP: without the broadcast flag the answer is unicast, and a chip without an address does not get it', () => {
    start();
    openDhcp();
    assert.deepEqual(exchange('255.255.255.255', 67, dhcpMessage([53, 1, 1], [0, 0, 0, 0], 0)), []);
  });

  it('DHCP: a renewal by unicast is answered to ciaddr; malformed messages are thrown away', () => {
    start();
    openDhcp();
    exchange('255.255.255.255', 67, dhcpMessage([53, 1, 1]));
    pins.configure();
    const ack = exchange('10.0.0.1', 67, dhcpMessage([53, 1, 3], [10, 0, 0, 100], 0));
    assert.equal(ack[8 + 242], 5);
    assert.deepEqual(exchange('10.0.0.1', 67, dhcpMessage([53, 9, 3])), []);
    assert.deepEqual(exchange('10.0.0.1', 67, [1, 1, 6]), []);
    assert.equal(board.dhcp.rejected.length, 2);
  });

  it('DNS: an address, an alias, NXDOMAIN', () => {
    start();
    pins.configure();
    board.lan.zone.set('server.test', '198.51.100.9');
    board.lan.zone.set('www.server.test', 'server.test');
    pins.open(1, 0x02, 50123);
    const ask = (name: string) => {
      const query = dnsPacket.encode({ type: 'query', id: 77, questions: [{ type: 'A', name }] });
      const answer = exchange('10.0.0.1', 53, query);
      assert.deepEqual(answer.slice(0, 6), [10, 0, 0, 1, 0, 53]);
      return dnsPacket.decode(Buffer.from(answer.slice(8)));
    };
    const found = ask('SERVER.test');
    assert.equal(found.id, 77);
    assert.equal((found.answers![0] as dnsPacket.StringAnswer).data, '198.51.100.9');
    assert.deepEqual(
      ask('www.server.test').answers!.map(answer => answer.type),
      ['CNAME', 'A'],
    );
    assert.equal(ask('nowhere.test').flags! & 15, 3);
    board.dns.ignore = 1;
    pins.destination(1, '10.0.0.1', 53);
    pins.send(1, dnsPacket.encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'server.test' }] }));
    clock.advance(5);
    assert.deepEqual(pins.receive(1), []);
  });

  it('DNS outside: a name that is not in the zone is asked of the machine; not so by default', async () => {
    for (const outside of [true, false]) {
      start({ lan: { outside } });
      pins.configure();
      pins.open(1, 0x02, 50123);
      pins.destination(1, '10.0.0.1', 53);
      pins.send(1, dnsPacket.encode({ type: 'query', id: 5, questions: [{ type: 'A', name: 'localhost' }] }));
      clock.advance(5);
      await until(() => pins.word(1, 0x26) > 0, 'an answer');
      const answer = dnsPacket.decode(Buffer.from(pins.receive(1).slice(8)));
      if (outside) assert.equal((answer.answers![0] as dnsPacket.StringAnswer).data, '127.0.0.1');
      else assert.equal(answer.flags! & 15, 3);
      board.close();
    }
  });

  it('NTP: mode 4, the origin echoed, the time told', () => {
    start({ unixMs: () => 1700000000500 });
    pins.configure();
    pins.open(1, 0x02, 50123);
    const request = new Array<number>(48).fill(0);
    request[0] = 0x23;
    request.splice(40, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    const answer = Buffer.from(exchange('10.0.0.1', 123, request).slice(8));
    assert.equal(answer[0], 0x24);
    assert.deepEqual([...answer.subarray(24, 32)], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(answer.readUInt32BE(40), 1700000000 + 2208988800);
    assert.equal(answer.readUInt32BE(44), 0x80000000);
  });

  it('SEND to nobody: TIMEOUT after ARP_TO, the socket stays open', () => {
    start();
    pins.configure();
    pins.open(1, 0x02, 50123);
    pins.destination(1, '10.0.0.99', 9);
    pins.send(1, [1, 2, 3]);
    assert.equal(pins.byte(1, 0x02), 0);
    clock.advance(1800);
    assert.equal(pins.byte(1, 0x02), TIMEOUT);
    assert.equal(pins.byte(1, 0x03), UDP);
    assert.equal(pins.word(1, 0x20), 2048);
  });

  it('several datagrams queue up; one that does not fit is dropped whole', () => {
    start();
    pins.configure();
    pins.open(1, 0x02, 50123);
    const to = { address: '10.0.0.100', port: 50123 };
    for (const length of [1000, 1000, 20]) {
      board.lan.deliver({
        from: { address: '10.0.0.9', port: 7 },
        to,
        payload: new Uint8Array(length).fill(length & 255),
      });
    }
    assert.equal(pins.byte(1, 0x02), RECV);
    assert.equal(pins.word(1, 0x26), 1008 + 1008 + 28);
    board.lan.deliver({ from: { address: '10.0.0.9', port: 7 }, to, payload: new Uint8Array(1) });
    assert.equal(pins.word(1, 0x26), 2044, 'no room for 9 bytes in 4');
  });

  it('a mapped address is a real UDP socket on loopback', async () => {
    start();
    pins.configure();
    const echo = dgram.createSocket('udp4');
    echo.on('message', (payload, from) =>
      echo.send(Buffer.concat([Buffer.from('re: '), payload]), from.port, from.address),
    );
    await new Promise<void>(resolve => echo.bind(0, '127.0.0.1', resolve));
    try {
      board.lan.map('192.0.2.4', 7, (echo.address() as AddressInfo).port);
      pins.open(1, 0x02, 50123);
      pins.destination(1, '192.0.2.4', 7);
      pins.send(1, Buffer.from('hello'));
      await until(() => pins.word(1, 0x26) > 0, 'the echo');
      const packet = Buffer.from(pins.receive(1));
      assert.deepEqual([...packet.subarray(0, 8)], [192, 0, 2, 4, 0, 7, 0, 9]);
      assert.equal(packet.subarray(8).toString(), 're: hello');
    } finally {
      echo.close();
    }
  });
});
