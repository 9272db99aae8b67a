/** A provider whose AEADs remember everything they seal, record by record. */
import type { Aead, AeadAlgorithm, CryptoProvider } from '../../src/crypto/provider.js';

export interface SealedRecord {
  nonce: Buffer;
  /** Header, ciphertext and tag. */
  bytes: Buffer;
}

/** The records sealed under one key, in order. */
export type SealedUnderKey = SealedRecord[];

export function watchedProvider(base: CryptoProvider): { crypto: CryptoProvider; keys: SealedUnderKey[] } {
  const keys: SealedUnderKey[] = [];
  const watched = (algorithm: AeadAlgorithm): AeadAlgorithm => ({
    name: algorithm.name,
    keyLength: algorithm.keyLength,
    macsCiphertext: algorithm.macsCiphertext,
    create: key => watchedAead(algorithm.create(key), keys),
  });
  return { crypto: { ...base, aeads: base.aeads.map(watched) }, keys };
}

function watchedAead(aead: Aead, keys: SealedUnderKey[]): Aead {
  const records: SealedUnderKey = [];
  let nonce = Buffer.alloc(0);
  let pieces: Buffer[] = [];
  return {
    start(recordNonce, aad, aadLength, length) {
      nonce = Buffer.from(recordNonce);
      pieces = [Buffer.from(aad.subarray(0, aadLength))];
      aead.start(recordNonce, aad, aadLength, length);
    },
    seal(bytes, offset, length) {
      aead.seal(bytes, offset, length);
      pieces.push(Buffer.from(bytes.subarray(offset, offset + length)));
    },
    open: (bytes, offset, length) => aead.open(bytes, offset, length),
    authenticate: (bytes, offset, length) => aead.authenticate(bytes, offset, length),
    mark: (into, offset) => aead.mark(into, offset),
    tag(into, offset) {
      aead.tag(into, offset);
      pieces.push(Buffer.from(into.subarray(offset, offset + 16)));
      if (records.length === 0) keys.push(records);
      records.push({ nonce, bytes: Buffer.concat(pieces) });
    },
    verify: (tag, offset) => aead.verify(tag, offset),
    wipe: () => aead.wipe(),
  };
}
