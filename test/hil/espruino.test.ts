/** The Espruino client against a console that is deaf, loses answers, or stores something else than it was sent. */
import assert from 'node:assert/strict';
import { EspruinoEngine, type EspruinoOptions } from '../../hil/engines/espruino.js';
import { isTreacherous } from '../../hil/engines/espruino-packets.js';
import { FakeEspruino, type Temper } from './fake-espruino.js';

const SCRIPT = Buffer.from('var hil={x:function(a){print(a)}};\n'.repeat(90));

function engine(temper: Temper = {}, options: Partial<EspruinoOptions> = {}) {
  const board = new FakeEspruino(temper);
  const steps: string[] = [];
  const texts: string[] = [];
  const client = new EspruinoEngine(board.link, {
    timeoutX: 0.02,
    onText: text => texts.push(text),
    onStep: step => steps.push(step),
    ...options,
  });
  return { board, client, steps, texts };
}

const refused = (code: string, exitCode?: number) => (error: { code: string; exitCode: number; message: string }) => {
  assert.equal(error.code, code, error.message);
  if (exitCode !== undefined) assert.equal(error.exitCode, exitCode);
  return true;
};

describe('espruino client', () => {
  it('identifies a board that answers at once, without a word about steps', async () => {
    const { client, steps } = engine();
    assert.deepEqual(await client.identify(), {
      engine: 'espruino',
      version: '2v29',
      board: 'LINUX',
      freeBytes: 14000,
    });
    assert.deepEqual(steps, []);
  });

  const ladder: Array<[number, boolean, string[]]> = [
    [1, false, ['ENQ again']],
    [2, false, ['end of a broken packet']],
    [3, true, ['Ctrl-C']],
    [3, false, ['soft reset']],
    [4, false, ['watchdog']],
  ];
  for (const [deafTo, ctrlC, expected] of ladder) {
    it(`${deafTo} probes lost${ctrlC ? ', Ctrl-C allowed' : ''}: ${expected}`, async () => {
      const { board, client, steps } = engine({ deafTo, interruptible: true }, { ctrlC });
      await client.identify();
      assert.deepEqual(steps, expected);
      assert.equal(board.received.includes(0x03), ctrlC);
    });
  }

  it('wipes what would run by itself, and nothing else', async () => {
    const { board, client } = engine();
    for (const name of ['.bootcde', '.bootrst', '.varimg', '.boot0', 'hil.js', '.bootcdex', 'boot1']) {
      board.files.set(name, Buffer.from('x'));
    }
    assert.deepEqual(await client.wipe(), ['.bootcde', '.bootrst', '.varimg', '.boot0']);
    assert.deepEqual([...board.files.keys()], ['hil.js', '.bootcdex', 'boot1']);
    assert.deepEqual(await client.wipe(), []);
  });

  it('a board that never answers is absent (exit code 3), and is told how to come back', async () => {
    const { client } = engine({ deafTo: 99 });
    await assert.rejects(client.identify(), refused('BOARD_SILENT', 3));
  });

  it('firmware without packets is refused', async () => {
    const { client } = engine({ banner: 'Espruino 2v19.3 PICO_R1_3\r\n' });
    await assert.rejects(client.identify(), refused('FIRMWARE_OLD'));
  });

  it('a script arrives through noise, and is not sent twice', async () => {
    const { board, client } = engine({ noise: '[src/jsflash.c]: compact\r\n' });
    const progress: number[] = [];
    await client.upload('hil', SCRIPT, done => progress.push(done));
    assert.deepEqual(board.files.get('hil'), SCRIPT);
    assert.deepEqual(progress, [1024, 2048, 3072, SCRIPT.length, SCRIPT.length]);
    const packets = board.heard.length;
    await client.upload('hil', SCRIPT);
    assert.deepEqual(board.heard.slice(packets), ['EVAL']);
    assert.deepEqual(Buffer.from(await client.read('hil')), SCRIPT);
  });

  it('the board is reset before a script is replaced: its functions run where it lies', async () => {
    const { board, client } = engine();
    await client.upload('hil', SCRIPT);
    assert.ok(board.heard.indexOf('reset') < board.heard.indexOf('FILE_SEND'));
    assert.ok(board.heard.includes('reset'));
  });

  it('a lost ACK sends the whole file again, never one piece of it', async () => {
    const { board, client, steps } = engine({ lostAcks: [2] }, { timeoutX: 0.02 });
    await client.upload('hil', SCRIPT);
    assert.deepEqual(board.files.get('hil'), SCRIPT);
    assert.deepEqual(steps, ['upload attempt 2']);
    assert.equal(board.heard.filter(one => one === 'FILE_SEND').length, 2);
  });

  it('an acknowledged piece that was not stored is found by its CRC', async () => {
    const { board, client, steps } = engine({ spoiled: [1] });
    await client.upload('hil', SCRIPT);
    assert.deepEqual(board.files.get('hil'), SCRIPT);
    assert.deepEqual(steps, ['upload attempt 2']);
  });

  it('three spoiled uploads are an error, and leave nothing behind', async () => {
    const { board, client } = engine({ spoiled: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
    await assert.rejects(client.upload('hil', SCRIPT), refused('UPLOAD_NOT_STORED', 4));
    assert.equal(board.files.has('hil'), false);
  });

  it('a full Storage is an error that says how much room there is', async () => {
    const { client, board } = engine({ room: 500 });
    await assert.rejects(client.upload('hil', SCRIPT), (error: Error) => {
      assert.match(error.message, /3150 bytes.*room for 500/);
      return refused('UPLOAD_NO_ROOM', 4)(error as never);
    });
    assert.ok(board.heard.includes('compact'));
    assert.ok(!board.heard.includes('FILE_SEND'));
  });

  it('bytes that must not be on the line go as base64', async () => {
    const { board, client } = engine();
    const script = Buffer.from(Array.from({ length: 3000 }, (_, i) => i & 0xff));
    await client.upload('odd', script);
    assert.deepEqual(board.files.get('odd'), script);
    assert.ok(!board.received.some(isTreacherous));
    assert.deepEqual(Buffer.from(await client.read('odd')), script);
  });

  it('no length of a script puts such a byte on the line', async () => {
    for (const length of [3, 4, 17, 19, 259, 772, 1027, 1043, 1044]) {
      const { board, client } = engine();
      const script = Buffer.alloc(length, 'a');
      await client.upload('hil', script);
      assert.deepEqual(board.files.get('hil'), script);
      assert.ok(!board.received.some(isTreacherous), `length ${length}`);
    }
  });

  it('names that Storage would cut, and empty scripts, are refused', async () => {
    const { client } = engine();
    await assert.rejects(client.upload('n'.repeat(29), SCRIPT), refused('UPLOAD_NAME', 2));
    await assert.rejects(client.upload('hil', Buffer.alloc(0)), refused('UPLOAD_EMPTY', 2));
  });

  it('starts a script after a reset, and arms the watchdog unless it is told not to', async () => {
    const { board, client } = engine();
    await client.upload('hil', SCRIPT);
    await client.start('hil');
    assert.equal(board.heard.at(-1), 'watchdog 8');
    const other = engine({}, { watchdogS: 0 });
    await other.client.upload('hil', SCRIPT);
    await other.client.start('hil');
    assert.ok(!other.board.heard.some(one => one.startsWith('watchdog')));
  });

  it('a script that throws is told with what the board printed', async () => {
    const { client } = engine();
    await client.upload('hil', Buffer.from('nothing.here'));
    await assert.rejects(client.start('hil'), (error: Error) => {
      assert.match(error.message, /hil does not load: Uncaught ReferenceError: nothing is not defined/);
      return refused('SCRIPT_FAILED', 4)(error as never);
    });
  });

  it('more than one expression is an error, not a dropped rest', async () => {
    const { client } = engine();
    assert.equal(await client.evaluate('[1,"a"]'), '[1,"a"]');
    await assert.rejects(client.evaluate('x=7;x+1'), refused('EVAL_FAILED'));
  });

  it('an answer too long for its header is cut', async () => {
    const { client } = engine();
    const answer = await client.evaluate('"x".repeat(9000)');
    assert.equal(answer.length, 4003);
    assert.ok(answer.endsWith('...'));
  });

  it('questions asked at the same time take turns', async () => {
    const { client } = engine();
    const answers = await Promise.all([1, 2, 3, 4].map(n => client.evaluate(`${n}*2`)));
    assert.deepEqual(answers, ['2', '4', '6', '8']);
  });

  it('an unplugged board ends what is waiting', async () => {
    const { board, client } = engine({ lostAcks: [1] }, { timeoutX: 1 });
    const upload = client.upload('hil', SCRIPT);
    const failed = assert.rejects(upload, refused('LINK_CLOSED', 4));
    while (!board.heard.includes('DATA')) await new Promise(resolve => setTimeout(resolve, 5));
    board.unplug();
    await failed;
    await assert.rejects(client.command('hil.x("")'), refused('LINK_CLOSED', 4));
  });

  it('a command is one line behind a cleared one, without echo', async () => {
    const { board, client } = engine();
    await client.command('hil.x("a")');
    assert.equal(Buffer.from(board.received).toString('latin1'), '\x1b[2H\x10hil.x("a")\n');
  });
});
