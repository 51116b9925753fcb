import type { LogEvent } from '../../agent/event.ts';
import type { Field } from '../../agent/fields.ts';
import { isLetter } from '../values/bytes.ts';
import { findWord, hashBytes, wordTable } from '../values/word-table.ts';

/**
 * Sets a field to the short error phrase at [start, end) as a type: `DB timeout` becomes `database_timeout`. Not for what
 * is no short phrase: numbers and names in it would make every occurrence a type of its own.
 */
export function setSlug(bytes: Uint8Array, start: number, end: number, field: Field, event: LogEvent): void {
  if (!isPhrase(bytes, start, end)) return;
  const out = event.arena.bytes;
  const address = event.arena.scratchSpace(LONGEST_SLUG);
  if (address < 0) return;
  let to = address;
  for (let at = start; at < end; at++) {
    if (!isLetter(bytes[at])) continue;
    if (to > address) out[to++] = 0x5f;
    const wordStart = at;
    while (at < end && isLetter(bytes[at])) at++;
    const abbreviation = findWord(ABBREVIATED, hashBytes(bytes, wordStart, at));
    if (abbreviation === 0) for (let from = wordStart; from < at; from++) out[to++] = (bytes[from] as number) | 0x20;
    else {
      const full = FULL[abbreviation - 1] as string;
      for (let index = 0; index < full.length; index++) out[to++] = full.charCodeAt(index);
    }
  }
  event.arena.scratchShrink(to);
  event.at(field, address, to - address, start, end);
}

/** Two to four words of letters, with blanks, dashes, slashes or underscores between. */
function isPhrase(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > LONGEST || !isLetter(bytes[start]) || !isLetter(bytes[end - 1])) return false;
  let words = 1;
  for (let at = start; at < end; at++) {
    if (isLetter(bytes[at])) continue;
    if (BETWEEN[bytes[at] as number] === 0) return false;
    if (isLetter(bytes[at + 1])) words++;
  }
  return words > 1 && words < 5;
}

const LONGEST = 48;
/** Each of four words may become twelve letters longer. */
const LONGEST_SLUG = 128;
const BETWEEN = new Uint8Array(256);
for (const mark of ' -/_') BETWEEN[mark.charCodeAt(0)] = 1;

/** Abbreviations that everybody writes, and what they stand for. */
const ABBREVIATIONS = ['db', 'conn', 'auth', 'req', 'resp', 'svc', 'cfg', 'config', 'msg', 'svr', 'srv', 'perm', 'mem', 'pwd', 'cert'];
const FULL = ['database', 'connection', 'authentication', 'request', 'response', 'service', 'configuration', 'configuration', 'message', 'server', 'server', 'permission', 'memory', 'password', 'certificate'];
const ABBREVIATED = wordTable(new Map(ABBREVIATIONS.map((word, index) => [word, index + 1])));
