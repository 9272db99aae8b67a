/** Memory as it is after a collection, so that what grows can be told from what is only waiting to be collected. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use: heap, and array buffers beside it. What belongs to ciphers is given back in a later turn of the event loop. */
export async function memoryInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise(resolve => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(2) + ' MB';
