/**
 * Runs a scenario in virtual time: a TlsSocket over the driver over the simulated chip, no kernel socket anywhere, and
 * says what became of it. Streams, events and what is given back are checked on the way; the rest is in checks.ts.
 */
import { formatInjection, type Injection, Injections } from '../../boards/sim/injections.js';
import type { Frame } from '../../boards/sim/spi-slave.js';
import { connect } from '../../src/socket/connect.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { authority } from './identities.js';
import type { Scenario } from './scenario.js';
import { streamBytes } from './tls-peer.js';
import { ADDRESS, codeOf, NAME, PORT, World } from './world.js';

/** The application gives up when nothing has happened for this long: longer than any deadline of ringlet's. */
const IDLE_MS = 125000;

const anchor = trustAnchor(authority);

export interface Outcome {
  /** `end`, an error's code, `idle` if the application had to give up, `destroyed` if it did not want to go on. */
  result: string;
  message: string;
  /** Events of the socket in order, runs of `data` as one. */
  events: string[];
  received: number;
  written: number;
  /** When `close` came, and when the first fault had begun. Milliseconds. */
  closedAt: number;
  faultAt: number | undefined;
  begun: Injection[];
  frames: number;
  bytes: number;
  /** Plaintext that came last before the end: whether all of the download was there. */
  complete: boolean;
  uploadComplete: boolean;
  clientEnded: boolean;
  peerComplaint: string | undefined;
  violations: string[];
  busErrors: number;
  /** What must never be. */
  failures: string[];
}

/** Runs it to the end. `trace` is told every event with its time, `onFrame` every SPI frame. */
export function runScenario(
  scenario: Scenario,
  trace?: (line: string) => void,
  onFrame?: (frame: Frame) => void,
): Outcome {
  return new Connection(scenario, trace, onFrame).run();
}

class Connection {
  private readonly world: World;
  private readonly events: string[] = [];
  private readonly upload: Uint8Array;
  private readonly download: Uint8Array;
  private socket!: TlsSocket;
  private stalled = false;
  private received = 0;
  private written = 0;
  private result = '';
  private message = '';
  private over = false;
  private closedAt = 0;
  private faultAt: number | undefined;
  private progressAt = 0;
  private uploadedBefore = 0;
  /** The application wants no more. */
  private left = false;

  constructor(
    private readonly scenario: Scenario,
    trace?: (line: string) => void,
    onFrame?: (frame: Frame) => void,
  ) {
    this.world = new World(scenario, trace);
    this.world.sim.chip.onFrame = onFrame;
    this.upload = streamBytes(scenario.seed, 1, scenario.client.upload);
    this.download = streamBytes(scenario.seed, 0, scenario.server.download);
  }

  run(): Outcome {
    this.world.network.start();
    const injections = new Injections(
      { board: this.world.sim, peer: () => this.world.link, stallReader: stalled => this.stallReader(stalled) },
      this.scenario.injections,
      injection => {
        this.faultAt ??= this.world.clock.now();
        this.world.note(`fault ${formatInjection(injection)}`);
      },
    );
    this.world.guarded(() => this.open());
    this.watch();
    while (!this.over && this.world.failures.length === 0) this.world.turn();
    const begun = [...injections.begun];
    const violations = [...this.world.sim.chip.violations];
    injections.end();
    this.checkStreams();
    if (this.world.failures.length === 0) this.world.guarded(() => this.world.checkGivenBack());
    const { stats } = this.world.sim.chip;
    const outcome: Outcome = {
      result: this.result,
      message: this.message,
      events: this.events,
      received: this.received,
      written: this.written,
      closedAt: this.closedAt,
      faultAt: this.faultAt,
      begun,
      frames: stats.frames,
      bytes: stats.bytes,
      complete: this.received === this.download.length,
      uploadComplete: (this.world.peer?.uploaded.length ?? 0) === this.upload.length,
      clientEnded: this.world.peer?.clientEnded ?? false,
      peerComplaint: this.world.peer?.complaint,
      violations,
      busErrors: this.world.network.chip.busErrors,
      failures: this.world.failures,
    };
    this.world.sim.close();
    return outcome;
  }

  // ----------------------------------------------------------------------------------------- the application

  private open(): void {
    const { client, dns } = this.scenario;
    const onread = client.onread
      ? {
          buffer: new Uint8Array(1 + this.world.random(2000)),
          callback: (length: number, buffer: Uint8Array) => {
            this.take(buffer.subarray(0, length));
            return !this.stalled;
          },
        }
      : undefined;
    const socket = connect(this.world.board, {
      host: dns ? NAME : ADDRESS,
      port: PORT,
      servername: NAME,
      ca: [anchor],
      receiveBuffer: client.ring,
      onread,
    });
    this.socket = socket;
    if (!client.onread) socket.on('data', bytes => this.take(bytes));
    socket.on('connect', () => this.tell('connect'));
    socket.on('secureConnect', () => {
      this.tell('secureConnect');
      this.write();
    });
    socket.on('drain', () => {
      this.progress();
      this.write();
    });
    socket.on('session', () => undefined);
    socket.on('end', () => this.ends('end', ''));
    socket.on('error', error => this.ends(codeOf(error), error.message));
    socket.on('close', hadError => {
      this.tell(`close ${hadError}`);
      if (hadError !== !['end', 'idle', 'destroyed'].includes(this.result))
        this.world.fail(`close ${hadError} after ${this.result}`);
      if (this.over) this.world.fail('a second close');
      this.over = true;
      this.closedAt = this.world.clock.now();
    });
    if (this.stalled) socket.pause();
    if (client.leaves !== undefined)
      this.world.clock.after(client.leavesAtMs, () => this.world.due.push(() => this.leave()));
  }

  private leave(): void {
    if (this.over || this.result !== '') return;
    this.left = true;
    const { leaves } = this.scenario.client;
    this.tell(`the application calls ${leaves}`);
    if (leaves === 'end') this.socket.end();
    else {
      this.result = 'destroyed';
      this.socket.destroy();
    }
  }

  private take(bytes: Uint8Array): void {
    if (this.result !== '') this.world.fail(`data after ${this.result}`);
    if (bytes.length === 0) this.world.fail('data without bytes');
    const sealed = this.world.peer?.sealed ?? 0;
    const end = this.received + bytes.length;
    if (end > sealed || Buffer.compare(bytes, this.download.subarray(this.received, end)) !== 0) {
      this.world.fail(
        `delivered bytes ${this.received} to ${end} are not what the server sealed (${sealed} bytes so far)`,
      );
    }
    this.received = end;
    if (this.events.at(-1) !== 'data') this.tell('data');
    this.progress();
    this.endIfDone();
  }

  private write(): void {
    const { chunk } = this.scenario.client;
    while (this.written < this.upload.length && this.result === '' && !this.left) {
      const wanted = Math.min(1 + this.world.random(chunk), this.upload.length - this.written);
      const passed = new Uint8Array(this.upload.subarray(this.written, this.written + wanted));
      const taken = this.socket.write(passed);
      // Nothing of it is kept.
      passed.fill(0xee);
      if (!(taken >= 0 && taken <= wanted)) this.world.fail(`write took ${taken} of ${wanted}`);
      this.written += taken;
      if (taken < wanted) return;
    }
    this.endIfDone();
  }

  private endIfDone(): void {
    const done = this.written === this.upload.length && this.received === this.download.length;
    if (this.scenario.server.ending === 'answer' && done && this.socket.authorized) this.socket.end();
  }

  private ends(result: string, message: string): void {
    this.tell(result === 'end' ? 'end' : `error ${result}`);
    if (this.result !== '') this.world.fail(`${result} after ${this.result}`);
    if (!/^(end|ERR_(TLS|CERT|NET|CHIP)_[A-Z_]+)$/.test(result))
      this.world.fail(`no documented error: ${result} ${message}`);
    this.result = result;
    this.message = message;
    this.progress();
  }

  private stallReader(stalled: boolean): void {
    this.stalled = stalled;
    if (this.socket === undefined || this.over) return;
    this.progress();
    if (stalled) this.socket.pause();
    else this.socket.resume();
  }

  /** The application's own patience. */
  private watch(): void {
    this.world.clock.after(5000, () => {
      const uploaded = this.world.peer?.uploaded.length ?? 0;
      if (uploaded !== this.uploadedBefore) this.progress();
      this.uploadedBefore = uploaded;
      if (this.over) return;
      this.watch();
      if (this.world.clock.now() - this.progressAt < IDLE_MS) return;
      if (this.result !== '') this.world.fail(`no close ${IDLE_MS} ms after ${this.result}`);
      this.tell('the application gives up');
      this.result = 'idle';
      this.world.due.push(() => this.socket.destroy());
    });
  }

  private progress(): void {
    this.progressAt = this.world.clock.now();
  }

  // ------------------------------------------------------------------------------------------ what is checked

  private checkStreams(): void {
    const { peer } = this.world;
    if (peer === undefined) return;
    const { uploaded } = peer;
    if (uploaded.length > this.written || !uploaded.equals(this.upload.subarray(0, uploaded.length))) {
      this.world.fail(`the server got ${uploaded.length} bytes that are not what write took (${this.written})`);
    }
    const properEnd = peer.ended && !['truncate', 'reset'].includes(this.scenario.server.ending);
    if (this.result === 'end' && !properEnd) this.world.fail('end without close_notify');
    if (this.result === 'end' && this.received !== peer.sealed) {
      this.world.fail(`end after ${this.received} of ${peer.sealed} bytes`);
    }
  }

  private tell(event: string): void {
    this.events.push(event);
    this.world.note(event);
    if (event !== 'data') this.progress();
  }
}
