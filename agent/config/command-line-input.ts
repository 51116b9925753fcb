/** Name of the input that the FILEs of the command line become. No configuration can have it: it has a blank. */
export const COMMAND_LINE_INPUT = 'command line';
