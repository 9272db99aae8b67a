/** What is in the memory of a board only while it is used, see overlay.mjs: what looks at a certificate, or is there for a handshake only, and what runs now and then. */
import { markOverlays, overlay } from './overlay.mjs';
import { storedReader } from './stored-overlays.mjs';

/** They are needed after the handshake. */
const AFTERWARDS = ['KeySchedule', 'CONNECTED'];

const ESPRUINO = [
  overlay(['findPath']),
  overlay(['ServerChain', 'trustAnchor']),
  overlay(['CONNECTED'], ['KeySchedule']),
  overlay(['FINISHED'], ['KeySchedule']),
  overlay(['CERTIFICATE_VERIFY'], ['KeySchedule']),
  overlay(['CERTIFICATE_REQUEST'], ['KeySchedule']),
  overlay(['startHandshake'], ['KeySchedule']),
  overlay(['suitesOf', 'firstClientHello']),
  overlay(['supportedSchemes']),
  overlay(['learnNegotiated']),
  overlay(['pemToDer']),
  overlay(['dhcpMessage']),
  overlay(['parseIpAddress']),
  overlay(['poolInUse']),
  overlay(['alertFor', 'alertName']),
];

/** Kaluma's are compiled for each use, which takes 10 ms and more: small, so that there is room for their text and what the compiler needs. Not ECDSA, which every handshake has three times and more. */
const KALUMA = [
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

/** Beside the runner's agent there is less room, and time does not matter: ECDSA and keys as well, in pieces that the compiler has room for; and the cases, of which one runs at a time. */
const KALUMA_HIL = [
  ...KALUMA,
  ['publicSumStage'],
  ['ecdsaP256', 'ecdsaP384'],
  ['parsePublicKey'],
  ['probe'],
  ['dhcp'],
  ['echo'],
  ['Secure'],
];

/** The passes for the bundle that `input` is the entry of. */
export function overlaysOf(input) {
  if (input.includes('hil/entries/kaluma')) return [markOverlays(KALUMA_HIL, AFTERWARDS), storedReader()];
  if (input.includes('boards/kaluma')) return [markOverlays(KALUMA, AFTERWARDS), storedReader()];
  if (!input.includes('boards/espruino') || input.includes('psk')) return [];
  return input.includes('espruino-w5500') ? [...ESPRUINO, overlay(['nativeSignatures'])] : ESPRUINO;
}
