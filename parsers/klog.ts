import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isBlank, skipBlanks, skipDigits } from './values/bytes.ts';
import { isCaller } from './values/names.ts';
import { levelAt } from './values/levels.ts';
import { klogTimestamp } from './values/timestamps.ts';

/**
 * klog and glog, Kubernetes' and Google's own: `Lmmdd hh:mm:ss.uuuuuu threadid file:line] message`, in local time, without
 * a year or, with glog's `--log_year_in_prefix`, with one. https://github.com/google/glog
 */
export const klog: Parser = {
  name: 'klog',
  title: 'klog and glog: Kubernetes components, Mesos, TensorFlow, Triton',
  examples: [
    { line: 'E1122 10:00:00.123456    77 server.go:12] boom', event: { timestamp: '2026-11-22T10:00:00.123456Z', level: 'error', pid: 77, caller: 'server.go:12', message: 'boom' } },
    { line: 'I20251122 10:00:00.123456 127358726047296 a/b.cpp:60] hi', event: { timestamp: '2025-11-22T10:00:00.123456Z', level: 'info', thread: '127358726047296', caller: 'a/b.cpp:60', message: 'hi' }, reason: 'a year, and a thread too large for a process' },
    { line: 'I251122 10:00:00.123456 7 server/x.go:12  [n1] up', event: { timestamp: '2025-11-22T10:00:00.123456Z', level: 'info', pid: 7, caller: 'server/x.go:12', message: '[n1] up' }, reason: 'CockroachDB' },
    { line: 'I1122 was the flight', event: undefined },
    { line: 'I think, therefore I am', event: undefined },
    { line: 'W1345 10:00:00.123456 1 a.go:1] hi', event: undefined, reason: 'month 13' },
  ],
  parse(chunk, start, end, event) {
    const bytes = chunk.bytes;
    const time = klogTimestamp(chunk, start + 1, end, event);
    if (time < 0 || !isBlank(bytes[time])) return false;
    const process = skipBlanks(bytes, time, end);
    const processEnd = skipDigits(bytes, process, end);
    const caller = skipBlanks(bytes, processEnd, end);
    if (processEnd === process || caller === processEnd) return false;
    let to = caller;
    while (to < end && bytes[to] !== Byte.CLOSE_BRACKET && !isBlank(bytes[to]) && to - caller < 256) to++;
    if (to >= end || bytes[to] !== Byte.CLOSE_BRACKET && !isCaller(bytes, caller, to)) return false;
    event.level(levelAt(bytes, start, start + 1), start, start + 1);
    if (processEnd - process <= 10) event.number(Field.pid, decimal(bytes, process, processEnd), process, processEnd);
    else event.span(Field.thread, process, processEnd);
    event.span(Field.caller, caller, to);
    event.span(Field.message, skipBlanks(bytes, to + 1, end), end);
    return true;
  },
};
