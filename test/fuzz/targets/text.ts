/**
 * Text that people give: addresses against node:net, PEM against node:buffer, names against dns-packet. What is wrong is ERR_USAGE.
 *
 *   which (1) · text, a character a byte
 */
import assert from 'node:assert/strict';
import { isIP, isIPv4, SocketAddress } from 'node:net';
import * as dnsPacket from 'dns-packet';
import { parseAddress } from '../../../src/w5500/address.js';
import { dnsQuestion } from '../../../src/w5500/dns.js';
import { parseIpAddress } from '../../../src/x509/ip-address.js';
import { pemToDer } from '../../../src/x509/pem.js';
import { dnsName } from '../../../src/x509/server-identity.js';
import { Choices } from '../choices.js';
import { outcomeOf } from '../invariants.js';

const USAGE = new Set(['ERR_USAGE']);

export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const which = choices.byte() & 3;
  const text = choices.rest().toString('latin1');
  if (which === 0) checkAddress(text);
  else if (which === 1) checkDottedAddress(text);
  else if (which === 2) checkPem(text);
  else checkName(text);
}

function checkAddress(text: string): void {
  const address = parseIpAddress(text);
  // Node accepts zones.
  const family = text.includes('%') ? 0 : isIP(text);
  assert.equal(address ? (address.length === 4 ? 4 : 6) : 0, family, `family of ${JSON.stringify(text)}`);
  if (!address) return;
  const groups = Buffer.from(address).toString('hex').match(/.{4}/g)!.join(':');
  const spelled = family === 4 ? address.join('.') : groups;
  const canonical = (spelling: string) =>
    new SocketAddress({ address: spelling, family: family === 4 ? 'ipv4' : 'ipv6' }).address;
  assert.equal(canonical(spelled), canonical(text));
}

function checkDottedAddress(text: string): void {
  const address = parseAddress(text);
  assert.equal(address !== undefined, isIPv4(text), JSON.stringify(text));
  if (address) assert.equal(address.join('.'), text);
}

function checkPem(text: string): void {
  const { value } = outcomeOf(USAGE, () => pemToDer(text));
  if (!value) return;
  const blocks = text
    .split('-----BEGIN CERTIFICATE-----')
    .slice(1)
    .map(block => block.split('-----END')[0]!);
  for (const der of value) assert.ok(blocks.some(block => Buffer.from(block, 'base64').equals(der)));
}

function checkName(text: string): void {
  const name = outcomeOf(USAGE, () => dnsName(text)).value;
  const query = outcomeOf(USAGE, () => dnsQuestion(text).query).value;
  if (name !== undefined) assert.ok(query, `${JSON.stringify(text)} is a name for a certificate but not for DNS`);
  if (!query) return;
  const [question] = dnsPacket.decode(Buffer.from(query)).questions!;
  assert.equal(question!.name, text.replace(/\.$/, ''));
}
