/** The command line as a program, so that exit codes, signals and streams are real; `SCRIPT` in the environment makes up the boards. */
import { cli } from '../../hil/cli.js';
import { surroundings } from '../../hil/surroundings.js';
import { scripted } from './scripted-cli.js';

const script = JSON.parse(process.env['SCRIPT'] ?? '{}');
process.exitCode = await cli(process.argv.slice(2), { ...surroundings(), ...scripted(script) });
