import { lineOf, numberOf } from './line.ts';

/** What an agent said at its end of what it could not bring to safety. */
export interface Farewell {
  /** Records of its pipe that are neither delivered nor kept, at most. */
  readonly records: number;
  /** Bytes that came out of its pipe and became no records. */
  readonly bytes: number;
}

const UNKEPT = /records were not delivered in time\. They are kept in .*, but for at most (\d+) that could not be written there\. .*What came through a pipe is lost/;
const NOTHING_KEPT = /(\d+) records were not delivered in time\. What came through a pipe is lost/;
const UNTAKEN = /the last (\d+) bytes that came could not be taken in time\. They are lost/g;

export function farewellOf(stderr: string): Farewell {
  const records = Number((UNKEPT.exec(stderr) ?? NOTHING_KEPT.exec(stderr))?.[1] ?? 0);
  const bytes = [...stderr.matchAll(UNTAKEN)].reduce((sum, [, count]) => sum + Number(count), 0);
  return { records, bytes };
}

/** Whether lines are no more than it said: the last ones may be those that became no records. */
export function covers({ records, bytes }: Farewell, names: readonly string[]): boolean {
  let [left, rest] = [names.length, bytes];
  for (const name of [...names].reverse()) {
    rest -= lineOf(...numberOf(name)).length + 1;
    if (rest >= 0) left--;
  }
  return left <= records;
}
