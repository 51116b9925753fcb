import { byteOrderMark } from './decoding/byte-order-mark.ts';
import type { Encoding } from './decoding/names.ts';

/** What a file is, by its first bytes. */
export type FileKind = { readonly kind: 'text' } | { readonly kind: 'compressed' | 'binary'; readonly what: string };

/** How much of a file is looked at, in bytes: twice what git looks at. */
export const SAMPLE_BYTES = 16_384;
const MOST_CONTROL = 0.3;
/** Random and packed data is half of bytes beyond ASCII, and a tenth of control characters. Text of any encoding has one of them at most. */
const [SOME_CONTROL, MANY_HIGH] = [0.05, 0.25];
/** A run of NULs this long is a hole that a truncated file's writer left. */
const HOLE_BYTES = 512;

/** Beginnings of files that hold no lines, as latin1. file(1) knows them all by these. */
const MAGIC: readonly (readonly [string, 'compressed' | 'binary', string])[] = [
  ['\x1f\x8b', 'compressed', 'gzip'],
  ['\xfd7zXZ\0', 'compressed', 'xz'],
  ['\x28\xb5\x2f\xfd', 'compressed', 'zstd'],
  ['BZh', 'compressed', 'bzip2'],
  ['\x04\x22\x4d\x18', 'compressed', 'lz4'],
  ['PK\x03\x04', 'compressed', 'zip'],
  ['7z\xbc\xaf\x27\x1c', 'compressed', '7z'],
  ['\x7fELF', 'binary', 'an ELF program'],
  ['\xca\xfe\xba\xbe', 'binary', 'a Java class or Mach-O program'],
  ['\xcf\xfa\xed\xfe', 'binary', 'a Mach-O program'],
  ['\0asm', 'binary', 'WebAssembly'],
  ['\x89PNG\r\n', 'binary', 'a PNG image'],
  ['\xff\xd8\xff', 'binary', 'a JPEG image'],
  ['GIF8', 'binary', 'a GIF image'],
  ['%PDF-', 'binary', 'a PDF document'],
  ['SQLite format 3\0', 'binary', 'an SQLite database'],
  ['LPKSHHRH', 'binary', 'a systemd journal (pipe journalctl into shipper instead)'],
];

/**
 * Judges a file by its first SAMPLE_BYTES. Logs with some NULs, holes or broken UTF-8 are logs. `encoding`: what it is in,
 * if it has no byte order mark.
 */
export function fileKind(sample: Uint8Array, encoding: Encoding = 'utf-8'): FileKind {
  const head = Buffer.from(sample.buffer, sample.byteOffset, Math.min(sample.length, 512)).toString('latin1');
  for (const [magic, kind, what] of MAGIC) {
    if (head.startsWith(magic) && (magic !== 'BZh' || /^BZh[1-9]1AY&SY/.test(head))) return { kind, what };
  }
  if (head.startsWith('ustar', 257)) return { kind: 'binary', what: 'a tar archive' };
  const given = byteOrderMark(sample)?.encoding ?? encoding;
  if (!isBinary(given.startsWith('utf-16') ? narrowed(sample, given) : sample)) return { kind: 'text' };
  const found = given === 'utf-8' ? UTF_16.find((other) => isWestern(narrowed(sample, other))) : undefined;
  return { kind: 'binary', what: found === undefined ? 'binary data' : `binary data, or ${found} without a byte order mark: then set its input's encoding` };
}

const UTF_16: readonly Encoding[] = ['utf-16le', 'utf-16be'];

/** UTF-16 as a byte for each unit: itself, or one that stands for all that are wider. */
function narrowed(sample: Uint8Array, encoding: Encoding): Uint8Array {
  const [low, high] = encoding === 'utf-16le' ? [0, 1] : [1, 0];
  return Uint8Array.from({ length: sample.length >> 1 }, (_, unit) => (sample[2 * unit + high] === 0 ? (sample[2 * unit + low] ?? 0) : 0xff));
}

/** Text that has mostly what Latin-1 has: nothing else of UTF-16 can be told from noise. */
function isWestern(narrow: Uint8Array): boolean {
  return !isBinary(narrow) && narrow.filter((unit) => unit < 0xff).length > narrow.length / 2;
}

function isBinary(sample: Uint8Array): boolean {
  const { control, high, total } = countBytes(sample);
  return control > total * MOST_CONTROL || (control > total * SOME_CONTROL && high > total * MANY_HIGH);
}

/** Bytes that no text has: not TAB to CR, nor ESC, which colours begin with. 1 stands for one. */
const CONTROL = Uint8Array.from({ length: 256 }, (_, byte) => ((byte < 32 && (byte < 9 || byte > 13) && byte !== 27) || byte === 127 ? 1 : 0));

/** Counts bytes that no text has, and those beyond ASCII, leaving out holes. Plain, since it sees so much of each file. */
function countBytes(sample: Uint8Array): { control: number; high: number; total: number } {
  let control = 0;
  let high = 0;
  let inHoles = 0;
  for (let at = 0; at < sample.length; at++) {
    const byte = sample[at] as number;
    control += CONTROL[byte] as number;
    high += byte >> 7;
    if (byte !== 0) continue;
    const nuls = endOfNuls(sample, at) - at;
    if (nuls < HOLE_BYTES) control += nuls - 1;
    else {
      control--; // the one that was counted
      inHoles += nuls;
    }
    at += nuls - 1;
  }
  return { control, high, total: sample.length - inHoles };
}

function endOfNuls(sample: Uint8Array, from: number): number {
  let at = from;
  while (at < sample.length && sample[at] === 0) at++;
  return at;
}
