/**
 * A recorded connection to node:tls, replayed inside an engine at several chunkings: with the same random bytes the client must
 * send the same bytes again, and read the same. Public-key results are remembered after the first replay, because on an
 * interpreter they take seconds each; the first replay computes all of them.
 */
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider, KeyExchangeGroup, KeyShare, SignatureVerifier } from '../../src/crypto/provider.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
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
      if (shares.length === 0) shares.push(group.generate(random));
      else random(new Uint8Array(32), 0, 32);
      return {
        publicKey: shares[0].publicKey,
        agree(peer) {
          if (secrets.length === 0) {
            const secret = shares[0].agree(peer);
            secrets.push(secret && new Uint8Array(secret));
          }
          return secrets[0] && new Uint8Array(secrets[0]);
        },
        wipe() {},
      };
    },
  };
}

function rememberVerifier(verifier: SignatureVerifier): SignatureVerifier {
  return {
    name: verifier.name,
    verify(key, hash, message, signature) {
      for (const known of verdicts) if (same(known.signature, signature)) return known.verdict;
      const verdict = verifier.verify(key, hash, message, signature);
      verdicts.push({ signature: new Uint8Array(signature), verdict });
      return verdict;
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
done();
