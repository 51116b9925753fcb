// AssemblyScript: TypeScript compiled to WebAssembly. The plain version of the same loop, with the reasons, is
// ../encode-plain.ts; a test holds the two against each other.

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const ESCAPE: u8 = 0x1b;
const DASH: u8 = 0x2d;

/** Writes `count` pieces from `list` to `start`, and gives the end of what was written; marks count from `origin`. */
export function encode(list: usize, count: i32, start: usize, origin: usize): usize {
  let out = start;
  const stop = list + <usize>count * 12;
  for (let piece = list; piece < stop; piece += 12) {
    const address = <usize>load<u32>(piece);
    const length = <usize>load<u32>(piece, 4);
    const kind = load<u32>(piece, 8);
    if (kind == 0) out = copy(address, length, out);
    else if (kind == 1) out = quote(address, length, out);
    else if (kind == 5) store<u32>(address, <u32>(out - origin));
    else if (kind == 4) out = integer((<u64>length << 32) | <u64>address, out);
    else if (kind >= 8) {
      out = integer((<u64>(kind >> 8) << 32) | <u64>address, out);
      store<u8>(out, DASH);
      out = integer(<u64>length, out + 1);
    } else if (kind >= 6) out = leaves(address, length, out, kind == 7);
    else out = repair(address, length, out, kind == 3);
  }
  return out;
}

/** The leaves of a template, their values from the slots at `slots`. */
function leaves(template: usize, slots: usize, out: usize, repaired: bool): usize {
  const stop = template + 4 + <usize>load<u32>(template) * 28;
  for (let row = template + 4; row < stop; row += 28) {
    out = copy(<usize>load<u32>(row), <usize>load<u32>(row, 4), out);
    const as = load<u32>(row, 12);
    if (as == 4) {
      out = value(<usize>load<u32>(row, 16), <usize>load<u32>(row, 20), load<u32>(row, 24), out, repaired);
      continue;
    }
    const slot = slots + (<usize>load<u32>(row, 8) << 5);
    const address = <usize>load<u32>(slot);
    const length = <usize>load<u32>(slot, 4);
    if (as == 0) out = value(address, length, load<u32>(slot, 8), out, repaired);
    else if (as == 1) out = integer((<u64>load<u32>(slot, 24) << 32) | <u64>load<u32>(slot, 20), out);
    else {
      const query = <usize>load<u32>(slot, 28);
      if (as == 2) out = value(address, query, 0, out, repaired);
      else out = value(address + query + 1, length - query - 1, 0, out, repaired);
    }
  }
  return out;
}

// @ts-ignore: decorator
@inline
function value(address: usize, length: usize, kind: u32, out: usize, repaired: bool): usize {
  if (repaired) return repair(address, length, out, kind == 0);
  return kind == 0 ? quote(address, length, out) : copy(address, length, out);
}

// @ts-ignore: decorator
@inline
function copy(from: usize, length: usize, out: usize): usize {
  const end = out + length;
  while (out < end) {
    v128.store(out, v128.load(from));
    out += 16;
    from += 16;
  }
  return end;
}

// @ts-ignore: decorator
@inline
function quote(from: usize, length: usize, out: usize): usize {
  store<u8>(out++, QUOTE);
  const end = from + length;
  while (from < end) {
    const block = v128.load(from);
    v128.store(out, block);
    const special = i8x16.bitmask(v128.or(
      v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
      i8x16.lt_u(block, i8x16.splat(0x20)),
    ));
    const room = end - from;
    const clean = special == 0 ? <usize>16 : <usize>ctz(special);
    if (clean >= room) {
      out += room;
      break;
    }
    out += clean;
    from += clean;
    if (clean < 16) {
      const byte = load<u8>(from);
      if (byte == ESCAPE) {
        const after = colourEnd(from, end);
        if (after != 0) {
          from = after;
          continue;
        }
      }
      out = escape(byte, out);
      from++;
    }
  }
  store<u8>(out++, QUOTE);
  return out;
}

function escape(byte: u8, out: usize): usize {
  store<u8>(out, BACKSLASH);
  let short: u8 = 0;
  if (byte == QUOTE || byte == BACKSLASH) short = byte;
  else if (byte == 0x0a) short = 0x6e;
  else if (byte == 0x09) short = 0x74;
  else if (byte == 0x0d) short = 0x72;
  else if (byte == 0x08) short = 0x62;
  else if (byte == 0x0c) short = 0x66;
  if (short != 0) {
    store<u8>(out, short, 1);
    return out + 2;
  }
  store<u32>(out, 0x30303075, 1); // "u000"
  store<u8>(out, 0x30 + (byte >> 4), 4);
  const low = byte & 15;
  store<u8>(out, low < 10 ? 0x30 + low : 0x57 + low, 5);
  return out + 6;
}

/** Where a control sequence (`ESC [ parameters final`) that starts at `from` ends; 0 if none does. */
function colourEnd(from: usize, end: usize): usize {
  let at = from + 1;
  if (at >= end || load<u8>(at) != 0x5b) return 0;
  at++;
  while (at < end && load<u8>(at) >= 0x20 && load<u8>(at) <= 0x3f) at++;
  if (at >= end || load<u8>(at) < 0x40 || load<u8>(at) > 0x7e) return 0;
  return at + 1;
}

function integer(value: u64, out: usize): usize {
  if (value > 0xffffffff) {
    const high = value / 1_000_000_000;
    out = integer(high, out);
    return digitsOf(<u32>(value - high * 1_000_000_000), 9, out);
  }
  const low = <u32>value;
  let digits = 1;
  for (let limit: u64 = 10; limit <= value; limit *= 10) digits++;
  return digitsOf(low, digits, out);
}

/** The last `digits` digits of the value, with zeros in front. */
// @ts-ignore: decorator
@inline
function digitsOf(value: u32, digits: i32, out: usize): usize {
  const end = out + <usize>digits;
  for (let at = end; at > out; ) {
    const rest = value / 10;
    store<u8>(--at, 0x30 + <u8>(value - rest * 10));
    value = rest;
  }
  return end;
}

function repair(from: usize, length: usize, out: usize, quoted: bool): usize {
  const end = from + length;
  if (quoted) store<u8>(out++, QUOTE);
  while (from < end) {
    const byte = load<u8>(from);
    if (byte < 0x80) {
      if (!quoted) {
        store<u8>(out++, byte == 0x0a || byte == 0x0d ? 0x20 : byte);
        from++;
      } else if (byte == ESCAPE && colourEnd(from, end) != 0) {
        from = colourEnd(from, end);
      } else if (byte < 0x20 || byte == QUOTE || byte == BACKSLASH) {
        out = escape(byte, out);
        from++;
      } else {
        store<u8>(out++, byte);
        from++;
      }
      continue;
    }
    const width = sequence(from, end);
    if (width > 0) {
      for (let i = 0; i < width; i++) store<u8>(out++, load<u8>(from++));
    } else {
      store<u8>(out, 0xef);
      store<u8>(out, 0xbf, 1);
      store<u8>(out, 0xbd, 2);
      out += 3;
      from += <usize>-width;
    }
  }
  if (quoted) store<u8>(out++, QUOTE);
  return out;
}

/** Width of the UTF-8 sequence at `from` (lead byte >= 0x80), or minus the width of the broken part. */
function sequence(from: usize, end: usize): i32 {
  const lead = load<u8>(from);
  const width = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (width == 0) return -1;
  for (let i = 1; i < width; i++) {
    if (from + <usize>i >= end) return -i;
    const byte = load<u8>(from + <usize>i);
    let low: u8 = 0x80;
    let high: u8 = 0xbf;
    if (i == 1) {
      if (lead == 0xe0) low = 0xa0;
      else if (lead == 0xed) high = 0x9f;
      else if (lead == 0xf0) low = 0x90;
      else if (lead == 0xf4) high = 0x8f;
    }
    if (byte < low || byte > high) return -i;
  }
  return width;
}
