import { Byte, isDigit } from '../values/bytes.ts';

/** `2026-11-23T00:04:15Z`, and with nine digits of a fraction and an offset. */
export const [SHORTEST_TIME, LONGEST_TIME] = [20, 35];

/** Whether [start, end) is a time as container runtimes write them: RFC 3339, with none to nine digits of a fraction. */
export function isEnvelopeTime(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SHORTEST_TIME || end - start > LONGEST_TIME) return false;
  for (let at = 0; at < 19; at++) {
    const mark = MARKS[at] as number;
    if (mark === 0 ? !isDigit(bytes[start + at]) : bytes[start + at] !== mark) return false;
  }
  let at = start + 19;
  if (bytes[at] === Byte.DOT) for (at++; at < end && isDigit(bytes[at]); ) at++;
  if (bytes[at] === LETTER_Z) return at + 1 === end;
  return (bytes[at] === Byte.PLUS || bytes[at] === Byte.DASH) && at + 6 === end && bytes[at + 3] === Byte.COLON;
}

const LETTER_Z = 0x5a;
/** What must stand between the digits, by position. */
const MARKS = [...'0000-00-00T00:00:00'].map((letter) => (letter === '0' ? 0 : letter.charCodeAt(0)));
