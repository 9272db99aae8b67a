/**
 * rp2040js' Cortex-M0+ core as a NativeCode: it runs the blob of firmware-glue/thumb without any firmware, on memory that is stricter
 * than a board's. It throws at unaligned access, at writes into the blob, and at any access outside of the blob, of the
 * stack and of arrays whose address was asked for; and when an entry does not restore the registers that it must.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { RP2040 } from 'rp2040js';
import type { NativeCode } from '../../src/crypto/native/native-code.js';

type Core = RP2040['core'];

export const BLOB = new URL('../../../firmware-glue/thumb/ringlet-thumb.bin', import.meta.url);

/** A multiple of 4 only: nothing may count on more. */
const BLOB_AT = 0x10000104;
const STACK_AT = 0x20000000;
const STACK_LENGTH = 4096;
/** Arrays: one to a slot of 64 KB, somewhere in it. */
const SLOT_BITS = 16;
const FIRST_SLOT = 0x3000;
const SLOTS = 0x1000;
/** More than any entry takes. */
const ARRAYS_OF_A_CALL = 16;
const RETURN_TO = 0x100;
/** r4 to r11, which belong to the caller (AAPCS §6.1.1). */
const CALLERS = [4, 5, 6, 7, 8, 9, 10, 11];
/** Espruino's arrays of fewer bytes are not in one piece. */
const SHORTEST_FLAT = 24;

interface Slot {
  buffer: ArrayBufferLike;
  view: DataView;
  base: number;
}

export interface Cost {
  calls: number;
  cycles: number;
  stackBytes: number;
}

export class ThumbCore implements NativeCode {
  /** By entry. */
  readonly costs: Cost[] = [];
  /** Which arrays lie in one piece. */
  isFlat: (array: Uint8Array) => boolean = array => array.byteLength >= SHORTEST_FLAT;
  private readonly core: Core;
  private readonly blob: DataView;
  private readonly code: Uint16Array;
  private readonly stack = new DataView(new ArrayBuffer(STACK_LENGTH));
  private readonly slots: Array<Slot | undefined> = [];
  private readonly slotOf = new WeakMap<ArrayBufferLike, number>();
  private nextSlot = 0;
  private lowest = 0;

  constructor(blob: Uint8Array = readFileSync(BLOB)) {
    const copy = new Uint8Array(blob).buffer;
    this.blob = new DataView(copy);
    this.code = new Uint16Array(copy);
    // The package exports no core by itself.
    this.core = new RP2040().core;
    this.wire();
  }

  get entries(): number {
    return this.blob.getUint16(6, true);
  }

  has(entry: number): boolean {
    return entry < this.entries && this.blob.getUint32(16 + 4 * entry, true) !== 0;
  }

  call(entry: number, a: number, b: number, c: number, d: number): number {
    assert.ok(this.has(entry), `entry ${entry} is not in the blob`);
    const { core } = this;
    const { registers } = core;
    registers.set([a, b, c, d]);
    for (const register of CALLERS) registers[register] = 0x5a5a0000 + register;
    const top = STACK_AT + STACK_LENGTH;
    core.SP = top;
    core.LR = RETURN_TO | 1;
    core.PC = BLOB_AT + (this.blob.getUint32(16 + 4 * entry, true) & ~1);
    this.lowest = top;
    const before = core.cycles;
    while (registers[15] !== RETURN_TO) core.executeInstruction();
    assert.equal(core.SP, top, 'the stack pointer');
    for (const register of CALLERS) assert.equal(registers[register], 0x5a5a0000 + register, `r${register}`);
    this.costs[entry] ??= { calls: 0, cycles: 0, stackBytes: 0 };
    const cost = this.costs[entry]!;
    cost.calls++;
    cost.cycles += core.cycles - before;
    cost.stackBytes = Math.max(cost.stackBytes, top - this.lowest);
    return registers[0]! | 0;
  }

  addressOf(array: Uint8Array): number {
    if (!this.isFlat(array)) return 0;
    const { buffer } = array;
    let slot = this.slotOf.get(buffer);
    // The slots come round: an array whose own is next moves to a new one, or it would lose it to another array of the same call.
    const isNext = slot !== undefined && (slot - this.nextSlot + SLOTS) % SLOTS < ARRAYS_OF_A_CALL;
    if (slot === undefined || isNext || this.slots[slot]?.buffer !== buffer) {
      slot = this.nextSlot;
      this.nextSlot = (slot + 1) % SLOTS;
      const base = ((FIRST_SLOT + slot) << SLOT_BITS) + 0x104;
      assert.ok(buffer.byteLength <= (1 << SLOT_BITS) - 0x104, 'an array that is too long for this test');
      this.slots[slot] = { buffer, view: new DataView(buffer), base };
      this.slotOf.set(buffer, slot);
    }
    return this.slots[slot]!.base + array.byteOffset;
  }

  private wire(): void {
    const { core, blob, code, stack } = this;
    const { length } = code;
    core.readUint16 = address => {
      const index = (address - BLOB_AT) >>> 1;
      if (index < length && (address & 1) === 0) return code[index]!;
      const [view, offset] = this.find(address, 2, false);
      return view.getUint16(offset, true);
    };
    core.readUint32 = address => {
      const offset = (address >>> 0) - STACK_AT;
      if (offset >= 0 && offset <= STACK_LENGTH - 4 && (address & 3) === 0) return stack.getUint32(offset, true);
      const [view, at] = this.find(address, 4, false);
      return view.getUint32(at, true);
    };
    core.readUint8 = address => {
      const [view, offset] = this.find(address, 1, false);
      return view.getUint8(offset);
    };
    core.writeUint32 = (address, value) => {
      const [view, offset] = this.find(address, 4, true);
      view.setUint32(offset, value, true);
    };
    core.writeUint16 = (address, value) => {
      const [view, offset] = this.find(address, 2, true);
      view.setUint16(offset, value, true);
    };
    core.writeUint8 = (address, value) => {
      const [view, offset] = this.find(address, 1, true);
      view.setUint8(offset, value);
    };
    assert.ok(blob.byteLength % 4 === 0);
  }

  private readonly found: [DataView, number] = [new DataView(new ArrayBuffer(0)), 0];

  /** Where `size` bytes at `address` are. */
  private find(sum: number, size: number, write: boolean): [DataView, number] {
    const { found } = this;
    // The core adds registers without cutting off at 32 bits.
    const address = sum >>> 0;
    if (address % size !== 0) throw new Error(`unaligned access to ${size} bytes at ${this.place(address)}`);
    const slot = this.slots[(address >>> SLOT_BITS) - FIRST_SLOT];
    if (address >= STACK_AT && address + size <= STACK_AT + STACK_LENGTH) {
      found[0] = this.stack;
      found[1] = address - STACK_AT;
      if (write && address < this.lowest) this.lowest = address;
    } else if (slot !== undefined && address >= slot.base && address + size <= slot.base + slot.buffer.byteLength) {
      found[0] = slot.view;
      found[1] = address - slot.base;
    } else if (!write && address >= BLOB_AT && address + size <= BLOB_AT + this.blob.byteLength) {
      found[0] = this.blob;
      found[1] = address - BLOB_AT;
    } else {
      throw new Error(`${write ? 'a write' : 'a read'} of ${size} bytes at ${this.place(address)}, where nothing is`);
    }
    return found;
  }

  private place(address: number): string {
    return `0x${address.toString(16)}, by the code at 0x${(this.core.PC - BLOB_AT).toString(16)} of the blob`;
  }
}
