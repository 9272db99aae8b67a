/**
 * AES-GCM and ChaCha20-Poly1305 in machine code (firmware-glue/thumb/aead.c): a call encrypts and authenticates.
 * Memory of a key: 180 bytes and its schedule, 32 for ChaCha20, 352 for AES-128, 480 for AES-256.
 */
import type { Aead, AeadAlgorithm, AeadName } from '../provider.js';
import { Entry, feeder, fetcher, inputAddress, type NativeCode, wipeStage, workspaceAddress } from './native-code.js';

const SCHEDULE_AT = 180;
const MARK_AT = 16;
/** Where the additional data goes when it has to be copied, behind the nonce. */
const AAD_AT = 12;

const enum Mode {
  SEAL = 0,
  OPEN = 1,
  AUTHENTICATE = 2,
}

export function nativeAes128Gcm(code: NativeCode): AeadAlgorithm {
  return algorithm(code, 'aes-128-gcm', 16, 352, 0);
}

export function nativeAes256Gcm(code: NativeCode): AeadAlgorithm {
  return algorithm(code, 'aes-256-gcm', 32, 480, 0);
}

export function nativeChaCha20Poly1305(code: NativeCode): AeadAlgorithm {
  return algorithm(code, 'chacha20-poly1305', 32, 32, 1);
}

/** Its memory, for whoever wants to see that it is wiped. */
interface NativeAead extends Aead {
  readonly context: Uint8Array;
}

function algorithm(
  code: NativeCode,
  name: AeadName,
  keyLength: number,
  scheduleLength: number,
  kind: number,
): AeadAlgorithm {
  return {
    name,
    keyLength,
    macsCiphertext: true,
    create(key): NativeAead {
      if (key.length !== keyLength) throw new Error(name + ': wrong key length');
      const context = new Uint8Array(SCHEDULE_AT + scheduleLength);
      const state = context.subarray(MARK_AT, MARK_AT + 8);
      const update = (mode: Mode) => feeder(code, Entry.AEAD_UPDATE, context, mode);
      code.call(
        Entry.AEAD_KEY,
        workspaceAddress(code, context),
        inputAddress(code, key, 0, keyLength, 0),
        keyLength,
        kind,
      );
      wipeStage();
      return {
        context,
        start(nonce, aad, aadLength) {
          code.call(
            Entry.AEAD_START,
            code.addressOf(context),
            inputAddress(code, nonce, 0, 12, 0),
            inputAddress(code, aad, 0, aadLength, AAD_AT),
            aadLength,
          );
        },
        seal: update(Mode.SEAL),
        open: update(Mode.OPEN),
        authenticate: update(Mode.AUTHENTICATE),
        mark(into, offset) {
          into.set(state, offset);
        },
        tag: fetcher(code, Entry.AEAD_FINISH, context, 16),
        verify: (tag, offset) =>
          code.call(Entry.AEAD_FINISH, code.addressOf(context), inputAddress(code, tag, offset, 16, 0), 1, 0) === 1,
        wipe() {
          context.fill(0);
        },
      };
    },
  };
}
