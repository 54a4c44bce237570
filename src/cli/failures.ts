/** A command could not do its work. The message is one line for the terminal; the exit code is 1 unless given. */
export class CommandFailed extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line cannot be carried out as typed. The message is one line for the terminal; the exit code is 2. */
export class InvalidCommandLine extends Error {}
