/**
 * Runs the tests that tools/setup.mjs has built. Arguments that name files or folders under test/ choose among them;
 * all others go to mocha:
 *
 *   npm test                                all
 *   npm test -- test/tls test/x509/path.test.ts
 *   npm test -- --grep truncated
 */
import { spawnSync } from 'node:child_process';

const specs = [];
const options = [];
for (const argument of process.argv.slice(2)) {
  const path = argument.replace(/^build\//, '').replace(/\/$/, '');
  if (!/^test(\/|$)/.test(path)) options.push(argument);
  else specs.push('build/' + (path.endsWith('.ts') ? path.replace(/\.ts$/, '.js') : path + '/**/*.test.js'));
}
const mocha = [
  'node_modules/mocha/bin/mocha.js',
  ...options,
  ...(specs.length > 0 ? specs : ['build/test/**/*.test.js']),
];
process.exit(spawnSync(process.execPath, mocha, { stdio: 'inherit' }).status ?? 1);
