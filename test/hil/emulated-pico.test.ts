/** The emulated Pico without firmware: programs of a few Thumb instructions at the start of the flash, and the flash chip by itself. */
import assert from 'node:assert/strict';
import { EmulatedPico } from '../../boards/pico/emulated-pico.js';
import { BOOTROM_BYTES, FLASH_BYTES, flashOf } from '../../boards/pico/image.js';
import { NorFlash } from '../../boards/pico/nor-flash.js';

const SRAM = 0x20000000;
const SPI0 = 0x4003c000;
const IO_BANK0 = 0x40014000;
const PADS_BANK0 = 0x4001c000;
const IO_QSPI = 0x40018000;
const SSI = 0x18000000;
const SIO = 0xd0000000;
const WATCHDOG = 0x40058000;

/** Writes words, reads words into memory from 0x20000000 on, waits: straight-line code with its constants behind it. */
class Program {
  private readonly code: number[] = [];
  private readonly words: { at: number; value: number }[] = [];
  private results = 0;

  store(address: number, value: number): this {
    this.constant(0, address).constant(1, value);
    // STR r1, [r0]
    this.code.push(0x6001);
    return this;
  }

  /** The answer is `result(n)` of the board, n counting from 0. */
  load(address: number): this {
    this.constant(0, address);
    // LDR r1, [r0]; then STR r1, [r2]
    this.code.push(0x6801);
    this.constant(2, SRAM + 4 * this.results++);
    this.code.push(0x6011);
    return this;
  }

  /** Until the bits of `mask` are 0 there. */
  waitWhile(address: number, mask: number): this {
    this.constant(0, address).constant(2, mask);
    // LDR r1, [r0]; TST r1, r2; BNE back to the LDR
    this.code.push(0x6801, 0x4211, 0xd1fc);
    return this;
  }

  nops(count: number): this {
    for (let i = 0; i < count; i++) this.code.push(0xbf00);
    return this;
  }

  image(): Uint8Array {
    // B .
    const code = [...this.code, 0xe7fe];
    if (code.length % 2 === 1) code.push(0xbf00);
    const pool = code.length * 2;
    const image = new Uint8Array(Math.max(256, pool + this.words.length * 4));
    const view = new DataView(image.buffer);
    this.words.forEach(({ at, value }, i) => {
      // LDR rN, [pc, #offset]: from the next word boundary after the following instruction.
      const offset = (pool + i * 4 - ((at * 2 + 4) & ~3)) / 4;
      assert.ok(offset < 256, 'the program is too long for its constants');
      code[at]! |= offset;
      view.setUint32(pool + i * 4, value, true);
    });
    for (const [i, instruction] of code.entries()) view.setUint16(i * 2, instruction, true);
    return image;
  }

  private constant(register: number, value: number): this {
    this.words.push({ at: this.code.length, value: value >>> 0 });
    this.code.push(0x4800 | (register << 8));
    return this;
  }
}

function boardWith(program: Program): EmulatedPico {
  return new EmulatedPico({ image: program.image(), bootrom: new Uint8Array(BOOTROM_BYTES) });
}

/** SPI0 at 125 MHz / 16, 8 bits, GP16..19 as SIO output for chip select on GP17. */
function spiReady(): Program {
  return new Program()
    .store(IO_BANK0 + 17 * 8 + 4, 5)
    .store(SIO + 0x024, 1 << 17)
    .store(SIO + 0x014, 1 << 17)
    .store(SPI0 + 0x00, 0x0007 | (7 << 8))
    .store(SPI0 + 0x10, 2)
    .store(SPI0 + 0x04, 2);
}

const SELECT = [SIO + 0x018, 1 << 17] as const;
const DESELECT = [SIO + 0x014, 1 << 17] as const;
const BUSY = 1 << 4;

describe('hil: the emulated Pico', () => {
  it('reads VERSIONR of the W5500 on SPI0, and every byte takes the time of its bits', () => {
    const program = spiReady().store(...SELECT);
    for (const byte of [0x00, 0x39, 0x00, 0x00]) program.store(SPI0 + 0x08, byte);
    program.waitWhile(SPI0 + 0x0c, BUSY).store(...DESELECT);
    for (let i = 0; i < 4; i++) program.load(SPI0 + 0x08);
    const board = boardWith(program);
    board.runFor(0.1);
    assert.deepEqual(
      [0, 1, 2, 3].map(n => board.word(SRAM + 4 * n)),
      [1, 2, 3, 4],
    );
    assert.deepEqual(board.sim.chip.violations, []);
    assert.equal(board.sim.chip.stats.frames, 1);
    board.stop();

    // 32 bits at 7.8125 MHz are 4.096 µs: after 3 µs the transfer cannot be over, after 7 it must be.
    const timed = boardWith(program);
    while (timed.sim.chip.stats.bytes === 0) timed.runFor(0.0001);
    const first = timed.milliseconds;
    while (timed.sim.chip.stats.bytes < 4) timed.runFor(0.0001);
    const bits = (timed.milliseconds - first) * 1000;
    assert.ok(bits > 3 && bits < 3.3, `three bytes took ${bits} µs instead of 3.07`);
    timed.stop();
  });

  it('INTn of the chip is GP21, RSTn is GP20', () => {
    const program = new Program()
      .store(IO_BANK0 + 20 * 8 + 4, 5)
      .store(SIO + 0x024, 1 << 20)
      .store(PADS_BANK0 + 4 + 21 * 4, 0x56)
      .load(SIO + 0x004);
    // Output low until the end: the chip is held in reset.
    const board = boardWith(program);
    board.runFor(0.1);
    assert.equal((board.word(SRAM) >> 21) & 1, 1);
    board.sim.spi.read(Uint8Array.of(0, 0x39, 0), new Uint8Array(1), 0, 1);
    assert.match(board.sim.chip.violations.join(), /in reset/);
    board.stop();
  });

  it('flash commands through the SSI erase and program what XIP reads, and it is there after a restart', () => {
    const program = new Program();
    const transfer = (...bytes: number[]) => {
      program.store(IO_QSPI + 0x0c, 2 << 8);
      for (const byte of bytes) program.store(SSI + 0x60, byte);
      for (let i = 0; i < bytes.length; i++) program.load(SSI + 0x60);
      program.store(IO_QSPI + 0x0c, 3 << 8);
    };
    program.store(SSI + 0x08, 0).store(SSI + 0x08, 1);
    transfer(0x06);
    transfer(0x02, 0x10, 0x00, 0x00, 0x5a, 0xa5);
    const board = boardWith(program);
    board.runFor(1);
    assert.deepEqual(board.flash.stats, { erases: 0, programs: 1 });
    const content = board.flashContent();
    assert.deepEqual([...content.subarray(0x100000, 0x100003)], [0x5a, 0xa5, 0xff]);
    assert.equal(board.word(0x10100000), 0xffffa55a);
    board.restart();
    assert.equal(board.word(0x10100000), 0xffffa55a);
    board.stop();
  });

  it('the watchdog restarts the processor; emulated time goes on', () => {
    const program = new Program().nops(50).store(WATCHDOG, 0x80000000);
    const board = boardWith(program);
    board.runFor(0.01);
    assert.ok(board.restarts > 1, `${board.restarts} restarts`);
    assert.ok(board.milliseconds >= 0.01);
    board.stop();
  });

  it('a breakpoint hangs the board, and time goes on', () => {
    const image = new Uint8Array(256);
    new DataView(image.buffer).setUint16(0, 0xbe00, true);
    const warnings: string[] = [];
    const board = new EmulatedPico({
      image,
      bootrom: new Uint8Array(BOOTROM_BYTES),
      onWarning: text => warnings.push(text),
    });
    board.runFor(5);
    assert.equal(warnings.length, 1);
    assert.ok(board.milliseconds >= 5);
    board.stop();
  });

  it('emulated time does not overtake the desktop’s, and the board leaves nothing behind', async () => {
    // WFI, and back: asleep all the time, so that the emulator could go as fast as it liked.
    const image = new Uint8Array(256);
    const view = new DataView(image.buffer);
    view.setUint16(0, 0xbf30, true);
    view.setUint16(2, 0xe7fd, true);
    const board = new EmulatedPico({ image, bootrom: new Uint8Array(BOOTROM_BYTES) });
    const began = performance.now();
    board.start();
    // As long as it takes on a busy machine; mocha's own limit is the end of it.
    while (board.milliseconds <= 5) await new Promise(resolve => setTimeout(resolve, 10));
    board.stop();
    const passed = performance.now() - began;
    assert.ok(board.milliseconds <= passed + 1, `${board.milliseconds} ms in ${passed}`);
  });
});

describe('hil: the flash chip', () => {
  let now = 0;
  const memory = new Uint8Array(FLASH_BYTES).fill(0xff);
  const flash = new NorFlash(memory, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), () => now);
  const command = (...bytes: number[]) => {
    flash.select(true);
    const answer = bytes.map(byte => flash.transfer(byte));
    flash.select(false);
    return answer;
  };
  const idle = () => {
    now += 200;
  };

  it('says who it is', () => {
    assert.deepEqual(command(0x9f, 0, 0, 0).slice(1), [0xef, 0x40, 0x15]);
    assert.deepEqual(command(0x4b, 0, 0, 0, 0, ...new Array(8).fill(0)).slice(5), [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('writes only when it is enabled to, once', () => {
    command(0x02, 0, 1, 0, 0x11);
    assert.equal(memory[0x100], 0xff);
    command(0x06);
    assert.equal(command(0x05, 0)[1], 0x02);
    command(0x02, 0, 1, 0, 0x11);
    assert.equal(command(0x05, 0)[1], 0x01, 'busy');
    idle();
    assert.equal(command(0x05, 0)[1], 0x00);
    command(0x02, 0, 1, 0, 0x01);
    assert.equal(memory[0x100], 0x11);
  });

  it('programming only clears bits, and wraps inside its page', () => {
    command(0x06);
    command(0x02, 0, 2, 0xfe, 0xf0, 0xf1, 0xf2);
    idle();
    command(0x06);
    command(0x02, 0, 2, 0xfe, 0x0f);
    idle();
    assert.deepEqual([memory[0x2fe], memory[0x2ff], memory[0x200], memory[0x300]], [0x00, 0xf1, 0xf2, 0xff]);
    assert.deepEqual(command(0x03, 0, 2, 0xfe, 0, 0).slice(4), [0x00, 0xf1]);
  });

  it('is deaf while it is busy', () => {
    command(0x06);
    command(0x20, 0, 0, 0);
    command(0x06);
    command(0x02, 0, 0, 0, 0x00);
    assert.deepEqual([memory[0], memory[0x100], memory[0x2ff]], [0xff, 0xff, 0xff]);
    now += 44;
    assert.equal(command(0x05, 0)[1]! & 1, 1);
    now += 2;
    assert.equal(command(0x05, 0)[1]! & 1, 0);
  });
});

describe('hil: firmware files', () => {
  const block = (number: number, address: number, fill: number, family = 0xe48bff56) => {
    const bytes = new Uint8Array(512);
    const view = new DataView(bytes.buffer);
    const words = [0x0a324655, 0x9e5d5157, 0x2000, address, 256, number, 2, family];
    for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true);
    bytes.fill(fill, 32, 288);
    view.setUint32(508, 0x0ab16f30, true);
    return bytes;
  };

  it('UF2 blocks go where they say', () => {
    const flash = flashOf(Buffer.concat([block(0, 0x10000100, 1), block(1, 0x10001000, 2)]));
    assert.deepEqual([flash[0], flash[0x100], flash[0x1ff], flash[0x200], flash[0x1000]], [0xff, 1, 1, 0xff, 2]);
  });

  it('what is not for an RP2040’s flash is refused in words', () => {
    assert.throws(() => flashOf(block(0, 0x10000000, 1, 0xe48bff59)), /family 0xe48bff59/);
    assert.throws(() => flashOf(block(0, 0x20000000, 1)), /outside of the flash/);
    assert.throws(() => flashOf(block(0, 0x10000000, 1).subarray(0, 511).slice()), /cut off/);
    assert.throws(() => flashOf(new Uint8Array(FLASH_BYTES + 1)), /2097153 bytes/);
  });
});
