import t from 'tap';
import { LogEvent } from '../agent/event.ts';
import { FIELDS } from '../agent/fields.ts';
import { LEVELS } from '../agent/levels.ts';
import { PARSERS, parseRecord, parseWith } from '../parsers/index.ts';
import type { Parser } from '../parsers/parser.ts';
import { levelAt, levelOfSeverity } from '../parsers/values/levels.ts';
import { klogTimestamp, readTimestamp } from '../parsers/values/timestamps.ts';
import { setTimeContext } from '../parsers/values/zones.ts';
import { chunkOf, fieldsOf, testArena } from './helpers/chunk.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const arena = testArena();
const event = new LogEvent(arena);

/** General grammars: they may read what a special one reads as well, since they come after it. */
const GENERAL = ['header', 'plain'];

function inZone(zone: string, nowMs = NOW, fallbackDateMs = nowMs): void {
  setTimeContext({ zone, nowMs, fallbackDateMs });
}

function read(parser: Parser, line: string): Record<string, unknown> | undefined {
  arena.resetScratch();
  const chunk = chunkOf(arena, line);
  event.begin(chunk, 0, chunk.bytes.length);
  return parseWith(parser, chunk, 0, chunk.bytes.length, event) ? fieldsOf(event) : undefined;
}

t.test('each parser reads its examples, and no other claims them', (t) => {
  inZone('UTC');
  for (const parser of PARSERS) {
    for (const { line, event: expected, reason, also = [] } of parser.examples) {
      t.same(read(parser, line), expected, `${parser.name}: ${reason ?? line}`);
      if (expected === undefined || GENERAL.includes(parser.name)) continue;
      for (const other of PARSERS) {
        if (other === parser || GENERAL.includes(other.name) || also.includes(other.name)) continue;
        t.equal(read(other, line), undefined, `${other.name} leaves it to ${parser.name}: ${line}`);
      }
    }
  }
  t.end();
});

t.test('the dispatch gives each example to its parser', (t) => {
  inZone('UTC');
  for (const parser of PARSERS) {
    for (const { line, event: expected } of parser.examples) {
      if (expected === undefined) continue;
      arena.resetScratch();
      const chunk = chunkOf(arena, `${line}\r`);
      event.begin(chunk, 0, chunk.bytes.length);
      parseRecord(chunk, 0, chunk.bytes.length, event);
      t.equal(event.format, parser.name, line);
      t.same(fieldsOf(event), expected, 'a carriage return at the end is no part of it');
    }
  }
  t.end();
});

/** Text, what it means (undefined: no time), why the row is there; the zone and the clock when they matter. */
const TIMES: readonly (readonly [string, string | undefined, string, { zone?: string; now?: string; fallback?: string }?])[] = [
  ['2026-11-22T10:00:00Z', '2026-11-22T10:00:00Z', 'RFC 3339 as it stands'],
  ['2026-11-22T10:00:00.123456789+05:30', '2026-11-22T10:00:00.123456789+05:30', 'nanoseconds are kept'],
  ['2026-11-22T10:00:00', '2026-11-22T10:00:00+01:00', 'the zone of the context', { zone: 'Europe/Berlin' }],
  ['2026-11-22 10:00:00,123', '2026-11-22T10:00:00.123Z', "Python's comma"],
  ['2026-11-22 10:00:00.123 +0200', '2026-11-22T10:00:00.123+02:00', 'a zone behind a blank'],
  ['2026-11-22 10:00:00+02', '2026-11-22T10:00:00+02:00', 'PostgreSQL'],
  ['2026-11-22 10:00:00 UTC', '2026-11-22T10:00:00Z', 'a zone by name'],
  ['2026-07-22 10:00:00 CEST', '2026-07-22T10:00:00+02:00', 'a zone by name'],
  ['2026-11-22 10:00', '2026-11-22T10:00:00Z', 'no seconds'],
  ['2026-11-22T10:00:00.123z', '2026-11-22T10:00:00.123Z', 'small z'],
  ['2026/11/22 10:00:00.000123', '2026-11-22T10:00:00.000123Z', 'Go'],
  ['2026.11.22 10:00:00', '2026-11-22T10:00:00Z', 'SonarQube'],
  ['2026-Nov-22 10:00:00', '2026-11-22T10:00:00Z', "Boost's log"],
  ['2026-11-22  5:13:12', '2026-11-22T05:13:12Z', 'MariaDB pads the hour'],
  ['2026/11/22 - 10:00:00', '2026-11-22T10:00:00Z', 'Gin'],
  ['2026-11-22-08.47.36.193659+060', '2026-11-22T08:47:36.193659+01:00', 'DB2: minutes from UTC'],
  ['22/Nov/2026:10:00:00 +0100', '2026-11-22T10:00:00+01:00', 'access logs'],
  ['22-Nov-2026 10:00:00.123', '2026-11-22T10:00:00.123Z', 'Tomcat'],
  ['22-Nov-2026::10:00:00', '2026-11-22T10:00:00Z', 'Erlang'],
  ['22 Nov 2026 10:00:00.123', '2026-11-22T10:00:00.123Z', 'Redis'],
  ['8 Oct 16:55:56', '2026-10-08T16:55:56Z', 'statsd'],
  ['Nov 22 10:00:00', '2026-11-22T10:00:00Z', 'syslog'],
  ['Nov  3 10:00:00.5', '2026-11-03T10:00:00.5Z', 'syslog, a padded day, a fraction'],
  ['Sun Nov 22 10:00:00.123456 2026', '2026-11-22T10:00:00.123456Z', 'Apache'],
  ['Sun Nov 22 10:00:00:123456 2026', '2026-11-22T10:00:00.123456Z', 'sssd'],
  ['Sun, 22 Nov 2026 10:00:00 GMT', '2026-11-22T10:00:00Z', 'RFC 1123'],
  ['Nov 23, 2026 12:05:11 AM', '2026-11-23T00:05:11Z', 'java.util.logging'],
  ['Nov 23, 2026 12:05:11\u202fPM', '2026-11-23T12:05:11Z', 'and since JDK 20, with a narrow blank'],
  ['08/23/2026, 7:32:47 PM', '2026-08-23T19:32:47Z', 'NestJS'],
  ['20261122 10:00:00', '2026-11-22T10:00:00Z', 'compact'],
  ['20261122T100000Z', '2026-11-22T10:00:00Z', 'ISO, basic form'],
  ['261122 10:00:00', '2026-11-22T10:00:00Z', 'MySQL 5.5'],
  ['19/09/24 19:20:46', '2019-09-24T19:20:46Z', "Spark's yy/MM/dd: 19 is no month"],
  ['25/11/2026 10:00:00', '2026-11-25T10:00:00Z', '25 is no month'],
  ['01/25/22 10:00:00', '2022-01-25T10:00:00Z', '25 is no month here either'],
  ['05/06/2020 10:00:00', '2020-05-06T10:00:00Z', 'nothing tells: month first'],
  ['05.06.2020 10:00:00', '2020-06-05T10:00:00Z', 'dots: day first'],
  ['05/06/2026 10:00:00', '2026-06-05T10:00:00Z', 'today wins', { now: '2026-06-05T12:00:00Z' }],
  ['05/06/26 10:00:00', '2026-05-06T10:00:00Z', 'today wins', { now: '2026-05-06T12:00:00Z' }],
  ['1795392255', '2026-11-23T00:04:15Z', 'epoch, seconds'],
  ['1795392255.466', '2026-11-23T00:04:15.466Z', 'epoch, a fraction'],
  ['1795392255466', '2026-11-23T00:04:15.466Z', 'epoch, ms'],
  ['1795392255466123', '2026-11-23T00:04:15.466123Z', 'epoch, µs'],
  ['1795392255466123456', '2026-11-23T00:04:15.466123456Z', 'epoch, ns'],
  ['1795392255466.123', '2026-11-23T00:04:15.466123Z', "epoch, ms with a fraction: klog's JSON"],
  ['1795392255466123.4567', '2026-11-23T00:04:15.466123456Z', 'epoch, µs with a fraction: to the nanosecond'],
  ['999999999', undefined, 'nine digits are a number'],
  ['4102444801', undefined, 'a number, or the next century'],
  ['10:00:00.123', '2026-11-25T10:00:00.123Z', 'time of day: the date of the fallback'],
  ['23:59:59', '2026-11-24T23:59:59Z', 'midnight lies between', { now: '2026-11-25T00:00:30Z' }],
  ['00:00:01', '2026-11-26T00:00:01Z', "read before one's own midnight", { now: '2026-11-25T23:59:30Z' }],
  ['23:59:59', '2026-11-24T23:59:59Z', 'read at noon: a log is not written ahead'],
  ['12:59:59', '2026-11-25T12:59:59Z', 'an hour ahead: a clock that differs'],
  ['13:00:01', '2026-11-24T13:00:01Z', 'more than that: of yesterday'],
  ['23:59:59', '2026-11-24T23:59:59+01:00', "midnight of the context's zone lies between", { zone: 'Europe/Berlin', now: '2026-11-24T23:10:00Z' }],
  ['23:59:59', '2025-12-31T23:59:59Z', 'midnight and New Year lie between', { now: '2026-01-01T00:00:30Z' }],
  ['00:00:01', '2024-02-29T00:00:01Z', 'midnight lies between, and the next day is February 29', { now: '2024-02-28T23:59:30Z' }],
  ['23:59:59', '2025-03-01T23:59:59Z', "an envelope's day", { fallback: '2025-03-01T23:00:00Z' }],
  ['23:59:59', '2025-02-28T23:59:59Z', 'an envelope behind midnight', { fallback: '2025-03-01T00:00:00Z' }],
  ['00:00:01', '2025-03-02T00:00:01Z', 'an envelope before midnight', { fallback: '2025-03-01T23:00:00Z' }],
  ['14:00:00', '2025-03-01T14:00:00Z', 'an envelope in another zone than the line', { fallback: '2025-03-01T09:00:00Z' }],
  ['Dec 31 23:59:59', '2025-12-31T23:59:59Z', 'read on January 1', { now: '2026-01-01T00:00:30Z' }],
  ['Jan  1 00:00:01', '2027-01-01T00:00:01Z', "read before one's own midnight", { now: '2026-12-31T23:59:50Z' }],
  ['Dec 31 23:59:59', '2025-12-31T23:59:59-08:00', 'it is January 1 in UTC, not here', { zone: 'America/Los_Angeles', now: '2026-01-01T07:59:59Z' }],
  ['Jan  1 00:00:01', '2026-01-01T00:00:01+01:00', 'it is January 1 here, not in UTC', { zone: 'Europe/Berlin', now: '2025-12-31T23:00:30Z' }],
  ['12-31 23:59:59.5', '2025-12-31T23:59:59.5Z', 'no year, as Android writes it', { now: '2026-01-01T00:00:30Z' }],
  ['Nov 27 10:00:00', '2025-11-27T10:00:00Z', 'two days ahead is last year'],
  ['Mar  1 10:00:00', '2025-03-01T10:00:00Z', "an envelope's year, not this one's", { fallback: '2025-03-01T10:00:00Z' }],
  ['Dec 31 23:59:59', '2024-12-31T23:59:59Z', 'an envelope behind New Year', { fallback: '2025-01-01T00:00:00Z' }],
  ['05/06/2025 10:00:00', '2025-06-05T10:00:00Z', "an envelope's day", { fallback: '2025-06-05T10:00:00Z' }],
  ['Feb 29 10:00:00', '2024-02-29T10:00:00Z', 'the last year that had one', { now: '2026-03-01T00:00:00Z' }],
  ['Feb 29 10:00:00', '2028-02-29T10:00:00Z', 'today', { now: '2028-02-29T10:00:01Z' }],
  ['Feb 29 10:00:00', '2096-02-29T10:00:00Z', '2100 has none', { now: '2100-03-01T00:00:00Z' }],
  ['Feb 30 10:00:00', undefined, 'no year has one'],
  ['2024-02-29 10:00:00', '2024-02-29T10:00:00Z', 'a leap year'],
  ['2026-12-31T23:59:60Z', '2026-12-31T23:59:59Z', 'a leap second is one that back ends know'],
  ['2026-03-29 01:59:59', '2026-03-29T01:59:59+01:00', 'before the gap', { zone: 'Europe/Berlin' }],
  ['2026-03-29 02:30:00', '2026-03-29T02:30:00+01:00', 'in the gap: the offset before it', { zone: 'Europe/Berlin' }],
  ['2026-03-29 03:00:00', '2026-03-29T03:00:00+02:00', 'behind the gap', { zone: 'Europe/Berlin' }],
  ['2026-10-25 01:59:59', '2026-10-25T01:59:59+02:00', 'before the overlap', { zone: 'Europe/Berlin' }],
  ['2026-10-25 02:30:00', '2026-10-25T02:30:00+02:00', 'in the overlap: the first of two', { zone: 'Europe/Berlin' }],
  ['2026-10-25 03:00:00', '2026-10-25T03:00:00+01:00', 'behind the overlap', { zone: 'Europe/Berlin' }],
  ['2026-10-25 02:30:00 CET', '2026-10-25T02:30:00+01:00', 'in the overlap: the text says it is the second', { zone: 'Europe/Berlin' }],
  ['Oct 25 02:59:59', '2026-10-25T02:59:59+02:00', "the overlap's last second, without a year", { zone: 'Europe/Berlin' }],
  ['Mar 29 02:00:00', '2026-03-29T02:00:00+01:00', "the gap's first second, without a year", { zone: 'Europe/Berlin' }],
  ['02:30:00', '2026-03-29T02:30:00+01:00', 'in the gap, without a date', { zone: 'Europe/Berlin', now: '2026-03-29T01:31:00Z' }],
  ['2026-03-08 02:30:00', '2026-03-08T02:30:00-05:00', 'a gap west of Greenwich', { zone: 'America/New_York' }],
  ['2026-11-01 01:30:00', '2026-11-01T01:30:00-04:00', 'an overlap west of Greenwich', { zone: 'America/New_York' }],
  ['2026-10-04 02:15:00', '2026-10-04T02:15:00+10:30', 'a gap of half an hour', { zone: 'Australia/Lord_Howe' }],
  ['2026-04-05 01:45:00', '2026-04-05T01:45:00+11:00', 'an overlap of half an hour', { zone: 'Australia/Lord_Howe' }],
  ['2026-07-22 10:00:00 CST', '2026-07-22T10:00:00+08:00', "an abbreviation of several zones: the context's", { zone: 'Asia/Shanghai' }],
  ['2026-11-22 10:00:00', '2026-11-22T10:00:00+05:45', 'an odd zone', { zone: 'Asia/Kathmandu' }],
  ['2026-13-22 10:00:00', undefined, 'month 13'],
  ['2026-02-29 10:00:00', undefined, 'no leap year'],
  ['2026-11-31 10:00:00', undefined, 'November has 30 days'],
  ['2026-11-22 25:00:00', undefined, 'hour 25'],
  ['2026-11-22', undefined, 'a day is no time'],
  ['10.20.30.40', undefined, 'an address'],
  ['00:11:22:33:44:55', undefined, 'another'],
  ['server-3', undefined, 'Date.parse takes it for one'],
  ['1.2.3', undefined, 'a version'],
  ['May be', undefined, 'no day'],
  ['', undefined, 'nothing'],
];

t.test('times', (t) => {
  for (const [text, expected, reason, { zone = 'UTC', now, fallback } = {}] of TIMES) {
    const nowMs = now === undefined ? NOW : Date.UTC(...utc(now));
    inZone(zone, nowMs, fallback === undefined ? nowMs : Date.UTC(...utc(fallback)));
    const chunk = chunkOf(arena, `${text}0`); // what lies behind the end plays no part
    event.begin(chunk, 0, text.length);
    const after = readTimestamp(chunk, 0, chunk.bytes.length - 1, event);
    t.equal(after < 0 ? undefined : fieldsOf(event)['timestamp'], expected, `${text}: ${reason}`);
    if (expected !== undefined) t.equal(after, Buffer.byteLength(text), `${text} is read to its end`);
  }
  const chunk = chunkOf(arena, '1122 10:00:00.123456');
  inZone('UTC');
  event.begin(chunk, 0, chunk.bytes.length);
  t.equal(klogTimestamp(chunk, 0, chunk.bytes.length, event), 20);
  t.equal(fieldsOf(event)['timestamp'], '2026-11-22T10:00:00.123456Z');
  t.throws(() => inZone('Mars/Olympus'), RangeError, 'an unknown zone is an error at the start');
  t.end();
});

function utc(text: string): [number, number, number, number, number, number] {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = text.match(/\d+/g)?.map(Number) ?? [];
  return [year, month - 1, day, hour, minute, second];
}

t.test('levels', (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['trace', 'TRACE trace FINEST verbose'], ['debug', 'DEBUG dbg FINE D Debug2'], ['info', 'INFO NOTICE Information I LOG'],
    ['warn', 'WARN WARNING wrn W'], ['error', 'ERROR err SEVERE fail E'], ['fatal', 'FATAL crit CRITICAL emerg PANIC F'],
  ];
  for (const [level, words] of rows) {
    for (const word of words.split(' ')) t.equal(LEVELS[levelAt(Buffer.from(word), 0, word.length)], level, word);
  }
  for (const word of ['', 'inform', 'errors', 'x', '[info', 'INFORMATIONALLY', '3']) t.equal(levelAt(Buffer.from(word), 0, word.length), -1, `no level: ${word}`);
  t.same([0, 3, 4, 6, 7, 8].map((severity) => LEVELS[levelOfSeverity(severity)]), ['fatal', 'error', 'warn', 'info', 'debug', undefined]);
  t.end();
});

t.test('hostile lines cost what their length costs', (t) => {
  inZone('UTC');
  const seeds = ['[', '((', '{', '<', '"', '9', '9 ', 'a ', 'a.', 'a:', '- ', '|', '\t', '[a] ', '[1]', 'INFO ', '2026-11-22 10:00:00 ', '\u001b[', '\u001b[31m', '<1>', 'a=', '[a=b ', '=', '\\x1b['];
  const heads = ['', '2026-11-22 10:00:00 ', '2026-11-22 10:00:00 INFO ', '[', '<34>1 2026-11-22T10:00:00Z a b c d [x ', 'Nov 22 10:00:00 ', 'I1122 10:00:00.123456 7 ', '2026/11/22 10:00:00 [error] 1#1: ', 'web-1  | ', '1.2.3.4 - - [', '{"a":'];
  const plainCost = cost('the quick brown fox '.repeat(13_000).slice(0, 262_144));
  for (const head of heads) {
    for (const seed of seeds) {
      const [short, long] = [16_384, 262_144].map((length) => (head + seed.repeat(Math.ceil(length / seed.length))).slice(0, length));
      // A quadratic reader would take 256 times as long. What is quick is so in one of many tries, however busy the machine is.
      let [shortCost, longCost] = [Infinity, Infinity];
      for (let tries = 0; tries < 30 && !(longCost < Math.max(shortCost * 64, plainCost * 20, 25)); tries++) {
        shortCost = Math.min(shortCost, cost(short ?? ''));
        longCost = Math.min(longCost, cost(long ?? ''));
      }
      t.ok(longCost < Math.max(shortCost * 64, plainCost * 20, 25), `${JSON.stringify(head + seed)}: ${shortCost.toFixed(2)} and ${longCost.toFixed(2)} ms`);
    }
  }
  t.end();
});

/** Milliseconds of the quickest of some readings. */
function cost(line: string): number {
  const chunk = chunkOf(arena, line);
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    arena.resetScratch();
    event.begin(chunk, 0, chunk.bytes.length);
    const startedAt = process.hrtime.bigint();
    parseRecord(chunk, 0, chunk.bytes.length, event);
    best = Math.min(best, Number(process.hrtime.bigint() - startedAt) / 1e6);
  }
  return best;
}

t.test('any bytes are read as something, and every field lies in the record', (t) => {
  inZone('UTC');
  const seed = Number(process.env['SEED'] ?? 20261122);
  const random = mulberry32(seed);
  const lines = PARSERS.flatMap((parser) => parser.examples.map(({ line }) => line));
  let wrong = 0;
  for (let round = 0; round < 20_000; round++) {
    arena.resetScratch();
    const chunk = chunkOf(arena, mutate(Buffer.from(lines[Math.floor(random() * lines.length)] ?? ''), random));
    event.begin(chunk, 0, chunk.bytes.length);
    parseRecord(chunk, 0, chunk.bytes.length, event);
    for (let field = 0; field < FIELDS.length; field++) {
      if ((event.present & (1 << field)) !== 0 && (event.fromOf(field) < 0 || event.toOf(field) > chunk.bytes.length)) wrong++;
    }
  }
  t.equal(wrong, 0, `SEED=${seed}`);
  t.end();
});

function mutate(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes.subarray(0, Math.ceil(random() * bytes.length)));
  for (let times = random() * 4; times > 1 && copy.length > 0; times--) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
