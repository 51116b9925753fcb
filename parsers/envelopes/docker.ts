import type { EnvelopeLine } from '../../agent/records/envelope.ts';
import { Byte } from '../values/bytes.ts';
import { stringEnd } from '../values/json-scan.ts';
import { isEnvelopeTime } from './time.ts';

const [LETTER_N, BACKSLASH] = [0x6e, 0x5c];
const [LOG, STDOUT, STDERR, ATTRS, TIME] = ['{"log":', ',"stream":"stdout"', ',"stream":"stderr"', ',"attrs":', ',"time":"'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer, Buffer, Buffer];

/**
 * Docker's json-file: `{"log":"TEXT\n","stream":"stdout","attrs":{…},"time":"…"}`, keys in that order and without blanks, as
 * its one writer puts them. A text without a newline at its end goes on in the next line of its stream.
 */
export function readDocker(bytes: Uint8Array, start: number, end: number, line: EnvelopeLine): boolean {
  if (!startsWith(bytes, start, LOG)) return false;
  const text = start + LOG.length + 1;
  const textEnd = bytes[text - 1] === Byte.QUOTE ? stringEnd(bytes, text - 1, end) - 1 : -1;
  if (textEnd < 0) return false;
  const stream = startsWith(bytes, textEnd + 1, STDOUT) ? 1 : startsWith(bytes, textEnd + 1, STDERR) ? 2 : 0;
  if (stream === 0) return false;
  const attrs = textEnd + 1 + STDOUT.length;
  const time = startsWith(bytes, attrs, ATTRS) ? bytes.lastIndexOf(Byte.COMMA, end - 1) : attrs;
  const timeStart = time + TIME.length;
  if (time < attrs || !startsWith(bytes, time, TIME) || bytes[end - 2] !== Byte.QUOTE || bytes[end - 1] !== Byte.CLOSE_BRACE || !isEnvelopeTime(bytes, timeStart, end - 2)) return false;
  const isWhole = endsInNewline(bytes, text, textEnd);
  line.bare(text, isWhole ? textEnd - 2 : textEnd);
  line.stream = stream;
  line.partial = !isWhole;
  line.escaped = bytes.subarray(text, line.textEnd).includes(BACKSLASH);
  line.timeStart = timeStart;
  line.timeEnd = end - 2;
  line.streamStart = attrs - 7;
  if (time > attrs) {
    line.extraStart = attrs + 1;
    line.extraEnd = time;
  }
  return true;
}

/** Whether the text ends with an escaped newline: `\n`, not `\\n`. */
function endsInNewline(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || bytes[end - 1] !== LETTER_N) return false;
  let at = end - 2;
  while (at >= start && bytes[at] === BACKSLASH) at--;
  return (end - 2 - at) % 2 === 1;
}

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}
