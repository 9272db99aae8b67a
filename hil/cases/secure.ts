/**
 * A TLS connection of a case: what it asks the server for, and how it must go. Every event counts: bytes are those of the pattern and as
 * many as were wanted, there is one end of the wanted kind and nothing behind it, and then `close`.
 */

import type { Recorder } from '../../src/recorder.js';
import { Noted } from '../../src/recorder.js';
import type { Board, ConnectOptions } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import type { TlsProfile } from '../../src/tls/profile.js';
import { pemToDer } from '../../src/x509/pem.js';
import { checkPattern, fillPattern } from './pattern.js';
import type { Rig } from './rig.js';

/** The runner's limit is what ends a case, however slow the engine is. */
const HANDSHAKE_MS = 86400000;
/** A board's own, if that is not larger. */
const LARGEST_RING = 4096;

export interface Wanted {
  /** The server's script; '' if it must not come to that. */
  script: string;
  /** Bytes of the pattern. */
  bytes: number;
  /** 'end', or the code of the error; more than one in a row of `|`. */
  end: string;
  /** 'tls' if missing. */
  fixture?: string;
  /** The name that the certificate must carry, instead of the server's. */
  name?: string;
  /** The fixture whose anchor the chain must lead to. Missing: the server's key is pinned, which costs a signature less. */
  anchorOf?: string;
  /** What is added to the server's pin: 0 if missing. */
  pinError?: number;
  /** Seconds from the host's time to the board's. */
  later?: number;
  ring?: number;
  /** Sends so many bytes of the pattern behind the script, and ends once as many have come back. */
  upload?: number;
  /** Called behind every piece; may pause. */
  onData?: (secure: Secure) => void;
  /** Called at the end; what it says is wrong. */
  verify?: (secure: Secure) => string;
  /** What TLS can do, instead of the board's. */
  profile?: TlsProfile;
  /** That of an earlier connection: this one must resume it. */
  session?: Uint8Array;
  /** What comes behind a good end; missing: the case has passed. */
  onClosed?: (secure: Secure) => void;
}

export class Secure {
  received = 0;
  sent = 0;
  /** The longest record's content, with its padding and tag. */
  longest = 0;
  /** The last that the server has offered. */
  session: Uint8Array | undefined;
  handshakeMs = 0;
  readonly rig: Rig;
  readonly socket: TlsSocket;
  private readonly wanted: Wanted;
  /** How it has ended. */
  private outcome = '';

  constructor(rig: Rig, wanted: Wanted) {
    const fixture = wanted.fixture || 'tls';
    const board = rig.board;
    const unix = rig.number(fixture, 'unix') + (wanted.later || 0);
    this.rig = rig;
    this.wanted = wanted;
    const watched: Board = {
      network: board.network,
      crypto: board.crypto,
      profile: wanted.profile || board.profile,
      random: board.random,
      clock: board.clock,
      timer: board.timer,
      unixTime: () => unix,
      receiveBuffer: wanted.ring || Math.min(board.receiveBuffer, LARGEST_RING),
      outputBuffer: board.outputBuffer,
      recordsInChip: true,
      slices: board.slices,
      recorder: clock => this.watch(board.recorder && board.recorder(clock)),
    };
    const options: ConnectOptions = {
      host: rig.text(fixture, 'host'),
      port: rig.number(fixture, 'port'),
      servername: wanted.name || rig.text(fixture, 'name'),
      handshakeTimeout: HANDSHAKE_MS,
    };
    if (wanted.anchorOf) options.ca = [rig.environment.trustAnchor(decode(rig.text(wanted.anchorOf, 'anchor')))];
    else {
      const pin = decode(rig.text(fixture, 'pin'));
      pin[0] = pin[0] + (wanted.pinError || 0);
      options.pins = [pin];
    }
    if (wanted.session) options.session = wanted.session;
    const socket = rig.environment.connect(watched, options);
    this.socket = socket;
    rig.bench.release = () => socket.destroy();
    socket.on('connect', () => {
      rig.lap('handshake');
      this.handshakeMs = rig.now();
    });
    socket.on('session', session => {
      this.session = session;
    });
    socket.on('secureConnect', () => rig.attempt(() => this.opened()));
    socket.on('drain', () => rig.attempt(() => this.upload()));
    socket.on('data', bytes => rig.attempt(() => this.took(bytes)));
    socket.on('end', () => rig.attempt(() => this.ends('end', '')));
    socket.on('error', error => {
      if (!this.expected(error.code)) rig.failWith(error);
      else rig.attempt(() => this.ends(error.code, error.message));
    });
    socket.on('close', () => rig.attempt(() => this.closed()));
  }

  private opened(): void {
    const rig = this.rig;
    const socket = this.socket;
    this.handshakeMs = rig.now() - this.handshakeMs;
    rig.lap('transfer');
    rig.noteFree('freeBytesOpen');
    rig.check(socket.authorized, 'secureConnect, but not authorized');
    if (this.wanted.session) rig.check(socket.tls.resumed === true, 'a whole handshake, and the session was not used');
    if (!this.wanted.script) {
      rig.fail('the server was accepted instead of ' + this.wanted.end);
      return;
    }
    const line = this.wanted.script + '\n';
    rig.check(socket.write(line) === line.length, 'an idle connection does not take a line');
    this.upload();
  }

  private upload(): void {
    const total = this.wanted.upload || 0;
    const bytes = new Uint8Array(700);
    while (this.sent < total) {
      const left = total - this.sent;
      const length = left < 700 ? left : 700;
      fillPattern(bytes, length, this.sent);
      const taken = this.socket.write(bytes, 0, length);
      this.sent += taken;
      if (taken < length) return;
    }
  }

  private took(bytes: Uint8Array): void {
    const wanted = this.wanted;
    const wrong = this.outcome ? 'data behind the end' : checkPattern(bytes, bytes.length, this.received);
    if (wrong) this.rig.fail(wrong);
    this.received += bytes.length;
    if (wanted.onData) wanted.onData(this);
    if (wanted.upload && this.received === wanted.upload) this.socket.end();
  }

  private expected(code: string): boolean {
    // Not in the text: Espruino's indexOf takes an end of it for the beginning of what is sought.
    return this.wanted.end.split('|').indexOf(code) >= 0;
  }

  private ends(how: string, message: string): void {
    const rig = this.rig;
    rig.check(this.outcome === '', how + ' behind ' + this.outcome);
    rig.check(this.expected(how), how + ' instead of ' + this.wanted.end);
    const bytes = this.received + ' bytes of ' + this.wanted.bytes;
    rig.check(this.received === this.wanted.bytes, how + ' (' + message + ') after ' + bytes);
    this.outcome = how;
    rig.lap('close');
  }

  private closed(): void {
    const rig = this.rig;
    const socket = this.socket;
    if (!rig.check(this.outcome !== '', 'close, and neither end nor error')) return;
    const wrong = this.wanted.verify ? this.wanted.verify(this) : '';
    if (!rig.check(wrong === '', wrong)) return;
    rig.metric('bytesIn', socket.bytesRead);
    rig.metric('bytesOut', socket.bytesWritten);
    rig.metric('longestRecord', this.longest);
    if (this.wanted.onClosed) this.wanted.onClosed(this);
    else rig.pass();
  }

  /** The board's own recorder, if it has one, and the lengths of records. */
  private watch(inner: Recorder | undefined): Recorder {
    return {
      note: (kind, a, b, c) => {
        if (kind === Noted.RecordIn && b! > this.longest) this.longest = b!;
        if (inner) inner.note(kind, a, b, c);
      },
      line: head => (inner ? inner.line(head) : head),
    };
  }
}

/** Base64 as PEM has it. */
function decode(base64: string): Uint8Array {
  return pemToDer('-----BEGIN CERTIFICATE-----' + base64 + '-----END CERTIFICATE-----')[0];
}
