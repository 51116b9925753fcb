/** Name of the input that the FILEs of the command line become, which no configuration can use: what was named by hand is refused when it is no log. */
export const COMMAND_LINE_INPUT = 'command line';
