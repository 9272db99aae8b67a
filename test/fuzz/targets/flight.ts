/**
 * TlsClient given any bytes in place of a server: nothing authenticates, everything ends with a documented error, and the
 * chunks make no difference.
 *
 *   ring (1) · chunks (1) · the server's bytes
 */
import assert from 'node:assert/strict';
import { Choices } from '../choices.js';
import { runBothWays } from '../client.js';

const RINGS = [256, 300, 1024, 16645];

export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const capacity = RINGS[choices.byte() & 3]!;
  const seed = choices.byte();
  const { verdict } = runBothWays(choices.rest(), capacity, seed);
  assert.ok(!verdict.handshakeComplete && verdict.data === '', 'bytes of nobody authenticated');
}
