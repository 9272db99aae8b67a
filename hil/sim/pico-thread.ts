/** An emulated Pico in a thread of its own. It ends with the program that started it, and with `close`. */
import { EventEmitter, once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface PicoReport {
  /** Since power-up. */
  emulatedMs: number;
  restarts: number;
  flash: { erases: number; programs: number };
  spi: { frames: number; bytes: number };
  /** What was done to the W5500 that its datasheet forbids. */
  violations: string[];
  /** What the emulator found wrong with the firmware, and how often. */
  warnings: string[];
}

export interface PicoWorkerData {
  image: Uint8Array;
  bootrom: Uint8Array;
  env: Record<string, string | undefined>;
  /** One double: emulated milliseconds. */
  time: SharedArrayBuffer;
}

export type ToPico = { type: 'write'; bytes: Uint8Array } | { type: 'report' | 'restart' | 'stop' };
export type FromPico =
  | { type: 'data'; bytes: Uint8Array }
  | { type: 'connected' }
  | { type: 'written' }
  | { type: 'report'; report: PicoReport }
  | { type: 'stopped'; report: PicoReport };

export interface PicoThreadEvents {
  data: [bytes: Uint8Array];
  /** The USB port is there (again). */
  connected: [];
  /** The thread is gone; the error if nobody asked for it. */
  close: [error: Error | undefined];
}

export class PicoThread extends EventEmitter<PicoThreadEvents> {
  isOpen = true;
  private readonly worker: Worker;
  private readonly time = new SharedArrayBuffer(8);
  private readonly taken: (() => void)[] = [];
  private readonly reports: ((report: PicoReport) => void)[] = [];
  private lastReport: PicoReport | undefined;
  private error: Error | undefined;

  /** `env` may have HIL_FIXTURES and HIL_RUN_FOLDER (hil/fixtures/lan.ts). */
  constructor(image: Uint8Array, bootrom: Uint8Array, env: Record<string, string | undefined> = {}) {
    super();
    const workerData: PicoWorkerData = { image, bootrom, env, time: this.time };
    this.worker = new Worker(new URL('./pico-worker.js', import.meta.url), { workerData });
    this.worker.on('message', (message: FromPico) => this.told(message));
    this.worker.on('error', error => {
      this.error = error as Error;
    });
    this.worker.on('exit', () => {
      this.isOpen = false;
      for (const callback of this.taken.splice(0)) callback();
      this.emit('close', this.error);
    });
  }

  get emulatedMs(): number {
    return new Float64Array(this.time)[0]!;
  }

  /** Resolves when the board has taken it, which a busy board does late. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise(resolve => {
      if (!this.isOpen) return resolve();
      this.taken.push(resolve);
      this.send({ type: 'write', bytes: Uint8Array.from(bytes) });
    });
  }

  report(): Promise<PicoReport> {
    if (this.lastReport !== undefined) return Promise.resolve(this.lastReport);
    return new Promise(resolve => {
      this.reports.push(resolve);
      this.send({ type: 'report' });
    });
  }

  /** The RUN pin. */
  restart(): void {
    this.send({ type: 'restart' });
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    const gone = once(this, 'close');
    this.send({ type: 'stop' });
    const giveUp = setTimeout(() => void this.worker.terminate(), 5000);
    await gone;
    clearTimeout(giveUp);
  }

  private send(message: ToPico): void {
    this.worker.postMessage(message);
  }

  private told(message: FromPico): void {
    if (message.type === 'data') this.emit('data', message.bytes);
    else if (message.type === 'connected') this.emit('connected');
    else if (message.type === 'written') this.taken.shift()?.();
    else {
      if (message.type === 'stopped') this.lastReport = message.report;
      for (const callback of this.reports.splice(0)) callback(message.report);
    }
  }
}
