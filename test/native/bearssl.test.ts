/** The C of firmware-glue/thumb, compiled for this machine, against BearSSL. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEED } from '../seed.js';
import { skip } from '../skip.js';
import { compileHost, missingHost } from './host-code.js';

const INPUTS = 10000;

describe('native: the C, compiled for this machine', () => {
  it(`${INPUTS} random and edge inputs of each primitive as BearSSL has them`, function () {
    this.timeout(300000);
    const missing = missingHost();
    if (missing) skip(this, missing);
    if (!existsSync('/usr/include/bearssl.h')) skip(this, 'no BearSSL (Debian: libbearssl-dev)');
    const folder = mkdtempSync(join(tmpdir(), 'ringlet-bearssl-'));
    try {
      const program = compileHost(folder, 'bearssl.c', false, ['-lbearssl']);
      const { status, stdout, stderr } = spawnSync(program, [String(INPUTS), String(SEED)], { encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
