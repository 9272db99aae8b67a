/** Flashing without boards: dry runs with made-up tools on PATH, and real ones onto a folder that plays the volume. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { printable } from '../../hil/commands/progress.js';
import { poll } from '../../hil/flash/flasher.js';
import { RP2350 } from '../../hil/flash/uf2-image.js';
import type { BoardEntry } from '../../hil/map/board-map.js';
import { runCli } from './run-cli.js';
import { uf2File } from './uf2-file.js';

describe('hil: flash', () => {
  let folder: string;
  let bin: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hil-flash-'));
    bin = join(folder, 'bin');
    mkdirSync(bin);
    write('fw.uf2', uf2File({ blocks: 80 }));
    write('stm32.bin', Buffer.from([0, 0x80, 1, 0x20, 0xc1, 1, 0, 8, 1, 2, 3]));
    write('esp32.bin', Buffer.from([0xe9, 1, 2, 3]));
    const console = { type: 'serial', usbSerial: 'E660' } as const;
    const limits = { flashMs: 1000 };
    const boards: BoardEntry[] = [
      { id: 'pico', board: 'w5500-evb-pico', engine: 'espruino', console, limits },
      {
        id: 'kaluma',
        board: 'w5500-evb-pico',
        engine: 'kaluma',
        console: { type: 'serial', usbSerial: 'E661' },
        limits,
      },
      {
        id: 'pt',
        board: 'w5500-evb-pico',
        engine: 'kaluma',
        flash: { type: 'picotool' },
        console: { type: 'serial', usbSerial: 'E662' },
      },
      {
        id: 'disco',
        board: 'stm32f4discovery',
        engine: 'espruino',
        console: { type: 'serial', path: '/dev/none7' },
        limits,
      },
      { id: 'esp', board: 'esp32', engine: 'espruino', console: { type: 'serial', path: '/dev/none8' } },
      { id: 'nrf', board: 'nrf52840dk', engine: 'espruino', console: { type: 'serial', path: '/dev/none9' } },
    ];
    write('hil.boards.json', JSON.stringify({ version: 1, boards }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
  /** A tool that notes how it was called, says something, and ends with a code. */
  const tool = (name: string, said: string, code = 0) => {
    const file = join(bin, name);
    writeFileSync(file, `#!/bin/sh\necho "$@" >> '${folder}/calls'\ncat <<'END'\n${said}\nEND\nexit ${code}\n`);
    chmodSync(file, 0o755);
  };
  const calls = () =>
    existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];
  const attached = [
    { path: '/dev/none0', usbSerial: 'E660' },
    { path: '/dev/none1', usbSerial: 'E661' },
    { path: '/dev/none2', usbSerial: 'E662' },
    { path: '/dev/none7' },
    { path: '/dev/none8' },
  ];
  const flash = (argv: string[], ports = attached) =>
    runCli(['flash', ...argv], {
      cwd: folder,
      script: { ports },
      // Nothing but what a test puts there, and what a shell script needs.
      env: { PATH: `${bin}:${dirname('/bin/sh')}` },
    });

  it('uf2, dry: a finger for Espruino, a touch for Kaluma, nothing written', async () => {
    const pico = await flash(['-b', 'pico', 'fw.uf2', '--dry-run']);
    assert.equal(pico.code, 0, pico.stderr);
    assert.match(
      pico.stdout,
      /^1\. by hand: Unplug the USB cable, hold the button BOOTSEL.*\n2\. wait for the volume RPI-RP2\n3\. write fw\.uf2 \(80 blocks, 20480 bytes of flash from 0x10000000\) to that volume\npico: nothing was done \(--dry-run\)\n$/,
    );
    const kaluma = await flash(['-b', 'kaluma', 'fw.uf2', '--dry-run']);
    assert.match(
      kaluma.stdout,
      /^1\. open \/dev\/none1 at 1200 baud and close it.*\n2\. wait for the volume RPI-RP2\n/,
    );
  });

  it('a board elsewhere, and one without flash, is refused: the bootloader that shows up here is another board', async () => {
    const board = { board: 'w5500-evb-pico', engine: 'kaluma' };
    const boards = [
      { ...board, id: 'lab', console: { type: 'tcp', host: 'lab.example', port: 4001 } },
      { ...board, id: 'emu', console: { type: 'emulated', image: 'k.bin', bootrom: 'b.bin' } },
    ];
    write('elsewhere.json', JSON.stringify({ version: 1, boards }));
    for (const [id, message] of [
      ['lab', /another machine, lab\.example/],
      ['emu', /"image" in the map, k\.bin/],
    ] as const) {
      const { code, stderr } = await flash(['-b', id, 'fw.uf2', '--map', 'elsewhere.json', '--dry-run']);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });

  it('uf2, onto a volume: the file is there, whole, and the board is back', async () => {
    mkdirSync(join(folder, 'volume'));
    const { code, stdout, stderr } = await flash(['-b', 'pico', 'fw.uf2', '--volume', 'volume']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^1\. write fw\.uf2.*\/volume\npico: written\n$/);
    assert.match(stderr, /^pico: writing: 40960 bytes in /);
    assert.deepEqual(readFileSync(join(folder, 'volume/fw.uf2')), Buffer.from(uf2File({ blocks: 80 })));
  });

  it('a board that is in no map yet: by what it is, and its new port is told', async () => {
    mkdirSync(join(folder, 'volume'));
    const argv = ['--new', 'w5500-evb-pico/kaluma', 'fw.uf2'];
    assert.match(
      (await flash([...argv, '--dry-run'])).stdout,
      /^1\. by hand: Unplug the USB cable, hold the button BOOTSEL/,
    );
    const { code, stdout, stderr } = await runCli(['flash', ...argv, '--volume', 'volume'], {
      cwd: folder,
      script: { ports: [], portsLater: [{ path: '/dev/none5', usbSerial: 'E665' }] },
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /written; \/dev\/none5 has appeared, USB serial number E665\. 'map init'/);
    const wrong = await flash(['--new', 'w5500-evb-pico/jerry', 'fw.uf2']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--new takes w5500-evb-pico\/espruino, w5500-evb-pico\/kaluma, espruino-pico\/espruino/);
  });

  it('uf2: no volume in time is exit 4, and says again what the finger does', async () => {
    const { code, stderr } = await flash(['-b', 'pico', 'fw.uf2']);
    assert.equal(code, 4);
    assert.match(stderr, /No volume RPI-RP2 appeared within 1 s\. Unplug the USB cable.*\(FLASH_NO_VOLUME\)/);
  });

  it('uf2: an image that cannot be right is refused before any step', async () => {
    write('fw.uf2', uf2File({ family: RP2350 }));
    const { code, stdout, stderr } = await flash(['-b', 'kaluma', 'fw.uf2']);
    assert.equal(code, 4);
    assert.equal(stdout, '');
    assert.match(stderr, /fw\.uf2 is for RP2350 \(Arm\).*the board is RP2040/);
  });

  it('uf2: a volume that is full, or goes away, is exit 4 with the place', async () => {
    mkdirSync(join(folder, 'volume/fw.uf2'), { recursive: true });
    const { code, stderr } = await flash(['-b', 'pico', 'fw.uf2', '--volume', 'volume']);
    assert.equal(code, 4);
    assert.match(stderr, /EISDIR/);
  });

  it('picotool: named by serial number, asked to restart the board; its code and its words count', async () => {
    tool('picotool', 'Loading into Flash: 100%');
    const dry = await flash(['-b', 'pt', 'fw.uf2', '--dry-run']);
    assert.match(dry.stdout, /^1\. picotool load .*fw\.uf2 --ser E662 -f -x\n/);
    assert.deepEqual(calls(), ['version']);
    const done = await flash(['-b', 'pt', 'fw.uf2']);
    assert.equal(done.code, 0, done.stderr);
    assert.match(calls()[2], /^load .*fw\.uf2 --ser E662 -f -x$/);
    tool('picotool', 'No accessible RP2040 devices in BOOTSEL mode were found.', 249);
    const failed = await flash(['-b', 'pt', 'fw.uf2']);
    assert.equal(failed.code, 4);
    assert.match(failed.stderr, /picotool ended with 249: No accessible RP2040/);
  });

  it('dfu-util: waits for the ROM, and believes its words, not its exit code', async () => {
    tool('dfu-util', 'Found DFU: [0483:df11] ver=2200\nFile downloaded successfully', 74);
    const { code, stdout, stderr } = await flash(['-b', 'disco', 'stm32.bin']);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^1\. by hand: Connect BOOT0 to VDD.*\n2\. wait until dfu-util -l finds 0483:df11\n3\. dfu-util -d 0483:df11 -a 0 -s 0x08000000:leave -D .*stm32\.bin\ndisco: written\n$/,
    );
    assert.match(calls().at(-1)!, /^-d 0483:df11 -a 0 -s 0x08000000:leave -D /);
    tool('dfu-util', 'Found DFU: [0483:df11]\nError sending completion packet', 0);
    assert.equal((await flash(['-b', 'disco', 'stm32.bin'])).code, 4);
    tool('dfu-util', 'nothing');
    assert.match(
      (await flash(['-b', 'disco', 'stm32.bin'])).stderr,
      /No board in DFU mode \(0483:df11\) appeared within 1 s/,
    );
  });

  it('dfu-util: a file without vectors is refused', async () => {
    tool('dfu-util', '');
    const { code, stderr } = await flash(['-b', 'disco', 'fw.uf2', '--dry-run']);
    assert.equal(code, 4);
    assert.match(stderr, /fw\.uf2 is not a whole image for STM32/);
  });

  it('esptool: several files at their addresses, over the board’s port', async () => {
    tool('esptool.py', 'Hash of data verified.');
    write('parts.bin', Buffer.from([0xaa, 0x50]));
    const { code, stdout, stderr } = await flash(['-b', 'esp', '0x1000=esp32.bin', '0x8000=parts.bin', 'esp32.bin']);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^1\. esptool\.py --chip esp32 --port \/dev\/none8 --baud 460800 write_flash 0x1000 \S+esp32\.bin 0x8000 \S+parts\.bin 0x10000 \S+esp32\.bin\n/,
    );
    tool('esptool.py', 'A fatal error occurred: Failed to connect');
    assert.equal((await flash(['-b', 'esp', 'esp32.bin'])).code, 4);
    assert.match(
      (await flash(['-b', 'esp', 'stm32.bin'])).stderr,
      /stm32\.bin is neither an image nor a partition table/,
    );
    assert.equal((await flash(['-b', 'esp', 'esp32.bin'], [])).code, 3);
  });

  it('a tool that is not installed is named, with where it comes from', async () => {
    for (const [id, file, message] of [
      ['pt', 'fw.uf2', /picotool is not installed/],
      ['disco', 'stm32.bin', /dfu-util is not installed \(apt install dfu-util\)/],
      ['esp', 'esp32.bin', /esptool is not installed/],
    ] as const) {
      const { code, stderr } = await flash(['-b', id, file, '--dry-run']);
      assert.equal(code, 4);
      assert.match(stderr, message);
    }
  });

  it('a board without a route says what a person does', async () => {
    const { code, stderr } = await flash(['-b', 'nrf', 'fw.uf2']);
    assert.equal(code, 2);
    assert.match(stderr, /'nrf' \(nrf52840dk\) has no route of ours to flash it\. Copy the firmware's \.hex file/);
  });

  it('waiting ends with an answer, or with the time', async () => {
    let asked = 0;
    assert.equal(await poll(() => (++asked === 3 ? 'yes' : undefined), 1000, 1), 'yes');
    assert.equal(await poll(() => undefined, 20, 5), undefined);
  });

  it('what tools and boards print cannot drive the terminal', () => {
    assert.equal(printable('a\x1b[2J\x1b[31mb\x07\x00\x9b2J\tc'), 'ab\\x07\\x00\\x9b2J\tc');
  });
});
