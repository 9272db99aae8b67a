/** What is in the memory of a board only while it is used, see overlay.mjs: what looks at a certificate, or is there for a handshake only, and what runs now and then. */
import { kalumaOverlays } from './kaluma-overlays.mjs';
import { overlay } from './overlay.mjs';
import { markPacked } from './packed-functions.mjs';

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

/** Where overlays are packed: what runs now and then, and would be a function of the bundle all the time. */
const ERRORS = ['messageTooLarge', 'notFound', 'noLink', 'badRecordMac'];
const ESPRUINO_NOW_AND_THEN = [
  ['dnsQuestion'],
  ['sntpQuestion'],
  ['udpExchange'],
  ['checkTrust'],
  ['dnsName', 'planSizes', 'localMac'],
  [...ERRORS, 'changed'],
];

/** Functions of what is there all the time that do not run while data come and go, and make nothing that lasts. */
const ESPRUINO_FUNCTIONS = [
  'TlsClient.constructor',
  'TlsClient.alertRecord',
  'ClientHandshake.constructor',
  'KeySchedule.enter',
  'tlsSocket.stepOpen',
  'w5500Chip.chip.reset',
  'w5500Chip.chip.setAddress',
  'w5500Network.mayTakeSocket',
];

/**
 * What is packed with certificates: overlays that are there for a moment, and in those that are there for longer what is called once or twice, because what a packed function makes is copied. Not those
 * that are there while a signature is verified, when there is the least memory; not CONNECTED, which stays; nor what tells an error, which may be that there is no memory.
 */
const ESPRUINO_PACKED = [
  ...ESPRUINO_NOW_AND_THEN.map(([name]) => `overlay$${name}`),
  'overlay$dnsQuestion.dnsQuestion.question.accept',
  'overlay$udpExchange.udpExchange.ask',
  'overlay$findPath',
  /^overlay\$findPath\.(signatureName|verifyIssuer|verifyCertificateSignature)$/,
  'overlay$ServerChain',
  /^overlay\$ServerChain\.(parseCertificate|parsePublicKey|parseTime|verifyServer|rsaKey|verifyPin|selection|ServerChain.add)$/,
  'overlay$nativeSignatures.NativeVerifier.verify',
  'overlay$FINISHED',
  'overlay$startHandshake',
  /^overlay\$startHandshake\.(sendClientHello|writeClientHello|expectServerHello|parseServerHello|retry|absorbServerHello|expectEncryptedExtensions)$/,
  'overlay$suitesOf',
  'overlay$supportedSchemes',
  'overlay$learnNegotiated',
  'overlay$pemToDer',
  'overlay$dhcpMessage',
  'overlay$parseIpAddress',
  'overlay$poolInUse',
  ...ESPRUINO_FUNCTIONS,
  'flightRecorder.line',
  'dhcpClient.hear',
  'dhcpClient.transmit',
  'w5500Network.applyAddress',
  'w5500Network.lookUp',
  'w5500Network.queryTime',
];

/** Without certificates, DHCP and DNS there is memory enough: all that a handshake needs, and what is made once. */
const ESPRUINO_PSK = [
  ['CONNECTED'],
  ['FINISHED'],
  ['startHandshake'],
  ['suitesOf', 'firstClientHello'],
  ['learnNegotiated'],
  ['offer', 'bind'],
  ['select'],
  ['check'],
  ['poolInUse'],
  ['planSizes', 'localMac'],
  ERRORS,
];
const ESPRUINO_PSK_PACKED = [
  ...ESPRUINO_PSK.map(([name]) => `overlay$${name}`),
  ...ESPRUINO_FUNCTIONS,
  'espruinoBoard',
  'w5500Board',
  'w5500Network',
  'w5500Chip',
  'hardwareSocket',
  'tcpSocket',
  'NativeGroup.multiple',
  'NativeGroup.generate',
];

/** The passes for the bundle that `input` is the entry of. */
export function overlaysOf(input) {
  if (input.includes('kaluma')) return kalumaOverlays(input.includes('hil/'));
  if (!input.includes('boards/espruino')) return [];
  if (input.includes('psk'))
    return [...ESPRUINO_PSK.map(entries => overlay(entries, ['KeySchedule'])), markPacked(ESPRUINO_PSK_PACKED)];
  if (!isPacked(input)) return ESPRUINO;
  const more = [['nativeSignatures'], ...ESPRUINO_NOW_AND_THEN];
  return [...ESPRUINO, ...more.map(entries => overlay(entries)), markPacked(ESPRUINO_PACKED)];
}

/** Whether the bundle that `input` is the entry of has packed functions: where machine code unpacks them. */
export const isPacked = input => /boards\/espruino-(w5500|psk)/.test(input);
