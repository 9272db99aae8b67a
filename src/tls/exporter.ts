/**
 * Exported keying material: what an application can bind to its TLS connection, or make keys of its own from. RFC 8446 §7.5; RFC 5705 for TLS 1.2.
 *
 *   TLS-Exporter(label, context_value, key_length) =
 *       HKDF-Expand-Label(Derive-Secret(Secret, label, ""), "exporter", Hash(context_value), key_length)
 *
 * Memory: the exporter's secret, 32 or 48 bytes, in TLS 1.2 112 bytes, as long as the connection lasts.
 */
import { usageError } from '../errors.js';
import type { CipherSuite } from './cipher-suites.js';
import { wipeKeyingMaterial } from './handshake-state.js';
import { deriveSecret, digestOf, hkdfExpandLabel, type KeySchedule } from './key-schedule.js';
import type { Exporter } from './profile.js';
import type { Tls12State } from './tls12/state.js';

/** HkdfLabel.label has at most 255 bytes, "tls13 " included. */
const LONGEST_LABEL = 249;

export const keyingMaterialExporter: Exporter = {
  tls13(tls, transcriptHash) {
    const schedule = tls.schedule as KeySchedule;
    const hash = schedule.hashAlgorithm;
    const secret = deriveSecret(hash, schedule.stageSecret, 'exp master', transcriptHash);
    tls.keyingMaterial = {
      derive(length, label, context) {
        check(length, label, 255 * hash.digestLength, 1);
        const running = hash.create();
        const derived = deriveSecret(hash, secret, label, digestOf(hash, running));
        if (context) running.update(context, 0, context.length);
        const material = hkdfExpandLabel(hash, derived, 'exporter', digestOf(hash, running), length);
        derived.fill(0);
        return material;
      },
      wipe: () => void secret.fill(0),
    };
  },

  /** RFC 5705 §4: here no context is something else than an empty one. RFC 7627 §5.4: without an extended master secret there is nothing to export. */
  tls12(tls, prf) {
    const state = tls.tls12 as Tls12State;
    const hash = (tls.suite as CipherSuite).hash;
    wipeKeyingMaterial(tls);
    if (!state.extendedMasterSecret) return;
    // Copies: another handshake may be under way when they are used.
    const secret = new Uint8Array(state.masterSecret);
    const both = new Uint8Array(state.randoms);
    tls.keyingMaterial = {
      derive(length, label, context) {
        check(length, label, 65535, 0);
        let seed = both;
        if (context) {
          if (context.length > 65535) usageError('context: 65535 bytes at most');
          seed = new Uint8Array(66 + context.length);
          seed.set(both);
          seed[64] = context.length >> 8;
          seed[65] = context.length;
          seed.set(context, 66);
        }
        return prf(hash, secret, label, seed, length);
      },
      wipe: () => void secret.fill(0),
    };
  },
};

/** RFC 8446 §7.1 has no empty labels. */
function check(length: number, label: string, longest: number, leastLabel: number): void {
  if (!(length > 0 && length <= longest) || length % 1 !== 0) usageError('length: 1 to ' + longest);
  if (!(label.length >= leastLabel && label.length <= LONGEST_LABEL))
    usageError('label: ' + leastLabel + ' to ' + LONGEST_LABEL + ' characters');
}
