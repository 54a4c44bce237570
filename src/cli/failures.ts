/** A command could not do its work. The message is one line for the terminal; the exit code is 1. */
export class CommandFailed extends Error {}

/** The command line cannot be carried out as typed. The message is one line for the terminal; the exit code is 2. */
export class InvalidCommandLine extends Error {}
