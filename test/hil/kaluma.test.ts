/** The client for Kaluma against a REPL that behaves as its REPL does: echo, colours, a receiver that is deaf to all else, one slot of flash. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { KalumaEngine } from '../../hil/engines/kaluma.js';
import type { HilError } from '../../hil/errors.js';
import type { Link } from '../../hil/link/link.js';
import { Receiver } from './ymodem-receiver.js';

class FakeKaluma extends Duplex {
  readonly isOpen = true;
  flash: Buffer = Buffer.alloc(0);
  echo = true;
  globals: Record<string, unknown> = {};
  /** Changes what a transfer stores. */
  spoil: (script: Buffer) => Buffer = script => script;
  transfers = 0;
  private line = '';
  private receiver: Receiver | undefined;

  constructor() {
    super();
    this.reset();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.receiver) void this.receiver.write(chunk).then(() => this.receivedSome());
    else for (const character of chunk.toString('latin1')) this.typed(character);
    callback();
  }

  listen(): void {
    this.transfers++;
    const receiver = new Receiver();
    receiver.onAnswer = byte => this.push(Buffer.of(byte));
    this.receiver = receiver;
  }

  private receivedSome(): void {
    const { receiver } = this;
    if (receiver === undefined || (receiver.sessions === 0 && !receiver.aborted)) return;
    receiver.close();
    this.receiver = undefined;
    if (!receiver.aborted) this.flash = this.spoil(Buffer.from(receiver.stored));
    setTimeout(() => this.say(`\r\n${receiver.aborted ? 'Aborted' : 'Done'}\r\n`), 10);
  }

  private typed(character: string): void {
    if (character !== '\r') {
      this.line += character;
      if (this.echo) this.say(character);
      return;
    }
    if (this.echo) this.say('\r\n');
    const line = this.line;
    this.line = '';
    this.obey(line);
    this.say(this.echo ? '\x1b[0m\r\x1b7> \x1b[H\x1b[900C\x1b[6n\x1b8\x1b[2C' : '\x1b[0m');
  }

  private obey(line: string): void {
    if (line === '.echo off') this.echo = false;
    else if (line === '.hi') this.say('   _____/ . \\   Welcome to Kaluma v1.2.1\r\n');
    else if (line === '.reset') {
      this.reset();
      this.say('\r\nsoft reset\r\n');
    } else if (line === '.load') {
      this.reset();
      this.run(this.flash.toString('latin1'), false);
    } else if (line === '.flash -t') this.say('524288\r\n');
    else if (line === '.flash -s') this.say(`${this.flash.length}\r\n`);
    else if (line === '.flash -r') this.say(this.flash.toString('latin1').replaceAll('\n', '\r\n') + '\r\n');
    else if (line === '.flash -e') {
      this.flash = Buffer.alloc(0);
      this.say('Flash has erased\r\n');
    } else if (line === '.flash -w') {
      this.say("Transfer a file via YMODEM... (press 'a' to abort)\r\n");
      this.listen();
    } else if (line !== '') this.run(line, true);
  }

  private run(code: string, tell: boolean): void {
    try {
      runInNewContext(code, this.globals);
      if (tell) this.say('\x1b[90mundefined\x1b[0m\r\n');
    } catch (error) {
      this.say(`\x1b[0m\x1b[31m${error}\r\n\x1b[0m`);
    }
  }

  private reset(): void {
    this.globals = {
      board: { name: 'pico' },
      process: { memoryUsage: () => ({ heapTotal: 184312, heapUsed: 12312 }) },
      console: { log: (text: string) => this.say(`\x1b[2K\r\x1b[0m${text}\r\n`) },
    };
  }

  say(text: string): void {
    this.push(Buffer.from(text, 'latin1'));
  }
}

function attached() {
  const board = new FakeKaluma();
  const heard: string[] = [];
  const steps: string[] = [];
  const engine = new KalumaEngine(board as unknown as Link, {
    timeoutX: 0.2,
    onText: text => heard.push(text),
    onStep: step => steps.push(step),
  });
  return { board, engine, heard, steps };
}

const SCRIPT = Buffer.from('var hil={x:function(c){console.log("#hil "+c)}};\nvar more="é\\n";\n', 'latin1');
const refusal = (code: string) => (error: HilError) => error.code === code;

describe('hil: the client for Kaluma', function () {
  this.timeout(20000);

  it('identifies a board whose port was opened in the middle of an old program’s output', async () => {
    const { board, engine, heard, steps } = attached();
    board.say('#hil 1234 7 done [1,1,"",5,5] 00000000\r\nhalf a li');
    const identity = await engine.identify();
    assert.deepEqual(identity, { engine: 'kaluma', version: '1.2.1', board: 'pico', freeBytes: 172000 });
    assert.deepEqual([heard, steps], [[], []]);
    assert.equal(board.echo, false);
  });

  it('a receiver that another program has left behind is ended', async () => {
    const { board, engine } = attached();
    board.listen();
    assert.equal((await engine.identify()).version, '1.2.1');
  });

  it('uploads, reads back, starts, and does not upload again what is there', async () => {
    const { board, engine, heard } = attached();
    await engine.identify();
    await engine.upload('hil.js', SCRIPT);
    assert.deepEqual(board.flash, SCRIPT);
    await engine.upload('hil.js', SCRIPT);
    assert.equal(board.transfers, 1);
    await engine.start('hil.js');
    assert.deepEqual(heard, []);
    await engine.command('hil.x("a")');
    await new Promise(resolve => setTimeout(resolve, 20));
    assert.match(heard.join(''), /^\S*#hil a\r\n?$/);
  });

  it('wipes the program that runs at every start', async () => {
    const { board, engine } = attached();
    await engine.identify();
    assert.deepEqual(await engine.wipe(), []);
    await engine.upload('hil.js', SCRIPT);
    assert.deepEqual(await engine.wipe(), [`the stored program (${SCRIPT.length} bytes)`]);
    assert.equal(board.flash.length, 0);
  });

  it('what is stored is believed only when it is read back', async () => {
    const { board, engine, steps } = attached();
    await engine.identify();
    board.spoil = script => (board.transfers < 2 ? Buffer.from(script).fill(64, 5, 6) : script);
    await engine.upload('hil.js', SCRIPT);
    assert.deepEqual(steps, ['upload attempt 2']);
    board.spoil = () => Buffer.from('x');
    await assert.rejects(engine.upload('hil.js', Buffer.from('var other;')), refusal('UPLOAD_NOT_STORED'));
  });

  it('values, errors, and lines that are too long', async () => {
    const { engine } = attached();
    await engine.identify();
    assert.equal(await engine.evaluate('1+1'), '2');
    assert.equal(await engine.evaluate('"a#"+"b"'), 'a#b');
    assert.equal(await engine.evaluate('{}.nothing'), 'undefined');
    await assert.rejects(engine.evaluate('nothing.there'), /ReferenceError/);
    await assert.rejects(engine.evaluate('1 +'), /SyntaxError/);
    await assert.rejects(engine.evaluate(`"${'x'.repeat(1000)}"`), refusal('LINE_TOO_LONG'));
  });

  it('a script that throws, or leaves no agent, does not count as started', async () => {
    const { engine } = attached();
    await engine.identify();
    await engine.upload('hil.js', Buffer.from('nothing.there;'));
    await assert.rejects(engine.start('hil.js'), refusal('SCRIPT_FAILED'));
    await engine.upload('hil.js', Buffer.from('var other={};'));
    await assert.rejects(engine.start('hil.js'), refusal('SCRIPT_FAILED'));
  });

  it('bytes that cannot be proved, and scripts that are too large, are refused', async () => {
    const { engine } = attached();
    await engine.identify();
    for (const bad of ['a\0b', 'a\r\nb']) {
      await assert.rejects(engine.upload('hil.js', Buffer.from(bad, 'latin1')), refusal('UPLOAD_BYTES'));
    }
    await assert.rejects(engine.upload('hil.js', Buffer.alloc(524288, 32)), refusal('UPLOAD_NO_ROOM'));
  });
});
