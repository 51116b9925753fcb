import type { Float } from './bytes.ts';

/** What a reader of times has to know beside the text. The pipeline sets it once per chunk. */
export interface TimeContext {
  /** IANA name of the zone of times that have none; absent: the host's. */
  readonly zone?: string | undefined;
  /** When the chunk was read, in ms. */
  readonly nowMs: number;
  /** A moment near which a time lies that has no date or no year: when the envelope was written, or else `nowMs`. */
  readonly fallbackDateMs: number;
}

const QUARTER_MS = 900_000; // offsets change at quarters of an hour at the earliest
const DAY_MS = 86_400_000;
const HOST = '';

let context: TimeContext = { nowMs: Date.now(), fallbackDateMs: Date.now() }; // until the pipeline says
let zone = HOST;
let format: Intl.DateTimeFormat | undefined;
// The last answer: lines come in the order of time, so nearly every one lies in the same quarter of an hour.
let knownQuarter = NaN;
let knownOffset = 0;

/** Sets zone and clock for the lines to come. Throws a RangeError for a zone that doesn't exist. */
export function setTimeContext(next: TimeContext): void {
  context = next;
  const name = next.zone ?? HOST;
  if (name === zone && (format !== undefined || name === HOST)) return;
  format = name === HOST ? undefined : formatOf(name);
  zone = name;
  knownQuarter = NaN;
}

export function timeContext(): TimeContext {
  return context;
}

/** Whether nothing is known of the time of the lines but when they were read. */
export function isReadTime(): boolean {
  return context.fallbackDateMs === context.nowMs;
}

/** The year of the fallback, UTC. */
export function fallbackYear(): number {
  return new Date(context.fallbackDateMs).getUTCFullYear();
}

/** See TimeContext. */
export function fallbackDateMs(): Float {
  return context.fallbackDateMs;
}

/**
 * Minutes between UTC and the clock on the wall that shows `wallMs` (as if it were UTC) in the zone of the context. At
 * the autumn overlap the first of the two; in the gap of spring the offset before it, so that the moment is the right one.
 */
export function localOffset(wallMs: Float): Float {
  const quarter = Math.floor(wallMs / QUARTER_MS);
  if (quarter === knownQuarter) return knownOffset;
  knownOffset = offsetOfWall(wallMs);
  knownQuarter = quarter;
  return knownOffset;
}

/** Minutes between UTC and the zone of the context at a moment. */
export function offsetAt(ms: Float): Float {
  if (format === undefined) return -new Date(ms).getTimezoneOffset();
  return Math.round((wallOf(format, ms) - Math.floor(ms / 1000) * 1000) / 60_000);
}

/**
 * Minutes from UTC by abbreviation, where it means one thing to nearly everyone. NaN: it is a zone, but of several
 * places, so the zone of the context is the better guess.
 */
const ZONE_NAMES: readonly (readonly [name: string, offset: number])[] = [
  ['UTC', 0], ['GMT', 0], ['WET', 0], ['WEST', 60], ['BST', 60], ['CET', 60], ['CEST', 120], ['MEZ', 60], ['MESZ', 120], ['EET', 120],
  ['EEST', 180], ['MSK', 180], ['SAST', 120], ['JST', 540], ['KST', 540], ['HKT', 480], ['SGT', 480], ['AWST', 480], ['ACST', 570],
  ['AEST', 600], ['AEDT', 660], ['NZST', 720], ['NZDT', 780], ['EST', -300], ['EDT', -240], ['CDT', -300], ['MST', -420], ['MDT', -360],
  ['PST', -480], ['PDT', -420], ['AKST', -540], ['AKDT', -480], ['HST', -600], ['BRT', -180], ['CST', NaN], ['IST', NaN],
];
/** The abbreviations, five bits a letter, and beside them their minutes. */
export const ZONE_KEYS = ZONE_NAMES.map(([name]) => Buffer.from(name).reduce((packed, letter) => packed * 32 + (letter & 31), 0));
export const ZONE_OFFSETS = ZONE_NAMES.map(([, offset]) => offset);

function offsetOfWall(wallMs: number): number {
  const before = offsetAt(wallMs - DAY_MS);
  const after = offsetAt(wallMs + DAY_MS);
  if (before === after) return before;
  if (offsetAt(wallMs - before * 60_000) === before) return before;
  return offsetAt(wallMs - after * 60_000) === after ? after : before;
}

function formatOf(name: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  });
}

function wallOf(zoneFormat: Intl.DateTimeFormat, ms: number): number {
  const parts = new Map(zoneFormat.formatToParts(ms).map((part) => [part.type, Number(part.value)]));
  const get = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'));
}
