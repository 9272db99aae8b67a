/** The shim as one executable file without TypeScript: it is started for every test, and starting is most of what it does. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';

/** Makes it out of what tsc left in build/; answers its path. */
export async function bundleShim(): Promise<string> {
  const file = join(process.cwd(), 'build', 'bogo', 'shim.mjs');
  const bundle = await rollup({ input: 'build/test/bogo/shim.js', external: /^node:/ });
  await bundle.write({ file, format: 'es', banner: '#!/usr/bin/env node' });
  await bundle.close();
  chmodSync(file, 0o755);
  return file;
}
