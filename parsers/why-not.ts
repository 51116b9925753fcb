import { PARSERS, mayBegin } from './index.ts';
import type { Parser } from './parser.ts';
import { isWord } from './values/bytes.ts';
import { scanTimestamp } from './values/timestamps.ts';

/** How far a header is looked for, in bytes. */
const HEADER_BYTES = 256;

/** What a record of each format has, for those that were looked at and are not it. */
const NEEDS: Readonly<Record<string, string>> = {
  journal: "no lines of KEY=value, and none as journalctl's own output",
  'dotnet-console': 'no `level: Category[number]` with its text on the next line',
  'syslog-5424': 'no `<priority>1 time host app` in front',
  syslog: 'no `Mmm dd hh:mm:ss host tag:` in front, with or without a priority',
  klog: 'no `Lmmdd hh:mm:ss thread file:line]` in front',
  ruby: 'no `L, [time #pid] LEVEL -- name:` in front',
  python: 'no `LEVEL:logger:` in front',
  redis: 'no `pid:role time mark` in front',
  erlang: 'no `=LEVEL REPORT==== time ===` in front',
  'nginx-error': 'no `yyyy/mm/dd hh:mm:ss [level] pid#thread:` in front',
  php: 'no `PHP Level:` in front, with or without a time in brackets',
  'mysql-slow': 'no `# Time:` or `# User@Host:` in front, or no `Query_time:`',
  uwsgi: 'no `[pid: …|app: …|req: …] address (user) {…} [time] request => generated …`',
  vsftpd: 'no date with a weekday, `[pid …]` and `: Client "…"` behind',
  slapd: 'no seconds and fraction in hexadecimal and `0x…` in front',
  stderr: 'no `program: error:`, no warning of Python or Node, no end of a program',
  npm: 'no `npm LEVEL` in front',
  cef: 'no `CEF:version|…|` or `LEEF:version|…|` in front',
  audit: 'no `type=KIND msg=audit(time:serial):` in front',
  'postgres-csv': 'no row of csvlog: a time, and a severity in its column',
};

/** Whether the record can't be of the format, by what it begins with. */
export function isRuledOut(parser: Parser, record: Uint8Array): boolean {
  return !mayBegin(parser, record, 0, record.length);
}

/** What the record lacks to be of a format, as one line for people. */
export function whyNot(parser: Parser, record: Uint8Array): string {
  const text = Buffer.from(record.subarray(0, 4_096)).toString('latin1');
  switch (parser.name) {
    case 'json': return notJson(record);
    case 'access': return notAccess(text);
    case 'logfmt': return /^[\w.-]+=/.test(text) ? 'begins with a pair, but other words stand between the pairs' : 'does not begin with a pair, `key=value`';
    case 'header': return notHeader(record);
    default: return NEEDS[parser.name] ?? 'is none';
  }
}

/** Formats about which there is nothing to say. */
export function unexplained(): string[] {
  return PARSERS.map(({ name }) => name).filter((name) => !(name in NEEDS) && !['json', 'access', 'logfmt', 'header', 'plain'].includes(name));
}

function notJson(record: Uint8Array): string {
  try {
    JSON.parse(Buffer.from(record).toString());
    return 'is JSON, but no object, or one with a key twice';
  } catch (error) {
    return `is not valid JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function notAccess(text: string): string {
  const lacks = [
    ...(/\[\d+\/\w+\/\d{4}[: ]/.test(text) ? [] : ['time in brackets']),
    ...(/"[A-Z]{3,} /.test(text) ? [] : ['request in quotes']),
  ];
  return lacks.length === 0 ? 'has a time and a request, but not in the order of an access log' : `no ${lacks.join(', no ')}`;
}

function notHeader(record: Uint8Array): string {
  const limit = Math.min(record.length, HEADER_BYTES);
  for (let at = 1; at < limit; at++) {
    if (isWord(record[at - 1]) || scanTimestamp(record, at, record.length) < 0) continue;
    return `no time or level in front; the time at ${at} stands behind other words`;
  }
  return 'no time and no level in front';
}
