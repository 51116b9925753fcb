/** Exit codes, those of sysexits.h. */
export const ExitCode = {
  /** Everything was delivered or dead-lettered. */
  OK: 0,
  /** The command line is wrong. */
  USAGE: 64,
  /** An input does not exist. */
  NO_INPUT: 66,
  /** Something could not be delivered in time. */
  UNAVAILABLE: 69,
  /** A bug of shipper. */
  SOFTWARE: 70,
  /** A file that should be written is there already, or can't be made. */
  CANNOT_CREATE: 73,
  /** The operating system refused something that is nobody's permission: a full disk, too many open files. */
  IO_ERROR: 74,
  /** An input may not be read. */
  NO_PERMISSION: 77,
  /** The configuration is wrong. */
  CONFIG: 78,
} as const;

/** Something the user has to put right: one line on stderr and an exit code, never a stack trace. */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}
