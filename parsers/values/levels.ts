import { Level } from '../../agent/levels.ts';
import { isLetter } from './bytes.ts';

/** Spellings of a level, folded. */
const STRONG: readonly (readonly [number, string])[] = [
  [Level.trace, 'trace trc trac trce finest finer vrb verbose'],
  [Level.debug, 'debug dbg dbug debg debug1 debug2 debug3 debug4 debug5'],
  [Level.info, 'info inf information informational notice noti'],
  [Level.warn, 'warn warning wrn'],
  [Level.error, 'error err erro eror severe'],
  [Level.fatal, 'fatal fata ftl critical crit emerg emergency'],
];

/** Spellings that are also ordinary words: a reader of prose must ask for more than the word. */
const WEAK: readonly (readonly [number, string])[] = [
  [Level.trace, 'spam t'],
  [Level.debug, 'fine config d v'],
  [Level.info, 'note log success i n'],
  [Level.warn, 'w'],
  [Level.error, 'fail e'],
  [Level.fatal, 'alert panic f c p'],
];

const SLOTS = 1024;
const WEAK_BIT = 8;
const SPELLINGS = [...STRONG.flatMap(([level, text]) => text.split(' ').map((word) => ({ word, code: level }))), ...WEAK.flatMap(([level, text]) => text.split(' ').map((word) => ({ word, code: level | WEAK_BIT })))];
/** All spellings in one, and where each begins in it; what each means. */
const TEXT: Uint8Array = Buffer.from(SPELLINGS.map(({ word }) => word).join(''));
const STARTS = starts(SPELLINGS.map(({ word }) => word.length));
const CODES = Int32Array.from(SPELLINGS, ({ code }) => code);
/** By hash: the number of a spelling, or -1. */
const BY_HASH = slots();

const LONGEST = Math.max(...SPELLINGS.map(({ word }) => word.length));

/** Position in LEVELS of the level that [start, end) spells in whatever case; -1 when it is none. */
export function levelAt(bytes: Uint8Array, start: number, end: number): number {
  const code = find(bytes, start, end);
  return code < 0 ? -1 : code & 7;
}

/** As `levelAt`, but -1 for words that are common in prose and for single letters. */
export function strongLevelAt(bytes: Uint8Array, start: number, end: number): number {
  const code = find(bytes, start, end);
  return code >= WEAK_BIT ? -1 : code;
}

/** Position in LEVELS of a syslog severity (RFC 5424, table 2): small is severe. */
export function levelOfSeverity(severity: number): number {
  return severity >= 0 && severity < SEVERITIES.length ? (SEVERITIES[severity] as number) : -1; // -1 as an index would be slow
}

const SEVERITIES = [Level.fatal, Level.fatal, Level.fatal, Level.error, Level.warn, Level.info, Level.info, Level.debug];

function find(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > LONGEST || end <= start) return -1;
  let slot = hash(bytes, start, end);
  for (let index = BY_HASH[slot] as number; index >= 0; index = BY_HASH[slot] as number) {
    if (same(index, bytes, start, end)) return CODES[index] as number;
    slot = (slot + 1) & (SLOTS - 1);
  }
  return -1;
}

function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = end - start;
  for (let at = start; at < end; at++) value = Math.imul(value, 31) + ((bytes[at] as number) | 32);
  return (value ^ (value >>> 10)) & (SLOTS - 1);
}

function same(index: number, bytes: Uint8Array, start: number, end: number): boolean {
  let from = STARTS[index] as number;
  if ((STARTS[index + 1] as number) - from !== end - start) return false;
  for (let at = start; at < end; at++, from++) {
    const byte = bytes[at] as number;
    if ((isLetter(byte) ? byte | 32 : byte) !== TEXT[from]) return false;
  }
  return true;
}

function starts(lengths: readonly number[]): Int32Array {
  const all = new Int32Array(lengths.length + 1);
  lengths.forEach((length, index) => { all[index + 1] = (all[index] as number) + length; });
  return all;
}

function slots(): Int32Array {
  const all = new Int32Array(SLOTS).fill(-1);
  for (let index = 0; index < CODES.length; index++) {
    let slot = hash(TEXT, STARTS[index] as number, STARTS[index + 1] as number);
    while (all[slot] !== -1) slot = (slot + 1) & (SLOTS - 1);
    all[slot] = index;
  }
  return all;
}
