/**
 * Jazzer.js 4.0.0 was built where glibc is 2.38 and GCC 13; it asks for them because of two functions, which have older names
 * (`__isoc23_strtol` is `strtol` that also knows 0b), and a mark that is never called. Where glibc is older (Debian 12, Ubuntu
 * 22.04) the dynamic symbols of our copy of the addon are changed to ask for what is there. System V ABI, gABI §4 and §5;
 * symbol versions: LSB Core §10.7.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const TOO_NEW = ['GLIBC_2.38', 'GLIBCXX_3.4.32'];
const NEW_NAME = '__isoc23_';

const SHT_DYNSYM = 11;
const SHT_VERSYM = 0x6fffffff;
const SHT_VERNEED = 0x6ffffffe;
const VER_FLG_WEAK = 2;
const VER_NDX_GLOBAL = 1;
const STB_WEAK = 2;

interface Section {
  offset: number;
  size: number;
  /** The section of its strings. */
  link: number;
}

/** True on a Linux whose glibc is older than 2.38. */
export function hasOlderGlibc(): boolean {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  const [major, minor] = (header.glibcVersionRuntime ?? '').split('.').map(Number);
  return major === 2 && minor !== undefined && minor < 38;
}

/** Changes the addon in `file`: a little-endian ELF-64 shared object. */
export function fitToOlderGlibc(file: string): void {
  const elf = readFileSync(file);
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) throw new Error(file + ' is no ELF-64');
  const sections = sectionsOf(elf);
  const symbols = sections.get(SHT_DYNSYM)!;
  const versions = sections.get(SHT_VERSYM)!;
  const strings = sectionAt(elf, symbols.link).offset;
  const text = (at: number): string => elf.toString('latin1', strings + at, elf.indexOf(0, strings + at));
  const loosened = loosen(elf, sections.get(SHT_VERNEED)!, text);
  for (let i = 0; i * 24 < symbols.size; i++) {
    const symbol = symbols.offset + i * 24;
    const version = versions.offset + i * 2;
    if (!loosened.includes(elf.readUInt16LE(version))) continue;
    const name = elf.readUInt32LE(symbol);
    if (text(name).startsWith(NEW_NAME)) elf.writeUInt32LE(name + NEW_NAME.length, symbol);
    else elf[symbol + 4] = (STB_WEAK << 4) | (elf[symbol + 4]! & 15);
    elf.writeUInt16LE(VER_NDX_GLOBAL, version);
  }
  writeFileSync(file, elf);
}

/** Makes the versions that are too new weak requirements; answers their numbers. */
function loosen(elf: Buffer, needs: Section, text: (at: number) => string): number[] {
  const numbers: number[] = [];
  for (let need = needs.offset, more = true; more; need += elf.readUInt32LE(need + 12)) {
    let auxiliary = need + elf.readUInt32LE(need + 8);
    for (let count = elf.readUInt16LE(need + 2); count > 0; count--) {
      if (TOO_NEW.includes(text(elf.readUInt32LE(auxiliary + 8)))) {
        elf.writeUInt16LE(VER_FLG_WEAK, auxiliary + 4);
        numbers.push(elf.readUInt16LE(auxiliary + 6));
      }
      auxiliary += elf.readUInt32LE(auxiliary + 12);
    }
    more = elf.readUInt32LE(need + 12) !== 0;
  }
  return numbers;
}

function sectionsOf(elf: Buffer): Map<number, Section> {
  const sections = new Map<number, Section>();
  for (let i = 0; i < elf.readUInt16LE(60); i++) sections.set(typeAt(elf, i), sectionAt(elf, i));
  return sections;
}

function headerAt(elf: Buffer, index: number): number {
  return Number(elf.readBigUInt64LE(40)) + index * elf.readUInt16LE(58);
}

function typeAt(elf: Buffer, index: number): number {
  return elf.readUInt32LE(headerAt(elf, index) + 4);
}

function sectionAt(elf: Buffer, index: number): Section {
  const header = headerAt(elf, index);
  return {
    offset: Number(elf.readBigUInt64LE(header + 24)),
    size: Number(elf.readBigUInt64LE(header + 32)),
    link: elf.readUInt32LE(header + 40),
  };
}
