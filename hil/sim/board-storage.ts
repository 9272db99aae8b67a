/** A simulated board's flash: files in a folder, and as much room as there is. What does not fit is lost without a word, as on real ones. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32Of } from '../protocol/frame.js';

export class BoardStorage {
  private readonly folder: string;

  constructor(
    folder: string,
    private readonly limit: number,
  ) {
    this.folder = join(folder, 'storage');
    mkdirSync(this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, encodeURIComponent(name));
  }

  room(): number {
    const used = readdirSync(this.folder).reduce((sum, file) => sum + statSync(join(this.folder, file)).size, 0);
    return Math.max(0, this.limit - used);
  }

  /** What lies there, read back; undefined for nothing. */
  sum(name: string): string | undefined {
    if (!existsSync(this.path(name))) return undefined;
    const bytes = readFileSync(this.path(name));
    return `${bytes.length} bytes, CRC-32 ${crc32Of(bytes)}`;
  }

  erase(name: string): void {
    rmSync(this.path(name), { force: true });
  }

  put(name: string, offset: number, data: Uint8Array): void {
    const before = existsSync(this.path(name)) ? readFileSync(this.path(name)).subarray(0, offset) : Buffer.alloc(0);
    const fits = data.subarray(0, Math.min(data.length, this.room()));
    writeFileSync(this.path(name), Buffer.concat([before, fits]));
  }
}
