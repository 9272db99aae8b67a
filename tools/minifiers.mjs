/** The passes that make a bundle small, in their order. */
import { arrowFunctions, parenthesised } from './arrow-functions.mjs';
import { constToLet } from './const-to-let.mjs';
import { dropAbsent } from './drop-absent.mjs';
import { endedReturns } from './ended-returns.mjs';
import { globalNames } from './global-names.mjs';
import { hoistVariables } from './hoist-variables.mjs';
import { kalumaNames } from './kaluma-names.mjs';
import { keepFactories } from './keep-factories.mjs';
import { isPacked, overlaysOf } from './overlays-of-boards.mjs';
import { packedTokens } from './packed-functions.mjs';
import { pretokenised } from './pretokenise.mjs';
import { fullGlobals, shortGlobals } from './short-globals.mjs';
import { shortThis } from './short-this.mjs';
import { storedOverlays, storedReader } from './stored-overlays.mjs';
import { composedNames, readNames, shorten, visibleNames } from './terser-options.mjs';
import { tokenForms } from './token-forms.mjs';

/**
 * The simulated board may be given a provider from outside its bundle. For Kaluma the passes that make source shorter and bytecode longer are left out: it keeps
 * no source, and its heap is what is scarce (3 KB of 180, for 3 KB more of flash); and names are those that its firmware has.
 */
export function minifiers(hil, input) {
  const espruino = input.includes('boards/espruino');
  const tokenised = /(boards|entries)\/espruino/.test(input);
  const kaluma = input.includes('kaluma');
  const forSource = kaluma ? [] : [hoistVariables(), shortThis(tokenised), arrowFunctions()];
  const partsOutside = hil || input.includes('boards/sim-');
  const engine = /boards\/(espruino|kaluma)/.exec(input)?.[1];
  const visible = visibleNames(hil, partsOutside, engine);
  const composed = partsOutside ? [] : composedNames();
  return [
    dropAbsent({
      reads: readNames(hil, partsOutside, engine),
      gives: new Set([...visible].filter(name => !composed.includes(name))),
    }),
    ...overlaysOf(input),
    keepFactories(),
    constToLet(),
    ...forSource,
    shortGlobals(espruino, tokenised),
    ...(kaluma ? [storedReader()] : []),
    shorten(visible, kaluma ? kalumaNames : undefined),
    fullGlobals(),
    parenthesised(),
    endedReturns(),
    ...(espruino ? [globalNames()] : []),
    ...(tokenised ? [tokenForms(), isPacked(input) ? packedTokens() : pretokenised()] : []),
    ...(kaluma ? [storedOverlays()] : []),
  ];
}

/** How every bundle is written. */
export const FORMAT = {
  format: 'iife',
  strict: false,
  generatedCode: { constBindings: true, arrowFunctions: true, objectShorthand: true },
  externalLiveBindings: false,
  esModule: false,
  freeze: false,
};
