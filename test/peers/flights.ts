/** Ways to take a flight apart: a flight is a list of steps, and messages are the steps that have a `build`. */
import type { Step } from './scripted-server.js';
import { certificateRequest, edited, isMessage, type MessageStep, serverFlight } from './steps.js';

export const flightMessages = ['ServerHello', 'EncryptedExtensions', 'Certificate', 'CertificateVerify', 'Finished'];

/** The flight of a server that asks for a client certificate: every message a full handshake can have. */
export function fullFlight(): Step[] {
  return insertedAfter(serverFlight(), 'EncryptedExtensions', certificateRequest());
}

export function replaced(flight: Step[], name: string, ...by: Step[]): Step[] {
  const at = indexOf(flight, name);
  return [...flight.slice(0, at), ...by, ...flight.slice(at + 1)];
}

export function insertedBefore(flight: Step[], name: string, ...steps: Step[]): Step[] {
  const at = indexOf(flight, name);
  return [...flight.slice(0, at), ...steps, ...flight.slice(at)];
}

export function insertedAfter(flight: Step[], name: string, ...steps: Step[]): Step[] {
  const at = indexOf(flight, name) + 1;
  return [...flight.slice(0, at), ...steps, ...flight.slice(at)];
}

/** Two steps change places; changes of keys stay where they are. */
export function swapped(flight: Step[], a: string, b: string): Step[] {
  const steps = [...flight];
  const [i, j] = [indexOf(flight, a), indexOf(flight, b)];
  [steps[i], steps[j]] = [steps[j], steps[i]];
  return steps;
}

/** The flight with another body in one message. */
export function withBody(flight: Step[], name: string, edit: (body: Buffer) => Uint8Array): Step[] {
  return replaced(flight, name, edited(messageNamed(flight, name), edit));
}

export function messageNamed(flight: Step[], name: string): MessageStep {
  const found = flight[indexOf(flight, name)];
  if (!isMessage(found)) throw new Error(`${name} is no message`);
  return found;
}

function indexOf(flight: Step[], name: string): number {
  const at = flight.findIndex(step => step.name === name);
  if (at < 0) throw new Error(`the flight has no ${name}`);
  return at;
}
