// Reads the cases of each system as one stream, as an agent would, and gives what became of each case: {"id","output"}.
import { readFileSync } from 'node:fs';
import { LaneRig, streamOf } from '../helpers/lane-rig.ts';

interface Case {
  readonly id: string;
  readonly system: string;
  readonly raw: string;
}

/** For each case the record that begins where its line does; a case that was joined to the one before has no output. */
export function streams(cases: string): string {
  const bySystem = new Map<string, Case[]>();
  for (const line of readFileSync(cases, 'utf8').split('\n')) {
    if (line === '') continue;
    const one = JSON.parse(line) as Case;
    bySystem.set(one.system, [...(bySystem.get(one.system) ?? []), one]);
  }
  return [...bySystem.values()].flatMap(outputs).join('');
}

function outputs(cases: readonly Case[]): string[] {
  const bytes = Buffer.from(cases.map(({ raw }) => `${raw}\n`).join(''));
  const records = new Map(new LaneRig().records(streamOf(bytes)).map((record) => [record.offset, record]));
  let offset = 0;
  return cases.flatMap(({ id, raw }) => {
    const record = records.get(offset);
    offset += Buffer.byteLength(raw) + 1;
    return record === undefined ? [] : [`${JSON.stringify({ id, output: { ...record.fields, format: record.format } })}\n`];
  });
}
