import type { ByteWriter } from './byte-writer.ts';

const [BACKSLASH, U] = [0x5c, 0x75];
const REPLACEMENT = 0xfffd;
/** By the letter behind the backslash; any other stands for itself. */
const SHORT = new Map([...'bfnrt'].map((letter, i) => [letter.charCodeAt(0), [0x08, 0x0c, 0x0a, 0x0d, 0x09][i] ?? 0]));

/** Writes the inside of a JSON string as the UTF-8 it stands for: never more bytes than it has. Half a surrogate pair becomes U+FFFD. */
export function writeUnescaped(writer: ByteWriter, json: Buffer, start: number, end: number): void {
  const { bytes } = writer;
  let at = writer.at;
  while (start < end) {
    const byte = json[start++] as number;
    if (byte !== BACKSLASH) {
      bytes[at++] = byte;
      continue;
    }
    writer.at = at;
    start = writeEscape(writer, json, start);
    at = writer.at;
  }
  writer.at = at;
}

/** Writes the escape whose backslash is before `at`; gives the position behind it. */
function writeEscape(writer: ByteWriter, json: Buffer, at: number): number {
  const letter = json[at] as number;
  if (letter !== U) {
    writer.bytes[writer.at++] = SHORT.get(letter) ?? letter;
    return at + 1;
  }
  const unit = hex(json, at + 1);
  const second = isHigh(unit) && json[at + 5] === BACKSLASH && json[at + 6] === U ? hex(json, at + 7) : 0;
  const isPair = second >= 0xdc00 && second < 0xe000;
  writeCodePoint(writer, isPair ? 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00) : unit >= 0xd800 && unit < 0xe000 ? REPLACEMENT : unit);
  return at + (isPair ? 11 : 5);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function hex(json: Buffer, at: number): number {
  return parseInt(json.toString('latin1', at, at + 4), 16);
}

function writeCodePoint(writer: ByteWriter, code: number): void {
  writer.at += writer.bytes.write(String.fromCodePoint(code), writer.at);
}
