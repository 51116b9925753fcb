import { readFileSync } from 'node:fs';
import { parseConfig } from '../agent/config/load.ts';
import type { ReadRecord } from '../agent/lane-source.ts';
import { Reading } from '../agent/reading/reading.ts';
import { openRedactor } from '../agent/redaction/open.ts';
import type { Redactor } from '../agent/redaction/redactor.ts';
import { readRecord } from '../parsers/read.ts';
import { corpus, type CorpusName } from './corpus.ts';
import { Passes } from './passes.ts';

const ROUNDS = 11;
const PASSES = 4;
const INPUT = 'logs';

/** What is measured: settings of a configuration, over a corpus; one without any is what the others are held against. */
interface Case {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

const RULES: readonly Case[] = [
  ...both('formats, the text they need is missing', (count) => ({ formats: { own: patterns(count, (n) => `app${n} (?<message>.*)`) }, format: 'own' })),
  ...both('formats, tried in vain', (count) => ({ formats: { own: patterns(count, (n) => `\\d{4}-\\d\\d-\\d\\d.\\d+:\\d+:[\\d.]+Z? +[a-z]{${n + 1}}[;|] (?<message>.*)`) }, format: 'own' })),
  ...both('formats, the last matches', (count) => ({ formats: { own: [...patterns(count - 1, (n) => `\\d{4}-\\d\\d-\\d\\d.\\d+:\\d+:[\\d.]+Z? +[a-z]{${n + 1}}[;|] (?<message>.*)`), { regex: '(?<timestamp>\\S+) +(?<level>\\w+) +\\[(?<service>[^\\]]+)\\] (?<message>.*)' }] }, format: 'own' })),
  ...both('extract, the text they need is missing', (count) => ({ extract: patterns(count, (n) => `batch${n} of (?<batch_${n}>\\w+)`) })),
  ...both('extract, tried in vain', (count) => ({ extract: patterns(count, (n) => `[A-Z]{${n + 3}}-(?<ticket_${n}>\\d+)`) })),
  ...both('extract, all match', (count) => ({ extract: patterns(count, (n) => `(?<word_${n}>[a-z]{3}\\w*)`) })),
];

const REDACTION: readonly Case[] = [
  { name: 'all kinds, mask', settings: { redact: ['all'] } },
  { name: 'all kinds, hash', settings: { redact: { all: 'hash' } } },
  { name: 'email', settings: { redact: ['email'] } },
];

/** CPU time of reading with rules of a user's own, and with redaction, as multiples of what it takes without. */
export function own(): void {
  table('rules, free text', 'text', RULES);
  for (const name of ['text', 'json', 'nginx'] as const) table(`redaction, ${name}`, name, REDACTION);
}

function table(title: string, name: CorpusName, cases: readonly Case[]): void {
  const passes = new Passes(4 * 1_048_576);
  passes.fill(readFileSync(corpus(name, 1).path, 'latin1').split('\n').slice(0, -1).map((line) => Buffer.from(line, 'latin1')));
  const readers = cases.map(({ settings }) => readerOf(settings, passes));
  const ratios: number[][] = cases.map(() => []);
  const same: number[] = [];
  for (let round = -1; round < ROUNDS; round++) { // the first is for V8
    const base = cpuMs(passes, { read: readRecord, redactor: undefined });
    const again = cpuMs(passes, { read: readRecord, redactor: undefined });
    const times = readers.map((reader) => cpuMs(passes, reader));
    if (round < 0) continue;
    same.push(again / base);
    times.forEach((ms, index) => ratios[index]?.push(ms * 2 / (base + again)));
  }
  console.log(`\n${title}`);
  print('without, a second time', same);
  cases.forEach(({ name: of }, index) => print(of, ratios[index] ?? []));
}

function print(name: string, ratios: readonly number[]): void {
  const sorted = [...ratios].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2).padStart(6);
  console.log(`${name.padEnd(52)} ${at(0.5)}   half of the rounds: ${at(0.25)} to ${at(0.75)}`);
}

interface Measured {
  readonly read: ReadRecord;
  readonly redactor: Redactor | undefined;
}

function cpuMs(passes: Passes, { read, redactor }: Measured): number {
  const before = process.cpuUsage();
  for (let n = 0; n < PASSES; n++) passes.pass(read, redactor);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Reads as an agent with these settings does. */
function readerOf({ format, ...settings }: Readonly<Record<string, unknown>>, { arena }: Passes): Measured {
  const text = JSON.stringify({ inputs: { [INPUT]: { type: 'stdin', ...(format === undefined ? {} : { format }) } }, ...settings });
  const loaded = parseConfig('bench.yaml', text, {});
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const { read } = new Reading(loaded.config).of(INPUT);
  return { read, redactor: openRedactor(loaded.config, arena, undefined) };
}

function both(name: string, settings: (count: number) => Readonly<Record<string, unknown>>): Case[] {
  return [1, 20].map((count) => ({ name: `${count === 1 ? ' 1 rule ' : '20 rules'}: ${name}`, settings: settings(count) }));
}

function patterns(count: number, pattern: (n: number) => string): { regex: string }[] {
  return Array.from({ length: count }, (_, n) => ({ regex: pattern(n) }));
}
