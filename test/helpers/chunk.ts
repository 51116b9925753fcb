import { plainScanners } from '../../parsers/values/scanners.ts';
import { Arena } from '../../agent/arena.ts';
import type { Chunk } from '../../agent/chunk.ts';
import { LogEvent, MEMBER_INTS, Shape, Value } from '../../agent/event.ts';
import { FIELDS, type FieldName } from '../../agent/fields.ts';

/** Fields whose value is a JSON number. */
const NUMERIC = new Set<FieldName>(['pid', 'duration_ms', 'http_status', 'bytes', 'log_offset', 'original_bytes']);

const INPUT_BYTES = 2 * 1024 * 1024;

/** An arena with room for a test's lines. */
export function testArena(): Arena {
  return new Arena({ input: INPUT_BYTES, scratch: 1024 * 1024, constants: 16 * 1024 }, INPUT_BYTES + 2 * 1024 * 1024);
}

/** Puts a text where a chunk of a real input would lie. */
export function chunkOf(arena: Arena, text: string | Uint8Array): Chunk {
  const bytes = Buffer.from(text as string);
  arena.bytes.set(bytes, arena.input.start);
  const view = arena.bytes.subarray(arena.input.start, arena.input.start + bytes.length);
  return { bytes: view, text: bytes.toString('latin1'), base: arena.input.start, valid: true, coloured: view.includes(0x1b), scanners: plainScanners(view) };
}

/** What an event holds, as an ordinary object: canonical fields, then the members that were kept. */
export function fieldsOf(event: LogEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  FIELDS.forEach((name, field) => {
    if ((event.present & (1 << field)) === 0) return;
    const text = textAt(event, event.addressOf(field), event.lengthOf(field));
    const isJson = event.kindOf(field) === Value.JSON;
    fields[name] = isJson ? JSON.parse(text) : NUMERIC.has(name) && text !== '' ? Number(text) : text;
  });
  for (let index = 0; index < event.memberCount; index++) addMember(event, index * MEMBER_INTS, fields);
  return fields;
}

function addMember(event: LogEvent, at: number, fields: Record<string, unknown>): void {
  const [key = 0, keyLength = 0, address = 0, length = 0, shape = 0] = event.members.subarray(at, at + MEMBER_INTS);
  const text = textAt(event, address, length);
  if (shape === Shape.RUN) Object.assign(fields, JSON.parse(`{${text}}`));
  else fields[textAt(event, key, keyLength)] = shape === Shape.TEXT_JSON ? JSON.parse(text) : text;
}

function textAt(event: LogEvent, address: number, length: number): string {
  return Buffer.from(event.arena.bytes.subarray(address, address + length)).toString();
}
