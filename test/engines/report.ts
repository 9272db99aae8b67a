/** What the engine bundles report with: `ok NAME` or `FAIL NAME` lines and a final count. Every engine has `print`. */
declare function print(line: string): void;

let passed = 0;
let failed = 0;

export function check(name: string, ok: boolean): void {
  if (ok) passed++;
  else failed++;
  print((ok ? 'ok ' : 'FAIL ') + name);
}

/** Runs `body`, which answers whether all is well; what it throws is a failure. */
export function attempt(name: string, body: () => boolean): void {
  try {
    check(name, body());
  } catch (error) {
    const thrown = error as { code?: string; message?: string };
    check(name + ': threw ' + thrown.code + ' ' + thrown.message, false);
  }
}

export function done(): void {
  print(passed + ' passed, ' + failed + ' failed');
}

export function hex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.substring(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A RandomSource that repeats itself on every engine: a 16-bit linear congruential sequence. For tests only. */
export function seededRandom(seed: number): (into: Uint8Array, offset: number, length: number) => void {
  let state = seed;
  return (into, offset, length) => {
    for (let i = 0; i < length; i++) {
      state = (state * 25173 + 13849) % 65536;
      into[offset + i] = state >> 8;
    }
  };
}
