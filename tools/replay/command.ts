/** What `npm run replay` does: what an error's trace or a captured connection says, and whether the engine ends the same way again. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isPcap, isPcapng, readPcapng } from './pcapng.js';
import {
  clientRandom,
  cutAt,
  cutAtRandom,
  cutEvery,
  type Partition,
  readStream,
  sameReading,
  secretsOf,
} from './stream-replay.js';
import { type TcpStream, tcpStreams } from './tcp-streams.js';
import { describeTrace, findTrace, type Trace } from './trace.js';
import { dependsOnContent, replayTrace } from './trace-replay.js';

const USAGE = `usage: npm run replay -- <trace or file> [options]

A trace is the line that an error carries (error.trace): it is put into words, and run again against a scripted server
whose records have the same types, lengths, cuts and end. A file may hold a trace ('-' is the standard input), or be
  - a pcapng capture (npm start -- --capture FILE), with the secrets in it or in --keylog
  - the bytes that a server sent, as they came, with --keylog
whose records are opened by the engine's record layer, under several partitions that must all tell the same.

  --keylog FILE   secrets in NSS key log format
  --stream N      of a capture: the N-th TCP connection (default 1)
  --cut N         hand the bytes over in pieces of N bytes; may be given more than once
  --random SEED   hand them over in random pieces; may be given more than once
                  (without --cut and --random: all at once, segment by segment, every byte alone, and random seed 1)
  --ring BYTES    receive ring (default 16645)
  --help          this text

Exit code 0: the same every time; 1: not the same, or not decryptable; 2: wrong arguments.`;

/** No record needs more. */
const LARGEST_RING = 65536;

class WrongUse extends Error {}

/** A server's bytes, and what is known about them. */
interface Recording {
  bytes: Buffer;
  cuts: number[];
  fin: boolean;
  keyLog: string[];
  random: string | undefined;
}

/** Where the answer goes: lines for the standard output and for the standard error. */
export interface Output {
  log(text: string): void;
  error(text: string): void;
}

/** Answers the exit code. */
export async function replayCommand(argv: string[], output: Output): Promise<number> {
  try {
    return await run(argv, output);
  } catch (error) {
    const wrong = error instanceof WrongUse;
    output.error(`replay: ${(error as Error).message}${wrong ? '\n\n' + USAGE : ''}`);
    return wrong ? 2 : 1;
  }
}

async function run(argv: string[], output: Output): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    output.log(USAGE);
    return 0;
  }
  if (positionals.length === 0) throw new WrongUse('no trace and no file');
  const typed = findTrace(positionals.join(' '));
  if (typed) return showTrace(typed, output);
  if (positionals.length > 1) throw new WrongUse('one file only, and no trace was found in the arguments');
  const file = readInput(positionals[0]!);
  const partitions = (segments: readonly number[]) => partitionsOf(values.cut, values.random, segments);
  const ring = Math.min(whole(values.ring, '--ring', 512), LARGEST_RING);
  if (isPcap(file)) throw new WrongUse("this is a pcap and no pcapng: 'editcap -F pcapng FILE NEW' makes it one");
  if (isPcapng(file)) return showStream(fromCapture(file, values.keylog, whole(values.stream, '--stream', 1), output));
  if (values.keylog) {
    const keyLog = keyLogOf(values.keylog);
    return showStream({ bytes: file, cuts: [], fin: false, keyLog, random: undefined });
  }
  const trace = findTrace(file.toString('latin1'));
  if (!trace) throw new WrongUse('the file holds no trace and is no pcapng; a raw stream needs --keylog');
  return showTrace(trace, output);

  function showStream(recording: Recording): number {
    const secrets = secretsOf(recording.keyLog, recording.random);
    const [first, ...others] = partitions(recording.cuts);
    const reading = readStream(recording.bytes, secrets, first!, ring, recording.fin);
    output.log(`${recording.bytes.length} bytes of a server, ${first!.name}, through a ring of ${ring}:\n`);
    for (const line of reading.lines) output.log(`  ${line}`);
    output.log(`\n  ${reading.applicationBytes} bytes of application data, SHA-256 ${reading.digest}`);
    output.log(`  end: ${reading.end}\n`);
    let differing = 0;
    for (const partition of others) {
      const again = readStream(recording.bytes, secrets, partition, ring, recording.fin);
      const same = sameReading(reading, again);
      if (!same) differing++;
      output.log(`${partition.name}: ${same ? 'the same' : `NOT the same: ${again.lines.length} lines, ${again.end}`}`);
    }
    return differing > 0 || reading.failed ? 1 : 0;
  }
}

async function showTrace(trace: Trace, output: Output): Promise<number> {
  output.log(describeTrace(trace) + '\n');
  if (dependsOnContent(trace.code)) {
    output.log(`${trace.code} depends on what the peer said, which a trace does not tell: it cannot be replayed.`);
    return 1;
  }
  const { code, same, records, cuts, differences } = await replayTrace(trace);
  output.log(`replayed: ends with ${code}, ${same ? 'as before' : `not with ${trace.code}`}`);
  output.log(`          ${records[0]} of ${records[1]} records and ${cuts[0]} of ${cuts[1]} cuts where they were`);
  for (const difference of differences) output.log(`          ${difference}`);
  return same ? 0 : 1;
}

function fromCapture(file: Buffer, keylog: string | undefined, number: number, output: Output): Recording {
  const { packets, keyLog } = readPcapng(file);
  const { streams, damaged } = tcpStreams(packets);
  if (damaged > 0)
    output.log(`${damaged} packets with wrong checksums were left out (does a network card fill them in?)`);
  for (const [i, stream] of streams.entries()) output.log(describeStream(stream, i + 1));
  const stream = streams[number - 1];
  if (!stream) throw new Error(`the capture has ${streams.length} TCP connections, and none is number ${number}`);
  const { bytes, cuts, fin } = stream.fromServer;
  const random = clientRandom(stream.fromClient.bytes);
  if (!random) throw new Error(`connection ${number} does not begin with a ClientHello: another one with --stream?`);
  return { bytes, cuts, fin, random, keyLog: keylog ? keyLogOf(keylog) : keyLog };
}

function describeStream({ client, server, fromClient, fromServer, packets }: TcpStream, number: number): string {
  const end = fromServer.rst ? ', RST' : fromServer.fin ? ', FIN' : '';
  const bytes = `${fromClient.bytes.length} bytes out, ${fromServer.bytes.length} in${end}`;
  return `connection ${number}: ${client} → ${server}, ${packets} packets, ${bytes}`;
}

function partitionsOf(cuts: string[], seeds: string[], segments: readonly number[]): Partition[] {
  const asked = [
    ...cuts.map(cut => cutEvery(whole(cut, '--cut', 1))),
    ...seeds.map(seed => cutAtRandom(whole(seed, '--random', 0))),
  ];
  if (asked.length > 0) return [cutEvery(Infinity), ...asked];
  const captured = segments.length > 0 ? [cutAt(segments)] : [];
  return [cutEvery(Infinity), ...captured, cutEvery(1), cutAtRandom(1)];
}

function keyLogOf(file: string): string[] {
  return readInput(file).toString('latin1').split(/\r?\n/);
}

function readInput(name: string): Buffer {
  try {
    return readFileSync(name === '-' ? 0 : name);
  } catch (error) {
    throw new WrongUse((error as Error).message);
  }
}

function whole(text: string, name: string, floor: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < floor || text === '') {
    throw new WrongUse(`${name} takes a whole number of at least ${floor}, not '${text}'`);
  }
  return value;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        keylog: { type: 'string' },
        stream: { type: 'string', default: '1' },
        cut: { type: 'string', multiple: true, default: [] },
        random: { type: 'string', multiple: true, default: [] },
        ring: { type: 'string', default: '16645' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new WrongUse((error as Error).message);
  }
}
