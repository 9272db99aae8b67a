/**
 * Espruino over a link: scripts are files of its Storage, code and questions are packets. The traps that shape it are told where they are avoided;
 * all of them were met on real firmware.
 */
import CRC32 from 'crc-32';
import { HilError } from '../errors.js';
import type { Engine, EngineFactory, EngineOptions, Identity } from './engine.js';
import { complaint, type Ending, EspruinoConsole, Refusal } from './espruino-console.js';
import {
  encodePacket,
  encodeTextPacket,
  isTreacherous,
  LONGEST_PACKET,
  PacketType,
  unquote,
} from './espruino-packets.js';

export interface EspruinoOptions extends EngineOptions {
  /** Bytes of file in a packet; less than the board's input queue where nothing controls the flow. 1024 if missing. */
  packet?: number;
}

const PROBE = '\x1b[2H\x05';
const BANNER = /Espruino (\d+v\d+\S*) (\w+)\s/;
/** Storage cuts longer names without a word. */
const LONGEST_NAME = 28;
const ATTEMPTS = 3;
const BOOT_CODE = /^\.(bootcde|bootrst|varimg|boot\d)$/;

const PROBE_MS = 1500;
/** A packet of which no more comes blocks the console that long. */
const PACKET_STALL_MS = 5500;
const WATCHDOG_MS = 10000;
const EVAL_MS = 10000;
const FLASH_MS = 60000;
const LOAD_MS = 60000;

export class EspruinoEngine implements Engine {
  private readonly console: EspruinoConsole;
  private board = '';

  constructor(
    link: Parameters<EngineFactory>[0],
    private readonly options: EspruinoOptions,
  ) {
    this.console = new EspruinoConsole(link, text => options.onText(text));
  }

  async identify(): Promise<Identity> {
    await this.console.settle(200);
    const found = await this.attention();
    const [, version, board] = found as unknown as [string, string, string];
    this.board = board;
    if (major(version) < 25) {
      throw new HilError('FIRMWARE_OLD', `Espruino ${version} knows no packets yet: flash 2v25 or newer`, 4);
    }
    // blocksize is missing before 2v20; boards had 16-byte variables then.
    const free = await this.evaluate('(function(m){return m.free*(m.blocksize||16)})(process.memory())');
    return { engine: 'espruino', version, board, freeBytes: Number(free) };
  }

  async upload(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void): Promise<void> {
    if (!/^[ -~]+$/.test(name) || /["\\]/.test(name) || name.length > LONGEST_NAME) {
      throw new HilError(
        'UPLOAD_NAME',
        `'${name}' is no name for a Storage file: 1 to ${LONGEST_NAME} plain characters`,
        2,
      );
    }
    if (script.length === 0) throw new HilError('UPLOAD_EMPTY', `${name} is empty`, 2);
    const wanted = `${script.length},${CRC32.buf(script) >>> 0}`;
    if ((await this.stored(name)) !== wanted) {
      // Functions of a script run where they are stored: nothing may refer to the old ones when they go.
      await this.reset();
      await this.makeRoom(name, script.length);
      await this.write(name, script, wanted, onProgress);
    }
    onProgress?.(script.length, script.length);
  }

  async start(name: string): Promise<void> {
    await this.reset();
    // Functions stay where the script is stored, which saves RAM; the desktop build's flash is a file, and six times slower to run from.
    const script = `require("Storage").read(${JSON.stringify(name)})${this.board === 'LINUX' ? '+"\\n"' : ''}`;
    // Outside of any function, or the script's globals would be that function's. typeof: the value may be too long for an answer.
    const load = `typeof eval(${script})`;
    try {
      await this.packet(PacketType.EVAL, load, 'response', LOAD_MS);
    } catch (error) {
      if (error instanceof Refusal) throw new HilError('SCRIPT_FAILED', `${name} does not load: ${error.message}`, 4);
      throw error;
    }
    const watchdog = this.options.watchdogS ?? 8;
    // Linux has none: the call does nothing there.
    if (watchdog > 0) await this.evaluate(`E.enableWatchdog(${watchdog},true)`);
  }

  command(line: string): Promise<void> {
    return this.console.send(`\x1b[2H\x10${line}\n`);
  }

  async evaluate(expression: string): Promise<string> {
    // An EVAL packet ends where its first expression does and drops the rest silently: in parentheses that is an error.
    // An answer of more than 8191 characters would spoil its own header.
    const wrapped = `(function(r){return r.length>4000?r.substr(0,4000)+"...":r})(E.toJS((${expression})))`;
    try {
      const [answer] = await this.packet(PacketType.EVAL, wrapped, 'response', EVAL_MS);
      return unquote(Buffer.from(answer!).toString('latin1'));
    } catch (error) {
      if (error instanceof Refusal) throw new HilError('EVAL_FAILED', error.message, 4);
      throw error;
    }
  }

  async reset(): Promise<void> {
    await this.packet(PacketType.EVAL, 'reset()', 'response', EVAL_MS);
    // The answer comes first, then the reset: what is written between them is lost.
    await this.console.settle(300);
    await this.attention();
  }

  /** A file of Storage, byte for byte. */
  async read(name: string): Promise<Uint8Array> {
    try {
      return Buffer.concat(await this.packet(PacketType.FILE_RECV, JSON.stringify({ fn: name }), 'last', FLASH_MS));
    } catch (error) {
      if (error instanceof Refusal) throw new HilError('NO_FILE', `there is no ${name} in the board's Storage`, 4);
      throw error;
    }
  }

  /** Boot code, and an image that `save()` has left. Chosen here: Espruino finds no second alternative of a regular expression behind other characters. */
  async wipe(): Promise<string[]> {
    const hidden = unquote(await this.evaluate('require("Storage").list(/^\\./).join()'));
    const names = hidden.split(',').filter(name => BOOT_CODE.test(name));
    for (const name of names) await this.evaluate(`require("Storage").erase(${JSON.stringify(name)})`);
    return names;
  }

  /** The ladder: each step is tried, then the probe; each but the first is told. */
  private async attention(): Promise<RegExpExecArray> {
    const { console } = this;
    const { timeoutX, onStep, ctrlC } = this.options;
    const probe = (ms = PROBE_MS) => console.expect(PROBE, BANNER, ms * timeoutX);
    const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms * timeoutX));
    const version = '\x1b[2H\x10print("Espruino "+process.env.VERSION+" "+process.env.BOARD)\n';
    const steps: Array<[string, () => Promise<RegExpExecArray | undefined>]> = [
      ['ENQ', () => probe()],
      ['ENQ again', () => probe()],
      ['printed version', () => console.expect(version, BANNER, PROBE_MS * timeoutX)],
      ['end of a broken packet', () => wait(PACKET_STALL_MS).then(() => probe())],
    ];
    if (ctrlC) steps.push(['Ctrl-C', () => console.send('\x03').then(() => probe())]);
    steps.push([
      'soft reset',
      () =>
        console
          .send('\x1b[2H\x10reset()\n')
          .then(() => wait(1000))
          .then(() => probe()),
    ]);
    steps.push(['watchdog', () => wait(WATCHDOG_MS).then(() => probe())]);
    for (const [name, step] of steps) {
      const found = await step();
      if (found === undefined) continue;
      if (name !== 'ENQ') onStep(name);
      // The prompt belongs to the answer.
      await console.settle(50);
      return found;
    }
    throw new HilError(
      'BOARD_SILENT',
      `${this.board || 'the board'} does not answer as an Espruino: is it that firmware, is its console on this port, and is the speed right? ` +
        'Press its reset button, or take its power away, and try again',
      3,
    );
  }

  private packet(type: number, text: string, ending: Ending, timeoutMs: number): Promise<Uint8Array[]> {
    return this.console.ask(encodeTextPacket(type, text), ending, timeoutMs * this.options.timeoutX);
  }

  /** Length and CRC-32 of what lies in Storage; an ACK says nothing about that. */
  private async stored(name: string): Promise<string> {
    const question = `(function(d){return d===undefined?"":d.length+","+E.CRC32(d)})(require("Storage").read(${JSON.stringify(name)}))`;
    return unquote(await this.evaluate(question));
  }

  private async makeRoom(name: string, length: number): Promise<void> {
    const file = JSON.stringify(name);
    // Compacting takes seconds on flash, and wears it.
    const code = `(function(s){s.erase(${file});if(s.getFree()<${length}+64)s.compact();return s.getFree()})(require("Storage"))`;
    const [answer] = await this.packet(PacketType.EVAL, code, 'response', FLASH_MS);
    const free = Number(Buffer.from(answer!).toString('latin1'));
    if (free >= length + 64) return;
    throw new HilError(
      'UPLOAD_NO_ROOM',
      `${name} has ${length} bytes, and the board's Storage has room for ${free}: remove files from it, require("Storage").list() shows them`,
      4,
    );
  }

  private async write(
    name: string,
    script: Uint8Array,
    wanted: string,
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    const plain = !script.some(isTreacherous);
    let reason = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) this.options.onStep(`upload attempt ${attempt}`);
      try {
        if (plain) await this.writePackets(name, script, onProgress);
        else await this.writeBase64(name, script, onProgress);
        const found = await this.stored(name);
        if (found === wanted) return;
        reason =
          complaint(this.console.recent) ||
          reason ||
          `Storage holds ${found || 'nothing'}, not ${wanted} (length, CRC-32)`;
      } catch (error) {
        if (!(error instanceof Refusal) && (error as HilError).code !== 'REPL_SILENT') throw error;
        reason = (error as Error).message;
        await this.attention();
      }
      // A repeated chunk would be appended twice: the whole file or nothing.
      await this.evaluate(`require("Storage").erase(${JSON.stringify(name)})`);
    }
    throw new HilError('UPLOAD_NOT_STORED', `${name} did not arrive as it was sent, ${ATTEMPTS} times: ${reason}`, 4);
  }

  private async writePackets(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void) {
    const most = Math.min(this.options.packet ?? 1024, LONGEST_PACKET);
    await this.packet(PacketType.FILE_SEND, JSON.stringify({ fn: name, s: script.length }), 'acknowledged', FLASH_MS);
    let complaints = '';
    for (let done = 0; done < script.length; ) {
      let length = Math.min(most, script.length - done);
      while (isTreacherous(length & 0xff)) length--;
      const packet = encodePacket(PacketType.DATA, script.subarray(done, done + length));
      await this.console.ask(packet, 'acknowledged', FLASH_MS * this.options.timeoutX);
      complaints ||= complaint(this.console.recent);
      done += length;
      onProgress?.(done, script.length);
    }
    if (complaints !== '') throw new Refusal(complaints);
  }

  /** For scripts with bytes that must not be on the line: base64 in expressions. Slower by a third. */
  private async writeBase64(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void) {
    const most = Math.floor(((this.options.packet ?? 1024) * 3) / 4 / 3) * 3;
    const file = JSON.stringify(name);
    for (let done = 0; done < script.length; done += most) {
      const piece = Buffer.from(script.subarray(done, done + most)).toString('base64');
      const code = `require("Storage").write(${file},atob("${piece}"),${done},${script.length})`;
      const [answer] = await this.packet(PacketType.EVAL, code, 'response', FLASH_MS);
      if (Buffer.from(answer!).toString('latin1') !== 'true') throw new Refusal('Storage.write refuses');
      onProgress?.(Math.min(done + most, script.length), script.length);
    }
  }
}

function major(version: string): number {
  return Number(/^\d+v(\d+)/.exec(version)?.[1] ?? 0) + (version.startsWith('2v') ? 0 : 100);
}

export const espruino: EngineFactory = (link, options) => new EspruinoEngine(link, options);
