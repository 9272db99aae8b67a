/**
 * A recorded connection to node:tls, replayed inside an engine at several chunkings: with the same random bytes the client must
 * send the same bytes again, and read the same. Public-key results are remembered after the first replay, because on an
 * interpreter they take seconds each; the first replay computes all of them. Then a record longer than the ring.
 */
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { finish, done as finished } from '../../src/crypto/computation.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider, KeyExchangeGroup, KeyShare, SignatureVerifier } from '../../src/crypto/provider.js';
import { supportedSuites } from '../../src/tls/cipher-suites.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
import { RecordProtection } from '../../src/tls/record-protection.js';
import { RecordReader } from '../../src/tls/record-reader.js';
import { RecordWriter } from '../../src/tls/record-writer.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { RECORDING } from './recording.js';
import { attempt, done, hex, same, seededRandom } from './report.js';

const fromServer = hex(RECORDING.fromServer);
const fromClient = hex(RECORDING.fromClient);
const reply = hex(RECORDING.reply);
const request = hex(RECORDING.request);
const anchor = trustAnchor(hex(RECORDING.trustAnchor));

const shares: KeyShare[] = [];
const secrets: Array<Uint8Array | undefined> = [];
const verdicts: Array<{ signature: Uint8Array; verdict: boolean }> = [];

function rememberGroup(group: KeyExchangeGroup): KeyExchangeGroup {
  return {
    name: group.name,
    publicKeyLength: group.publicKeyLength,
    generate(random) {
      if (shares.length === 0) shares.push(finish(group.generate(random)));
      else random(new Uint8Array(32), 0, 32);
      return finished({
        publicKey: shares[0].publicKey,
        agree(peer) {
          if (secrets.length === 0) {
            const secret = finish(shares[0].agree(peer));
            secrets.push(secret && new Uint8Array(secret));
          }
          return finished(secrets[0] && new Uint8Array(secrets[0]));
        },
        wipe() {},
      });
    },
  };
}

function rememberVerifier(verifier: SignatureVerifier): SignatureVerifier {
  return {
    name: verifier.name,
    verify(key, hash, message, signature) {
      for (const known of verdicts) if (same(known.signature, signature)) return finished(known.verdict);
      const verdict = finish(verifier.verify(key, hash, message, signature));
      verdicts.push({ signature: new Uint8Array(signature), verdict });
      return finished(verdict);
    },
  };
}

const crypto: CryptoProvider = {
  hashes: portableProvider.hashes,
  aeads: portableProvider.aeads,
  groups: [rememberGroup(portableProvider.groups[0])],
  signatures: portableProvider.signatures.map(rememberVerifier),
};

function replay(chunk: number, spoiled: number): string {
  const input = new ByteRing(4096);
  const random = seededRandom(RECORDING.seed);
  const client = new TlsClient({
    serverName: RECORDING.serverName,
    crypto,
    random,
    unixTime: () => RECORDING.unixTime,
    trust: { anchors: [anchor] },
    input,
  });
  const sent = new Uint8Array(fromClient.length + 100);
  const received = new Uint8Array(reply.length + 100);
  let sentLength = 0;
  let receivedLength = 0;
  let requested = 0;
  let fed = 0;
  let closed = false;
  for (let turn = 0; turn < 100000 && !closed; turn++) {
    let progress = false;
    const got = client.read(received, receivedLength, received.length - receivedLength);
    if (got === CLOSE_NOTIFY) {
      if (requested === request.length) {
        client.closeWrite();
        closed = true;
      }
    } else if (got !== NO_DATA_YET) {
      receivedLength += got;
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
    }
    if (fed < fromServer.length && input.space > 0) {
      let take = chunk;
      if (take > fromServer.length - fed) take = fromServer.length - fed;
      const piece = new Uint8Array(fromServer.subarray(fed, fed + take));
      if (spoiled >= fed && spoiled < fed + take) piece[spoiled - fed] ^= 1;
      fed += input.write(piece, 0, take);
      progress = true;
    }
    if (!progress && !closed) return 'stalled after ' + fed + ' bytes';
  }
  if (!same(received.subarray(0, receivedLength), reply)) return 'other plaintext';
  if (!same(sent.subarray(0, sentLength), fromClient)) return 'other ciphertext';
  return '';
}

const CHUNKS = [100000, 1460, 536, 61, 1];
for (const chunk of CHUNKS) {
  attempt('replay in pieces of ' + chunk, () => {
    const problem = replay(chunk, -1);
    if (problem !== '') throw new Error(problem);
    return true;
  });
}
attempt('a changed byte of the last record is refused', () => {
  try {
    replay(1460, fromServer.length - 1);
    return false;
  } catch (error) {
    return (
      (error as { code?: string }).code === 'ERR_TLS_BAD_RECORD_MAC' || (error as { code?: string }).code !== undefined
    );
  }
});

/** A record of `content` bytes through a ring of 1024, the rest behind it; the byte at `spoiled` changes between the passes. */
function longRecord(suiteId: number, content: number, spoiled: number): boolean {
  const secret = new Uint8Array(32);
  const bytes = new Uint8Array(content);
  for (let i = 0; i < content; i++) bytes[i] = i + (i >> 8);
  const writer = new RecordWriter(content + 200);
  const input = new ByteRing(1024);
  let taken = 0;
  const output = writer.output;
  const fill = (): void => {
    while (input.space > 0 && output.length > 0) {
      const length = output.spanAt(0, output.length);
      const moved = input.write(output.bytes.subarray(output.offsetAt(0), output.offsetAt(0) + length), 0, length);
      output.discard(moved);
    }
  };
  input.backlog = {
    capacity: 16384,
    ended: false,
    get length() {
      return output.length;
    },
    copy(index, into, offset, length) {
      output.copy(index, into, offset, length);
    },
    makeRoom() {},
  };
  const reader = new RecordReader(input);
  for (const suite of supportedSuites(portableProvider, false)) {
    if (suite.id !== suiteId) continue;
    writer.protection = new RecordProtection(suite, secret);
    reader.protection = new RecordProtection(suite, secret);
  }
  // So that the record lies across the end of the ring.
  input.write(new Uint8Array(300), 0, 300);
  writer.record(23, 0x0303, bytes, 0, content);
  fill();
  input.discard(300);
  fill();
  const into = new Uint8Array(content);
  let chunks = 0;
  while (taken < content && reader.next()) {
    const length = reader.remaining;
    reader.take(into, taken, length);
    taken += length;
    fill();
    if (chunks++ === 0 && spoiled >= 0) output.bytes[output.offsetAt(spoiled)] ^= 4;
  }
  return same(into, bytes) && reader.unread === 0 && chunks > 4;
}

for (const suiteId of [0x1301, 0x1302, 0x1303]) {
  attempt('a record longer than the ring, suite ' + suiteId, () => longRecord(suiteId, 3000, -1));
  attempt('its bytes change between the passes, suite ' + suiteId, () => {
    try {
      longRecord(suiteId, 3000, 700);
    } catch (error) {
      return (error as { code?: string }).code === 'ERR_CHIP_MEMORY';
    }
    return false;
  });
}
done();
