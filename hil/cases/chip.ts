/** The chip alone, by its registers (W5500 §4): wires, SPI mode and clock are right if these pass. */
import { EIGHT_SOCKETS } from '../../src/w5500/buffer-plans.js';
import { Block, Register, SocketRegister } from '../../src/w5500/registers.js';
import type { SpiFrames } from '../../src/w5500/spi-frame.js';
import type { Case } from '../agent/case.js';
import { type Bench, type Rig, rigged } from './rig.js';

const READINGS = 100;
const RESTARTS = 8;
/** GAR up to SIPR, 18 bytes that can be anything. */
const ADDRESSES = 18;
/** Every bit, its neighbours, and bytes that differ. */
const PATTERNS = [0x00, 0xff, 0x55, 0xaa, -1];

export function chipCases(bench: Bench): Case[] {
  return [
    probeCase(bench),
    rigged(bench, { name: 'chip/registers', needs: [], timeoutMs: 10000 }, registers),
    rigged(bench, { name: 'chip/sockets', needs: [], timeoutMs: 10000, plan: EIGHT_SOCKETS }, sockets),
    rigged(bench, { name: 'chip/restart', needs: [], timeoutMs: 20000 }, restart),
  ];
}

export function probeCase(bench: Bench): Case {
  return rigged(bench, { name: 'chip/probe', needs: [], timeoutMs: 10000 }, probe);
}

/** VERSIONR, again and again, and frames as they are counted elsewhere. */
function probe(rig: Rig): void {
  const spi = rig.board.network.chip.spi;
  const environment = rig.environment;
  const frames = spi.frames;
  const elsewhere = environment.spiFrames ? environment.spiFrames() : 0;
  const began = rig.now();
  let wrong = 0;
  let last = 4;
  for (let i = 0; i < READINGS; i++) {
    const version = spi.read8(Block.COMMON, Register.VERSIONR);
    if (version === 4) continue;
    wrong++;
    last = version;
  }
  rig.metric('frameUs', ((rig.now() - began) * 1000) / READINGS);
  if (!rig.check(wrong === 0, 'VERSIONR was wrong ' + wrong + ' times of ' + READINGS + ', last ' + last)) return;
  const counted = environment.spiFrames ? environment.spiFrames() - elsewhere : READINGS;
  if (!rig.check(counted === spi.frames - frames, 'frames on the bus: ' + counted)) return;
  rig.pass();
}

/** Values after reset, then patterns there and back: one frame of 18 bytes, and frames of one byte. */
function registers(rig: Rig): void {
  const spi = rig.board.network.chip.spi;
  const sent = new Uint8Array(ADDRESSES);
  const back = new Uint8Array(ADDRESSES);
  spi.read(Block.COMMON, Register.RTR, back, 0, 3);
  if (!rig.check(back[0] === 7 && back[1] === 0xd0 && back[2] === 8, 'RTR and RCR are not as after a reset')) return;
  for (const pattern of PATTERNS) {
    for (let i = 0; i < ADDRESSES; i++) sent[i] = pattern < 0 ? i * 13 + 7 : pattern;
    spi.write(Block.COMMON, Register.GAR, sent, 0, ADDRESSES);
    spi.read(Block.COMMON, Register.GAR, back, 0, ADDRESSES);
    if (!compare(rig, sent, back, 'in one frame')) return;
    for (let i = 0; i < ADDRESSES; i++) spi.write8(Block.COMMON, Register.GAR + i, 255 - sent[i]);
    for (let i = 0; i < ADDRESSES; i++) back[i] = 255 - spi.read8(Block.COMMON, Register.GAR + i);
    if (!compare(rig, sent, back, 'byte by byte')) return;
  }
  rig.pass();
}

/** Eight sockets with values of their own: none must show another one's. */
function sockets(rig: Rig): void {
  const spi = rig.board.network.chip.spi;
  const sent = new Uint8Array(ADDRESSES);
  const back = new Uint8Array(ADDRESSES);
  for (let n = 0; n < 8; n++) socketPattern(spi, n, sent);
  for (let n = 0; n < 8; n++) {
    socketValues(n, sent);
    spi.read(Block.SOCKET + n * Block.BLOCK_STRIDE, SocketRegister.Sn_PORT, back, 0, 2);
    spi.read(Block.SOCKET + n * Block.BLOCK_STRIDE, SocketRegister.Sn_DIPR, back, 2, 6);
    if (!compare(rig, sent, back, 'of socket ' + n)) return;
    spi.read(Block.SOCKET + n * Block.BLOCK_STRIDE, SocketRegister.Sn_RXBUF_SIZE, back, 0, 2);
    if (!rig.check(back[0] === 2 && back[1] === 2, 'socket ' + n + ' does not have 2 KB each way')) return;
  }
  rig.pass();
}

/** Sn_PORT, and Sn_DIPR with Sn_DPORT behind it. */
function socketPattern(spi: SpiFrames, n: number, sent: Uint8Array): void {
  socketValues(n, sent);
  spi.write(Block.SOCKET + n * Block.BLOCK_STRIDE, SocketRegister.Sn_PORT, sent, 0, 2);
  spi.write(Block.SOCKET + n * Block.BLOCK_STRIDE, SocketRegister.Sn_DIPR, sent, 2, 6);
}

function socketValues(n: number, into: Uint8Array): void {
  into.fill(0);
  for (let i = 0; i < 8; i++) into[i] = n * 29 + i * 8 + 1;
}

function compare(rig: Rig, sent: Uint8Array, back: Uint8Array, where: string): boolean {
  for (let i = 0; i < sent.length; i++) {
    if (sent[i] !== back[i]) {
      rig.fail('register ' + i + ' ' + where + ': wrote ' + sent[i] + ', read ' + back[i]);
      return false;
    }
  }
  return true;
}

function restart(rig: Rig): void {
  const began = rig.now();
  for (let i = 0; i < RESTARTS; i++) rig.board.network.start();
  rig.metric('restartMs', (rig.now() - began) / RESTARTS);
  rig.pass();
}
