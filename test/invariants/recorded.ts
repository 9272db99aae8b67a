/**
 * A connection that can be played again: the client's randomness, key share and clock are fixed, so that what a server has
 * once sent to it is what it may be sent any number of times, in any pieces, and every byte it answers is known as well. What
 * costs time in a handshake, the key agreement and the signatures, is remembered.
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { done, finish } from '../../src/crypto/computation.js';
import type { CryptoProvider, KeyExchangeGroup, SignatureVerifier } from '../../src/crypto/provider.js';
import type { RingletError } from '../../src/errors.js';
import { CLOSE_NOTIFY, TlsClient, type TlsClientConfig } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { NO_DATA_YET, PEER_CLOSED } from '../../src/transport.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { authority, SERVER_NAME_UNDER_TEST, server as serverIdentity } from '../peers/identities.js';
import { suiteNamed } from '../peers/key-schedule.js';
import { type Protection, TrafficKeys } from '../peers/records.js';
import { ScriptedServer, type ServerOptions, type Step } from '../peers/scripted-server.js';
import { serverFlight } from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { ChipMemory } from '../tls/chip-memory.js';

/** What one record of the server held. */
export interface SentRecord {
  bytes: Buffer;
  /** Undefined for a plaintext record. */
  secret: Buffer | undefined;
  protection: Protection;
  /** Of protected records. */
  type: number;
  content: Buffer;
  /** Zero bytes behind the type. */
  padding: number;
}

export interface Recording {
  serverName: string;
  trust: TrustPolicy;
  /** Seconds since 1970. */
  now: number;
  /** Bytes of the ring it was recorded with; the ClientHello says how large a record may be. */
  ring: number;
  /** Bytes of the memory behind the ring, for records longer than it. */
  memory: number | undefined;
  crypto: CryptoProvider;
  fromServer: Buffer;
  records: SentRecord[];
  /** The same, undisturbed. */
  undisturbed: Replay;
}

export interface RecordingOptions {
  flight?: Step[];
  afterFinished?: Step[];
  ring?: number;
  memory?: number;
  server?: Partial<ServerOptions>;
  crypto?: CryptoProvider;
}

/** Runs the connection once, everything in one piece. */
export async function record(options: RecordingOptions = {}): Promise<Recording> {
  const { flight = serverFlight(), afterFinished = [], ring = 16645 } = options;
  const server = new ScriptedServer({
    identity: await serverIdentity('ed25519'),
    flights: [flight],
    afterFinished,
    ...options.server,
  });
  const records = remembered(server);
  const recording: Recording = {
    serverName: SERVER_NAME_UNDER_TEST,
    trust: trusting(await authority()),
    now: Math.floor(Date.now() / 1000),
    ring,
    memory: options.memory,
    crypto: options.crypto ?? rememberingProvider(),
    fromServer: Buffer.alloc(0),
    records,
    undisturbed: undefined as never,
  };
  const live = new Player(recording, { onSent: bytes => server.receive(bytes) });
  live.read();
  for (let piece = server.take(); piece.length > 0; piece = server.take()) {
    recording.fromServer = Buffer.concat([recording.fromServer, piece]);
    live.deliver(piece);
  }
  recording.undisturbed = play(recording, [recording.fromServer], { fin: true });
  return recording;
}

/** Notes every record of the server as it is made. */
function remembered(server: ScriptedServer): SentRecord[] {
  const records: SentRecord[] = [];
  const { sendRecord, sendRaw } = server;
  let inside: Omit<SentRecord, 'bytes'> | undefined;
  server.sendRecord = (type, content) => {
    const keys = server.writeKeys;
    inside = {
      secret: keys?.secret,
      protection: keys?.protection ?? 'plaintext',
      type: type ?? 0,
      content: Buffer.from(content),
      padding: server.layout.padding,
    };
    sendRecord.call(server, type, content);
    inside = undefined;
  };
  server.sendRaw = bytes => {
    const [type, content] = [bytes[0], Buffer.from(bytes.subarray(5))];
    const plain = { secret: undefined, protection: 'plaintext' as const, type, content, padding: 0 };
    records.push({ ...(inside ?? plain), bytes: Buffer.from(bytes) });
    sendRaw.call(server, bytes);
  };
  return records;
}

/** The same records sealed anew, `edit`ed before: authentic, whatever they say. */
export function resealed(records: SentRecord[], edit: (record: SentRecord, index: number) => SentRecord[]): Buffer {
  const keys = new Map<string, TrafficKeys>();
  const suite = suiteNamed('TLS_AES_128_GCM_SHA256');
  return Buffer.concat(
    records.flatMap((original, index) =>
      edit(original, index).map(({ secret, protection, type, content, padding, bytes }) => {
        if (!secret) return bytes;
        const slot = secret.toString('hex');
        if (!keys.has(slot)) keys.set(slot, new TrafficKeys(suite, secret, protection));
        return keys.get(slot)!.seal(type, content, padding);
      }),
    ),
  );
}

/** The node:crypto provider with one AEAD suite, one key share that is always the same, and a memory for what is slow. */
export function rememberingProvider(base: CryptoProvider = nodeCryptoProvider): CryptoProvider {
  return {
    hashes: base.hashes,
    aeads: base.aeads.filter(({ name }) => name === 'aes-128-gcm'),
    groups: [fixedGroup(base.groups[0])],
    signatures: base.signatures.map(rememberedVerifier),
  };
}

function fixedGroup(group: KeyExchangeGroup): KeyExchangeGroup {
  const share = finish(group.generate(() => undefined));
  const secrets = new Map<string, Uint8Array | undefined>();
  return {
    name: group.name,
    publicKeyLength: group.publicKeyLength,
    generate: () =>
      done({
        publicKey: share.publicKey,
        agree(peer) {
          const slot = Buffer.from(peer).toString('latin1');
          if (!secrets.has(slot)) secrets.set(slot, finish(share.agree(peer)));
          const secret = secrets.get(slot);
          // The engine wipes what it is given.
          return done(secret && new Uint8Array(secret));
        },
        wipe: () => undefined,
      }),
  };
}

function rememberedVerifier(verifier: SignatureVerifier): SignatureVerifier {
  const verdicts = new Map<string, boolean>();
  return {
    name: verifier.name,
    verify(key, hash, message, signature) {
      const slot =
        [key.spki, message, signature].map(bytes => Buffer.from(bytes).toString('latin1')).join('|') + hash.name;
      let verdict = verdicts.get(slot);
      if (verdict === undefined) {
        verdict = finish(verifier.verify(key, hash, message, signature));
        if (verdicts.size < 1000) verdicts.set(slot, verdict);
      }
      return done(verdict);
    },
  };
}

/** Deterministic, and long enough for one ClientHello. */
export function fixedRandom(into: Uint8Array, offset: number, length: number): void {
  for (let i = 0; i < length; i++) into[offset + i] = (i * 37 + 11) & 255;
}

export interface Replay {
  /** What the listener was told of the server's messages, each with the count of plaintext bytes taken before it. */
  received: string[];
  /** Our own messages in order. */
  sent: number[];
  data: Buffer;
  /** NO_DATA_YET, CLOSE_NOTIFY, or the error's code; something else if it has none. */
  end: number | string;
  /** Every byte that was given to the transport. */
  wire: Buffer;
  /** Calls of `read`. */
  steps: number;
}

export interface PlayOptions {
  /** Bytes of each read; by default as much as there is. */
  readSize?: number;
  /** How much the transport takes each time it is asked; by default everything. */
  accept?: () => number;
  onSent?: (bytes: Buffer) => void;
  /** Computations are done in slices: how many units each time it is asked, 0 for none now. By default they are done at once. */
  slice?: () => number;
  /** The transport ends behind the last piece. */
  fin?: boolean;
  config?: Partial<TlsClientConfig>;
}

const plaintext = new Uint8Array(20000);

/** Delivers `pieces` one after another, reading and sending after each until nothing moves. */
export function play(recording: Recording, pieces: Iterable<Uint8Array>, options: PlayOptions = {}): Replay {
  const player = new Player(recording, options);
  player.read();
  for (const piece of pieces) if (!player.deliver(piece)) break;
  if (options.fin) player.finish();
  return player.replay();
}

export class Player {
  readonly client: TlsClient;
  readonly input: ByteRing;
  /** Where bytes lie before they come into the ring, if records may be longer than it. */
  readonly memory: ChipMemory | undefined;
  end: number | string = NO_DATA_YET;
  steps = 0;
  dataLength = 0;
  private toldOfEnd = false;
  private readonly received: string[] = [];
  private readonly sent: number[] = [];
  private readonly data: Buffer[] = [];
  private readonly wire: Buffer[] = [];

  constructor(
    recording: Recording,
    private readonly options: PlayOptions = {},
  ) {
    this.input = new ByteRing(recording.ring);
    this.memory = recording.memory ? new ChipMemory(recording.memory) : undefined;
    this.input.backlog = this.memory;
    this.client = new TlsClient({
      profile: everything,
      serverName: recording.serverName,
      crypto: recording.crypto,
      random: fixedRandom,
      unixTime: () => recording.now,
      trust: recording.trust,
      input: this.input,
      sliced: !!options.slice,
      listener: {
        message: (sent, type) => {
          if (sent) this.sent.push(type);
          else this.received.push(`${type} at ${this.dataLength}`);
        },
        session: session => this.received.push(`session of ${session.length} at ${this.dataLength}`),
      },
      ...options.config,
    });
  }

  /** False once the connection has ended and nothing is taken any more. */
  deliver(piece: Uint8Array): boolean {
    const { memory } = this;
    if (memory) {
      memory.put(piece);
      // As long as there is a window, segments come.
      while (this.end === NO_DATA_YET && memory.arrive() > 0) this.read();
      return this.end === NO_DATA_YET;
    }
    for (let at = 0; at < piece.length; ) {
      if (this.end !== NO_DATA_YET) return false;
      const taken = this.input.write(piece, at, piece.length - at);
      const before = this.input.length;
      at += taken;
      this.read();
      if (taken === 0 && this.input.length === before && this.end === NO_DATA_YET && this.client.computing < 0) {
        throw new Error('the engine does not read on, and its ring is full');
      }
    }
    return this.end === NO_DATA_YET;
  }

  finish(): void {
    if (this.memory) this.memory.fin = true;
    else this.client.inputEnded();
    this.read();
    // What came while the window was closed by a computation comes now.
    while (this.client.computing >= 0 || (this.memory && this.end === NO_DATA_YET && this.memory.arrive() > 0))
      this.read();
    if (this.memory) {
      if (this.end === NO_DATA_YET) throw new Error('the engine waits for what has arrived, or for nothing');
    }
  }

  /** The connection must be over, and stay what it is. */
  assertOver(): void {
    const { client, end } = this;
    assert.notEqual(end, NO_DATA_YET);
    for (let i = 0; i < 3; i++) {
      if (end === CLOSE_NOTIFY) {
        assert.equal(client.read(plaintext, 0, 10), CLOSE_NOTIFY);
        continue;
      }
      assert.throws(() => client.read(plaintext, 0, 10), { code: end });
      assert.throws(() => client.write(plaintext, 0, 10), { code: end });
      assert.equal(client.output.length, 0);
    }
  }

  /** Reads and sends until nothing moves. */
  read(): void {
    const { client } = this;
    const size = this.options.readSize ?? plaintext.length;
    for (let idle = false; !idle; ) {
      const answer = this.readOnce(size);
      const received = this.memory ? this.receive(this.memory) : false;
      idle = this.send() === 0 && answer < 1 && !received && !this.compute();
      if (answer === CLOSE_NOTIFY && this.end !== CLOSE_NOTIFY) {
        this.end = CLOSE_NOTIFY;
        client.closeWrite();
        idle = false;
      }
    }
  }

  /** A slice, if there is anything to compute and `slice` wants it; answers whether there was. */
  private compute(): boolean {
    const { client, options } = this;
    if (client.computing < 0) return false;
    const units = options.slice!();
    if (units > 0) client.compute(units);
    return units > 0;
  }

  replay(): Replay {
    const { received, sent, end, steps } = this;
    return { received, sent, data: Buffer.concat(this.data), end, wire: Buffer.concat(this.wire), steps };
  }

  /** Memory to ring, as a pump does; answers whether anything came. */
  private receive(memory: ChipMemory): boolean {
    const { input } = this;
    if (this.end !== NO_DATA_YET || this.toldOfEnd || input.spaceLength === 0) return false;
    const answer = memory.receive(input.bytes, input.spaceOffset, input.spaceLength);
    if (answer === NO_DATA_YET) return false;
    if (answer === PEER_CLOSED) {
      this.toldOfEnd = true;
      this.client.inputEnded();
    } else input.commit(answer);
    return true;
  }

  private readOnce(size: number): number {
    this.steps++;
    let answer: number;
    try {
      answer = this.client.read(plaintext, 0, size);
    } catch (error) {
      this.end = (error as RingletError).code ?? String((error as Error).stack);
      return 0;
    }
    if (answer > 0) {
      this.data.push(Buffer.from(plaintext.subarray(0, answer)));
      this.dataLength += answer;
    } else if (answer !== NO_DATA_YET && answer !== CLOSE_NOTIFY) this.end = `read answered ${answer}`;
    return answer;
  }

  /** Gives output to the transport until it takes no more; answers how much it took. */
  private send(): number {
    const { output } = this.client;
    let total = 0;
    while (output.length > 0) {
      const taken = Math.min(this.options.accept?.() ?? output.length, output.length);
      if (taken === 0) break;
      const bytes = Buffer.alloc(taken);
      output.copy(0, bytes, 0, taken);
      this.client.outputSent(taken);
      this.wire.push(bytes);
      this.options.onSent?.(bytes);
      total += taken;
    }
    return total;
  }
}
