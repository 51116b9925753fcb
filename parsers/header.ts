import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { readGroup } from './header/groups.ts';
import { findLevel, readLevelWord } from './header/levels.ts';
import { Header } from './header/state.ts';
import { readName, readProcess, readSlashed } from './header/words.ts';
import type { Parser } from './parser.ts';
import { Byte, isBlank, isDigit, isLetter } from './values/bytes.ts';
import { readTimestamp, wasEpoch } from './values/timestamps.ts';

const MOST_ITEMS = 12;
const header = new Header();

/**
 * Any header of time, level, logger, thread, process and place, in whatever order, brackets and separators: what
 * log4j, logback, log4j2, Python's `asctime` formats, loguru, structlog, gunicorn, Go's log, zap, spdlog, Monolog,
 * Serilog and most home-made loggers write. Who wrote it is not asked: each item is told by its own look and by its
 * neighbours, and where that is not enough, it stays in the message.
 */
export const headerParser: Parser = {
  name: 'header',
  title: 'Text with a time or a level in front, in any order: log4j, logback, Python, loguru, zap, spdlog, Go and others',
  examples: [
    { line: 'INFO  2026-11-22 10:00:00,123 payments  Error processing request', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'payments', message: 'Error processing request' } },
    { line: '2026-11-22T10:00:00.123Z INFO [payments] started', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'payments', message: 'started' } },
    { line: '2026-11-22 10:00:00,123 - shop.cart - WARNING - slow', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'warn', logger: 'shop.cart', message: 'slow' }, reason: "Python's logging cookbook" },
    { line: '2026-11-22 10:00:00,123 [pool-1-thread-2] ERROR c.acme.Shop - boom', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', thread: 'pool-1-thread-2', logger: 'c.acme.Shop', message: 'boom' }, reason: 'log4j' },
    { line: '2026-11-22 10:00:00,123 INFO  [main] master.HMaster: up', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', thread: 'main', logger: 'master.HMaster', message: 'up' }, reason: 'Hadoop' },
    { line: '2026-11-22 10:00:00.874 | INFO     | app.views:index:5 - hi', event: { timestamp: '2026-11-22T10:00:00.874Z', level: 'info', logger: 'app.views', caller: 'app.views:index:5', message: 'hi' }, reason: 'loguru' },
    { line: '2026-11-22 10:00:00 [warning  ] low disk   free=3', event: { timestamp: '2026-11-22T10:00:00Z', level: 'warn', message: 'low disk   free=3' }, reason: 'structlog' },
    { line: '[2026-11-22 10:00:00 +0100] [77] [INFO] Booting worker', event: { timestamp: '2026-11-22T10:00:00+01:00', level: 'info', pid: 77, message: 'Booting worker' }, reason: 'gunicorn' },
    { line: '2026-11-22T10:00:00.123Z\tINFO\tapp.cart\tx/y.go:10\thi\t{"k":1}', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'app.cart', caller: 'x/y.go:10', message: 'hi\t{"k":1}' }, reason: 'zap' },
    { line: '2026/11/22 10:00:00.000123 server.go:12: listening', event: { timestamp: '2026-11-22T10:00:00.000123Z', caller: 'server.go:12', message: 'listening' }, reason: "Go's log with all flags" },
    { line: '[2026-11-22 10:00:00.123] [db] [error] lost', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', logger: 'db', message: 'lost' }, reason: 'spdlog' },
    { line: '[2026-11-22T10:00:00+00:00] app.ERROR: lost {"a":1} []', event: { timestamp: '2026-11-22T10:00:00+00:00', level: 'error', logger: 'app', message: 'lost {"a":1} []' }, reason: 'Monolog' },
    { line: '[2026-11-22 10:00:00,123] WARNING in limiter: slow down', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'warn', logger: 'limiter', message: 'slow down' }, reason: 'Flask' },
    { line: '[2026-11-22 10:00:00,123: INFO/MainProcess] ready', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', thread: 'MainProcess', message: 'ready' }, reason: 'Celery' },
    { line: '22-Nov-2026 10:00:00.123 INFO [main] org.apache.Catalina.start Server up', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', thread: 'main', logger: 'org.apache.Catalina.start', message: 'Server up' }, reason: 'Tomcat' },
    { line: '2026-11-22T10:00:00.123456Z  INFO app::models: done', event: { timestamp: '2026-11-22T10:00:00.123456Z', level: 'info', logger: 'app::models', message: 'done' }, reason: "Rust's tracing" },
    { line: '2026-11-22 10:00:00.769683 I | embed: ready', event: { timestamp: '2026-11-22T10:00:00.769683Z', level: 'info', logger: 'embed', message: 'ready' }, reason: 'etcd' },
    { line: '\u001b[32m2026-11-22 10:00:00\u001b[0m \u001b[1mINFO\u001b[0m hi', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: 'hi' }, reason: 'colours are not looked at' },
    { line: 'INFO:     Application startup complete.', event: { level: 'info', message: 'Application startup complete.' }, reason: 'uvicorn' },
    { line: '[info] o.t.s.AccessLogFilter POST', event: { level: 'info', logger: 'o.t.s.AccessLogFilter', message: 'POST' }, reason: 'Play' },
    { line: 'Error: boom', event: { level: 'error', message: 'Error: boom' }, reason: 'an exception printed alone keeps its name' },
    { line: '2026-11-22 10:00:00 I think so', event: { timestamp: '2026-11-22T10:00:00Z', message: 'I think so' }, reason: 'a person, not a level' },
    { line: '2026-11-22 10:00:00 INFO status: ok', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: 'status: ok' }, reason: 'a label is no logger' },
    { line: '2026-11-22 10:00:00 INFO [550e8400-e29b-41d4-a716-446655440000] hi', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: '[550e8400-e29b-41d4-a716-446655440000] hi' }, reason: 'an id is no logger' },
    { line: 'I think, therefore I am', event: undefined },
    { line: 'Information about [error] handling', event: undefined },
    { line: '2026-13-22 10:00:00 hi', event: undefined, reason: 'month 13' },
    { line: '1795392255 items were sold', event: undefined, reason: 'a number in front of prose is no time' },
  ],
  parse,
};

/** Hot: the general case of a text line. */
function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  header.begin(chunk, start, end, event);
  let at = header.skipSeparators(start);
  let epoch = false;
  while (header.items < MOST_ITEMS && at < header.end) {
    const knew = header.hasTime;
    const next = readItem(header, at);
    if (header.hasTime && !knew) epoch = wasEpoch();
    if (next <= at) break;
    header.items++;
    at = header.skipSeparators(next);
  }
  if (header.hasTime && !header.hasLevel) findLevel(header, at);
  if (!header.hasLevel && (!header.hasTime || epoch)) return false;
  if (header.nameStart >= 0 && !event.has(Field.logger)) event.span(Field.logger, header.nameStart, header.nameEnd);
  event.span(Field.message, textStart(chunk.bytes, at, end), end);
  return true;
}

/** Takes the item at `at`; the position behind it, or not beyond `at` when the text begins there. */
function readItem(state: Header, at: number): number {
  const byte = state.bytes[at] as number;
  if (isLetter(byte)) return readWord(state, at);
  if (isDigit(byte)) {
    const after = readTime(state, at);
    return after > 0 ? after : readProcess(state, at);
  }
  if (byte === Byte.OPEN_BRACKET || byte === Byte.OPEN_PAREN || byte === Byte.LESS || byte === Byte.OPEN_BRACE) return readGroup(state, at);
  return byte === Byte.SLASH && state.hasLevel ? readSlashed(state, at) : -1;
}

function readWord(state: Header, at: number): number {
  const level = readLevelWord(state, at);
  if (level >= 0) return level;
  const after = readTime(state, at);
  return after > 0 ? after : readName(state, at);
}

function readTime(state: Header, at: number): number {
  if (state.hasTime) return -1;
  const after = readTimestamp(state.chunk, at, state.end, state.event);
  if (after < 0 || isLetter(state.bytes[after]) || isDigit(state.bytes[after])) return -1;
  state.hasTime = true;
  return after;
}

/** A header that fills the first line has its text on the next. */
function textStart(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.NEWLINE) return at;
  let to = at;
  while (to < end && (bytes[to] === Byte.NEWLINE || bytes[to] === Byte.RETURN || isBlank(bytes[to]))) to++;
  return to < end ? to : at;
}
