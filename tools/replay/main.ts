/** `npm run replay`. */
import { replayCommand } from './command.js';

process.exitCode = await replayCommand(process.argv.slice(2), console);
