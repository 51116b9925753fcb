import { scanTimestamp } from '../../parsers/values/timestamps.ts';
import { matchShape, cellStarts, cellEnds } from '../../parsers/learned/match.ts';
import { parseShape } from '../../parsers/learned/shape.ts';
const b = Buffer.from('2026-11-22 10:00:00  4711  main             com.acme.Order       INFO  Started s');
console.log(scanTimestamp(b, 0, b.length));
for (const s of ['<timestamp>  <message>','<timestamp>  <pid>  <message>','<timestamp>  <pid>  <thread> <message>','<timestamp>  <pid>  <thread> <logger> <message>']) console.log(s, matchShape(parseShape(s)!, b, 0, b.length), cellStarts, cellEnds);
