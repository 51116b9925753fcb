import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { readGroup } from './header/groups.ts';
import { findLevel, isLevelNext, readLevelWord } from './header/levels.ts';
import { Header } from './header/state.ts';
import { readMysql } from './header/mysql.ts';
import { readPostgres } from './header/postgres.ts';
import { readBehindPrefix, readCompose, readHostAndTag, readTagged, skipDecoration } from './header/prefixes.ts';
import { readSpring } from './header/spring.ts';
import { readJavaUtil, readTrailingLogger } from './header/trailers.ts';
import { readClosedGroups, readLabels, skipUptime } from './header/labels.ts';
import { readFunctionColumn, readName, readPairsBeforeLevel, readPlaceOfFile, readProcess, readSlashed } from './header/words.ts';
import type { Parser } from './parser.ts';
import { Byte, isBlank, isDigit, isLetter, skipDigits } from './values/bytes.ts';
import { isUuid } from './values/names.ts';
import { levelOfSeverity } from './values/levels.ts';
import { priorityEnd, readPriority } from './values/priority.ts';
import { readTimestamp, scanTimestamp, wasEpoch } from './values/timestamps.ts';

const MOST_ITEMS = 12;
const header = new Header();

/**
 * Any header of time, level, logger, thread, process and place, in whatever order, brackets and separators: what
 * log4j, logback, log4j2, Python's `asctime` formats, loguru, structlog, gunicorn, Go's log, zap, spdlog, Monolog,
 * Serilog and most home-made loggers write. Who wrote it is not asked: each item is told by its own look and by its
 * neighbours, and where that is not enough, it stays in the message.
 */
export const headerParser: Parser = {
  name: 'header',
  title: 'Text with a time or a level in front, in any order: log4j, logback, Python, loguru, zap, spdlog, Go and others',
  examples: [
    { line: 'INFO  2026-11-22 10:00:00,123 payments  Error processing request', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'payments', message: 'Error processing request' } },
    { line: '2026-11-22T10:00:00.123Z INFO [payments] started', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'payments', message: 'started' } },
    { line: '2026-11-22 10:00:00,123 - shop.cart - WARNING - slow', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'warn', logger: 'shop.cart', message: 'slow' }, reason: "Python's logging cookbook" },
    { line: '2026-11-22 10:00:00,123 [pool-1-thread-2] ERROR c.acme.Shop - boom', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', thread: 'pool-1-thread-2', logger: 'c.acme.Shop', message: 'boom' }, reason: 'log4j' },
    { line: '2026-11-22 10:00:00,123 INFO  [main] master.HMaster: up', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', thread: 'main', logger: 'master.HMaster', message: 'up' }, reason: 'Hadoop' },
    { line: '2026-11-22 10:00:00.874 | INFO     | app.views:index:5 - hi', event: { timestamp: '2026-11-22T10:00:00.874Z', level: 'info', logger: 'app.views', caller: 'app.views:index:5', message: 'hi' }, reason: 'loguru' },
    { line: '2026-11-22 10:00:00 [warning  ] low disk   free=3', event: { timestamp: '2026-11-22T10:00:00Z', level: 'warn', message: 'low disk   free=3' }, reason: 'structlog' },
    { line: '[2026-11-22 10:00:00 +0100] [77] [INFO] Booting worker', event: { timestamp: '2026-11-22T10:00:00+01:00', level: 'info', pid: 77, message: 'Booting worker' }, reason: 'gunicorn' },
    { line: '2026-11-22T10:00:00.123Z\tINFO\tapp.cart\tx/y.go:10\thi\t{"k":1}', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'app.cart', caller: 'x/y.go:10', message: 'hi\t{"k":1}' }, reason: 'zap' },
    { line: '2026/11/22 10:00:00.000123 server.go:12: listening', event: { timestamp: '2026-11-22T10:00:00.000123Z', caller: 'server.go:12', message: 'listening' }, reason: "Go's log with all flags" },
    { line: '[2026-11-22 10:00:00.123] [db] [error] lost', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', logger: 'db', message: 'lost' }, reason: 'spdlog' },
    { line: '[2026-11-22T10:00:00+00:00] app.ERROR: lost {"a":1} []', event: { timestamp: '2026-11-22T10:00:00+00:00', level: 'error', logger: 'app', message: 'lost {"a":1} []' }, reason: 'Monolog' },
    { line: '[2026-11-22 10:00:00,123] WARNING in limiter: slow down', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'warn', logger: 'limiter', message: 'slow down' }, reason: 'Flask' },
    { line: '[2026-11-22 10:00:00,123: INFO/MainProcess] ready', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', thread: 'MainProcess', message: 'ready' }, reason: 'Celery' },
    { line: '22-Nov-2026 10:00:00.123 INFO [main] org.apache.Catalina.start Server up', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', thread: 'main', logger: 'org.apache.Catalina.start', message: 'Server up' }, reason: 'Tomcat' },
    { line: '2026-11-22T10:00:00.123456Z  INFO app::models: done', event: { timestamp: '2026-11-22T10:00:00.123456Z', level: 'info', logger: 'app::models', message: 'done' }, reason: "Rust's tracing" },
    { line: '2026-11-22 10:00:00.769683 I | embed: ready', event: { timestamp: '2026-11-22T10:00:00.769683Z', level: 'info', logger: 'embed', message: 'ready' }, reason: 'etcd' },
    { line: '\u001b[32m2026-11-22 10:00:00\u001b[0m \u001b[1mINFO\u001b[0m hi', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: 'hi' }, reason: 'colours are not looked at' },
    { line: 'INFO:     Application startup complete.', event: { level: 'info', message: 'Application startup complete.' }, reason: 'uvicorn' },
    { line: '[info] o.t.s.AccessLogFilter POST', event: { level: 'info', logger: 'o.t.s.AccessLogFilter', message: 'POST' }, reason: 'Play' },
    { line: 'Error: boom', event: { level: 'error', message: 'Error: boom' }, reason: 'an exception printed alone keeps its name' },
    { line: '2026-11-22 10:00:00 I think so', event: { timestamp: '2026-11-22T10:00:00Z', message: 'I think so' }, reason: 'a person, not a level' },
    { line: '2026-11-22 10:00:00 INFO status: ok', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: 'status: ok' }, reason: 'a label is no logger' },
    { line: '2026-11-22 10:00:00 INFO [550e8400-e29b-41d4-a716-446655440000] hi', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: '[550e8400-e29b-41d4-a716-446655440000] hi' }, reason: 'an id is no logger' },
    { line: '2026-11-22T10:00:00.123Z  INFO 77 --- [web] [           main] c.e.App                                  : up', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', pid: 77, service: 'web', thread: 'main', logger: 'c.e.App', message: 'up' }, reason: 'Spring Boot' },
    { line: '2026-11-22 10:00:00.123 ERROR 9 --- [nio-9000-exec-1] Example : boom', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', pid: 9, thread: 'nio-9000-exec-1', logger: 'Example', message: 'boom' }, reason: 'Spring Boot before 3.0' },
    {
      line: '2026-11-22 10:00:00.123  INFO [shop,0b6aaf642574edd3,1b6aaf642574edd3,true] 9 --- [main] c.e.App : hi',
      event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', service: 'shop', trace_id: '0b6aaf642574edd3', span_id: '1b6aaf642574edd3', pid: 9, thread: 'main', logger: 'c.e.App', message: 'hi' },
      reason: 'Spring Cloud Sleuth',
    },
    {
      line: '2026-11-22T10:00:00.123Z  WARN 7 --- [web] [main] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.e.App : hi',
      event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'warn', pid: 7, service: 'web', thread: 'main', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7', logger: 'c.e.App', message: 'hi' },
      reason: "Micrometer's correlation",
    },
    { line: '2026-11-22 10:00:00.123 UTC [77] bob@shop ERROR:  syntax error', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', pid: 77, user_id: 'bob', message: 'syntax error' }, reason: 'PostgreSQL' },
    { line: '2026-11-22 10:00:00.123 UTC [77] STATEMENT:  SELECT 1', event: { timestamp: '2026-11-22T10:00:00.123Z', pid: 77, message: 'SELECT 1' }, reason: 'PostgreSQL, a line that belongs to the one before' },
    { line: '2026-11-22T10:00:00.123456Z 8 [Warning] [MY-010068] [Server] CA is self signed', event: { timestamp: '2026-11-22T10:00:00.123456Z', level: 'warn', thread: '8', logger: 'Server', message: '[MY-010068] [Server] CA is self signed' }, reason: 'MySQL 8' },
    { line: '2026-11-22  5:13:12 8 [Warning] Access denied', event: { timestamp: '2026-11-22T05:13:12Z', level: 'warn', thread: '8', message: 'Access denied' }, reason: 'MariaDB: a connection, not a process' },
    {
      line: '[Sun Nov 22 10:00:00.123456 2026] [core:error] [pid 77:tid 78] [client 1.2.3.4:60444] AH00135: bad',
      event: { timestamp: '2026-11-22T10:00:00.123456Z', level: 'error', logger: 'core', pid: 77, thread: '78', client_ip: '1.2.3.4', message: 'AH00135: bad' },
      reason: "Apache's error log",
    },
    { line: '2026-11-22T10:00:00.123456+01:00 web1 sshd[77]: hi', event: { timestamp: '2026-11-22T10:00:00.123456+01:00', host: 'web1', service: 'sshd', pid: 77, message: 'hi' }, reason: "rsyslog's file format" },
    { line: '<6>2026-11-22T10:00:00Z [INFO] - hi', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: 'hi' }, reason: 'a priority for systemd in front' },
    { line: '<4>low memory', event: { level: 'warn', message: 'low memory' }, reason: 'sd-daemon(3)' },
    { line: 'E [22/Nov/2026:10:00:00 -0400] lost', event: { timestamp: '2026-11-22T10:00:00-04:00', level: 'error', message: 'lost' }, reason: 'CUPS' },
    { line: '2026-11-22 10:00:00.123+00:00 [noti] <0.692.0> down', event: { timestamp: '2026-11-22T10:00:00.123+00:00', level: 'info', thread: '<0.692.0>', message: 'down' }, reason: 'RabbitMQ: a process of Erlang' },
    { line: '2026-11-22 10:00:00,211 WARN  datanode.DataNode (BlockReceiver.java:flush(419)) - slow', event: { timestamp: '2026-11-22T10:00:00.211Z', level: 'warn', logger: 'datanode.DataNode', caller: 'BlockReceiver.java:flush(419)', message: 'slow' }, reason: 'Hadoop' },
    { line: '[2026-11-22 10:00:00,123] WARN Session expired (org.apache.zookeeper.ClientCnxn)', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'warn', logger: 'org.apache.zookeeper.ClientCnxn', message: 'Session expired' }, reason: 'Kafka' },
    { line: 'Nov 22, 2026 10:00:00 AM org.acme.Shop start\nINFO: up', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', logger: 'org.acme.Shop', message: 'up' }, reason: 'java.util.logging' },
    { line: '2026-11-22T10:00:00.123Z\t550e8400-e29b-41d4-a716-446655440000\tINFO\thi', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', request_id: '550e8400-e29b-41d4-a716-446655440000', message: 'hi' }, reason: 'AWS Lambda' },
    { line: '[INFO]\t2026-11-22T10:00:00.123Z\t550e8400-e29b-41d4-a716-446655440000\thi', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', request_id: '550e8400-e29b-41d4-a716-446655440000', message: 'hi' }, reason: 'AWS Lambda, Python' },
    { line: '10:00:00.123 request_id=Fx1 [info] hi', event: { timestamp: '2026-11-25T10:00:00.123Z', level: 'info', request_id: 'Fx1', message: 'hi' }, reason: 'pairs in front of the level: Elixir' },
    { line: '2026-11-22T10:00:00+0000 [shop.web#info] starting', event: { timestamp: '2026-11-22T10:00:00+00:00', level: 'info', logger: 'shop.web', message: 'starting' }, reason: 'Twisted' },
    { line: '2026-11-22 10:00:00,123 shop.jobs [77]: NOTICE [sshd] Ban', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'shop.jobs', pid: 77, message: '[sshd] Ban' }, reason: 'a process between name and level: fail2ban' },
    { line: '2026-11-22T10:00:00.123+0000 I NETWORK  [conn7] end connection', event: { timestamp: '2026-11-22T10:00:00.123+00:00', level: 'info', logger: 'NETWORK', thread: 'conn7', message: 'end connection' }, reason: 'MongoDB before 4.4' },
    { line: '22-Nov-2026 10:00:00.123 general: error: lost', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', logger: 'general', message: 'lost' }, reason: 'BIND' },
    { line: '[2026-11-22T10:00:00Z INFO  app::server] up', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', logger: 'app::server', message: 'up' }, reason: "Rust's env_logger" },
    { line: '[10:00:00.123] INFO (77): hi', event: { timestamp: '2026-11-25T10:00:00.123Z', level: 'info', pid: 77, message: 'hi' }, reason: 'pino-pretty' },
    { line: '2026-11-22T10:00:00Z E! lost', event: { timestamp: '2026-11-22T10:00:00Z', level: 'error', message: 'lost' }, reason: 'Telegraf' },
    { line: '<166>Nov 22 2026 10:00:00: %ASA-6-302013: Built', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: '%ASA-6-302013: Built' }, reason: 'Cisco: no host' },
    { line: '<189>77: *Nov 22 10:00:00.123: %LINK-3-UPDOWN: down', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', message: '%LINK-3-UPDOWN: down' }, reason: 'Cisco IOS: a number and a star in front' },
    { line: '[0.123s][info][gc] GC(5) Pause', event: { level: 'info', logger: 'gc', message: 'GC(5) Pause' }, reason: "the JVM's unified logging: seconds since the start are no time" },
    { line: '2026-11-22 10:00:00,123 DEBUG [o.s.w.s.DispatcherServlet:91] - hi', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'debug', logger: 'o.s.w.s.DispatcherServlet', caller: 'o.s.w.s.DispatcherServlet:91', message: 'hi' }, reason: 'a class and its line in brackets' },
    { line: '2026-11-22 10:00:00 info: Acme.Hosting.Lifetime[0] Application started.', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', logger: 'Acme.Hosting.Lifetime', message: 'Application started.' }, reason: '.NET on one line' },
    { line: 'D 2026-11-22T10:00:00 started', event: { timestamp: '2026-11-22T10:00:00Z', level: 'debug', message: 'started' }, reason: 'a letter in front of the time' },
    { line: '2026-11-22 10:00:00 web1 app[77]: warning: slow', event: { timestamp: '2026-11-22T10:00:00Z', level: 'warn', host: 'web1', service: 'app', pid: 77, message: 'warning: slow' }, reason: 'a host and a tag with its process, whoever wrote the time' },
    { line: '1795392255: New connection', event: { timestamp: '2026-11-23T00:04:15Z', message: 'New connection' }, reason: 'Mosquitto' },
    { line: '[Nov 22 10:00:00] NOTICE[77] chan_sip.c: failed', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', pid: 77, logger: 'chan_sip.c', message: 'failed' }, reason: 'Asterisk' },
    { line: '<Nov 22, 2026 10:00:00 AM UTC> <Info> <Management> <BEA-141107> <up>', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: '<Management> <BEA-141107> <up>' }, reason: 'WebLogic' },
    { line: '2026-11-22T10:00:00.426623100 0.017351s notice: loading', event: { timestamp: '2026-11-22T10:00:00.426623100Z', level: 'info', message: 'loading' }, reason: 'RethinkDB: the seconds it runs say the same time once more' },
    { line: '2026-11-22T10:00:00.123+0000: 9.344: [GC (Allocation Failure) 1K->2K(3K), 0.01 secs]', event: { timestamp: '2026-11-22T10:00:00.123+00:00', message: '[GC (Allocation Failure) 1K->2K(3K), 0.01 secs]' }, reason: "the JVM's uptime" },
    { line: '(Sun Nov 22 10:00:00 2026) [sssd[be[default]]] [start_it] (0x0400): no such entry', event: { timestamp: '2026-11-22T10:00:00Z', logger: 'sssd[be[default]]', caller: 'start_it', message: 'no such entry' }, reason: 'groups that a colon closes: sssd' },
    { line: '2026-11-22-10.00.00.123456+000 E1E2            LEVEL: Error PID     : 77    TID : 78 HOSTNAME: web1', event: { timestamp: '2026-11-22T10:00:00.123456+00:00', level: 'error', pid: 77, thread: '78', host: 'web1', message: 'E1E2            LEVEL: Error PID     : 77    TID : 78 HOSTNAME: web1' }, reason: 'labels in capital letters: DB2' },
    { line: '2026-11-22T10:00:00.123Z\tinfo\tMetrics\t{"k":1}', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', message: 'Metrics\t{"k":1}' }, reason: 'a text of one word in front of its fields' },
    { line: '2026-11-22 10:00:00.123\t/var/log\t"dc=x"\tFINE\tlogin', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'debug', message: '/var/log\t"dc=x"\tFINE\tlogin' }, reason: 'a level that is a column by itself' },
    { line: '==> WARNING: low', event: { level: 'warn', message: 'low' }, reason: 'Consul' },
    { line: '"2026-11-22 10:00:00","bob","login"', event: { timestamp: '2026-11-22T10:00:00Z', message: '"bob","login"' }, reason: 'CSV' },
    { line: 'web-1  | 2026-11-22 10:00:00 INFO up', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', service: 'web-1', message: 'up' }, reason: 'docker compose' },
    { line: '11-22 10:00:00.123  77  78 I Activity: started', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', pid: 77, thread: '78', logger: 'Activity', message: 'started' }, reason: "Android's logcat" },
    { line: '2026-11-22 10:00:00 backup finished: 3 files', event: { timestamp: '2026-11-22T10:00:00Z', message: 'backup finished: 3 files' }, reason: 'neither a host nor a program' },
    { line: 'I think, therefore I am', event: undefined },
    { line: 'Information about [error] handling', event: undefined },
    { line: '2026-13-22 10:00:00 hi', event: undefined, reason: 'month 13' },
    { line: '1795392255 items were sold', event: undefined, reason: 'a number in front of prose is no time' },
  ],
  parse,
};

/** Hot: the general case of a text line. */
function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  header.begin(chunk, start, end, event);
  const priority = readPriority(chunk.bytes, start, end);
  const severity = priority < 0 ? -1 : levelOfSeverity(priority & 7);
  const from = priority < 0 ? start : skipSequence(chunk.bytes, priorityEnd(chunk.bytes, start), end);
  let at = readItems(header, readCompose(header, skipDecoration(header, header.skipSeparators(from))));
  if (header.hasTime) at = readClosedGroups(header, at);
  if (!header.hasTime && !header.hasLevel) at = readBehindPrefix(header, at);
  if (header.hasTime && !header.hasLevel) at = readWithoutLevel(header, at);
  if (!header.hasLevel && severity >= 0) header.level(severity, start, from);
  if (!header.hasLevel && (!header.hasTime || header.epoch) && !event.has(Field.service)) return false;
  if (header.nameStart >= 0 && !event.has(Field.logger)) event.span(Field.logger, header.nameStart, header.nameEnd);
  event.span(Field.message, textStart(chunk.bytes, at, end), header.hasLevel ? readTrailingLogger(header, at, end) : end);
  return true;
}

/** Cisco's number of the message, and its mark for a clock that was never set: `77: *Nov 22 10:00:00: %LINK…`. */
function skipSequence(bytes: Uint8Array, at: number, end: number): number {
  const colon = skipDigits(bytes, at, end);
  if (colon === at || bytes[colon] !== Byte.COLON || bytes[colon + 1] !== Byte.SPACE) return at;
  const time = bytes[colon + 2] === Byte.STAR || bytes[colon + 2] === Byte.DOT ? colon + 3 : colon + 2;
  return scanTimestamp(bytes, time, end) > 0 ? time : at;
}

/** Takes item after item; where the text begins. */
function readItems(state: Header, from: number): number {
  let at = from;
  while (state.items < MOST_ITEMS && at < state.end) {
    const next = readItem(state, at);
    if (next <= at) break;
    state.items++;
    at = state.skipSeparators(next);
    if (state.closed) break;
  }
  return at;
}

/** Takes the item at `at`; the position behind it, or not beyond `at` when the text begins there. */
function readItem(state: Header, at: number): number {
  const byte = state.bytes[at] as number;
  if (state.tab && state.hasTime && isUuid(state.bytes, at) && (state.hasLevel ? state.bytes[at + 36] === Byte.TAB : isLevelNext(state, at + 36))) {
    state.span(Field.request_id, at, at + 36);
    return at + 36;
  }
  if (isLetter(byte)) return readWord(state, at);
  if (isDigit(byte)) return readNumber(state, at);
  if (byte === Byte.OPEN_BRACKET) {
    const after = state.hasLevel ? readSpring(state, at) : -1;
    return after > 0 ? after : readGroup(state, at);
  }
  if (byte === Byte.QUOTE) return readQuotedTime(state, at);
  if (byte === Byte.LESS && state.bar) {
    const column = readFunctionColumn(state, at);
    if (column > 0) return column;
  }
  if (byte === Byte.OPEN_PAREN || byte === Byte.LESS || byte === Byte.OPEN_BRACE) return readGroup(state, at);
  if (byte !== Byte.SLASH) return -1;
  return state.hasLevel && at === state.levelEnd ? readSlashed(state, at) : readPlaceOfFile(state, at);
}

function readWord(state: Header, at: number): number {
  const level = readLevelWord(state, at);
  // PostgreSQL's two blanks: what follows is text, `LOG:  statement: SELECT`.
  if (level > at && state.hasTime && state.bytes[level] === Byte.COLON && state.bytes[level + 1] === Byte.SPACE && state.bytes[level + 2] === Byte.SPACE) state.closed = true;
  if (level >= 0) return level;
  const after = readTime(state, at);
  if (after > 0) return after;
  const tag = readTagged(state, at);
  if (tag > 0) return tag;
  const pairs = state.hasTime && !state.hasLevel ? readPairsBeforeLevel(state, at) : -1;
  return pairs > 0 ? pairs : readName(state, at);
}

function readNumber(state: Header, at: number): number {
  if (state.hasLevel && state.hasTime) return readSpring(state, at);
  const time = readTime(state, at);
  if (time > 0) return time;
  const uptime = state.hasTime ? skipUptime(state, at) : -1;
  if (uptime > 0) return uptime;
  const connection = state.hasTime ? readMysql(state, at) : -1;
  return connection > 0 ? connection : readProcess(state, at);
}

function readTime(state: Header, at: number): number {
  if (state.hasTime) return -1;
  const after = readTimestamp(state.chunk, at, state.end, state.event);
  if (after < 0 || isLetter(state.bytes[after]) || isDigit(state.bytes[after])) return -1;
  state.hasTime = true;
  state.epoch = wasEpoch() && isBlank(state.bytes[after]) && after - at < 12;
  return skipMilliseconds(state.bytes, after, state.end);
}

/** Python's `%(asctime)s,%(msecs)d`: the milliseconds once more. */
function skipMilliseconds(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.COMMA || !isDigit(bytes[at + 1])) return at;
  const to = skipDigits(bytes, at + 1, end);
  return to - at <= 4 && bytes[to] === Byte.SPACE ? to : at;
}

/** A time in quotes, the first column of a CSV. */
function readQuotedTime(state: Header, at: number): number {
  if (state.items > 0) return -1;
  const after = readTime(state, at + 1);
  if (after > 0 && state.bytes[after] === Byte.QUOTE) return after + 1;
  state.hasTime = false;
  state.event.unset(Field.timestamp);
  return -1;
}

/** What is left to try for a line with a time and no level: PostgreSQL, rsyslog's files, a level further on. Where the text begins. */
function readWithoutLevel(state: Header, at: number): number {
  const text = readPostgres(state, at);
  if (text > 0) return text;
  if (state.items === 1) {
    const tagged = readHostAndTag(state, at);
    const named = tagged > 0 ? tagged : readJavaUtil(state, at);
    if (named > 0) return named;
  }
  findLevel(state, at);
  readLabels(state, at);
  return at;
}

/** A header that fills the first line has its text on the next. */
function textStart(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.NEWLINE) return at;
  let to = at;
  while (to < end && (bytes[to] === Byte.NEWLINE || bytes[to] === Byte.RETURN || isBlank(bytes[to]))) to++;
  return to < end ? to : at;
}
