// Names of months and weekdays, in English, whole or their first three letters, in whatever case.
const MONTH_NAMES = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const MONTH_KEYS = MONTH_NAMES.map(keyOf);
const WEEKDAY_KEYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map(keyOf);

/** 1 to 12 for the month whose name begins at `at`; 0 when there is none. */
export function monthAt(bytes: Uint8Array, at: number): number {
  return MONTH_KEYS.indexOf(key(bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number)) + 1;
}

/** Where the name of `month`, 1 to 12, ends that begins at `at`: three letters, or all of it. */
export function monthEnd(bytes: Uint8Array, month: number, at: number, end: number): number {
  const name = MONTH_NAMES[month - 1] as string;
  let length = 3;
  while (length < name.length && at + length < end && ((bytes[at + length] as number) | 32) === name.charCodeAt(length)) length++;
  return length === name.length ? at + length : at + 3;
}

/** Whether the name of a day of the week begins at `at`. */
export function isWeekday(bytes: Uint8Array, at: number): boolean {
  return WEEKDAY_KEYS.includes(key(bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number));
}

/** Three letters, lower-cased, as one number. */
function key(a: number, b: number, c: number): number {
  return ((a | 32) << 16) | ((b | 32) << 8) | (c | 32);
}

function keyOf(name: string): number {
  return key(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2));
}
