/**
 * A recorded connection, replayed inside an engine: with the same random bytes the client must send the same bytes again, read the
 * same, and be told the same, however the server's bytes are cut up. Public-key results are remembered after the first replay,
 * because on an interpreter they take seconds each; the first replay computes all of them.
 */
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { done, finish } from '../../src/crypto/computation.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider, KeyExchangeGroup, KeyShare, SignatureVerifier } from '../../src/crypto/provider.js';
import type { RandomSource } from '../../src/platform.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
import type { TlsProfile } from '../../src/tls/profile.js';
import { tls13Sessions } from '../../src/tls/profiles.js';
import { earlyData } from '../../src/tls/psk/early-data.js';
import { parseSession } from '../../src/tls/session.js';
import { tls12 } from '../../src/tls/tls12/handshake.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { hex, same, seededRandom } from './report.js';

/** Bytes as hexadecimal digits. */
export interface RecordedConnection {
  seed: number;
  /** The only group that is offered. */
  group: string;
  unixTime: number;
  serverName: string;
  trustAnchor: string;
  /** Sent once the handshake is complete; may be empty. */
  request: string;
  reply: string;
  fromServer: string;
  fromClient: string;
  /** What the listener was told; see Heard. */
  events: string;
  /** What is resumed, and said early. */
  session?: string;
  earlyData?: string;
  /** TLS 1.2 was offered too, and chosen. */
  tls12?: boolean;
}

/** The ring of every replay: the ClientHello says how large a record may be. */
export const RING = 4096;

/** What the recorded ClientHellos are of. */
export const RECORDED: TlsProfile = {
  certificates: tls13Sessions.certificates,
  preSharedKeys: tls13Sessions.preSharedKeys,
  zeroRtt: earlyData,
  extensions: tls13Sessions.extensions,
  longRecords: tls13Sessions.longRecords,
  handshakeLog: tls13Sessions.handshakeLog,
};

export const RECORDED_TLS12: TlsProfile = {
  certificates: tls13Sessions.certificates,
  tls12,
  extensions: tls13Sessions.extensions,
  longRecords: tls13Sessions.longRecords,
  handshakeLog: tls13Sessions.handshakeLog,
};

export interface Heard {
  /** Bytes of plaintext taken so far. */
  taken: number;
  message(sent: boolean, type: number, length: number): void;
  session(session: Uint8Array): void;
  earlyData(accepted: boolean, bytes: Uint8Array): void;
  events(): string;
}

/** Messages of the server, each with the bytes of plaintext taken before it, and our own: two lists, since their order among each other is open. */
export function heard(): Heard {
  let received = '';
  let ours = '';
  return {
    taken: 0,
    message(sent, type, length) {
      if (sent) ours = ours + ' ' + type + ',' + length;
      else received = received + ' ' + type + ',' + length + ' at ' + this.taken;
    },
    session(session) {
      received = received + ' ticket of ' + parseSession(session).ticket.length + ' at ' + this.taken;
    },
    earlyData(accepted, bytes) {
      received = received + ' early ' + accepted + ' ' + bytes.length;
    },
    events: () => 'received' + received + ', sent' + ours,
  };
}

export interface Replayer {
  fromServer: Uint8Array;
  play(next: (fed: number) => number, spoiled: number): string;
}

/** Functions and no class: what is compiled for Node has class fields, which Espruino does not parse. */
export function replayer(recording: RecordedConnection): Replayer {
  const fromServer = hex(recording.fromServer);
  const fromClient = hex(recording.fromClient);
  const reply = hex(recording.reply);
  const request = hex(recording.request);
  const anchor = trustAnchor(hex(recording.trustAnchor));
  const crypto: CryptoProvider = {
    hashes: portableProvider.hashes,
    aeads: portableProvider.aeads,
    groups: portableProvider.groups.filter(group => group.name === recording.group).map(rememberGroup),
    signatures: portableProvider.signatures.map(rememberVerifier),
  };

  /**
   * `next` answers the length of the piece that begins at byte `fed`, 1 or more; the byte at `spoiled`, if there is one, is changed.
   * Answers what is not as it was recorded, '' if all is. Throws what the client throws.
   */
  function play(next: (fed: number) => number, spoiled: number): string {
    const input = new ByteRing(RING);
    const told = heard();
    const client = new TlsClient({
      profile: recording.tls12 ? RECORDED_TLS12 : RECORDED,
      serverName: recording.serverName,
      crypto,
      random: seededRandom(recording.seed),
      unixTime: () => recording.unixTime,
      trust: { anchors: [anchor] },
      input,
      listener: {
        message: (sent, type, length) => told.message(sent, type, length),
        session: session => told.session(session),
        earlyData: (accepted, bytes) => told.earlyData(accepted, bytes),
      },
      session: recording.session ? hex(recording.session) : undefined,
      earlyData: recording.earlyData ? hex(recording.earlyData) : undefined,
    });
    const sent = new Uint8Array(fromClient.length + 100);
    const received = new Uint8Array(reply.length + 100);
    let sentLength = 0;
    let requested = 0;
    let fed = 0;
    let end = 0;
    let closed = false;
    for (let turn = 0; turn < 100000 && !closed; turn++) {
      let progress = false;
      const got = client.read(received, told.taken, received.length - told.taken);
      if (got === CLOSE_NOTIFY) {
        if (requested === request.length) {
          client.closeWrite();
          closed = true;
        }
      } else if (got !== NO_DATA_YET) {
        told.taken += got;
        progress = true;
      }
      if (client.handshakeComplete && requested < request.length) {
        requested += client.write(request, requested, request.length - requested);
        progress = true;
      }
      while (client.output.length > 0) {
        const length = client.output.spanAt(0, client.output.length);
        client.output.copy(0, sent, sentLength, length);
        sentLength += length;
        client.outputSent(length);
        progress = true;
      }
      if (!progress && !closed) {
        // What the ring did not take of a piece comes before the next one.
        if (fed === end) end += next(fed);
        if (end > fromServer.length) end = fromServer.length;
        const piece = new Uint8Array(fromServer.subarray(fed, end));
        if (spoiled >= fed && spoiled < end) piece[spoiled - fed] ^= 1;
        const taken = input.write(piece, 0, piece.length);
        if (taken === 0) return 'stalled after ' + fed + ' bytes';
        fed += taken;
      }
    }
    if (!same(received.subarray(0, told.taken), reply)) return 'other plaintext';
    if (!same(sent.subarray(0, sentLength), fromClient)) return 'other ciphertext';
    return told.events() === recording.events ? '' : 'other events: ' + told.events();
  }
  return { fromServer, play };
}

function rememberGroup(group: KeyExchangeGroup): KeyExchangeGroup {
  const shares: KeyShare[] = [];
  const secrets: Array<Uint8Array | undefined> = [];
  let drawn = 0;
  return {
    name: group.name,
    publicKeyLength: group.publicKeyLength,
    generate(random) {
      if (shares.length === 0) {
        const counted: RandomSource = (into, offset, length) => {
          drawn += length;
          random(into, offset, length);
        };
        shares.push(finish(group.generate(counted)));
      } else random(new Uint8Array(drawn), 0, drawn);
      return done({
        publicKey: shares[0].publicKey,
        agree(peer: Uint8Array) {
          if (secrets.length === 0) {
            const secret = finish(shares[0].agree(peer));
            secrets.push(secret && new Uint8Array(secret));
          }
          return done(secrets[0] && new Uint8Array(secrets[0]));
        },
        wipe() {},
      });
    },
  };
}

function rememberVerifier(verifier: SignatureVerifier): SignatureVerifier {
  const verdicts: Array<{ signature: Uint8Array; verdict: boolean }> = [];
  return {
    name: verifier.name,
    verify(key, hash, message, signature) {
      for (const known of verdicts) if (same(known.signature, signature)) return done(known.verdict);
      const verdict = finish(verifier.verify(key, hash, message, signature));
      verdicts.push({ signature: new Uint8Array(signature), verdict });
      return done(verdict);
    },
  };
}
