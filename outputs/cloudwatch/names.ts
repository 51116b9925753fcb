import { memberOf, type Member } from '../json-members.ts';
import type { LogEvents } from './events.ts';

/** A log group or stream; `{service}` stands for a field of the record. */
export interface NameTemplate {
  /** Text and field names in turn, text first. */
  readonly texts: readonly string[];
  readonly fields: readonly Buffer[];
}

/** What a record that has no such field is filed under. */
const UNKNOWN = 'unknown';
const LONGEST = 512;

export function nameTemplate(text: string): NameTemplate {
  const parts = text.split(/\{([^{}]*)\}/);
  return { texts: parts.filter((_, at) => at % 2 === 0), fields: parts.filter((_, at) => at % 2 === 1).map((name) => Buffer.from(name)) };
}

/** Where events go: records with the same group and stream. */
export interface Place {
  readonly group: string;
  readonly stream: string;
  readonly positions: number[];
}

/** Sorts the events that are to be sent by group and stream. */
export function placesOf(events: LogEvents, positions: readonly number[], group: NameTemplate, stream: NameTemplate): Place[] {
  const fields = [...group.fields, ...stream.fields];
  const places = new Map<string, Place>();
  let last: { place: Place; values: (Member | undefined)[] } | undefined;
  for (const position of positions) {
    const values = fields.map((field) => memberOf(events.body, events.starts[position] as number, events.ends[position] as number, field));
    if (last === undefined || !values.every((value, at) => isSame(events.body, value, last?.values[at]))) {
      const texts = values.map((value) => textOf(events.body, value));
      const name = { group: groupName(fill(group, texts)), stream: streamName(fill(stream, texts.slice(group.fields.length))) };
      const key = `${name.group}:${name.stream}`; // neither has a colon
      const place = places.get(key) ?? { ...name, positions: [] };
      places.set(key, place);
      last = { place, values };
    }
    last.place.positions.push(position);
  }
  return [...places.values()];
}

/** Most records of a batch are of one host and service: comparing bytes saves making the names again. */
function isSame(body: Uint8Array, a: Member | undefined, b: Member | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.end - a.start !== b.end - b.start) return false;
  for (let i = 0; i < a.end - a.start; i++) if (body[a.start + i] !== body[b.start + i]) return false;
  return true;
}

function textOf(body: Uint8Array, value: Member | undefined): string {
  if (value === undefined) return UNKNOWN;
  const json = Buffer.from(body.subarray(value.start, value.end)).toString();
  const parsed: unknown = JSON.parse(json);
  return (typeof parsed === 'string' ? parsed : json) || UNKNOWN;
}

function fill({ texts }: NameTemplate, values: readonly string[]): string {
  return texts.map((text, at) => (at === 0 ? text : `${values[at - 1] ?? ''}${text}`)).join('');
}

/** "CreateLogGroup": 1 to 512 of these characters, and `aws/` in front is AWS's own. */
function groupName(name: string): string {
  return name.replace(/[^\w\-/.#]/g, '_').replace(/^aws\//, 'aws_').slice(0, LONGEST);
}

/** "CreateLogStream": 1 to 512 characters, no `:` and no `*`. */
function streamName(name: string): string {
  return name.replace(/[:*\p{Cc}]/gu, '_').slice(0, LONGEST).replace(/[\ud800-\udbff]$/, '');
}
