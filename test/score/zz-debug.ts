import { readFileSync } from 'node:fs';
import { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { parseRecord } from '../../parsers/index.ts';
import { chunkOf, fieldsOf, testArena } from '../helpers/chunk.ts';
import { parseShape } from '../../parsers/learned/shape.ts';
import { matchShape } from '../../parsers/learned/match.ts';
import { tellsMore } from '../../parsers/learned/read.ts';
const arena = testArena(); const event = new LogEvent(arena);
const shape = parseShape(process.argv[3]!); if (!shape) throw new Error('no shape');
for (const line of readFileSync(process.argv[2]!, 'utf8').split('\n').slice(0, 6)) {
    arena.resetScratch();
    const chunk = chunkOf(arena, line); event.begin(chunk, 0, chunk.bytes.length); parseRecord(chunk, 0, chunk.bytes.length, event);
    console.log(line.slice(0, 80), matchShape(shape, chunk.bytes, 0, chunk.bytes.length), event.format, event.memberCount, event.present.toString(2), event.fromOf(Field.message), tellsMore(shape, chunk.bytes, 0, chunk.bytes.length, event.present, event.memberCount, event.fromOf(Field.message)), JSON.stringify(fieldsOf(event)));
}
