/** The command line: picks the command, turns what is thrown into one sentence and an exit code. */
import type { Command, Surroundings } from './commands/command.js';
import { flash } from './commands/flash.js';
import { list } from './commands/list.js';
import { log } from './commands/log.js';
import { map } from './commands/map.js';
import { exec, recover, repl, reset, upload } from './commands/one-board.js';
import { run } from './commands/run.js';
import { asHilError } from './report/report.js';

const COMMANDS: Record<string, Command> = { list, map, flash, upload, run, repl, exec, reset, recover, log };

const EXIT_CODES = `Exit codes: 0 all passed; 1 a case failed, crashed or hung; 2 usage or map; 3 board absent, locked or silent;
4 trouble on the way (flash, link, fixture); 5 nothing ran; 130 interrupted.`;

export async function cli(argv: string[], here: Surroundings): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === 'help') {
    (name === undefined ? (text: string) => here.err(text) : (text: string) => here.out(text))(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    here.err(`hil: there is no command '${name}'; there are ${Object.keys(COMMANDS).join(', ')}\n`);
    return 2;
  }
  if (rest.includes('--help')) {
    here.out(
      `usage: hil ${command.usage}\n\n${command.summary}\n\n${command.help}\n  --map FILE       instead of ./hil.boards.json\n`,
    );
    return 0;
  }
  try {
    const code = await command.run(rest, here);
    return here.signal.aborted ? 130 : code;
  } catch (thrown) {
    const error = asHilError(thrown);
    const sentence = error.message.replace(/([^.?!])$/, '$1.');
    here.err(`hil: ${sentence} (${error.code})\n`);
    if (error.code === 'USAGE') here.err(`usage: hil ${command.usage}\n`);
    if (error.code === 'UNEXPECTED' && here.env['HIL_DEBUG']) here.err(`${error.stack}\n`);
    return here.signal.aborted ? 130 : error.exitCode;
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(name => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `usage: hil COMMAND [options]; hil COMMAND --help says more\n\n${lines.join('')}\n${EXIT_CODES}\n`;
}
