import type { Charset } from './charset.ts';
import { MultiByte } from './multi-byte.ts';
import type { Encoding } from './names.ts';
import { SingleByte } from './single-byte.ts';
import { Utf16 } from './utf16.ts';

const EAST_ASIAN: readonly Encoding[] = ['shift_jis', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr'];
const known = new Map<Encoding, Charset>();

/** How to read an encoding; undefined: it is UTF-8, which needs no reading. */
export function charsetOf(encoding: Encoding): Charset | undefined {
  if (encoding === 'utf-8') return undefined;
  const charset = known.get(encoding) ?? open(encoding);
  known.set(encoding, charset);
  return charset;
}

function open(encoding: Encoding): Charset {
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return new Utf16(encoding === 'utf-16le');
  if (EAST_ASIAN.includes(encoding)) return new MultiByte(encoding);
  return new SingleByte(encoding === 'latin1' ? 'windows-1252' : encoding);
}
