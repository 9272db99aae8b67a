/** The seed of a board that draws its own random numbers: boards/entropy-pool.ts says how it lies in flash, the composition roots where. */
import { randomBytes } from 'node:crypto';
import type { Engine, Identity } from '../engines/engine.js';

/** Gives the board 32 bytes of this machine's randomness, instead of what seed it has. Boards that are told their randomness get none. */
export async function provision(engine: Engine, { engine: kind, board }: Identity): Promise<void> {
  const file = seedFile(randomBytes(32));
  if (kind === 'espruino' && board !== 'LINUX') {
    const write = (copy: number) => `s.write("ringlet.seed${copy}",d)`;
    await engine.evaluate(
      `(function(s,d){return ${write(0)}&&${write(1)}})(require("Storage"),atob("${file.toString('base64')}"))`,
    );
  } else if (kind === 'kaluma') {
    await engine.evaluate(`require("fs").writeFile("/ringlet.seed",new Uint8Array([${[...file]}]))`);
  }
}

export function seedFile(seed: Uint8Array): Buffer {
  return Buffer.concat([seed, seed.map(byte => byte ^ 0x55)]);
}
