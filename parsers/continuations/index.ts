import type { Continuations } from '../../agent/records/record-cutter.ts';

const [TAB, SPACE, OPEN_BRACE, CLOSE_BRACE] = [0x09, 0x20, 0x7b, 0x7d];
const CAUSED_BY = Buffer.from('Caused by: ');

/** Which lines continue a record: those that are indented, and the causes of a Java trace. */
export const continuations: Continuations = {
  continues(bytes, first, last, start, end) {
    const byte = bytes[start];
    if (byte === TAB || byte === SPACE) return !isObject(bytes, first, last);
    return byte === CAUSED_BY[0] && startsWith(bytes, start, end, CAUSED_BY);
  },
  isClosed: isObject,
};

/** A JSON object on one line is whole. */
function isObject(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === OPEN_BRACE && bytes[end - 1] === CLOSE_BRACE;
}

function startsWith(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}
