// Reads {"id","raw"} lines from stdin and writes {"id","output"} lines: what the scorer of a corpus asks for.
import { createInterface } from 'node:readline';
import { LogEvent } from '../../agent/event.ts';
import { readRecord } from '../../parsers/read.ts';
import { chunkOf, fieldsOf, testArena } from '../helpers/chunk.ts';

const arena = testArena();
const event = new LogEvent(arena);

for await (const line of createInterface({ input: process.stdin })) {
  const { id, raw } = JSON.parse(line) as { id: string; raw: string };
  arena.resetScratch();
  const chunk = chunkOf(arena, raw);
  event.begin(chunk, 0, chunk.bytes.length);
  readRecord(chunk, 0, chunk.bytes.length, event);
  process.stdout.write(`${JSON.stringify({ id, output: { ...fieldsOf(event), format: event.format } })}\n`);
}
