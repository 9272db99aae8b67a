/**
 * The runner's flags. One line here for each that is known: how many words it takes, and what it sets. To add one, add a field to options.ts and a
 * line here, and use the field in provider.ts, exchange.ts or expectations.ts. Any flag that is not here makes the shim answer 89.
 */
import { type ConnectionOptions, defaultOptions, type ShimOptions, Unimplemented } from './options.js';

/** Applied to the options of each connection that a flag is for. `shim` are those of the whole process. */
interface Flag {
  takesValue: boolean;
  apply(connection: ConnectionOptions, value: string, shim: ShimOptions): void;
}

/** The options of some type. */
type Named<Type> = {
  [Name in keyof ConnectionOptions]-?: ConnectionOptions[Name] extends Type ? Name : never;
}[keyof ConnectionOptions];

const shimFlag = (takesValue: boolean, set: (shim: ShimOptions, value: string) => void): Flag => ({
  takesValue,
  apply: (_connection, value, shim) => set(shim, value),
});

const yes = (name: Named<boolean | undefined>): Flag => ({
  takesValue: false,
  apply: connection => {
    connection[name] = true;
  },
});

const number = (name: Named<number | undefined>): Flag => ({
  takesValue: true,
  apply: (connection, value) => {
    connection[name] = wholeNumber(value);
  },
});

/** May be given several times. */
const numbers = (name: 'curves' | 'keyShares' | 'verifyPrefs'): Flag => ({
  takesValue: true,
  apply: (connection, value) => {
    connection[name].push(wholeNumber(value));
  },
});

const text = (name: Named<string | undefined>): Flag => ({
  takesValue: true,
  apply: (connection, value) => {
    connection[name] = value;
  },
});

/** What it asks for is always so here, or makes no difference. */
const noMatter: Flag = { takesValue: false, apply: () => {} };

const FLAGS: { [name: string]: Flag | undefined } = {
  // The process
  '-port': shimFlag(true, (shim, value) => {
    shim.port = wholeNumber(value);
  }),
  '-shim-id': shimFlag(true, (shim, value) => {
    shim.shimId = BigInt(value);
  }),
  '-ipv6': shimFlag(false, shim => {
    shim.ipv6 = true;
  }),
  '-is-handshaker-supported': shimFlag(false, shim => {
    shim.isHandshakerSupported = true;
  }),
  // Nothing here waits for a callback, and every call can go on with the handshake.
  '-async': noMatter,
  '-implicit-handshake': noMatter,
  '-no-op-extra-handshake': noMatter,

  // Versions and algorithms
  '-min-version': number('minVersion'),
  '-max-version': number('maxVersion'),
  '-no-tls1': noMatter,
  '-no-tls11': noMatter,
  '-no-tls12': yes('noTls12'),
  '-no-tls13': yes('noTls13'),
  '-curves': numbers('curves'),
  '-key-shares': numbers('keyShares'),
  '-verify-prefs': numbers('verifyPrefs'),

  // Identity. The server is always verified, against -trust-cert.
  '-host-name': text('hostName'),
  '-trust-cert': text('trustCert'),
  '-verify-peer': noMatter,
  '-verify-fail': yes('verifyFail'),
  '-use-custom-verify-callback': yes('customVerify'),

  // Application layer
  '-advertise-alpn': text('advertiseAlpn'),
  '-shim-writes-first': yes('shimWritesFirst'),
  '-shim-initial-write': text('shimInitialWrite'),
  '-repeat-shim-initial-write': number('repeatShimInitialWrite'),
  '-shim-shuts-down': yes('shimShutsDown'),
  '-check-close-notify': yes('checkCloseNotify'),
  '-read-size': number('readSize'),
  '-key-update': yes('keyUpdate'),
  '-key-update-before-read': yes('keyUpdateBeforeRead'),
  '-read-with-unfinished-write': yes('readWithUnfinishedWrite'),

  // Expectations
  '-expect-version': number('expectVersion'),
  '-expect-cipher': number('expectCipher'),
  // Of two expectations that depend on the machine: our preference does not.
  '-expect-cipher-aes': number('expectCipher'),
  '-expect-cipher-no-aes': { takesValue: true, apply: () => {} },
  '-expect-curve-id': number('expectCurveId'),
  '-expect-peer-signature-algorithm': number('expectPeerSignatureAlgorithm'),
  '-expect-alpn': text('expectAlpn'),
  '-expect-peer-cert-file': text('expectPeerCertFile'),
  '-expect-hrr': yes('expectHrr'),
  '-expect-no-hrr': yes('expectNoHrr'),
  '-expect-no-session': yes('expectNoSession'),
  '-expect-session-miss': yes('expectSessionMiss'),
};

/** Throws Unimplemented for a flag that is not known. */
export function parseFlags(words: readonly string[]): ShimOptions {
  const shim = defaultOptions();
  for (let at = 0; at < words.length; at++) {
    const [, prefix, name] = /^(?:-on-(initial|resume|retry))?(-.*)$/.exec(words[at]) ?? [];
    const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (!flag) throw new Unimplemented('unknown flag ' + words[at]);
    if (flag.takesValue && ++at >= words.length) throw new Unimplemented('no value for ' + words[at - 1]);
    const connections = prefix ? [shim[prefix as 'initial']] : [shim.initial, shim.resume, shim.retry];
    for (const connection of connections) flag.apply(connection, flag.takesValue ? words[at] : '', shim);
  }
  return shim;
}

function wholeNumber(value: string): number {
  if (!/^-?\d+$/.test(value)) throw new Unimplemented('not a number: ' + value);
  return Number(value);
}
