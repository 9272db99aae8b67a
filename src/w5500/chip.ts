/**
 * The W5500 itself: reset and probe, addresses, buffer plan, link, and which of its eight sockets are in use (W5500 §3, §4).
 * Nothing here waits longer than a bounded number of frames.
 */
import { ringletError, usageError } from '../errors.js';
import type { Clock, RandomSource, SpiPort } from '../platform.js';
import type { BufferPlan, StaticAddress } from './network.js';
import { startsWith, uint16 } from './network-order.js';
import { Block, Mode, Register, SocketRegister } from './registers.js';
import type { SocketStatus } from './socket-status.js';
import { spiFrames } from './spi-frame.js';

const SOCKETS = 8;
const VERSION = 4;
/** GAR up to PHYCFGR: enough to see the link, pending sockets and a chip that lost its settings, in one frame. */
const WATCH_LENGTH = Register.PHYCFGR - Register.GAR + 1;
/** IPv4 datagrams up to 576 bytes must be taken (RFC 791 §3.1): 548 of payload, and the chip's 8. */
const DATAGRAM_LENGTH = 556;
export const UDP_HEADER_LENGTH = 8;
const ZEROS = new Uint8Array(4);
const NOTHING = new Uint8Array(0);

/** What the chip has as long as nobody has given it an address. */
export const NO_ADDRESS: StaticAddress = { ip: ZEROS, mask: ZEROS, gateway: ZEROS, dns: [] };

export type W5500Chip = ReturnType<typeof w5500Chip>;

/** `mac`: 6 bytes. `buffers`: 2 KB each way for every socket if not given. */
export function w5500Chip(
  port: SpiPort,
  clock: Clock,
  random: RandomSource,
  mac: Uint8Array,
  buffers: BufferPlan | undefined,
) {
  const spi = spiFrames(port);
  const rx = planSizes(buffers && buffers.rx);
  const tx = planSizes(buffers && buffers.tx);
  /** GAR, SUBR, SHAR, SIPR as they must be. */
  const written = new Uint8Array(18);
  /** For what is looked at within one call. */
  const seen = new Uint8Array(WATCH_LENGTH);
  /** Bit n: socket n is for datagrams. */
  let forDatagrams = 0;
  /** Sockets that could be had now, the largest first. */
  const vacant: number[] = [];
  /** What each socket has, or had last. */
  const ports: number[] = [];
  let lastTcpPort = 0;

  const chip = {
    spi,
    clock,
    fillRandom: random,
    /** Kilobytes of each socket's memory. */
    rx,
    tx,
    /** The last status burst, whichever socket it was of, decoded and as it came: use at once. */
    status: {} as SocketStatus,
    burst: new Uint8Array(44),
    /** Datagrams of all sockets, with 8 bytes in front, and without them: use within a call. Only as long as there is a socket for them. */
    datagram: NOTHING,
    payload: NOTHING,
    /** How many sockets have memory both ways, and how many of them could be had now. */
    sockets: 0,
    free: (): number => vacant.length,
    /** Readings that could not be used, and were repeated. */
    busErrors: 0,
    /** Bit n: socket n may have news, so that a status burst is worth its frame. */
    attention: 0,
    /** Bit n: socket n is in use. */
    inUse: 0,
    /** Why the chip has to be set up again, once a socket has found out. */
    failure: undefined as Error | undefined,
    hasLink: false,
    /** As last told to the chip. */
    settings: NO_ADDRESS,

    /** Puts chip and PHY into a known state; every socket has been given back before. Throws ERR_CHIP_NOT_FOUND if no W5500 answers. */
    reset(): void {
      /** Reads until the register has that value: the chip may be starting. 100 ms, or 400 frames if they are faster. */
      const expect = (register: Register, value: number): void => {
        const deadline = clock.now() + 100;
        let found = 0;
        for (let i = 0; i < 400 && (i < 20 || clock.now() < deadline); i++) {
          found = spi.read8(Block.COMMON, register);
          if (found === value) return;
        }
        throw notFound(register, value, found);
      };
      expect(Register.VERSIONR, VERSION);
      spi.write8(Block.COMMON, Register.MR, Mode.RST);
      expect(Register.MR, 0);
      // A bus that answers every read with the same byte, or that cannot write, would pass one test but not these.
      for (const value of [0x12, 0x20, 0]) {
        spi.write8(Block.COMMON, Register.MR, value);
        expect(Register.MR, value);
      }
      expect(Register.VERSIONR, VERSION);
      chip.setAddress(NO_ADDRESS);
      // Once, and before the sizes: as long as SHAR is there, the chip was not reset since.
      spi.write(Block.COMMON, Register.SHAR, mac, 0, 6);
      // Memory is carved from socket 0 upwards, and the sum may never exceed 16 KB on the way: all become 0 first.
      for (let n = 0; n < SOCKETS; n++)
        spi.write16(Block.SOCKET + n * Block.BLOCK_STRIDE, SocketRegister.Sn_RXBUF_SIZE, 0);
      for (let n = 0; n < SOCKETS; n++) {
        const block = Block.SOCKET + n * Block.BLOCK_STRIDE;
        const sizes = (rx[n] << 8) | tx[n];
        spi.write16(block, SocketRegister.Sn_RXBUF_SIZE, sizes);
        // Nothing later would show that a size is not what it should be.
        spi.read(block, SocketRegister.Sn_RXBUF_SIZE, seen, 0, 2);
        if (uint16(seen, 0) !== sizes) throw chip.lostSettings();
      }
      chip.failure = undefined;
      chip.hasLink = false;
    },

    /** Gateway, mask and own address, in two frames around SHAR, which stays as `reset` has written it. */
    setAddress(address: StaticAddress): void {
      chip.settings = address;
      written.set(address.gateway);
      written.set(address.mask, Register.SUBR - Register.GAR);
      written.set(mac, Register.SHAR - Register.GAR);
      written.set(address.ip, Register.SIPR - Register.GAR);
      spi.write(Block.COMMON, Register.GAR, written, 0, 8);
      spi.write(Block.COMMON, Register.SIPR, written, 14, 4);
    },

    /** One frame: `hasLink`, news of sockets, and whether the chip still has its settings (otherwise `failure`). */
    inspect(): void {
      for (let i = 0; i < 3; i++) {
        spi.read(Block.COMMON, Register.GAR, seen, 0, WATCH_LENGTH);
        if (startsWith(seen, 0, written)) {
          chip.attention |= seen[Register.SIR - Register.GAR] & chip.inUse;
          chip.hasLink = (seen[Register.PHYCFGR - Register.GAR] & 1) !== 0;
          return;
        }
        chip.busErrors++;
      }
      chip.failure = chip.lostSettings();
    },

    /** One frame, and none if every socket in use is known to have news already. */
    readInterrupts(): void {
      if (chip.inUse & ~chip.attention) {
        const pending = spi.read8(Block.COMMON, Register.SIR) & chip.inUse;
        chip.attention |= pending;
      }
    },

    /** Why a socket's registers are not what was written: a reset nobody asked for, or no chip at all. */
    lostSettings(): Error {
      const version = spi.read8(Block.COMMON, Register.VERSIONR);
      return version === VERSION
        ? ringletError('ERR_CHIP_RESET', 'The W5500 was reset: check its 3.3 V supply and RSTn')
        : notFound(Register.VERSIONR, VERSION, version);
    },

    /** One of the free sockets, of which there must be one: the largest for TCP, the smallest for UDP. */
    allocate(largest: boolean): number {
      const n = (largest ? vacant.shift() : vacant.pop())!;
      if (!largest) {
        if (!forDatagrams) {
          chip.datagram = new Uint8Array(DATAGRAM_LENGTH);
          chip.payload = chip.datagram.subarray(UDP_HEADER_LENGTH);
        }
        forDatagrams |= 1 << n;
      }
      chip.inUse |= 1 << n;
      chip.attention |= 1 << n;
      return n;
    },

    /** Gives socket `n` back. */
    release(n: number): void {
      forDatagrams &= ~(1 << n);
      if (!forDatagrams) chip.datagram = chip.payload = NOTHING;
      chip.inUse &= ~(1 << n);
      chip.attention &= chip.inUse;
      vacant.push(n);
      vacant.sort((a, b) => rx[b] - rx[a] || a - b);
    },

    /**
     * The local port of socket `n`: one of 49152–65535 that no socket has or had last. The chip checks nothing, and a peer
     * remembers a connection for a while, so TCP's go up by random steps (RFC 6056 §3.3.5): none
     * comes again before 256 others. A datagram's port is all random, for it is part of what tells an answer from a forgery.
     */
    claimPort(n: number, tcp: boolean): number {
      random(seen, 0, 2);
      let next = uint16(seen, 0);
      if (tcp && lastTcpPort > 0) next = lastTcpPort + (next & 63);
      do {
        next = ((next + 1) & 0xffff) | 0xc000;
      } while (ports.indexOf(next) >= 0);
      if (tcp) lastTcpPort = next;
      return (ports[n] = next);
    },
  };
  for (let n = 0; n < SOCKETS; n++) if (rx[n] * tx[n] > 0) chip.release(n);
  chip.sockets = vacant.length;
  if (!chip.sockets) usageError('buffers: none for a socket');
  return chip;
}

function notFound(register: number, wanted: number, found: number): Error {
  return ringletError(
    'ERR_CHIP_NOT_FOUND',
    `No W5500: register ${register} is ${found}, not ${wanted}. Check power, MISO, MOSI, SCK, CS, SPI mode 0`,
  );
}

/** Kilobytes of each socket's memory. */
function planSizes(kilobytes: number[] | undefined): number[] {
  const sizes: number[] = [];
  let sum = 0;
  for (let n = 0; n < SOCKETS; n++) {
    const size = kilobytes ? kilobytes[n] || 0 : 2;
    sum += size;
    // Powers of two.
    if (size & (size - 1) || size % 1 || sum > 16 || (kilobytes && kilobytes.length > SOCKETS))
      usageError('buffers: 8 times 0, 1, 2, 4, 8 or 16 KB, all together 16');
    sizes.push(size);
  }
  return sizes;
}
