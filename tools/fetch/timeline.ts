/** The timeline that `npm start` prints: one line a step, with the time and what the SPI bus had carried by then. */
import { HANDSHAKE_NAMES } from '../handshake-names.js';

export interface BusCount {
  frames: number;
  bytes: number;
}

export class Timeline {
  private readonly start = performance.now();

  constructor(
    private readonly count: () => BusCount,
    private readonly print: (line: string) => void,
  ) {}

  heading(): void {
    this.print(`${'ms'.padStart(8)} ${'frames'.padStart(7)} ${'SPI bytes'.padStart(9)}`);
  }

  step(name: string, detail: string): void {
    const { frames, bytes } = this.count();
    const ms = (performance.now() - this.start).toFixed(1);
    this.print(
      `${ms.padStart(8)} ${String(frames).padStart(7)} ${String(bytes).padStart(9)}  ${name.padEnd(10)} ${detail}`,
    );
  }
}

/** `→ ClientHello, 241 bytes`. */
export function describeMessage(sent: boolean, type: number, length: number): string {
  return `${sent ? '→' : '←'} ${HANDSHAKE_NAMES[type] ?? 'message ' + type}, ${length} bytes`;
}
