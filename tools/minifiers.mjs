/** The passes that make a bundle small, in their order. */
import terser from '@rollup/plugin-terser';
import { arrowFunctions, parenthesised } from './arrow-functions.mjs';
import { constToLet } from './const-to-let.mjs';
import { globalNames } from './global-names.mjs';
import { hoistVariables } from './hoist-variables.mjs';
import { kalumaNames } from './kaluma-names.mjs';
import { keepFactories } from './keep-factories.mjs';
import { markOverlays, overlay } from './overlay.mjs';
import { fullGlobals, shortGlobals } from './short-globals.mjs';
import { shortThis } from './short-this.mjs';
import { storedOverlays, storedReader } from './stored-overlays.mjs';
import { terserOptions } from './terser-options.mjs';

const AFTERWARDS = ['KeySchedule', 'CONNECTED'];
/** What is there only while a certificate is looked at, or a handshake goes on: what uses keys afterwards stays. And what runs once. */
const OVERLAYS = [
  overlay(['findPath']),
  overlay(['ServerChain', 'trustAnchor']),
  overlay(['FINISHED'], AFTERWARDS),
  overlay(['CERTIFICATE_VERIFY'], AFTERWARDS),
  overlay(['CERTIFICATE_REQUEST'], AFTERWARDS),
  overlay(['startHandshake'], AFTERWARDS),
  overlay(['suitesOf']),
  overlay(['supportedSchemes']),
  overlay(['pemToDer']),
  overlay(['dhcpMessage']),
  overlay(['parseIpAddress']),
  overlay(['poolInUse']),
  overlay(['alertFor', 'alertName']),
];
/** Kaluma's are compiled for each use, which takes 10 ms and more: small, so that there is room for their text and what the compiler needs. */
const KALUMA_OVERLAYS = [
  ['parseCertificate'],
  ['findPath'],
  ['verifyServer'],
  ['ServerChain'],
  ['verifyCertificateVerify', 'supportedSchemes'],
  ['FINISHED'],
  ['streamedMessage'],
  ['CERTIFICATE_REQUEST'],
  ['SERVER_HELLO'],
  ['startHandshake', 'sendClientHello', 'makeKeyShare'],
  ['firstClientHello', 'suitesOf'],
  ['x25519'],
  ['ecdsaP256', 'ecdsaP384'],
  ['rsaPss', 'rsaPkcs1'],
  ['checkBigInt'],
  ['pemToDer'],
  ['dhcpMessage'],
  ['dnsQuestion'],
  ['sntpQuestion'],
  ['udpExchange'],
  ['parseIpAddress'],
  ['learnNegotiated'],
  ['alertFor', 'alertName'],
];
const KALUMA_CASES = [['probe'], ['dhcp'], ['echo'], ['Secure']];
const NATIVE_OVERLAY = overlay(['nativeSignatures']);

/**
 * The simulated board may be given a provider from outside its bundle. For Kaluma the passes that make source shorter and bytecode longer are left out: it keeps
 * no source, and its heap is what is scarce (3 KB of 180, for 3 KB more of flash); and names are those that its firmware has.
 */
export function minifiers(hil, input) {
  const espruino = input.includes('boards/espruino');
  const certificates = espruino && !input.includes('psk');
  const kaluma = input.includes('kaluma');
  const forSource = kaluma ? [] : [hoistVariables(), shortThis(), arrowFunctions()];
  return [
    ...(certificates
      ? OVERLAYS
      : kaluma
        ? storedOverlaysOf(hil ? [...KALUMA_OVERLAYS, ...KALUMA_CASES] : KALUMA_OVERLAYS)
        : []),
    ...(input.includes('espruino-w5500') ? [NATIVE_OVERLAY] : []),
    keepFactories(),
    constToLet(),
    ...forSource,
    shortGlobals(espruino),
    terser(terserOptions(hil, input.includes('boards/sim-'), kaluma ? kalumaNames : undefined)),
    fullGlobals(),
    parenthesised(),
    ...(espruino ? [globalNames()] : []),
    ...(kaluma ? [storedOverlays()] : []),
  ];
}

/** What uses keys after the handshake stays. */
const storedOverlaysOf = groups => [markOverlays(groups, ['KeySchedule', 'CONNECTED']), storedReader()];

/** How every bundle is written. */
export const FORMAT = {
  format: 'iife',
  strict: false,
  generatedCode: { constBindings: true, arrowFunctions: true, objectShorthand: true },
  externalLiveBindings: false,
  esModule: false,
  freeze: false,
};
