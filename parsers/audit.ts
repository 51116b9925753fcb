import { Value } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, isDigit } from './values/bytes.ts';
import { startsWith } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

const TYPE = 'type=';
const MESSAGE = ' msg=audit(';

/** The Linux audit daemon: `type=USER_LOGIN msg=audit(EPOCH:SERIAL): key=value …`. https://github.com/linux-audit/audit-documentation */
export const audit: Parser = {
  name: 'audit',
  title: "The Linux audit daemon's log",
  examples: [
    {
      line: 'type=USER_LOGIN msg=audit(1795392255.466:123): pid=77 uid=0 acct="bob" addr=10.0.0.9 res=failed',
      event: { timestamp: '2026-11-23T00:04:15.466Z', message: 'pid=77 uid=0 acct="bob" addr=10.0.0.9 res=failed', type: 'USER_LOGIN' },
      also: ['logfmt'],
    },
    { line: 'type=a msg=audit(soon): x=1', event: undefined },
  ],
  parse(chunk, start, end, event) {
    const { bytes } = chunk;
    if (!startsWith(bytes, start, end, TYPE)) return false;
    const type = start + TYPE.length;
    let at = type;
    while (at < end && bytes[at] !== Byte.SPACE) at++;
    if (!startsWith(bytes, at, end, MESSAGE)) return false;
    const time = readTimestamp(chunk, at + MESSAGE.length, end, event);
    if (time < 0 || bytes[time] !== Byte.COLON) return false;
    let close = time + 1;
    while (close < end && isDigit(bytes[close])) close++;
    if (bytes[close] !== Byte.CLOSE_PAREN || bytes[close + 1] !== Byte.COLON) return false;
    event.member(start, start + TYPE.length - 1, type, at, Value.TEXT, false);
    event.span(Field.message, close + 3, end);
    return true;
  },
};
