// AssemblyScript. What portable TypeScript finds in place of the classes of JavaScript: see translate.mjs.

/** In place of a Uint8Array: an address, positions count from it. Constants have their length in front, texts a number before that. */
@unmanaged class Bytes {
  // @ts-ignore: decorator
  @inline @operator("[]") get(at: i32): i32 { return load<u8>(changetype<usize>(this) + at); }
  // @ts-ignore: decorator
  @inline @operator("[]=") set(at: i32, value: i32): void { store<u8>(changetype<usize>(this) + at, <u8>value); }
  // @ts-ignore: decorator
  @inline get length(): i32 { return load<i32>(changetype<usize>(this) - 4); }
  // @ts-ignore: decorator
  @inline charCodeAt(at: i32): i32 { return load<u8>(changetype<usize>(this) + at); }
  // @ts-ignore: decorator
  @inline get number(): i32 { return load<i32>(changetype<usize>(this) - 8); }
  indexOf(value: i32, from: i32): i32 {
    let at = from;
    while (load<u8>(changetype<usize>(this) + at) != <u8>value) at++;
    return at;
  }
}

/** In place of an Int32Array. Constants have their length in front. */
@unmanaged class Ints {
  // @ts-ignore: decorator
  @inline @operator("[]") get(at: i32): i32 { return load<i32>(changetype<usize>(this) + (<usize>at << 2)); }
  // @ts-ignore: decorator
  @inline @operator("[]=") set(at: i32, value: i32): void { store<i32>(changetype<usize>(this) + (<usize>at << 2), value); }
  indexOf(value: i32): i32 {
    for (let at = 0, length = load<i32>(changetype<usize>(this) - 4); at < length; at++) if (this[at] == value) return at;
    return -1;
  }
  // @ts-ignore: decorator
  @inline includes(value: i32): bool { return this.indexOf(value) >= 0; }
}

/** In place of a string[]. */
@unmanaged class Texts {
  // @ts-ignore: decorator
  @inline @operator("[]") get(at: i32): Bytes { return changetype<Bytes>(<usize>load<i32>(changetype<usize>(this) + (<usize>at << 2))); }
  // @ts-ignore: decorator
  @inline @operator("[]=") set(at: i32, value: Bytes): void { store<i32>(changetype<usize>(this) + (<usize>at << 2), <i32>changetype<usize>(value)); }
}

/** In place of a Float64Array. */
@unmanaged class Floats {
  // @ts-ignore: decorator
  @inline @operator("[]") get(at: i32): f64 { return load<f64>(changetype<usize>(this) + (<usize>at << 3)); }
  // @ts-ignore: decorator
  @inline @operator("[]=") set(at: i32, value: f64): void { store<f64>(changetype<usize>(this) + (<usize>at << 3), value); }
}
