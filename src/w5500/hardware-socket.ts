/**
 * One of the chip's eight sockets as hardware: open, commands, status, buffer memory (W5500 §4.2). What TCP and UDP have in
 * common. Sn_CR is polled by the next status burst, not by frames of its own, unless another command comes first.
 * Memory: a few numbers, and 6 bytes.
 */
import { ringletError } from '../errors.js';
import type { W5500Chip } from './chip.js';
import { uint16 } from './network-order.js';
import { Block, Command, SocketInterrupt, SocketMode, SocketRegister, SocketState } from './registers.js';

/** A status that stays unusable for this long and this many readings, or for `HOPELESS` readings, is ERR_CHIP_STUCK. */
const PATIENCE_MS = 200;
const PATIENCE = 32;
const HOPELESS = 2000;

export type HardwareSocket = ReturnType<typeof hardwareSocket>;

/** Takes a free socket; there must be one. `largest`: the one with most memory, otherwise the one with least. */
export function hardwareSocket(chip: W5500Chip, largest: boolean) {
  const index = chip.allocate(largest);
  const spi = chip.spi;
  const clock = chip.clock;
  const status = chip.status;
  const burst = chip.burst;
  /** The block of its registers; memory blocks follow. */
  const block = Block.SOCKET + index * Block.BLOCK_STRIDE;
  const rxSize = chip.rx[index] << 10;
  const txSize = chip.tx[index] << 10;
  let mode = 0;
  let held = true;
  /** A command was written and Sn_CR has not been seen at 0 since. */
  let pending = false;
  /** When the last usable status was read. */
  let statusAt = 0;
  let failures = 0;
  let failingSince = 0;

  const write16 = (register: SocketRegister, value: number): void => spi.write16(block, register, value);

  const clearInterrupts = (bits: number): void => spi.write8(block, SocketRegister.Sn_IR, bits);

  const expect = (register: SocketRegister, value: number): void => {
    while (spi.read8(block, register) !== value) socket.doubt();
    failures = 0;
  };

  const awaitAccepted = (): void => {
    if (pending) expect(SocketRegister.Sn_CR, 0);
    pending = false;
  };

  const awaitState = (state: SocketState): void => {
    awaitAccepted();
    expect(SocketRegister.Sn_SR, state);
  };

  /**
   * Takes the numbers out of a burst: whether they can be true together. Sn_RX_RSR and Sn_TX_FSR may change between their two
   * bytes, and between host actions both only grow, so a torn value is too small: harmless, except for a torn 0. A value that is
   * too large is a bus error. (When Sn_TX_RD moves relative to Sn_TX_FSR is not documented, so they are not compared.)
   */
  const decode = (): boolean => {
    const sr = burst[SocketRegister.Sn_SR];
    const rsr = uint16(burst, SocketRegister.Sn_RX_RSR);
    const received = (uint16(burst, SocketRegister.Sn_RX_WR) - uint16(burst, SocketRegister.Sn_RX_RD)) & 0xffff;
    status.sr = sr;
    status.ir = burst[SocketRegister.Sn_IR] & SocketInterrupt.ALL;
    status.rxRsr = rsr;
    status.rxRd = uint16(burst, SocketRegister.Sn_RX_RD);
    status.received = received;
    status.txFsr = uint16(burst, SocketRegister.Sn_TX_FSR);
    status.txRd = uint16(burst, SocketRegister.Sn_TX_RD);
    status.txWr = uint16(burst, SocketRegister.Sn_TX_WR);
    return (
      received <= rxSize &&
      rsr <= received &&
      (rsr > 0 || received === 0) &&
      (sr === SocketState.SOCK_ESTABLISHED || sr === SocketState.SOCK_CLOSE_WAIT
        ? status.txFsr <= txSize
        : sr === SocketState.SOCK_CLOSED ||
          sr === SocketState.SOCK_UDP ||
          (sr >= SocketState.SOCK_INIT && sr <= SocketState.SOCK_LAST_ACK && sr !== 0x19))
    );
  };

  const socket = {
    rxSize,
    txSize,
    /** Local port. */
    port: 0,
    /** Address and port of `setPeer`. */
    peer: new Uint8Array(6),
    /** Every bit of Sn_IR that was set since `open` or since its owner took it back. */
    seen: 0,

    /** Closes whatever the socket was, and opens it anew; `port` 0 is a random one. Throws ERR_CHIP_STUCK. */
    openAs(newMode: SocketMode, state: SocketState, port: number): void {
      mode = newMode;
      socket.port = port || chip.claimPort(index, newMode === SocketMode.TCP_ND);
      socket.seen = 0;
      socket.command(Command.CLOSE, SocketInterrupt.ALL);
      awaitState(SocketState.SOCK_CLOSED);
      clearInterrupts(SocketInterrupt.ALL);
      spi.write8(block, SocketRegister.Sn_MR, mode);
      write16(SocketRegister.Sn_PORT, socket.port);
      socket.command(Command.OPEN, 0);
      awaitState(state);
    },

    /** The peer of a CONNECT, or of the next datagram: Sn_DIPR and Sn_DPORT. */
    setPeer(ip: Uint8Array, port: number): void {
      socket.peer.set(ip);
      socket.peer.set([port >> 8, port], 4);
      spi.write(block, SocketRegister.Sn_DIPR, socket.peer, 0, 6);
    },

    /** Writes a command and, in the same frame, clears bits of Sn_IR. One command at a time. */
    command(command: Command, clear: number): void {
      awaitAccepted();
      write16(SocketRegister.Sn_CR, (command << 8) | clear);
      pending = true;
    },

    /** RECV. What arrives from now on sets Sn_IR.RECV again, and what arrived before is in the status that is read next. */
    take(rxRd: number): void {
      write16(SocketRegister.Sn_RX_RD, rxRd);
      socket.command(Command.RECV, SocketInterrupt.RECV);
      socket.hurry();
    },

    /** Copies bytes into transmit memory and sends them: the pointer is written once, and SEND is issued once. */
    send(txWr: number, bytes: Uint8Array, offset: number, length: number): void {
      spi.write(block + (Block.SOCKET_TX - Block.SOCKET), txWr, bytes, offset, length);
      write16(SocketRegister.Sn_TX_WR, txWr + length);
      socket.command(Command.SEND, 0);
    },

    readReceived(rxRd: number, into: Uint8Array, offset: number, length: number): void {
      spi.read(block + (Block.SOCKET_RX - Block.SOCKET), rxRd, into, offset, length);
    },

    /** True if the chip said that there is news, or if nobody has looked for `interval` ms. */
    due(interval: number, now: number): boolean {
      return ((chip.attention >> index) & 1) !== 0 || now - statusAt >= interval;
    },

    /** The next status burst need not wait for Sn_IR to show news. */
    hurry(): void {
      chip.attention |= 1 << index;
    },

    /**
     * Reads `chip.status`, Sn_SR before Sn_RX_RSR (addresses count up): what a closing state means for the bytes behind it can be
     * relied on. False if it cannot be relied on (a command is still being taken, or numbers do not fit together):
     * ask again later. Throws ERR_CHIP_STUCK when that never ends, ERR_CHIP_RESET or ERR_CHIP_NOT_FOUND.
     */
    refresh(): boolean {
      let foreign = 0;
      for (let i = 0; i < 4; i++) {
        spi.read(block, SocketRegister.Sn_MR, burst, 0, burst.length);
        // Also what is not usable: the flight recorder tells it.
        const sound = decode();
        if (burst[SocketRegister.Sn_MR] !== mode || uint16(burst, SocketRegister.Sn_PORT) !== socket.port) foreign++;
        else if (burst[SocketRegister.Sn_CR] === 0) {
          pending = false;
          if (sound) {
            statusAt = clock.now();
            return true;
          }
        }
        socket.doubt();
      }
      if (foreign === 4) throw (chip.failure = chip.lostSettings());
      return false;
    },

    /**
     * What `refresh` read is as it must be. Clears Sn_IR into `seen`, but RECV only if all received bytes were
     * fetched already, or if there is no news and nobody fetches them (not `more`); in both cases another status follows.
     */
    believe(more: boolean): void {
      const ir = status.ir;
      const clear = more ? ir & ~SocketInterrupt.RECV : ir;
      failures = 0;
      socket.seen |= ir;
      if (clear) clearInterrupts(clear);
      if (ir) socket.hurry();
      else chip.attention &= ~(1 << index);
    },

    /** What `refresh` read is not usable now, or cannot be. Throws ERR_CHIP_STUCK when that never ends. */
    doubt(): void {
      const now = clock.now();
      if (!pending) chip.busErrors++;
      if (failures++ === 0) failingSince = now;
      if (failures < PATIENCE || (failures < HOPELESS && now - failingSince < PATIENCE_MS)) return;
      failures = 0;
      pending = false;
      throw (chip.failure = ringletError(
        'ERR_CHIP_STUCK',
        `W5500 socket ${index} is stuck: check wiring and SPI clock`,
      ));
    },

    /** CLOSE, which is silent on the wire, and the socket is given back. Never throws. */
    release(): void {
      if (!held) return;
      held = false;
      try {
        if (!chip.failure) {
          socket.command(Command.CLOSE, 0);
          awaitAccepted();
          clearInterrupts(SocketInterrupt.ALL);
        }
      } catch (error) {
        chip.failure = error as Error;
      }
      chip.release(index);
    },
  };
  return socket;
}
