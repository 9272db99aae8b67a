/** The hardware map: what is refused, with the place named; ports without udevadm; what `map init` would add. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HilError } from '../../hil/errors.js';
import { type BoardEntry, type BoardMap, loadMap, parseMap } from '../../hil/map/board-map.js';
import { additions } from '../../hil/map/init.js';
import { JsonSchema } from '../../hil/map/json-schema.js';
import { describe as describeBoard, flashRoute, kinds } from '../../hil/map/kinds.js';
import { type Port, portsFromFiles } from '../../hil/map/ports.js';
import { portOf, selectBoards, stateOf } from '../../hil/map/select.js';

const pico = {
  id: 'pico-a',
  board: 'w5500-evb-pico',
  engine: 'espruino',
  console: { type: 'serial', usbSerial: 'E660' },
};
const mapOf = (...boards: unknown[]) => JSON.stringify({ version: 1, boards });

describe('hil: hardware map', () => {
  const wrong: Array<[string, string, RegExp]> = [
    ['no JSON', '{\n  "version": 1,\n  boards: []\n}', /^m\.json line 3, column 3 is not JSON: /],
    ['a list', '[]', /^m\.json: the whole: must be an object, not an array\.$/],
    ['a map of another version', '{"version":2,"boards":[]}', /version: must be 1\.$/],
    ['no boards', '{"version":1}', /^m\.json: boards: is missing\.$/],
    ['a board without an id', mapOf({ ...pico, id: undefined }), /boards\[0\]\.id: is missing/],
    [
      'an id with a space',
      mapOf({ ...pico, id: 'my pico' }),
      /boards\[0\]\.id \(board 'my pico'\): "my pico" has not the form/,
    ],
    [
      'an engine nobody has',
      mapOf(pico, { ...pico, id: 'b', engine: 'python' }),
      /boards\[1\]\.engine \(board 'b'\): is "python"; it takes espruino, kaluma, jerry, node\.$/,
    ],
    [
      'a console of no type',
      mapOf({ ...pico, console: {} }),
      /boards\[0\]\.console\.type \(board 'pico-a'\): is missing; it takes serial, tcp, process, emulated/,
    ],
    [
      'a console of another type',
      mapOf({ ...pico, console: { type: 'exec' } }),
      /console\.type .*: is "exec"; it takes serial, tcp/,
    ],
    [
      'a serial console without a key',
      mapOf({ ...pico, console: { type: 'serial' } }),
      /boards\[0\]\.console .*: needs one of usbSerial, path/,
    ],
    [
      'a port beyond 65535',
      mapOf({ ...pico, console: { type: 'tcp', host: 'h', port: 70000 } }),
      /console\.port .*: is 70000, more than 65535/,
    ],
    [
      'a port in quotes',
      mapOf({ ...pico, console: { type: 'tcp', host: 'h', port: '4001' } }),
      /console\.port .*: must be an integer, not "4001"/,
    ],
    ['a misspelt field', mapOf({ ...pico, consol: {} }), /boards\[0\]\.consol .*: is not known; known are id, board/],
    [
      'a process without a command',
      mapOf({ ...pico, console: { type: 'process', command: [] } }),
      /console\.command .*: is empty/,
    ],
    [
      'a variable that is no text',
      mapOf({ ...pico, console: { type: 'process', command: ['x'], env: { A: 1 } } }),
      /console\.env\.A .*: must be a string, not 1/,
    ],
    [
      'two boards of one id',
      mapOf(pico, { ...pico, console: { type: 'serial', usbSerial: 'E661' } }),
      /boards\[1\]\.id .*: the id 'pico-a' is that of boards\[0\], too/,
    ],
    [
      'one serial number twice',
      mapOf(pico, { ...pico, id: 'b' }),
      /boards\[1\]\.console\.usbSerial .*: the USB serial number 'E660' is that of boards\[0\], too/,
    ],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what}, and says where`, () => {
      assert.throws(
        () => parseMap(text, 'm.json'),
        (error: HilError) => (error.exitCode === 2 && message.test(error.message)) || assert.fail(error.message),
      );
    });
  }

  it('takes the committed example, whose boards are known kinds with engines they run', () => {
    const map = parseMap(readFileSync('hil.boards.example.json', 'utf8'), 'example');
    for (const { board, engine } of map.boards) assert.ok(kinds()[board]?.engines[engine], `${board} with ${engine}`);
    const types = new Set(map.boards.map(({ console }) => console.type));
    assert.deepEqual([...types].sort(), ['emulated', 'serial', 'tcp']);
  });

  it('no map is undefined, one that cannot be read is an error', () => {
    assert.equal(loadMap('does/not/exist.json'), undefined);
    assert.throws(() => loadMap('.'), /The map cannot be read/);
  });

  it('a schema cannot promise what is not checked', () => {
    assert.throws(
      () => new JsonSchema({ type: 'string', format: 'ipv4' }).complaints('x'),
      /keyword 'format' is not known/,
    );
  });

  it('the map overrides what its kind says', () => {
    const entry = parseMap(mapOf(pico), 'm').boards[0];
    assert.deepEqual(flashRoute(entry), { type: 'uf2', entry: 'manual' });
    assert.equal(describeBoard(entry).ctrlC, false);
    assert.equal(describeBoard({ ...entry, ctrlC: true }).ctrlC, true);
    assert.deepEqual(flashRoute({ ...entry, flash: { type: 'picotool' } }), { type: 'picotool' });
    assert.equal(flashRoute({ ...entry, engine: 'kaluma' })?.entry, 'touch1200');
  });
});

describe('hil: serial ports without udevadm', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'hil-ports-'));
    const device = join(root, 'sys/devices/usb1/1-1');
    mkdirSync(join(device, '1-1:1.0/tty/ttyACM0'), { recursive: true });
    for (const [name, text] of [
      ['idVendor', '2e8a'],
      ['idProduct', '000a'],
      ['serial', 'E6605838831234'],
      ['manufacturer', 'Raspberry Pi'],
    ]) {
      writeFileSync(join(device, name), text + '\n');
    }
    mkdirSync(join(root, 'sys/class/tty/ttyACM0'), { recursive: true });
    symlinkSync(join(device, '1-1:1.0'), join(root, 'sys/class/tty/ttyACM0/device'));
    mkdirSync(join(root, 'dev/serial/by-id'), { recursive: true });
    for (const name of ['ttyACM0', 'ttyUSB3', 'ttyUSB4', 'ttyS0', 'tty1', 'null'])
      writeFileSync(join(root, 'dev', name), '');
    symlinkSync('../../ttyUSB3', join(root, 'dev/serial/by-id/usb-Silicon_Labs_CP2102_USB_to_UART_0042-if00-port0'));
  });
  after(() => rmSync(root, { recursive: true }));

  it('finds them in /sys, by id, or at least by name', () => {
    const ports = portsFromFiles(join(root, 'dev'), join(root, 'sys'));
    assert.deepEqual(ports, [
      {
        path: join(root, 'dev/ttyACM0'),
        vendorId: '2e8a',
        productId: '000a',
        usbSerial: 'E6605838831234',
        manufacturer: 'Raspberry Pi',
      },
      { path: join(root, 'dev/ttyUSB3'), usbSerial: '0042', manufacturer: 'Silicon' },
      { path: join(root, 'dev/ttyUSB4') },
    ]);
  });

  it('a machine without any of these folders has no ports', () => {
    assert.deepEqual(portsFromFiles(join(root, 'nowhere'), join(root, 'nowhere')), []);
  });
});

describe('hil: what a kind adds to an entry', () => {
  const emulated = { type: 'emulated', image: 'a.uf2', bootrom: 'b.bin' } as const;
  const entry = (more: Partial<BoardEntry>): BoardEntry => ({
    id: 'a',
    board: 'w5500-evb-pico',
    engine: 'kaluma',
    console: { type: 'serial', path: '/dev/none0' },
    ...more,
  });

  it('emulated boards and slow interpreters wait longer, unless the map says how long', () => {
    assert.equal(describeBoard(entry({})).limits, undefined);
    assert.deepEqual(describeBoard(entry({ engine: 'espruino' })).limits, { timeoutX: 4 });
    assert.deepEqual(describeBoard(entry({ engine: 'espruino', limits: { timeoutX: 2 } })).limits, { timeoutX: 2 });
    assert.deepEqual(describeBoard(entry({ console: emulated })).limits, { timeoutX: 20 });
    assert.deepEqual(describeBoard(entry({ console: emulated, limits: { watchdogS: 0 } })).limits, {
      timeoutX: 20,
      watchdogS: 0,
    });
    assert.deepEqual(describeBoard(entry({ console: emulated, limits: { timeoutX: 3 } })).limits, { timeoutX: 3 });
  });

  it('Ctrl-C where the engine knows it on that kind', () => {
    assert.equal(describeBoard(entry({})).ctrlC, true);
    assert.equal(describeBoard(entry({ engine: 'espruino' })).ctrlC, false);
    assert.equal(describeBoard(entry({ engine: 'espruino', ctrlC: true })).ctrlC, true);
  });
});

describe('hil: choosing boards', () => {
  const entry = (id: string, more: Partial<BoardEntry> = {}): BoardEntry => ({
    id,
    board: 'w5500-evb-pico',
    engine: 'espruino',
    console: { type: 'serial', usbSerial: 'E' + id },
    ...more,
  });
  const sim = entry('sim', { sim: true, board: 'node', engine: 'node', console: { type: 'process', command: ['x'] } });
  const port = (id: string): Port => ({ path: '/dev/none-' + id, usbSerial: 'e' + id });
  const ids = (boards: BoardEntry[]) => boards.map(({ id }) => id);

  it('a USB serial number is found in either case', () => {
    assert.equal(portOf(entry('A'), [port('b'), port('A')])?.path, '/dev/none-A');
  });

  it('by id, by tag, simulated ones, each board once and in the order of the map', () => {
    const all = [entry('a', { tags: ['x'] }), entry('b', { tags: ['x'] }), sim];
    assert.deepEqual(ids(selectBoards(all, { boards: ['b', 'a'] }, [])), ['a', 'b']);
    assert.deepEqual(ids(selectBoards(all, { tags: ['x'], boards: ['a'] }, [])), ['a', 'b']);
    assert.deepEqual(ids(selectBoards(all, { sim: true }, [])), ['sim']);
  });

  it('the only real board needs no name; with two, one must be chosen', () => {
    assert.deepEqual(ids(selectBoards([sim, entry('a')], {}, [])), ['a']);
    assert.throws(
      () => selectBoards([sim, entry('a'), entry('b')], {}, []),
      /Several boards are in the map.*there are sim, a, b/,
    );
    assert.throws(() => selectBoards([sim], {}, []), /names no board that is real.*--sim/);
  });

  it('of a kind, one that is attached', () => {
    const all = [entry('a'), entry('b'), sim];
    assert.deepEqual(ids(selectBoards(all, { boards: ['w5500-evb-pico'] }, [port('b')])), ['b']);
    assert.throws(
      () => selectBoards(all, { boards: ['w5500-evb-pico'] }, []),
      (error: HilError) =>
        error.exitCode === 3 && /No w5500-evb-pico is free: a is absent, b is absent/.test(error.message),
    );
  });

  it('a wrong name or tag says which there are', () => {
    assert.throws(() => selectBoards([sim], { boards: ['pico'] }, []), /No board is called 'pico'; there are sim/);
    assert.throws(() => selectBoards([sim], { tags: ['t'] }, []), /No board has the tag 't'/);
  });

  it('a state is told without opening anything', () => {
    assert.equal(stateOf(entry('a'), []).state, 'absent');
    assert.equal(stateOf(entry('a'), [port('a')]).state, 'free');
    assert.equal(stateOf(sim, []).state, 'simulated');
    assert.equal(stateOf(entry('t', { console: { type: 'tcp', host: 'h', port: 1 } }), []).state, 'unknown');
  });
});

describe('hil: names of ports', () => {
  it("a link of udev's is the port it leads to, for the map as for the list", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hil-ports-'));
    try {
      const [tty, link] = [join(realpathSync(folder), 'ttyUSB0'), join(folder, 'pci-0000:00:14.0-usb-0:3:1.0-port0')];
      writeFileSync(tty, '');
      symlinkSync('ttyUSB0', link);
      const map = { version: 1, boards: [{ ...pico, console: { type: 'serial', path: link } }] } as BoardMap;
      const port = { path: tty, vendorId: '10c4', productId: 'ea60' };
      assert.equal(portOf(map.boards[0], [port]), port);
      assert.equal(stateOf(map.boards[0], [port]).state, 'free');
      assert.deepEqual(await additions(map, [port], async () => false), []);
      // In no list, and there all the same.
      assert.equal(portOf(map.boards[0], [])?.path, tty);
      rmSync(tty);
      assert.equal(stateOf(map.boards[0], []).state, 'absent');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('hil: map init', () => {
  const empty = (): BoardMap => ({ version: 1, boards: [] });
  const rp2040: Port = { path: '/dev/ttyACM0', vendorId: '2E8A', productId: '000A', usbSerial: 'E660' };

  it('adds a board by its USB serial number, with the engine it answered with', async () => {
    const [{ entry, doubts }] = await additions(empty(), [rp2040], async (_, engine) => engine === 'kaluma');
    assert.deepEqual(entry, {
      id: 'w5500-evb-pico-a',
      board: 'w5500-evb-pico',
      engine: 'kaluma',
      console: { type: 'serial', usbSerial: 'E660' },
      fixtures: ['w5500'],
    });
    assert.deepEqual(doubts, []);
    parseMap(JSON.stringify({ version: 1, boards: [entry] }), 'made');
  });

  it('leaves what is there alone, and gives a second one of a kind another id', async () => {
    const map = empty();
    map.boards.push((await additions(map, [rp2040], async (_, engine) => engine === 'kaluma'))[0].entry);
    const added = await additions(
      map,
      [rp2040, { ...rp2040, path: '/dev/ttyACM1', usbSerial: 'E661' }],
      async () => false,
    );
    assert.deepEqual(
      added.map(({ entry }) => entry.id),
      ['w5500-evb-pico-b'],
    );
    assert.match(added[0].doubts.join(), /did not answer/);
  });

  it('says what it does not know', async () => {
    const added = await additions(
      empty(),
      [
        { path: '/dev/ttyACM0', vendorId: '0483', productId: '5740', usbSerial: 'S1' },
        { path: '/dev/ttyUSB0', vendorId: '1234', productId: '5678' },
      ],
      async () => true,
    );
    assert.match(added[0].doubts.join(), /may also be espruino-wifi or stm32f4discovery/);
    assert.match(added[1].doubts.join(), /no kind of board is known for USB id 1234:5678.*has no USB serial number/);
    assert.deepEqual(added[1].entry.console, { type: 'serial', path: '/dev/ttyUSB0' });
  });
});
