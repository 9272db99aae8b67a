/** All cases, in the order in which they run: each relies on what those before it have shown. */
import type { Case } from '../agent/case.js';
import type { CaseEnvironment } from './environment.js';
import { selfCases } from './self.js';

export function cases(_environment: CaseEnvironment): Case[] {
  return selfCases;
}
