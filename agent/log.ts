/** What every own message begins with. A tail that reads shipper's own output knows its lines by it. */
export const OWN_PREFIX = 'shipper: ';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const COLOURS = { debug: 2, info: 0, warn: 33, error: 31 } as const;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g; // a path or a server's answer must not break the line or steer the terminal

let threshold = LOG_LEVELS.indexOf('info');
let ready = false;
let prefix = OWN_PREFIX;

/** shipper's own messages: one line each, on stderr. */
export const log = {
  debug: (message: string): void => write('debug', message),
  info: (message: string): void => write('info', message),
  warn: (message: string): void => write('warn', `warning: ${message}`),
  error: (message: string): void => write('error', message),
};

/** Messages below `level` are left out from now on. */
export function setLogLevel(level: LogLevel): void {
  threshold = LOG_LEVELS.indexOf(level);
}

/** What the messages of this thread begin with, behind that they are shipper's. */
export function setLogPrefix(text: string): void {
  prefix = OWN_PREFIX + text;
}

/** Writes a prepared text of several lines to stderr as it stands: problems of a configuration, usage. */
export function writeToStderr(text: string): void {
  if (!ready) process.stderr.on('error', () => undefined); // nobody reads it: that must not end the agent
  ready = true;
  process.stderr.write(text);
}

function write(level: LogLevel, message: string): void {
  if (LOG_LEVELS.indexOf(level) < threshold) return;
  const line = prefix + message.replace(CONTROL, ' ');
  const colour = COLOURS[level];
  const coloured = colour !== 0 && process.stderr.hasColors?.();
  writeToStderr(coloured ? `\u001b[${colour}m${line}\u001b[0m\n` : `${line}\n`);
}
