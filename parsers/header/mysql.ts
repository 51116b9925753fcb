import { Field } from '../../agent/fields.ts';
import { Byte, isLetter, isLower, skipBlanks, skipDigits } from '../values/bytes.ts';
import { Level } from '../../agent/levels.ts';
import { levelAt } from '../values/levels.ts';
import { equals } from '../values/names.ts';
import type { Header } from './state.ts';

/**
 * What follows the time in the error log of MySQL and MariaDB: `0 [System] [MY-010116] [Server] text`, `8 [Warning]
 * text`: the number is a connection. The position of the text, or -1.
 * https://dev.mysql.com/doc/refman/8.4/en/error-log-format.html
 */
export function readMysql(header: Header, at: number): number {
  const { bytes, end } = header;
  const digits = skipDigits(bytes, at, end);
  const level = skipBlanks(bytes, digits, end) + 1;
  if (digits === at || digits === level - 1 || bytes[level - 1] !== Byte.OPEN_BRACKET) return -1;
  let to = level;
  while (to < end && isLetter(bytes[to])) to++;
  const code = equals(bytes, level, to, 'System') ? Level.info : levelAt(bytes, level, to);
  if (code < 0 || bytes[to] !== Byte.CLOSE_BRACKET) return -1;
  const hasCode = bytes[to + 2] === Byte.OPEN_BRACKET && bytes[to + 3] === 77 && bytes[to + 4] === 89 && bytes[to + 5] === Byte.DASH;
  const isNobodys = digits === at + 1 && bytes[at] === Byte.ZERO; // MariaDB's own threads: no process has this number
  if (!hasCode && !isNobodys && !isLower(bytes[level + 1])) return -1;
  header.span(Field.thread, at, digits);
  header.level(code, level, to);
  return hasCode ? readSubsystem(header, to + 3) : to + 1;
}

/** `MY-010116] [Server]`: the code stays in the text, as people search for it there. */
function readSubsystem(header: Header, code: number): number {
  const { bytes, end } = header;
  const digits = skipDigits(bytes, code + 3, end);
  if (bytes[digits] !== Byte.CLOSE_BRACKET || bytes[digits + 2] !== Byte.OPEN_BRACKET) return code - 1;
  let to = digits + 3;
  while (to < end && isLetter(bytes[to])) to++;
  if (bytes[to] === Byte.CLOSE_BRACKET) header.logger(digits + 3, to);
  return code - 1;
}
