import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { nestedOf } from '../nested.ts';
import { readRecord } from '../read.ts';
import type { Sample } from './sample.ts';
import type { Shape } from './shape.ts';

/** Names in a header, about which a shape may know better. */
const NAMES = [Field.logger, Field.thread, Field.pid, Field.host, Field.service].reduce((mask, field) => mask | (1 << field), 0);

/** Whether a line loses a field when it is read by the shape: what its text said about a request, say. Uses event and scratch space. */
export function losesFields(shape: Shape, sample: Sample, event: LogEvent): boolean {
  const before = fieldsOf(sample, event, undefined);
  return (before & ~fieldsOf(sample, event, shape) & ~NAMES) !== 0;
}

/** The fields that are read from a line, as a mask. */
function fieldsOf({ bytes }: Sample, event: LogEvent, shape: Shape | undefined): number {
  const { arena } = event;
  arena.resetScratch();
  const start = arena.beginText(bytes.length);
  arena.bytes.set(bytes, start);
  arena.endText(start + bytes.length);
  const { chunk } = nestedOf(arena);
  event.begin(chunk, start, start + bytes.length);
  readRecord(chunk, start, start + bytes.length, event, shape);
  return event.present;
}
