const DURATION_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const SIZE_BYTES = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 } as const;

/** A duration as an option takes it: `500ms`, `1.5s`, `1m30s`. A bare number is refused: nobody knows its unit. */
export const DURATION = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

/** A size in bytes as an option takes it: `2MiB`, `10 MB`, `65536`. */
export const SIZE = /^\d+(\.\d+)? ?([kKmMgG]?[bB]|[kKmMgG]i[bB])?$/;

/** Milliseconds of a text that matches DURATION. */
export function durationMs(text: string): number {
  let ms = 0;
  for (const [, digits, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    ms += Number(digits) * DURATION_MS[unit as keyof typeof DURATION_MS];
  }
  return Math.round(ms);
}

/** Bytes of a text that matches SIZE. */
export function sizeBytes(text: string): number {
  const digits = parseFloat(text);
  const unit = text.replace(/^[\d.]+ ?/, '').toLowerCase();
  return Math.round(digits * SIZE_BYTES[unit as keyof typeof SIZE_BYTES]);
}

/** Milliseconds for people: `20s`, `1m30s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = (ms % 60_000) / 1_000;
  return `${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 || minutes === 0 ? `${seconds}s` : ''}`;
}

/** Bytes for people: `2MiB`, `1.5KiB`, `17B`. */
export function formatSize(bytes: number): string {
  const unit = (['GiB', 'MiB', 'KiB'] as const).find((name) => bytes >= SIZE_BYTES[lower(name)]);
  if (unit === undefined) return `${bytes}B`;
  return `${Math.round((bytes / SIZE_BYTES[lower(unit)]) * 10) / 10}${unit}`;
}

function lower<T extends string>(text: T): Lowercase<T> {
  return text.toLowerCase() as Lowercase<T>; // what toLowerCase does, its type does not say
}
