/**
 * A connection with faults, drawn from a seed: what the chip is like, what server and application do, and the schedule of
 * injections. Everything that happens follows from it.
 */
import { formatInjection, type Injection } from '../../boards/sim/injections.js';
import { seededRandom } from '../../boards/sim/seeded-random.js';
import { type SuiteName, suites } from '../peers/key-schedule.js';

/** How the server ends the connection, once it has said what it has to say. */
export type Ending =
  /** It has everything of ours, then close_notify and FIN. */
  | 'close'
  /** It answers our close_notify. */
  | 'answer'
  /** As `close`, but does not wait for what is still under way to it. */
  | 'half-close'
  /** close_notify, and FIN only behind ours. */
  | 'no-fin'
  /** FIN without close_notify. */
  | 'truncate'
  | 'reset';

export interface Scenario {
  seed: number;
  chip: {
    crLatencyReads: number;
    rxSeed: number;
    txSeed: number;
    linkUpMs: number;
    timeWaitMs: number;
    resetReads: number;
    refusedRaises: 'none' | 'DISCON' | 'TIMEOUT';
    resetRaises: 'none' | 'DISCON' | 'TIMEOUT';
    sendOkAtAck: boolean;
    receiveInFinWait: boolean;
  };
  /** Kilobytes of each socket. */
  rx: number[];
  tx: number[];
  /** Milliseconds that a frame takes besides its bytes at 8 MHz: the engine's own time. */
  frameMs: number;
  dhcp: boolean;
  /** Of the lease: a short one is renewed in the middle of the connection. */
  leaseSeconds: number;
  dns: boolean;
  path: { segment: number; delayMs: number };
  server: {
    /** Index into the fixed identities. */
    identity: number;
    suite: SuiteName;
    retry: boolean;
    fragment: number;
    padding: number;
    coalesce: boolean;
    tickets: number;
    download: number;
    /** One in so many pieces of data is followed by a KeyUpdate; 0: none. */
    keyUpdates: number;
    /** At most so long between two pieces. */
    pauseMs: number;
    ending: Ending;
  };
  client: {
    ring: number;
    upload: number;
    chunk: number;
    onread: boolean;
    /** The application ends the connection at a time of its own, whatever was said so far. */
    leaves: 'end' | 'destroy' | undefined;
    leavesAtMs: number;
    crypto: 'node' | 'portable AEADs' | 'portable';
  };
  injections: Injection[];
}

type Random = (limit: number) => number;

/** Names that `--only` takes, and how often each is drawn. */
export const faultNames = [
  'torn-rsr',
  'torn-fsr',
  'race',
  'rst',
  'rst-connecting',
  'duplicate-port',
  'fin',
  'send-ok-late',
  'send-ok-never',
  'ack-late',
  'partial-send',
  'cr-stuck',
  'fin-wait',
  'link-down',
  'miso-stuck',
  'flip-register',
  'flip-written',
  'flip-received',
  'flip-sent',
  'chip-reset',
  'version-wrong',
  'dead-peer',
  'peer-stalls',
  'reader-stalls',
  'udp-length',
  'dns-silent',
  'dhcp-silent',
] as const;
export type FaultName = (typeof faultNames)[number];

/** `only`: every injection is this one. */
export function drawScenario(seed: number, only?: FaultName): Scenario {
  const random = seededRandom(seed);
  const one = <T>(...choices: T[]): T => choices[random(choices.length)]!;
  const ring = one(1024, 1500, 2048, 2048, 4096, 16645);
  const padding = random(4) === 0 ? random(200) : 0;
  const [rx, tx] = [drawPlan(random), drawPlan(random)];
  const udp = random(4) === 0;
  const scenario: Scenario = {
    seed,
    chip: {
      crLatencyReads: random(4),
      rxSeed: one(0, random(65536), 0xffff - random(3000)),
      txSeed: one(0, random(65536), 0xffff - random(3000)),
      linkUpMs: one(0, 0, 0, 1500),
      timeWaitMs: one(0, 0, 20),
      resetReads: one(0, 0, 3),
      refusedRaises: one('none', 'DISCON', 'TIMEOUT'),
      resetRaises: one('none', 'DISCON', 'TIMEOUT'),
      sendOkAtAck: random(4) === 0,
      receiveInFinWait: random(2) === 0,
    },
    rx,
    tx,
    frameMs: one(0.01, 0.05, 0.2),
    dhcp: udp && random(2) === 0,
    leaseSeconds: one(3600, 4),
    dns: udp,
    path: { segment: one(1460, 1460, 536, 1 + random(1460)), delayMs: one(0.5, 2, 2, 30) },
    server: {
      identity: one(0, 0, 0, 1, 2),
      suite: one(...suites).name,
      retry: random(8) === 0,
      fragment: Math.min(one(16384, 1400, 256, 64 + random(4000)), ring - 22 - padding, 16384 - padding),
      padding,
      coalesce: random(2) === 0,
      tickets: random(3),
      download: one(0, random(200), random(6000), random(6000), random(30000)),
      keyUpdates: one(0, 0, 3, 1),
      pauseMs: one(0, 1, 10, 400),
      ending: one('close', 'close', 'close', 'answer', 'answer', 'half-close', 'no-fin', 'truncate', 'reset'),
    },
    client: {
      ring,
      upload: one(0, random(200), random(4000), random(15000)),
      chunk: 1 + random(one(100, 3000)),
      onread: random(3) === 0,
      leaves: one(undefined, undefined, undefined, undefined, undefined, undefined, 'end', 'destroy'),
      leavesAtMs: random(one(50, 200, 1000)),
      crypto: one(0, 0, 0, 0, 0, 0, 0, 1) === 0 ? 'node' : random(40) === 0 ? 'portable' : 'portable AEADs',
    },
    injections: [],
  };
  const count = one(0, 1, 1, 1, 1, 2, 2, 3, 5);
  for (let i = 0; i < count; i++) scenario.injections.push(drawInjection(random, only ?? one(...faultNames), scenario));
  return scenario;
}

/** A quiet connection, 10,000 bytes down and 3,000 up, to be changed. */
export function calmScenario(): Scenario {
  return {
    seed: 1,
    chip: {
      crLatencyReads: 1,
      rxSeed: 0,
      txSeed: 0,
      linkUpMs: 0,
      timeWaitMs: 0,
      resetReads: 0,
      refusedRaises: 'none',
      resetRaises: 'none',
      sendOkAtAck: false,
      receiveInFinWait: false,
    },
    rx: [2, 2, 2, 2, 2, 2, 2, 2],
    tx: [2, 2, 2, 2, 2, 2, 2, 2],
    frameMs: 0.05,
    dhcp: false,
    leaseSeconds: 3600,
    dns: false,
    path: { segment: 1460, delayMs: 2 },
    server: {
      identity: 0,
      suite: 'TLS_AES_128_GCM_SHA256',
      retry: false,
      fragment: 1000,
      padding: 0,
      coalesce: false,
      tickets: 0,
      download: 10000,
      keyUpdates: 0,
      pauseMs: 20,
      ending: 'close',
    },
    client: {
      ring: 2048,
      upload: 3000,
      chunk: 500,
      onread: false,
      leaves: undefined,
      leavesAtMs: 0,
      crypto: 'node',
    },
    injections: [],
  };
}

/** A legal plan with at least two sockets, in which TCP gets one of 1 KB or more. */
function drawPlan(random: Random): number[] {
  const plans = [
    [2, 2, 2, 2, 2, 2, 2, 2],
    [8, 4, 2, 1, 1],
    [4, 4, 4, 4],
    [1, 1],
    [2, 1],
    [8, 8],
    [1, 2, 4, 8, 1],
  ];
  return plans[random(plans.length)]!;
}

function drawInjection(random: Random, fault: FaultName, { server, client }: Scenario): Injection {
  const one = <T>(...choices: T[]): T => choices[random(choices.length)]!;
  const volume = server.download + client.upload;
  // Most of a connection's frames and bytes lie in these ranges; what comes too late is a run without that fault.
  const unit = one('f', 'b', 't') as Injection['unit'];
  const at =
    unit === 'f' ? random(150 + volume / 20) : unit === 'b' ? random(6000 + 2 * volume) : random(one(30, 300, 3000));
  const injection: Injection = { fault, value: 0, unit, at: Math.floor(at), forMs: 0 };
  const lasting = (...choices: number[]) => {
    injection.forMs = one(...choices);
  };
  switch (fault) {
    case 'torn-rsr':
    case 'torn-fsr':
      injection.value = one(0xff, 0x1ff, 0x2ff);
      lasting(50, 1000, Number.POSITIVE_INFINITY);
      break;
    case 'race':
      injection.value = one(0x02, 0x03, 0x20, 0x21, 0x23, 0x26, 0x27, 0x29, 0x2a, 0x2b);
      lasting(50, 1000, Number.POSITIVE_INFINITY);
      break;
    case 'send-ok-late':
      injection.value = one(1, 20, 300, 5000);
      lasting(100, 10000, Number.POSITIVE_INFINITY);
      break;
    case 'ack-late':
      injection.value = one(1, 20, 200);
      lasting(100, Number.POSITIVE_INFINITY);
      break;
    case 'partial-send':
      injection.value = 1 + random(one(10, 1000));
      lasting(50, Number.POSITIVE_INFINITY);
      break;
    case 'cr-stuck':
      lasting(0.2, 1, 5, 50, 1000, Number.POSITIVE_INFINITY);
      break;
    case 'link-down':
      lasting(1, 300, 2000, 7000, Number.POSITIVE_INFINITY);
      break;
    case 'miso-stuck':
      injection.value = one(0, 0xff, random(256));
      lasting(0.05, 1, 20, 2000, Number.POSITIVE_INFINITY);
      break;
    case 'flip-register':
    case 'flip-written':
    case 'flip-received':
    case 'flip-sent':
      injection.value = random(one(50, 400)) * 8 + random(8);
      break;
    case 'version-wrong':
      injection.value = one(1, 5, 30);
      break;
    case 'udp-length':
      injection.value = one(1, 100, -1, 0x7000);
      lasting(50, 3000);
      break;
    case 'dns-silent':
    case 'dhcp-silent':
      injection.value = 1 + random(3);
      injection.unit = 't';
      injection.at = 0;
      break;
    case 'rst-connecting':
    case 'duplicate-port':
      injection.unit = 't';
      injection.at = 0;
      lasting(Number.POSITIVE_INFINITY);
      break;
    case 'rst':
    case 'fin':
    case 'chip-reset':
      break;
    default:
      lasting(20, 500, 9000, Number.POSITIVE_INFINITY);
  }
  return injection;
}

/** One line that tells a person what this run is about. */
export function formatScenario({
  client,
  server,
  rx,
  tx,
  chip,
  dhcp,
  leaseSeconds,
  dns,
  injections,
}: Scenario): string {
  return [
    `ring ${client.ring}`,
    `memory ${rx.join('/')} and ${tx.join('/')}`,
    `pointers 0x${chip.rxSeed.toString(16)} 0x${chip.txSeed.toString(16)}`,
    `${dhcp ? `DHCP ${leaseSeconds} s ` : ''}${dns ? 'DNS ' : ''}${server.suite.slice(4)}`,
    `down ${server.download} up ${client.upload}`,
    `records ${server.fragment}${server.padding > 0 ? `+${server.padding}` : ''}`,
    `ends with ${server.ending}${client.leaves === undefined ? '' : ` and ${client.leaves} at ${client.leavesAtMs} ms`}`,
    injections.length === 0 ? 'no faults' : injections.map(formatInjection).join(' '),
  ].join(' · ');
}
