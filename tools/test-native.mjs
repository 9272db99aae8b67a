/** `npm run test:native`: every test of the machine code in full length, 10,000 inputs on the emulated core included. Takes an hour. */
process.env.NATIVE = 'all';
process.argv.splice(2, 0, 'test/native', 'test/crypto', '--timeout', '7200000');
await import('./test.mjs');
