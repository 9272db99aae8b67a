/** What Kaluma's bundles keep as text, see overlay.mjs, outline.mjs and stored-overlays.mjs. */
import { outline } from './outline.mjs';
import { markOverlays } from './overlay.mjs';

/** They are needed after the handshake. */
const AFTERWARDS = ['KeySchedule', 'CONNECTED'];

/** Kaluma's are compiled for each use, which takes 10 ms and more: small, so that there is room for their text and what the compiler needs. */
const GROUPS = [
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
const HANDSHAKE = [
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
const FUNCTIONS = [
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
const HIL = [...GROUPS, ['parsePublicKey'], ['probe'], ['dhcp'], ['echo'], ['Secure']];

/** The passes for its bundles, of boards/ or, with the runner's agent, of `hil`. */
export const kalumaOverlays = hil => [
  outline(FUNCTIONS),
  markOverlays(hil ? HIL : GROUPS, AFTERWARDS, HANDSHAKE, HANDSHAKE_OVER),
];
