/** `npm start`: fetches a page over TLS 1.3 through the driver and a simulated W5500, and prints what happened. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { tlsDuplex } from '../../boards/node/duplex.js';
import { Capture, createSimBoard, type SimBoard } from '../../boards/sim/index.js';
import { formatFrame } from '../../boards/sim/trace.js';
import type { RingletError } from '../../src/errors.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { formatAddress } from '../../src/w5500/address.js';
import type { NetworkEvent } from '../../src/w5500/network.js';
import { describeName } from '../../src/x509/describe-name.js';
import type { TrustAnchor } from '../../src/x509/trust.js';
import { type FetchArguments, parseArguments, USAGE } from './arguments.js';
import { type Bundle, type RunningBoard, startBoard } from './boards.js';
import { DEMO_NAME, type DemoServer, startDemoServer } from './demo-server.js';
import { getPage } from './page.js';
import { describeMessage, Timeline } from './timeline.js';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const options = parseArguments(argv);
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  if ('wrong' in options) {
    console.error(`ringlet: ${options.wrong}\n\n${USAGE}`);
    return 2;
  }
  let caFiles: string[];
  try {
    caFiles = options.caFiles.map(file => readFileSync(file, 'latin1'));
  } catch (error) {
    console.error(`ringlet: --ca: ${(error as Error).message}`);
    return 2;
  }
  for (const [name, file, touch] of [
    ['capture', options.capture, writeFileSync],
    ['keylog', options.keylog, appendFileSync],
  ] as const) {
    try {
      if (file !== undefined) touch(file, '');
    } catch (error) {
      console.error(`ringlet: --${name}: ${(error as Error).message}`);
      return 2;
    }
  }
  const demo = options.url ? undefined : await startDemoServer();
  const sim = createSimBoard({ lan: { outside: demo === undefined } });
  if (options.capture !== undefined) sim.lan.capture = new Capture(sim.clock);
  try {
    await fetchPage(options, caFiles, demo, sim);
    return 0;
  } catch (error) {
    const { message, code, trace } = error as RingletError;
    if (trace) console.log(`\ntrace     ${trace}`);
    const sentence = message[0].toUpperCase() + message.slice(1).replace(/[^.?!]$/, '$&.');
    console.error(`\nringlet: ${sentence} (${code ?? 'no code'})`);
    return 1;
  } finally {
    if (sim.lan.capture) writeFileSync(options.capture!, sim.lan.capture.file());
    sim.close();
    await demo?.close();
  }
}

async function fetchPage(
  options: FetchArguments,
  caFiles: string[],
  demo: DemoServer | undefined,
  sim: SimBoard,
): Promise<void> {
  const url = options.url ?? new URL(`https://${DEMO_NAME}/`);
  const port = Number(url.port || 443);
  if (demo) sim.lan.publish(DEMO_NAME, port, demo.port);
  const timeline = new Timeline(() => sim.chip.stats, console.log);
  if (options.trace) sim.chip.onFrame = frame => console.log(`${' '.repeat(28)}${formatFrame(frame)}`);
  console.log(`Fetching ${url.href} on board '${options.board}'.\n`);
  timeline.heading();
  const running = startBoard(options.board, sim, options.ring, options.plan, event => printEvent(timeline, event));
  const { network } = running.board;
  timeline.step('chip', `W5500 answers; crypto is ${running.crypto}`);
  await until(running, () => network.lease !== undefined, 30000, 'No DHCP lease within 30 s', 'ERR_NET_NO_LEASE');
  await learnTime(running);
  const ca = anchors(running.bundle, demo ? [] : caFiles, demo);
  const socket = running.bundle.connect(running.board, { host: url.hostname, port, ca });
  await talk(socket, url, timeline, options.keylog, sim.lan.capture);
  summary(socket, sim);
}

/** The connection from first to last: resolves when it is closed cleanly. */
async function talk(
  socket: TlsSocket,
  url: URL,
  timeline: Timeline,
  keylog: string | undefined,
  capture?: Capture,
): Promise<void> {
  let failure: Error | undefined;
  socket.on('connect', () => timeline.step('tcp', 'connected'));
  socket.on('message', ({ sent, type, length }) => timeline.step('tls', describeMessage(sent, type, length)));
  socket.on('secureConnect', () => {
    const { cipherSuite, group, protocolVersion } = socket.tls;
    timeline.step('tls', `handshake complete: ${protocolVersion}, ${cipherSuite}, ${group}`);
  });
  socket.on('end', () => timeline.step('tls', '← close_notify: the whole page, not a truncated one'));
  socket.on('error', error => {
    failure = error;
  });
  if (keylog !== undefined) socket.on('keylog', line => appendFileSync(keylog, line + '\n'));
  if (capture) socket.on('keylog', line => capture.secret(line));
  const closed = new Promise<void>(resolve => socket.on('close', () => resolve()));
  try {
    const page = await getPage(tlsDuplex(socket), url.host, url.pathname + url.search, () =>
      timeline.step('http', 'first byte of the answer'),
    );
    timeline.step('http', `${page.status}, ${page.body.length} bytes of ${page.contentType || 'unnamed type'}`);
    await closed;
    if (failure) throw failure;
    timeline.step('close', 'both sides are done');
    console.log(`\n${page.body.toString('utf8').trimEnd()}\n`);
  } catch (error) {
    // The socket knows better than the HTTP parser why a stream broke off.
    await closed;
    throw failure ?? error;
  }
}

function summary(socket: TlsSocket, sim: SimBoard): void {
  const { tls } = socket;
  const path = tls.peerPath!;
  console.log(`suite     ${tls.cipherSuite}, group ${tls.group}`);
  console.log(`chain     ${path.path.map(certificate => describeName(certificate.subject)).join(' ← ')}`);
  if (path.anchor) console.log(`anchor    ${describeName(path.anchor.subject)}`);
  // Minified bundles shorten what no application needs.
  if (socket.input) {
    console.log(`buffers   receive ring ${socket.input.peak} of ${socket.input.capacity} bytes at most,`);
    console.log(
      `          handshake ${tls.handshakeBufferPeak}, output ring ${tls.output.peak} of ${tls.output.capacity}`,
    );
  }
  console.log(
    `traffic   ${socket.bytesRead} bytes in, ${socket.bytesWritten} out; ${sim.chip.stats.frames} SPI frames, ${sim.chip.stats.bytes} bytes`,
  );
  for (const violation of sim.chip.violations) console.log(`violation ${violation}`);
}

function printEvent(timeline: Timeline, event: NetworkEvent): void {
  if (event.type === 'link') timeline.step('link', event.up ? 'up' : 'down');
  else if (event.type === 'lease' && event.lease) {
    const { ip, gateway, dns, seconds } = event.lease;
    timeline.step(
      'dhcp',
      `${formatAddress(ip)} for ${seconds} s, gateway ${formatAddress(gateway)}, DNS ${dns.map(formatAddress).join(', ')}`,
    );
  } else if (event.type === 'lookup')
    timeline.step('dns', `${event.host} is ${event.ip ? formatAddress(event.ip) : 'not known'}`);
  else if (event.type === 'time') timeline.step('sntp', new Date(event.unixSeconds * 1000).toISOString());
  else if (event.type === 'connect')
    timeline.step('tcp', `connecting from port ${event.localPort} to ${event.host} port ${event.port}`);
  else if (event.type === 'fault') timeline.step('chip', event.error.message);
}

async function learnTime(running: RunningBoard): Promise<void> {
  const { network } = running.board;
  const server = network.lease!.ntp[0] ?? network.lease!.gateway;
  let answered = false;
  let failure: Error | undefined;
  network.queryTime(formatAddress(server), error => {
    answered = true;
    failure = error;
  });
  await until(running, () => answered, 30000, 'No answer from the time server', 'ERR_NET_TIMEOUT');
  if (failure) throw failure;
}

/** Polls the network until `done`, for at most `limitMs`. */
async function until(
  running: RunningBoard,
  done: () => boolean,
  limitMs: number,
  message: string,
  code: string,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!done()) {
    const moved = running.board.network.poll();
    if (performance.now() > deadline) throw Object.assign(new Error(message), { code });
    await new Promise<void>(resolve => (moved ? setImmediate(resolve) : setTimeout(resolve, 2)));
  }
}

/** Whom to trust: the demo's root, the files of --ca, or Node's root certificates (those of a kind we support). */
function anchors(bundle: Bundle, caFiles: string[], demo: DemoServer | undefined): TrustAnchor[] {
  if (demo) return [bundle.trustAnchor(demo.root)];
  if (caFiles.length > 0) return caFiles.flatMap(pem => bundle.pemToDer(pem).map(der => bundle.trustAnchor(der)));
  return rootCertificates.flatMap(pem => {
    try {
      return [bundle.trustAnchor(bundle.pemToDer(pem)[0])];
    } catch {
      return [];
    }
  });
}
