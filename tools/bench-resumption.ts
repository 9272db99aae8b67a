/**
 * `npm run bench`: what a handshake takes of the client, in full, with what is known or made beforehand, and resumed. One handshake of each kind is recorded with a
 * server; then the client goes through it again and again, with the same random numbers at the same time, without sockets between.
 */
import * as net from 'node:net';
import { seededRandom } from '../boards/sim/seeded-random.js';
import { ByteRing } from '../src/bytes/byte-ring.js';
import { portableProvider } from '../src/crypto/portable-provider.js';
import { preparedGroup } from '../src/crypto/prepared-group.js';
import { serverCertificatesRemembered } from '../src/tls/certificates.js';
import { TlsClient } from '../src/tls/client.js';
import { tls13 } from '../src/tls/profiles.js';
import { preSharedKeys } from '../src/tls/psk/pre-shared-keys.js';
import { type TrustAnchor, trustAnchor } from '../src/x509/trust.js';
import { ca, leaf, median, NAME, root, serve } from './bench-server.js';
import { makeCertificate } from './certificates.js';

const intermediate = await makeCertificate({ ca: true, subject: 'CN=Bench', issuer: root });
const ordinaryLeaf = await makeCertificate({ issuer: intermediate, dnsNames: [NAME] });
/** As public servers have them: ECDSA of Let's Encrypt, a key for P-256 under one for P-384. */
const publicRoot = await makeCertificate({ kind: 'p384', ca: true, subject: 'CN=Bench Public Root' });
const between = await makeCertificate({ kind: 'p384', ca: true, subject: 'CN=Bench Public', issuer: publicRoot });
const publicLeaf = await makeCertificate({ issuer: between, dnsNames: [NAME] });

/** What servers send; the goals of resumption are judged by the ordinary one. */
const CHAINS = [
  { chain: 'P-256 leaf under a root', certificates: [leaf.pem], keyPem: leaf.keyPem, anchor: ca[0], judged: false },
  {
    chain: 'P-256 leaf, P-256 intermediate',
    certificates: [ordinaryLeaf.pem, intermediate.pem],
    keyPem: ordinaryLeaf.keyPem,
    anchor: ca[0],
    judged: true,
  },
  {
    chain: 'P-256 leaf, P-384 intermediate and root',
    certificates: [publicLeaf.pem, between.pem],
    keyPem: publicLeaf.keyPem,
    anchor: trustAnchor(publicRoot.der),
    judged: false,
  },
];

const KNOWN = 'certificates known';
const READY = 'key share ready';
const BOTH = 'both of these';
const MODES = ['full', KNOWN, READY, BOTH, 'psk_dhe_ke', 'psk_ke'] as const;
const remembered = serverCertificatesRemembered();

/** Of a full handshake's time with the ordinary chain. */
const TARGET_RESUMED: Record<string, number> = { psk_dhe_ke: 1 / 3, psk_ke: 1 / 10 };

/** Handshakes of each mode that are measured, and as many before them that are not. */
const ROUNDS = 60;

/** One handshake, to be gone through again and again: with the same random numbers at the same time, the client says the same, and what the server says to it fits. */
interface Recording {
  anchor: TrustAnchor;
  mode: (typeof MODES)[number];
  now: number;
  session?: Uint8Array;
  /** What the server says until the client has done its part. */
  answers: Uint8Array[];
}

/** A client of this handshake and its ring; the sessions that come go to `sessions`. */
function replayed(recording: Recording, sessions: Uint8Array[]): { input: ByteRing; begin: () => TlsClient } {
  const { anchor, mode, now, session } = recording;
  const input = new ByteRing(16645);
  const below = seededRandom(1);
  const random = (into: Uint8Array, offset: number, length: number): void => {
    for (let i = offset; i < offset + length; i++) into[i] = below(256);
  };
  const group = preparedGroup(portableProvider.groups[0], random);
  if (mode === READY || mode === BOTH) while (!group.step(1 << 20));
  const certificates = mode === KNOWN || mode === BOTH ? remembered : tls13.certificates;
  const config = {
    serverName: NAME,
    crypto: { ...portableProvider, groups: [group] },
    random,
    unixTime: () => now,
    trust: { anchors: [anchor] },
    input,
    listener: { session: (one: Uint8Array) => void sessions.push(one) },
    profile: { ...tls13, certificates, preSharedKeys },
    // The client wipes its secret.
    session: session && new Uint8Array(session),
    pskMode: mode === 'psk_ke' ? mode : undefined,
  } as const;
  return { input, begin: () => new TlsClient(config) };
}

/** Goes through the handshake with a server, up to its tickets. */
function record(port: number, recording: Recording, sessions: Uint8Array[]): Promise<void> {
  const { input, begin } = replayed(recording, sessions);
  const client = begin();
  const socket = net.connect(port, '127.0.0.1');
  const into = new Uint8Array(1024);
  return new Promise((resolve, reject) => {
    let complete = false;
    const send = (): void => {
      const { output } = client;
      while (output.length > 0) {
        const bytes = new Uint8Array(output.length);
        output.copy(0, bytes, 0, bytes.length);
        socket.write(bytes);
        client.outputSent(bytes.length);
      }
      if (!client.handshakeComplete || complete) return;
      complete = true;
      if (client.resumed !== recording.mode.startsWith('psk')) reject(new Error(`${recording.mode}: wrongly resumed`));
      // Its answer comes behind the tickets.
      client.write(Buffer.from('1'), 0, 1);
      send();
    };
    socket.on('connect', send);
    socket.on('data', bytes => {
      if (!complete) recording.answers.push(bytes);
      input.write(bytes, 0, bytes.length);
      const read = client.read(into, 0, into.length);
      send();
      if (read > 0) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

/** The CPU time in ms that the client takes for all of the handshake: waiting for other programs of this machine is not in it. */
function replay(recording: Recording): number {
  const { input, begin } = replayed(recording, []);
  const into = new Uint8Array(1024);
  const before = process.cpuUsage();
  const client = begin();
  client.outputSent(client.output.length);
  for (const bytes of recording.answers) {
    input.write(bytes, 0, bytes.length);
    if (client.handshakeComplete) break;
    client.read(into, 0, into.length);
    client.outputSent(client.output.length);
  }
  const { user, system } = process.cpuUsage(before);
  if (!client.handshakeComplete) throw new Error(recording.mode + ': is not reproduced');
  return (user + system) / 1000;
}

/** What a session saves, and what is known or made beforehand; the server is OpenSSL's, through node:tls, which allows psk_ke by an option that has no name there. */
export async function benchResumption(): Promise<string[]> {
  const problems: string[] = [];
  const SSL_OP_ALLOW_NO_DHE_KEX = 0x400;
  const suite = 'TLS_CHACHA20_POLY1305_SHA256';
  const now = Math.floor(Date.now() / 1000);
  console.log(`what handshakes take of the client, portable: ${suite}, x25519`);
  for (const { chain, certificates, keyPem, anchor, judged } of CHAINS) {
    const cert = certificates.join('\n');
    const server = await serve(suite, { key: keyPem, cert, secureOptions: SSL_OP_ALLOW_NO_DHE_KEX });
    const sessions: Uint8Array[] = [];
    const recordings: Recording[] = [];
    // The full handshakes bring sessions for the others.
    for (const mode of MODES) {
      const session = mode.startsWith('psk') ? sessions.shift() : undefined;
      const recording: Recording = { anchor, mode, now, session, answers: [] };
      await record(server.port, recording, sessions);
      recordings.push(recording);
    }
    server.stop();
    // By turns, so that all are as warm.
    const times = MODES.map((): number[] => []);
    for (let i = 0; i < 2 * ROUNDS; i++) {
      for (const [at, recording] of recordings.entries()) times[at].push(replay(recording));
    }
    const [full, ...others] = times.map(each => median(each.slice(ROUNDS)));
    console.log(`  ${chain.padEnd(38)} ${full.toFixed(2).padStart(6)} ms`);
    for (const [at, took] of others.entries()) {
      const mode = MODES[at + 1];
      const goal = TARGET_RESUMED[mode];
      const above = took / full > goal;
      const verdict = goal ? `, goal ${goal.toFixed(3)}${above ? ': missed' : ''}${judged ? '' : ', not judged'}` : '';
      console.log(`    ${mode.padEnd(36)} ${took.toFixed(2).padStart(6)} ms  ${(took / full).toFixed(3)}x${verdict}`);
      if (above && judged) problems.push(`a handshake with ${mode} takes ${(took / full).toFixed(3)} of a full one`);
    }
  }
  console.log();
  return problems;
}
