/** What ends a command of the runner: a stable code, a sentence a person can act on, and the exit code that follows from it. */

/** 2 usage or map, 3 board absent or locked, 4 infrastructure (flash, link, fixture), 5 nothing ran. 1 is for cases that failed. */
export type ExitCode = 2 | 3 | 4 | 5;

export class HilError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode,
  ) {
    super(message);
    this.name = 'HilError';
  }
}
