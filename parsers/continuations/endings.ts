import { Byte, isBlank } from '../values/bytes.ts';

/** Whether the line at [start, end) ends with a colon. */
export function endsWithColon(bytes: Uint8Array, start: number, end: number): boolean {
  return lastByte(bytes, start, end) === Byte.COLON;
}

/** A header whose text is to come: it ends with a colon or a dash. */
export function isOpenEnd(bytes: Uint8Array, start: number, end: number): boolean {
  const byte = lastByte(bytes, start, end);
  return byte === Byte.COLON || byte === Byte.DASH;
}

/**
 * Whether what begins at `start` was announced by the last line with text of the record that began at `first`, blank
 * lines aside: `During handling of the above exception, another exception occurred:`.
 */
export function isAnnounced(bytes: Uint8Array, first: number, start: number): boolean {
  let at = start - 1;
  while (at > first && (bytes[at] as number) <= Byte.SPACE) at--;
  return bytes[at] === Byte.COLON;
}

function lastByte(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = end - 1;
  while (at > start && isBlank(bytes[at])) at--;
  return bytes[at];
}
