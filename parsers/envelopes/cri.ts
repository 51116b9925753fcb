import type { EnvelopeLine } from '../../agent/records/envelope.ts';
import { Byte } from '../values/bytes.ts';
import { isEnvelopeTime, LONGEST_TIME, SHORTEST_TIME } from './time.ts';

const [LETTER_P, LETTER_F] = [0x50, 0x46];
const STDOUT = Buffer.from('stdout ');
const STDERR = Buffer.from('stderr ');

/**
 * Kubernetes' container logs as containerd and CRI-O write them: `TIME stdout|stderr TAGS TEXT`. The first tag is F, or P
 * when the application's line goes on in the next one of its stream. A line may end behind its tags.
 */
export function readCri(bytes: Uint8Array, start: number, end: number, line: EnvelopeLine): boolean {
  let at = start + SHORTEST_TIME;
  const limit = Math.min(end, start + LONGEST_TIME + 1);
  while (at < limit && bytes[at] !== Byte.SPACE) at++;
  if (bytes[at] !== Byte.SPACE || !isEnvelopeTime(bytes, start, at)) return false;
  const stream = startsWith(bytes, at + 1, STDOUT) ? 1 : startsWith(bytes, at + 1, STDERR) ? 2 : 0;
  const tag = at + 8;
  if (stream === 0 || tag >= end || (bytes[tag] !== LETTER_P && bytes[tag] !== LETTER_F)) return false;
  let text = tag + 1;
  if (text < end && bytes[text] === Byte.COLON) while (text < end && bytes[text] !== Byte.SPACE) text++;
  if (text < end && bytes[text] !== Byte.SPACE) return false;
  line.bare(Math.min(end, text + 1), end);
  line.stream = stream;
  line.partial = bytes[tag] === LETTER_P;
  line.timeStart = start;
  line.timeEnd = at;
  line.streamStart = at + 1;
  return true;
}

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}
