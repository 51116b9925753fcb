import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { access } from './access.ts';
import { dotnetConsole } from './dotnet-console.ts';
import { audit } from './audit.ts';
import { cef } from './cef.ts';
import { erlang } from './erlang.ts';
import { headerParser } from './header.ts';
import { journalText } from './journal-text.ts';
import { json } from './json.ts';
import { klog } from './klog.ts';
import { logfmt } from './logfmt.ts';
import { nginxError } from './nginx-error.ts';
import type { Parser } from './parser.ts';
import { postgresCsv } from './postgres-csv.ts';
import { mysqlSlow } from './mysql-slow.ts';
import { npm } from './npm.ts';
import { php } from './php.ts';
import { plain } from './plain.ts';
import { python } from './python.ts';
import { redis } from './redis.ts';
import { ruby } from './ruby.ts';
import { slapd } from './slapd.ts';
import { stderr } from './stderr.ts';
import { syslog } from './syslog.ts';
import { syslog5424 } from './syslog5424.ts';
import { uwsgi } from './uwsgi.ts';
import { vsftpd } from './vsftpd.ts';
import { Byte } from './values/bytes.ts';
import { isDated } from './values/dated.ts';

const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const WEEKDAYS = 'MTWFS';
const MONTHS = 'JFMASOND';
const ANY = '';

/**
 * All formats, the strictest first, with the bytes a record of each can begin with. The first one that reads a record
 * has it: whatever stood in the lines before plays no part.
 */
const ORDER: readonly (readonly [Parser, string])[] = [
  [json, '{'],
  [journalText, `_${WEEKDAYS}`],
  [dotnetConsole, 'tdiwfc'],
  [syslog5424, '<'],
  [syslog, `<${MONTHS}`],
  [klog, 'IWEFD'],
  [ruby, 'DIWEFA'],
  [python, 'DIWECNF'],
  [redis, `${DIGITS}[`],
  [erlang, '='],
  [nginxError, DIGITS],
  [php, '[PF'],
  [mysqlSlow, '#'],
  [uwsgi, '['],
  [vsftpd, WEEKDAYS],
  [slapd, HEX],
  [npm, 'n'],
  [cef, 'CL'],
  [audit, 't'],
  [access, ANY],
  [postgresCsv, DIGITS],
  [logfmt, ANY],
  [headerParser, ANY],
  [stderr, ANY],
  [plain, ANY],
];

export const PARSERS: readonly Parser[] = ORDER.map(([parser]) => parser);

/** Whether the record at [start, end) may be the parser's, by what it begins with. */
export function mayBegin(parser: Parser, bytes: Uint8Array, start: number, end: number): boolean {
  return candidatesAt(bytes, start, end).includes(parser);
}

/** By first byte: the parsers that may read the record. */
const CANDIDATES: readonly (readonly Parser[])[] = Array.from({ length: 256 }, (_, byte) =>
  ORDER.filter(([, first]) => first === ANY || first.includes(String.fromCharCode(byte))).map(([parser]) => parser));

/** Those that may read a record with a date in front, `2026-11-22`: what it stands in front of has no grammar of its own. */
const DATED: readonly Parser[] = [postgresCsv, headerParser, plain];

function candidatesAt(bytes: Uint8Array, start: number, end: number): readonly Parser[] {
  if (bytes[start + 4] === Byte.DASH && isDated(bytes, start, end)) return DATED;
  return CANDIDATES[bytes[start] ?? 0] ?? PARSERS;
}

/** Reads the record at [start, end) of `chunk` into `event`, which was begun for it. Always succeeds: at worst it is plain text. */
export function parseRecord(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const stop = end > start && chunk.bytes[end - 1] === Byte.RETURN ? end - 1 : end;
  const candidates = candidatesAt(chunk.bytes, start, stop);
  for (let index = 0; index < candidates.length; index++) {
    if (parseWith(candidates[index] ?? plain, chunk, start, stop, event)) return;
  }
}

/** Reads a record with one parser, for inputs whose `format` is configured; false and nothing set when it is not its. */
export function parseWith(parser: Parser, chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  event.rule = parser.name;
  if (parser.parse(chunk, start, end, event)) {
    event.format = parser.name;
    return true;
  }
  if (event.present !== 0 || event.blocked !== 0 || event.memberCount !== 0) event.reset();
  return false;
}
