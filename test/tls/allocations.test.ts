/** tools/allocations.ts in a process of its own, because it wraps the typed arrays before the engine is loaded. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

function allocations(...options: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['build/tools/allocations.js', ...options], {
    encoding: 'utf8',
    timeout: 50000,
  });
  return { status, output: stdout + stderr };
}

describe('tls: typed arrays during a transfer', () => {
  it('1 MiB both ways with the portable provider makes none', () => {
    const { status, output } = allocations();
    assert.equal(status, 0, output);
    assert.equal(output.match(/: 0 typed arrays while 1048576 bytes/g)?.length, 4, output);
  });

  it('the count finds those of the handshake', () => {
    const { status, output } = allocations('--handshake');
    assert.equal(status, 1, output);
    assert.match(output, /new Uint8Array src\/tls\//);
  });
});
