/** What is in the memory of a board only while it is used, see overlay.mjs: what looks at a certificate, or is there for a handshake only, and what runs now and then. */
import { outline } from './outline.mjs';
import { markOverlays, overlay } from './overlay.mjs';
import { markPacked } from './packed-functions.mjs';

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
 * that are there while a signature is verified, when there is the least memory, and not CONNECTED, which stays.
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
  'overlay$alertFor',
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
  ['alertFor', 'alertName'],
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

/** Kaluma's are compiled for each use, which takes 10 ms and more: small, so that there is room for their text and what the compiler needs. */
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
  [
    'ringletError',
    'usageError',
    'tlsError',
    'unexpectedMessage',
    'illegalParameter',
    'malformedMessage',
    'missingExtension',
    'badRecordMac',
    'rejected',
    'messageTooLarge',
    'noLink',
    'notFound',
    'changed',
  ],
  ['poolInUse'],
  ['makeConstants'],
];

/** What a handshake uses again and again is kept until it is over: hashes from the first use on. */
const KALUMA_HANDSHAKE = [
  ['sha2'],
  ['sha256'],
  ['sha384'],
  ['hkdfExtract', 'hkdfExpandLabel', 'deriveSecret', 'digestOf', 'digest', 'nextSecret'],
  ['powerStage', 'turns', 'createModulus', 'parseInteger'],
  ['publicSumStage'],
  ['ecdsaP256', 'ecdsaP384'],
  ['DerReader', 'verifyValidity', 'toHex', 'sameBytes'],
  ['receiveDatagram', 'sendDatagram', 'uint32', 'addressAt'],
  [
    'absorb',
    'absorbServerHello',
    'transcriptHash',
    'changeKeys',
    'compute',
    'endOfRecord',
    'pieces',
    'send',
    'groupId',
  ],
  ['checkExtension', 'wipeKeyShare', 'hashNumber', 'ourLimit', 'chainMemory', 'unsupported', 'protocolsOf'],
  ['receive', 'goOn', 'tellMessage'],
];

/** Also messages after it, which are received as those of it are. */
const HANDSHAKE_OVER = ['learnNegotiated', 'wipe', 'expectNewSessionTicket', 'expectKeyUpdate', 'sendKeyUpdate'];

/**
 * Functions in what is there all the time that do not run while a connection is open and data come and go, or hardly ever. Not those that `connect` calls one inside the other, nor what tells an error, where
 * an application connects again: each `eval` takes 0.4 KB of the C stack, which has 8, while it compiles.
 */
const KALUMA_FUNCTIONS = [
  'start',
  'w5500Board',
  'w5500Chip',
  'planSizes',
  'crypto.signatures',
  'w5500Chip.chip.reset',
  'w5500Chip.chip.setAddress',
  'w5500Chip.chip.lostSettings',
  'w5500Chip.chip.allocate',
  'w5500Chip.chip.claimPort',
  'w5500Chip.chip.release',
  'w5500Network',
  'w5500Network.applyAddress',
  'w5500Network.ask',
  'w5500Network.lookUp',
  'w5500Network.mayTakeSocket',
  'w5500Network.connect',
  'w5500Network.queryTime',
  'w5500Network.start',
  'parseAddress',
  'localMac',
  'kalumaSpi',
  'entropyPool',
  'readings',
  'spiFrames',
  'dhcpClient',
  'dhcpClient.hear',
  'dhcpClient.transmit',
  'hardwareSocket',
  'hardwareSocket.socket.openAs',
  'hardwareSocket.socket.release',
  'tcpSender',
  'tcpSocket',
  'tcpSocket.over',
  'tcpSocket.socket.begin',
  'tcpSocket.socket.close',
  'tcpSocket.socket.abort',
  'trustAnchor',
  'checkTrust',
  'authenticationBy.check',
  'sizeOption',
  'dnsName',
  'pump',
  'slicesOf',
  'tlsSocket.enter',
  'tlsSocket.socket.destroy',
  'TlsClient.constructor',
  'TlsClient.cancel',
  'TlsClient.updateKeys',
  'TlsClient.alertRecord',
  'TlsClient.changeCipherSpec',
  'ClientHandshake.constructor',
  'KeySchedule.constructor',
  'KeySchedule.enter',
  'KeySchedule.verifyData',
  'RecordProtection.constructor',
  'KeyUpdates.received',
  'HandshakeReader.constructor',
  'ByteRing.constructor',
  'RecordReader.constructor',
  'RecordWriter.constructor',
  'RecordWriter.sendAlert',
  'sendKeyUpdate',
  'expectKeyUpdate',
  'applicationLayerProtocol.check',
  'applicationLayerProtocol.offer',
  'applicationLayerProtocol.accept',
  'recordSizeLimit.accept',
  'serverName.check',
  'serverName.offer',
  'longRecords',
];

/** Beside the runner's agent there is less room, and time does not matter: keys as well, and the cases, of which one runs at a time. */
const KALUMA_HIL = [...KALUMA, ['parsePublicKey'], ['probe'], ['dhcp'], ['echo'], ['Secure']];

/** The passes for the bundle that `input` is the entry of. */
export function overlaysOf(input) {
  const kaluma = groups => [
    outline(KALUMA_FUNCTIONS),
    markOverlays(groups, AFTERWARDS, KALUMA_HANDSHAKE, HANDSHAKE_OVER),
  ];
  if (input.includes('hil/entries/kaluma')) return kaluma(KALUMA_HIL);
  if (input.includes('boards/kaluma')) return kaluma(KALUMA);
  if (!input.includes('boards/espruino')) return [];
  if (input.includes('psk'))
    return [...ESPRUINO_PSK.map(entries => overlay(entries, ['KeySchedule'])), markPacked(ESPRUINO_PSK_PACKED)];
  if (!isPacked(input)) return ESPRUINO;
  const more = [['nativeSignatures'], ...ESPRUINO_NOW_AND_THEN];
  return [...ESPRUINO, ...more.map(entries => overlay(entries)), markPacked(ESPRUINO_PACKED)];
}

/** Whether the bundle that `input` is the entry of has packed functions: where machine code unpacks them. */
export const isPacked = input => /boards\/espruino-(w5500|psk)/.test(input);
