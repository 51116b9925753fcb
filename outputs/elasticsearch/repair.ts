import { memberAt } from '../json-members.ts';
import type { ItemVerdict } from '../output.ts';

const [NEWLINE, QUOTE] = [0x0a, 0x22];
/** How both servers word that a field has a value of another kind than its mapping. Other refusals name no field that could give way. */
const CONFLICT = /failed to parse field \[([^\]]+)\]|object mapping for \[([^\]]+)\] tried to parse field|mapper \[([^\]]+)\] cannot be changed from type/;
/** What the name of a field becomes whose value is kept as text. */
const SUFFIX = '_text';

/** Records that were refused for one field, with that field as text under another name. `places`: theirs in the batch. */
export interface Repaired {
  readonly places: readonly number[];
  readonly body: Buffer<ArrayBuffer>;
}

/** Of a bulk body and its verdicts; undefined: nothing in it can be repaired. */
export function repair(body: Uint8Array<ArrayBuffer>, items: readonly ItemVerdict[]): Repaired | undefined {
  const source = Buffer.from(body.buffer, body.byteOffset, body.length);
  const places: number[] = [];
  const pieces: Uint8Array[] = [];
  let at = 0;
  items.forEach((item, place) => {
    const start = source.indexOf(NEWLINE, at) + 1;
    const end = source.indexOf(NEWLINE, start) < 0 ? source.length : source.indexOf(NEWLINE, start) + 1;
    const field = item.kind === 'rejected' ? conflictOf(item.reason) : undefined;
    const document = field === undefined ? undefined : asText(source, start, end, field);
    if (document !== undefined) {
      places.push(place);
      pieces.push(source.subarray(at, start), ...document);
    }
    at = end;
  });
  return places.length === 0 ? undefined : { places, body: Buffer.concat(pieces) };
}

/** The field that a refusal is about. */
export function conflictOf(reason: string): string | undefined {
  const [, ...fields] = CONFLICT.exec(reason) ?? [];
  return fields.find((field) => field !== undefined);
}

/** The pieces of a document whose `field` is text now, and called otherwise; undefined: it has no such field. */
function asText(source: Buffer, start: number, end: number, field: string): Uint8Array[] | undefined {
  const member = memberAt(source, start, end, field.split('.'));
  if (member === undefined) return undefined;
  const { keyStart, start: valueStart, end: valueEnd } = member;
  const keyEnd = source.indexOf(QUOTE, keyStart + 1); // of the plain key that was looked for
  const key = Buffer.from(`${source.toString('utf8', keyStart, keyEnd)}${SUFFIX}":`);
  if (source.subarray(start, end).includes(key)) return undefined; // that name is taken, here or elsewhere in it
  const value = source.subarray(valueStart, valueEnd);
  const text = value[0] === QUOTE ? value : Buffer.from(JSON.stringify(value.toString()));
  return [source.subarray(start, keyStart), key, text, source.subarray(valueEnd, end)];
}
