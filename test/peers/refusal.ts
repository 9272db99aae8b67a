/** Tables of refusals: what the server does, the code the client ends with, and under which keys its alert arrives. */
import type { Identity } from '../../tools/certificates.js';
import { assertRefused, Exchange, type ExchangeOptions } from './exchange.js';
import { authority, server as serverIdentity } from './identities.js';
import type { Protection } from './records.js';
import type { ServerOptions, Step } from './scripted-server.js';
import { fin, serverFlight } from './steps.js';
import { trusting } from './trust.js';

export interface Refusal {
  name: string;
  /** Answers to the first and the second ClientHello; by default one that is all right. */
  flights?: Step[][];
  /** What follows the client's Finished, then FIN. */
  afterFinished?: Step[];
  server?: Partial<ServerOptions>;
  client?: Partial<ExchangeOptions>;
  /** The code, or the codes RFC 8446 leaves open. */
  code: string | string[];
  /** Of the alert: 'handshake' unless the client refuses ServerHello, or has finished. */
  protection?: Protection;
}

/** One exchange with an identity of server.test under the authority that is trusted. */
export async function exchange(
  server: Partial<ServerOptions>,
  client: Partial<ExchangeOptions> = {},
  identity?: Identity,
): Promise<Exchange> {
  return new Exchange({
    trust: trusting(await authority()),
    ...client,
    server: { identity: identity ?? (await serverIdentity()), flights: [serverFlight()], ...server },
  });
}

export async function assertRefusal(refusal: Refusal): Promise<Exchange> {
  const { flights, afterFinished, server, client, code, protection } = refusal;
  const ran = (
    await exchange(
      { flights: flights ?? [serverFlight()], afterFinished: [...(afterFinished ?? []), fin], ...server },
      client,
    )
  ).run();
  assertRefused(ran, code, protection ?? (afterFinished ? 'application' : 'handshake'));
  return ran;
}

/** Declares one test a row. */
export function itRefuses(refusals: Refusal[]): void {
  for (const refusal of refusals) {
    it(`${refusal.name}: ${[refusal.code].flat().join(' or ')}`, () => assertRefusal(refusal));
  }
}
