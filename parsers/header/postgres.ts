import { Value } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Level } from '../../agent/levels.ts';
import { ipv4End } from '../extract/ip.ts';
import { addPair } from '../pair.ts';
import { Byte, decimal, isDigit, isUpper, isWord, skipDigits } from '../values/bytes.ts';
import { levelAt } from '../values/levels.ts';
import { equals } from '../values/names.ts';
import type { Header } from './state.ts';

const LONGEST_PREFIX = 240;
/** In place of a severity: the line says more about the one before. The word is kept as `error_severity`, which PostgreSQL calls what stands there. */
const FOLLOWERS = ['DETAIL', 'HINT', 'STATEMENT', 'CONTEXT', 'QUERY', 'LOCATION'];

/**
 * What follows the time in PostgreSQL's log: whatever `log_line_prefix` puts there, a severity, a colon and two blanks.
 * The position of the text, or -1. https://www.postgresql.org/docs/current/runtime-config-logging.html
 */
export function readPostgres(header: Header, at: number): number {
  const { bytes } = header;
  const end = Math.min(header.end, at + LONGEST_PREFIX);
  for (let from = at; from < end && bytes[from] !== Byte.NEWLINE; from++) {
    if (!isUpper(bytes[from]) || isWord(bytes[from - 1])) continue;
    let to = from;
    while (to < end && (isUpper(bytes[to]) || isDigit(bytes[to]))) to++;
    if (to - from > 2 && bytes[to] === Byte.COLON && bytes[to + 1] === Byte.SPACE && bytes[to + 2] === Byte.SPACE) {
      const follows = isFollower(bytes, from, to);
      if (follows) keep(header, SEVERITY, from, to);
      if (follows || setSeverity(header, from, to)) {
        header.nameStart = -1; // `[unknown]@[unknown]`: it has no loggers
        readPrefix(header, at, from);
        return to + 3;
      }
    }
    from = to;
  }
  return -1;
}

function setSeverity(header: Header, from: number, to: number): boolean {
  const level = equals(header.bytes, from, to, 'LOG') ? Level.info : levelAt(header.bytes, from, to);
  if (level >= 0) header.level(level, from, to);
  return level >= 0;
}

function isFollower(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = 0; index < FOLLOWERS.length; index++) if (equals(bytes, from, to, FOLLOWERS[index] as string)) return true;
  return false;
}

/** Keeps what stands there under a name that does not. */
function keep(header: Header, name: Uint8Array, from: number, to: number): void {
  const { event } = header;
  const address = event.arena.scratchSpace(name.length);
  if (address < 0) return;
  for (let index = 0; index < name.length; index++) event.arena.bytes[address + index] = name[index] as number;
  const key = address - event.base; // members are told by their place from the chunk's begin, wherever they lie
  event.member(key, key + name.length, from, to, Value.TEXT, false);
}

const SEVERITY = Buffer.from('error_severity');
const DATABASE = Buffer.from('database');

/** The process in brackets, the user and the database, of `[77] bob@shop`, `[77-1] user=bob,db=shop`, and whatever other pairs there are. */
function readPrefix(header: Header, start: number, end: number): void {
  const { bytes, event } = header;
  for (let at = start; at < end; at++) {
    const isStart = at === start || !isWord(bytes[at - 1]);
    if (bytes[at] === Byte.OPEN_BRACKET && isDigit(bytes[at + 1]) && !event.has(Field.pid)) {
      const to = skipDigits(bytes, at + 1, end);
      event.number(Field.pid, decimal(bytes, at + 1, to), at + 1, to);
    } else if (isStart && equals(bytes, at, Math.min(end, at + 5), 'user=')) setUser(header, at + 5, end);
    else if (bytes[at] === Byte.EQUALS) setPair(header, wordStart(bytes, at, start), at, end);
    else if (bytes[at] === Byte.AT && !event.has(Field.user_id)) {
      setUser(header, wordStart(bytes, at, start), end);
      const to = nameEnd(bytes, at + 1, end);
      if (to > at + 1) keep(header, DATABASE, at + 1, to);
    }
  }
}

/** The value of `db=shop`, `client=10.0.0.1`: up to a blank or a comma. */
function setPair(header: Header, key: number, at: number, end: number): void {
  const { bytes } = header;
  let to = at + 1;
  while (to < end && (bytes[to] as number) > Byte.SPACE && bytes[to] !== Byte.COMMA) to++;
  if (to === at + 1 || key === at || equals(bytes, key, at, 'user')) return;
  if (equals(bytes, key, at, 'client') && ipv4End(bytes, at + 1, to) === to) header.span(Field.client_ip, at + 1, to);
  addPair(key, at, at + 1, to, false);
}

function setUser(header: Header, start: number, end: number): void {
  header.span(Field.user_id, start, nameEnd(header.bytes, start, end));
}

function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = start;
  while (to < end && (isWord(bytes[to]) || bytes[to] === Byte.DASH || bytes[to] === Byte.DOT)) to++;
  return to;
}

function wordStart(bytes: Uint8Array, at: number, start: number): number {
  while (at > start && (isWord(bytes[at - 1]) || bytes[at - 1] === Byte.DASH || bytes[at - 1] === Byte.DOT)) at--;
  return at;
}
