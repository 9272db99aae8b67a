import type { Console } from '../link/link.js';

/** What names a board everywhere; undefined for a program that every run starts for itself. */
export function lockKey(console: Console): string | undefined {
  if (console.type === 'serial') return console.usbSerial ?? console.path;
  if (console.type === 'tcp') return `${console.host}:${console.port}`;
  return console.type === 'process' ? console.cwd : undefined;
}
