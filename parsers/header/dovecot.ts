import { Field } from '../../agent/fields.ts';
import { Byte, isBlank, skipDigits } from '../values/bytes.ts';
import { isSimpleName } from '../values/names.ts';
import { isLevelNext } from './levels.ts';
import type { Header } from './state.ts';

const LONGEST = 128;

/**
 * Dovecot's service and what it works for, in front of the level: `log(77): Warning: `, `imap(bob)<77><session>: Info: `. The
 * service's name stands at [at, to). The position behind, or -1. https://doc.dovecot.org/admin_manual/logging/
 */
export function readService(header: Header, at: number, to: number): number {
  const { bytes, end, event } = header;
  if (event.has(Field.logger) || !isSimpleName(bytes, at, to)) return -1;
  const digits = skipDigits(bytes, to + 1, end);
  if (bytes[digits] === Byte.CLOSE_PAREN && digits > to + 1) {
    if (!isFollowed(header, digits + 1) || !header.process(to + 1, digits)) return -1;
    header.logger(at, to);
    return digits + 1;
  }
  const user = closeOf(header, to, Byte.CLOSE_PAREN);
  const pid = user < 0 ? -1 : closeOf(header, user + 1, Byte.GREATER);
  const session = pid < 0 ? -1 : closeOf(header, pid + 1, Byte.GREATER);
  if (session < 0 || bytes[user + 1] !== Byte.LESS || bytes[pid + 1] !== Byte.LESS || skipDigits(bytes, user + 2, end) !== pid || !isFollowed(header, session + 1) || !header.process(user + 2, pid)) return -1;
  header.logger(at, to);
  header.span(Field.user_id, to + 1, user);
  header.span(Field.session_id, pid + 2, session);
  return session + 1;
}

function isFollowed(header: Header, at: number): boolean {
  return header.bytes[at] === Byte.COLON && isLevelNext(header, at);
}

/** Where the bracket closes that opens at `at`, with no blank in it; -1: it does not. */
function closeOf(header: Header, at: number, closer: number): number {
  const { bytes } = header;
  const limit = Math.min(header.end, at + LONGEST);
  let to = at + 1;
  while (to < limit && bytes[to] !== closer && !isBlank(bytes[to]) && bytes[to] !== Byte.NEWLINE) to++;
  return to < limit && bytes[to] === closer ? to : -1;
}
