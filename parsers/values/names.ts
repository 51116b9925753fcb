import { Byte, holds, isBlank, isDigit, isLetter, isLower, isUpper, isWord, skipBlanks, skipDigits } from './bytes.ts';
import { levelAt } from './levels.ts';
import { findWord, hashBytes, wordTable } from './word-table.ts';

/** Where the name from `at` on ends: letters, digits and `_ . $ / @ # - ~`, and `::` between them. */
export function nameEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at] as number;
    if (isNameByte(byte)) at++;
    else if (byte === Byte.COLON && bytes[at + 1] === Byte.COLON && isWord(bytes[at + 2])) at += 2;
    else if (byte === Byte.LESS && bytes[at - 1] === Byte.DOT && namelessEnd(bytes, at, end) > 0) at = namelessEnd(bytes, at, end);
    else break;
  }
  return at;
}

/** The end of what a runtime calls code without a name, `<module>`, `<init>`, `<lambda>`; -1: it is none. */
function namelessEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at + 1;
  while (to < end && to - at < 16 && isLower(bytes[to])) to++;
  return to > at + 1 && bytes[to] === Byte.GREATER ? to + 1 : -1;
}

/** `com.acme.Shop`, `app::models`, `o.e.s.UserService`: more than one part and no path, number or host name. */
export function isQualified(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isLetter(bytes[start])) return false;
  let parts = 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === Byte.SLASH || byte === Byte.AT || isBlank(byte) || byte === Byte.COMMA || byte === Byte.OPEN_PAREN) return false;
    if (byte === Byte.DOT || byte === Byte.COLON && bytes[at + 1] === Byte.COLON) parts++;
  }
  return parts > 1 && (isWord(bytes[end - 1]) || bytes[end - 1] === Byte.GREATER);
}

/** A qualified name that prose would hardly have: `::`, or two dots and a part that begins with a capital letter. */
export function isClassName(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isQualified(bytes, start, end)) return false;
  let dots = 0;
  let capital = false;
  for (let at = start; at < end; at++) {
    if (bytes[at] === Byte.COLON) return true;
    if (bytes[at] !== Byte.DOT) continue;
    dots++;
    if (isUpper(bytes[at + 1])) capital = true;
  }
  return dots > 1 && capital;
}

/** One word: letters, digits, `_` and `-`, beginning with a letter. */
export function isSimpleName(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isLetter(bytes[start]) || end - start < 2) return false;
  for (let at = start; at < end; at++) if (!isWord(bytes[at]) && bytes[at] !== Byte.DASH) return false;
  return true;
}

/**
 * `main`, `pool-1-thread-2`, `http-nio-8080-exec-9`, `Thread 1`, `MemtableFlushWriter:20342`: what thread libraries call
 * their threads. Names that are only numbers and hexadecimal digits are ids of something else.
 */
export function isThreadName(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isLetter(bytes[start]) || isHexId(bytes, start, end)) return false;
  if (equals(bytes, start, end, 'main')) return true;
  return endsWithCounter(bytes, start, end) || hasThreadWord(bytes, start, end) && !isPlainName(bytes, start, end);
}

/** `node-1`, `instance-0000000001`: a machine of many, and no thread. */
export function isMachineName(bytes: Uint8Array, start: number, end: number): boolean {
  let dash = start;
  while (dash < end && isLower(bytes[dash])) dash++;
  return bytes[dash] === Byte.DASH && dash + 1 < end && skipDigits(bytes, dash + 1, end) === end && findWord(MACHINES, hashBytes(bytes, start, dash)) !== 0;
}

const MACHINES = wordTable(new Map(['node', 'instance', 'host', 'server', 'master', 'broker', 'replica', 'shard', 'data', 'vm'].map((word) => [word, 1])));

/** `scheduler`, `o.e.scheduler.Node`: a word of threads alone, or in the name of a package, is a logger's. */
function isPlainName(bytes: Uint8Array, start: number, end: number): boolean {
  let dots = 0;
  let capitals = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === Byte.DOT) dots++;
    else if (isUpper(byte)) capitals++;
    else if (!isLower(byte)) return false;
  }
  return dots > 0 || capitals === 0 || capitals === 1 && isUpper(bytes[start]);
}

/** `server.go:12`, `lib/app.py:88`, `Foo.bar():12`, `EngineSelectorFeature.cpp:187`: a place in source code. */
export function isCaller(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[end - 1] === Byte.CLOSE_PAREN) return isMethod(bytes, start, end);
  let colon = end - 1;
  while (colon > start && isDigit(bytes[colon])) colon--;
  if (colon === end - 1 || colon <= start) return false;
  if (bytes[colon] === Byte.DOT && bytes[colon - 2] === Byte.DOT && bytes[colon - 1] === 0x63) return isSimpleName(bytes, start, colon - 2); // lighttpd: `server.c.1704`
  if (bytes[colon] !== Byte.COLON) return false;
  for (let at = start; at < colon; at++) if (isBlank(bytes[at]) || bytes[at] === Byte.COLON || bytes[at] === Byte.OPEN_BRACKET) return false;
  return hasExtension(bytes, start, colon) || bytes[colon - 1] === Byte.CLOSE_PAREN;
}

/** Hadoop's `BlockReceiver.java:flushOrSync(419)`. */
function isMethod(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end - 2;
  while (at > start && isDigit(bytes[at])) at--;
  if (at === end - 2 || bytes[at] !== Byte.OPEN_PAREN) return false;
  while (at > start && bytes[at] !== Byte.COLON && !isBlank(bytes[at])) at--;
  return bytes[at] === Byte.COLON && hasExtension(bytes, start, at);
}

/** Whether [start, end) ends like a source file: a dot and one to five letters, `.cpp`, `.go`, `.c`, `.scala`. */
export function hasExtension(bytes: Uint8Array, start: number, end: number): boolean {
  let dot = end - 1;
  while (dot > start && isLower(bytes[dot])) dot--;
  return bytes[dot] === Byte.DOT && dot > start && end - dot >= 2 && end - dot <= 6 && isWord(bytes[dot - 1]);
}

/** Files of languages whose loggers are named after their files: Java, Kotlin, Scala, Groovy. */
export function isJvmFile(bytes: Uint8Array, start: number, end: number): boolean {
  return endsWith(bytes, start, end, '.java') || endsWith(bytes, start, end, '.scala') || endsWith(bytes, start, end, '.kt');
}

const NOT_LOGGERS = wordTable(new Map([
  'note', 'user', 'users', 'reason', 'status', 'request', 'response', 'exception', 'failed', 'failure', 'message', 'msg', 'result', 'caused',
  'http', 'https', 'id', 'url', 'uri', 'path', 'file', 'error', 'errors', 'started', 'usage', 'example', 'todo', 'panic', 'hint', 'detail',
  'time', 'date', 'duration', 'elapsed', 'took', 'total', 'count', 'ip', 'host', 'port', 'version', 'from', 'to', 'got', 'expected', 'payload', 'body',
].map((word) => [word, 1])));

/**
 * Whether a word in front of a colon is rather a logger (`core: `, `http_server: `, `KafkaConsumer: `) than the first
 * word of the text (`Failed: `, `status: `, `TimeoutError: `).
 */
export function isLoggerWord(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isLetter(bytes[start]) || levelAt(bytes, start, end) >= 0) return false;
  if (endsWith(bytes, start, end, 'Error') || endsWith(bytes, start, end, 'Exception') || endsWith(bytes, start, end, 'Failure')) return false;
  let capitals = 0;
  let marks = 0;
  for (let at = start; at < end; at++) {
    if (isUpper(bytes[at])) capitals++;
    else if (!isLetter(bytes[at])) marks++;
  }
  if (marks > 0) return !hasExtensionAndSlash(bytes, start, end);
  if (isUpper(bytes[start])) return capitals > 1 && capitals < end - start;
  return end - start > 24 || !isParticiple(bytes, start, end) && findWord(NOT_LOGGERS, hashBytes(bytes, start, end)) === 0;
}

/** `user_id: 42`, `response_time: 12ms`, `config_path: /etc/app`: a key, of which one word is the value and the whole text. */
export function isKeyOfValue(bytes: Uint8Array, at: number, to: number, end: number): boolean {
  if (!holds(bytes, at, to, Byte.UNDERSCORE)) return false;
  const value = skipBlanks(bytes, to + 1, end);
  if (!isDigit(bytes[value]) && bytes[value] !== Byte.SLASH && !endsWith(bytes, at, to, '_id') && !endsWith(bytes, at, to, '_name')) return false;
  let last = value;
  while (last < end && !isBlank(bytes[last]) && bytes[last] !== Byte.NEWLINE) last++;
  return last === end || bytes[last] === Byte.NEWLINE;
}

/** `spawned`, `exited`, `Starting`: a sentence begins. */
export function isParticiple(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 5 && (endsWith(bytes, start, end, 'ed') || endsWith(bytes, start, end, 'ing'));
}

/** `req-abc123`, `req_7`, `request-550e8400`: an id that says what it is of; and chi's, `web1/p1ELFJakxq-000001`. */
export function isRequestId(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 18 && bytes[end - 18] === Byte.SLASH && bytes[end - 7] === Byte.DASH) return skipDigits(bytes, end - 6, end) === end && isSimpleName(bytes, end - 17, end - 7);
  if (!startsWith(bytes, start, end, 'req')) return false;
  const mark = startsWith(bytes, start, end, 'request') ? start + 7 : start + 3;
  if (bytes[mark] !== Byte.DASH && bytes[mark] !== Byte.UNDERSCORE) return false;
  let digits = 0;
  for (let at = mark + 1; at < end; at++) {
    if (isDigit(bytes[at])) digits++;
    else if (!isLetter(bytes[at]) && bytes[at] !== Byte.DASH) return false;
  }
  return digits > 0;
}

/** Whether 36 bytes at `at` have the shape of a UUID. */
export function isUuid(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 8] === Byte.DASH && bytes[at + 13] === Byte.DASH && bytes[at + 18] === Byte.DASH && bytes[at + 23] === Byte.DASH && isHexId(bytes, at, at + 36);
}

export function equals(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === text.length && endsWith(bytes, start, end, text);
}

export function startsWith(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return start + text.length <= end && endsWith(bytes, start, start + text.length, text);
}

export function endsWith(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  let at = end - text.length;
  if (at < start) return false;
  for (let index = 0; index < text.length; index++, at++) if (bytes[at] !== text.charCodeAt(index)) return false;
  return true;
}

function hasExtensionAndSlash(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === Byte.SLASH || holds(bytes, start, end, Byte.SLASH) && hasExtension(bytes, start, end);
}

function isNameByte(byte: number): boolean {
  return isWord(byte) || byte === Byte.DOT || byte === Byte.DASH || byte === Byte.SLASH || byte === Byte.DOLLAR || byte === Byte.AT
    || byte === Byte.HASH || byte === 126;
}

/** Words that names of threads have in them, each with a number of its own. */
const THREAD_WORDS = ['thread', 'worker', 'scheduler', 'executor', 'pool-'];
const MAY_BEGIN = Uint8Array.from({ length: 256 }, (_, byte) => THREAD_WORDS.findIndex((word) => word.charCodeAt(0) === (byte | 32)) + 1);

function hasThreadWord(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at + 5 <= end; at++) {
    const number = MAY_BEGIN[bytes[at] as number] as number;
    if (number === 0) continue;
    const word = THREAD_WORDS[number - 1] as string;
    let index = 1;
    while (index < word.length && at + index < end && ((bytes[at + index] as number) | 32) === word.charCodeAt(index)) index++;
    if (index === word.length) return true;
  }
  return false;
}

function endsWithCounter(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end - 1;
  while (at > start && isDigit(bytes[at])) at--;
  const byte = bytes[at];
  return at < end - 1 && (byte === Byte.DASH || byte === Byte.HASH || byte === Byte.COLON || byte === Byte.SPACE || byte === Byte.PIPE);
}

function isHexId(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 8) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (!isDigit(byte) && byte !== Byte.DASH && !(((byte | 32) >= 97) && ((byte | 32) <= 102))) return false;
  }
  return true;
}
