/**
 * An Espruino console in this process, as far as its packets, probes and Storage go: for what real firmware does too seldom. Expressions are
 * evaluated by Node.
 */
import { Duplex } from 'node:stream';
import * as vm from 'node:vm';
import CRC32 from 'crc-32';
import { PacketType } from '../../hil/engines/espruino-packets.js';
import type { Link } from '../../hil/link/link.js';

const BANNER = 'Espruino 2v29 LINUX\r\n';

export interface Temper {
  banner?: string;
  /** So many probes are not answered; a Ctrl-C ends that if `interruptible`. */
  deafTo?: number;
  interruptible?: boolean;
  /** Of Storage. */
  room?: number;
  /** DATA packets, counted from 1 over the whole life of the board, that are stored and whose ACK is lost. */
  lostAcks?: number[];
  /** DATA packets whose bytes are acknowledged, and not stored as they were sent. */
  spoiled?: number[];
  /** Console text in front of every ACK, as the desktop build prints it. */
  noise?: string;
}

export class FakeEspruino {
  readonly files = new Map<string, Buffer>();
  /** What came in: types of packets, and 'probe', 'line', 'Ctrl-C'. */
  readonly heard: string[] = [];
  readonly received: number[] = [];
  readonly link: Link;
  private data: number[] = [];
  private sending: { fn: string; s: number; at: number } | undefined;
  private dataPackets = 0;
  private deaf: number;
  private readonly context: vm.Context;
  private readonly duplex: Duplex;

  constructor(private readonly temper: Temper = {}) {
    this.deaf = temper.deafTo ?? 0;
    this.duplex = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        for (const byte of chunk) this.byte(byte);
        done();
      },
    });
    Object.defineProperty(this.duplex, 'isOpen', { get: () => !this.duplex.destroyed });
    this.link = this.duplex as unknown as Link;
    this.context = vm.createContext({
      require: () => this.storage(),
      E: {
        toJS: (value: unknown) => (typeof value === 'function' ? 'function' : (JSON.stringify(value) ?? 'undefined')),
        CRC32: (text: string) => CRC32.bstr(text) >>> 0,
        enableWatchdog: (seconds: number) => void this.heard.push(`watchdog ${seconds}`),
      },
      process: { memory: () => ({ free: 1000, blocksize: 14 }) },
      atob: (text: string) => Buffer.from(text, 'base64').toString('latin1'),
      reset: () => {
        this.heard.push('reset');
        setImmediate(() => this.say(`\r\n ____\r\n|_espruino.com\r\n\r\n>`));
      },
    });
  }

  unplug(): void {
    this.duplex.destroy();
  }

  private say(text: string): void {
    if (!this.duplex.destroyed) this.duplex.push(Buffer.from(text, 'latin1'));
  }

  private byte(byte: number): void {
    this.received.push(byte);
    this.data.push(byte);
    if (this.data[0] === 0x10 && this.data[1] === 0x01) this.packetByte();
    else if (byte === 0x05) this.probed();
    else if (byte === 0x03) {
      this.heard.push('Ctrl-C');
      if (this.temper.interruptible) this.deaf = 0;
      this.data = [];
    } else if (byte === 0x0a) {
      this.heard.push('line');
      this.data = [];
    } else if (byte === 0x48) this.data = [];
  }

  private probed(): void {
    this.heard.push('probe');
    this.data = [];
    if (this.deaf > 0) this.deaf--;
    else this.say(this.temper.banner ?? BANNER);
  }

  private packetByte(): void {
    if (this.data.length < 4) return;
    const word = (this.data[2]! << 8) | this.data[3]!;
    if (this.data.length < 4 + (word & 0x1fff)) return;
    const text = Buffer.from(this.data.slice(4)).toString('latin1');
    this.data = [];
    setImmediate(() => this.packet(word & 0xe000, text));
  }

  private packet(type: number, text: string): void {
    const name = Object.entries(PacketType).find(([, value]) => value === type)![0];
    this.heard.push(name);
    if (type === PacketType.EVAL) this.evaluate(text);
    else if (type === PacketType.FILE_SEND) {
      this.sending = { ...JSON.parse(text), at: 0 };
      this.acknowledge();
    } else if (type === PacketType.DATA) this.dataPacket(text);
    else if (type === PacketType.FILE_RECV) this.deliver(this.files.get(JSON.parse(text).fn));
    else this.say('\x15');
  }

  private evaluate(text: string): void {
    try {
      const value = vm.runInContext(`(${text})`, this.context);
      this.acknowledge(reply(PacketType.RESPONSE, value === undefined ? 'null' : JSON.stringify(value)));
    } catch (error) {
      this.say(`\r\x1b[J\x15Uncaught ${error}\r\n    at :1:1\r\n>`);
    }
  }

  private dataPacket(text: string): void {
    const file = this.sending;
    if (file === undefined) {
      this.say('\x15');
      return;
    }
    const count = ++this.dataPackets;
    const stored = this.temper.spoiled?.includes(count) ? text.replace(/^./, '!') : text;
    const good = this.storage().write(file.fn, stored, file.at, file.s);
    file.at += text.length;
    if (file.at >= file.s) this.sending = undefined;
    if (!this.temper.lostAcks?.includes(count)) this.acknowledge();
    if (!good) this.say('Uncaught Error: File already written with different size\r\n');
  }

  private deliver(file: Buffer | undefined): void {
    if (file === undefined) {
      this.say('\x15');
      return;
    }
    let answer = '';
    for (let at = 0; at < file.length; at += 1024)
      answer += reply(PacketType.DATA, file.toString('latin1', at, at + 1024));
    this.acknowledge(answer + reply(PacketType.DATA, ''));
  }

  private acknowledge(answer = ''): void {
    this.say(`${this.temper.noise ?? ''}\x06${answer}`);
  }

  private storage() {
    const { files } = this;
    const used = () => [...files.values()].reduce((sum, file) => sum + file.length, 0);
    return {
      read: (name: string) => files.get(name)?.toString('latin1'),
      erase: (name: string) => void files.delete(name),
      compact: () => void this.heard.push('compact'),
      getFree: () => (this.temper.room ?? 1e6) - used(),
      list: (pattern: RegExp) => [...files.keys()].filter(name => pattern.test(name)),
      write: (name: string, text: string, at: number, size: number) => {
        const file = files.get(name) ?? Buffer.alloc(size, 0xff);
        if (file.length !== size || at + text.length > size) return false;
        file.write(text, at, 'latin1');
        files.set(name, file);
        return true;
      },
    };
  }
}

/** As jsinteractive.c sends it: a carriage return in front of every line feed, not counted. */
export function reply(type: number, text: string): string {
  return `\x10\x01${String.fromCharCode((type | text.length) >> 8, text.length & 0xff)}${text.replaceAll('\n', '\r\n')}`;
}
