// Entities in free text: what is found, and what is left alone. Each row is all that a message gives.
import t from 'tap';
import { LogEvent } from '../agent/event.ts';
import { FIELDS } from '../agent/fields.ts';
import { extract } from '../parsers/extract/index.ts';
import { durationMs } from '../parsers/values/durations.ts';
import { chunkOf, fieldsOf, testArena } from './helpers/chunk.ts';

type Fields = Record<string, string | number>;
type Row = readonly [line: string, fields: Fields, reason: string];

const USERS: Row[] = [
  ['Error processing request for user John. Error: DB timeout. Took 5000ms', { user_id: 'John', error_type: 'database_timeout', error_message: 'DB timeout', duration_ms: 5000 }, 'the line of the README'],
  ['User alice logged in', { user_id: 'alice' }, 'a small name with its verb'],
  ['user 8841 opened the settings page', { user_id: '8841' }, 'a number as id'],
  ['user "mary ann" logged in', {}, 'a quotation with a space is no id'],
  ["Access denied for user 'bob'@'10.1.2.3'", { user_id: 'bob', client_ip: '10.1.2.3' }, 'quotes and a host'],
  ['password changed for user carol@example.org', { user_id: 'carol@example.org' }, 'an e-mail address'],
  ['invalid user admin from 10.9.8.7 port 4022', { user_id: 'admin', client_ip: '10.9.8.7' }, 'an address behind from'],
  ['Failed password for root from 10.9.8.7 port 4022', { user_id: 'root', client_ip: '10.9.8.7' }, 'for NAME from, about a login'],
  ["Failed login for 'test' from 10.9.8.7", { user_id: 'test', client_ip: '10.9.8.7' }, 'a word of the language as a quoted name'],
  ['Login attempt: dave_1 from ip: 10.0.0.9', { user_id: 'dave_1', client_ip: '10.0.0.9' }, 'a colon after the attempt'],
  ['erin_k (operator): logged in', { user_id: 'erin_k' }, 'the subject before a bracket'],
  ['frank@example.org has just signed in', { user_id: 'frank@example.org' }, 'the subject before fillers'],
  ['{"username":"grace","password":"***"}', { user_id: 'grace' }, 'a JSON key inside prose'],
  ['username: heidi', { user_id: 'heidi' }, 'key and colon'],
  ['authentication failed for <ivan@example.org>', { user_id: 'ivan@example.org' }, 'angle brackets'],
  ['account "judy" locked after 5 failures', { user_id: 'judy' }, 'a quoted account'],
  ['mail to kim@example.org queued', {}, 'an address without a login is a recipient'],
  ['Login rejected, kim@example.org is disabled', { user_id: 'kim@example.org' }, 'the only e-mail of a login'],
  ['sshd(leo,10.0.0.8): unknown', { user_id: 'leo', client_ip: '10.0.0.8' }, 'name and address in one bracket'],
  ['user müller logged in', { user_id: 'müller' }, 'UTF-8 in a name'],
  ['user=<nina@example.org>, method=PLAIN', { user_id: 'nina@example.org', method: 'PLAIN' }, 'angle brackets as quotes of a pair'],
  ['acct="oscar" res=success', { user_id: 'oscar', res: 'success' }, 'a key that means a user to people'],
  ['active users: 15, idle users: 120', {}, 'counts'],
  ['Parsing user agent string', {}, 'a compound noun'],
  ['copied to user space', {}, 'a compound noun'],
  ['user data loaded', {}, 'a compound noun before a verb'],
  ['no user found', {}, 'a verb'],
  ['user does not exist', {}, 'a verb'],
  ['user is required', {}, 'a verb'],
  ['unknown user: null', {}, 'no value'],
  ['Started User Manager for UID 1000.', {}, 'a title'],
  ['User Load (0.6ms)', { duration_ms: 0.6 }, 'a title, and a bracketed duration'],
  ['user    0m0.012s', {}, 'CPU time'],
  ['user 3 of 20 migrated', {}, 'a count'],
  ['1 user online', {}, 'a count'],
  ['Events are logged in the database', {}, 'to log, not to log in'],
  ['all users logged in', {}, 'nobody in particular'],
  ['reading /home/user/alice/file', {}, 'words of a path'],
  ['user-agent parsing enabled', {}, 'one word with a dash'],
  ['User created', {}, 'what happened, not who'],
  ['User Created', {}, 'what happened, as a title'],
  ['User John', { user_id: 'John' }, 'a name by its capital'],
  ['user left', {}, 'a verb without an ending'],
  ['User registered successfully', {}, 'a verb with its adverb'],
  ['New user verified', {}, 'behind an article'],
  ['done: user deleted', {}, 'behind a colon'],
  ['user removed from group', {}, 'a verb with its preposition'],
  ['user online', {}, 'a state'],
  ['multi user target', {}, 'a compound'],
  ['Created slice User Slice of UID 1000.', {}, "systemd's title"],
  ['User fred deleted a post', { user_id: 'fred' }, 'a name that ends as a verb does, and its verb'],
  ['invalid user ahmed from 10.9.8.7 port 4022', { user_id: 'ahmed', client_ip: '10.9.8.7' }, 'a name that ends as a verb does, and no subject'],
  ['session closed for user root', { user_id: 'root' }, 'the last word, behind a preposition'],
  ['access denied: user bob', { user_id: 'bob' }, 'the last word, behind a colon'],
  ['Authentication required for this page', {}, 'for, but no name'],
  ['login page rendered', {}, 'login as a modifier'],
  ["Aborted connection 6 to db: 'unconnected' user: 'unauthenticated' host: 'localhost'", {}, 'nobody yet'],
  ['Disconnected: Logged out in=32', { in: '32' }, 'what happened, in front of a colon'],
];

const DURATIONS: Row[] = [
  ['Took 5000ms', { duration_ms: 5000 }, 'the verb'],
  ['took 1.2e-05s', { duration_ms: 0.012 }, 'an exponent'],
  ['finished after 2m30s from start', { duration_ms: 150_000 }, 'two parts, after'],
  ['rendered (12.3 ms)', { duration_ms: 12.3 }, 'brackets'],
  ['elapsed 00:01:02.5', { duration_ms: 62_500 }, 'a clock behind a word for it'],
  ['in 350µs', { duration_ms: 0.35 }, 'micro sign'],
  ['in 350μs', { duration_ms: 0.35 }, 'Greek mu'],
  ['compiled in 1 minute 5 seconds', { duration_ms: 65_000 }, 'words as units'],
  ['duration [726ms], collections [1]', { duration_ms: 726 }, 'brackets behind the noun'],
  ['Total time:  06:10 min', { duration_ms: 370_000 }, 'minutes and seconds'],
  ['1s (a) + 2s (b) = 3.5s', { duration_ms: 3500 }, 'the sum'],
  ['done: 10.009 sec', { duration_ms: 10_009 }, 'colon'],
  ['Slow query: 450ms on /api/carts', { duration_ms: 450, http_path: '/api/carts' }, 'a path behind the duration'],
  ['imported 1001 rows in 14 seconds', { duration_ms: 14_000 }, 'a past verb: it took that long'],
  ['worker exited with code 0 after 12.5 seconds', { duration_ms: 12_500 }, 'something ended'],
  ['{"took":"2.5s","expected-duration":"100ms"}', { duration_ms: 2500 }, 'the measured one, not the expected'],
  ['{"duration_ms":664}', { duration_ms: 664 }, 'the unit is in the key'],
  ['duration: 61.05256485939', { duration_ms: 61_052.56485939 }, 'a floating-point number of seconds as printed'],
  ['real    0m2.310s', { duration_ms: 2310 }, 'the shell'],
  ['t=15.24µs reqid=2', { duration_ms: 0.01524, t: '15.24µs', request_id: '2' }, 'a short key'],
  ['elapsed="1.5s"', { duration_ms: 1500, elapsed: '1.5s' }, 'a quoted pair'],
  ['Retry after timeout, took 35ms', { duration_ms: 35 }, 'a comma ends what the timeout said'],
  ['timeout of 5000ms exceeded', {}, 'a limit'],
  ['retry in 30s', {}, 'still to come'],
  ['restarting in 5s', {}, 'still to come'],
  ['will try again in 10s', {}, 'still to come'],
  ['uptime 3 days', {}, 'an age'],
  ['10 changes in 300 seconds', {}, 'a rate'],
  ['5 failures in the last 300 secs', {}, 'a window'],
  ['Billed Duration: 18000 ms', {}, 'not measured'],
  ['took longer than 1 minute', {}, 'a threshold'],
  ['lease time 30s', {}, 'a noun that was spoken against'],
  ['waiting 2000ms before next try', {}, 'a wait'],
  ['last seen 30s ago', {}, 'an age'],
  ['running 300ms behind', {}, 'a lag'],
  ['Container did not stop within 10s', {}, 'a limit'],
  ['keepalive 75s', {}, 'a setting'],
  ['token expires in 3600s', {}, 'a life time'],
  ['at 10:15:32 the sun rose', {}, 'a time of day'],
  ['in 5 users', {}, 'no unit'],
  ['cache of 5M entries in 3H', {}, 'capitals are no units of time'],
];

const ERRORS: Row[] = [
  ['java.net.ConnectException: refused', { error_type: 'java.net.ConnectException', error_message: 'refused' }, 'a package'],
  ['TypeError: x is not a function', { error_type: 'TypeError', error_message: 'x is not a function' }, 'a class'],
  ["raised RuntimeError('no header')", { error_type: 'RuntimeError', error_message: 'no header' }, 'Python'],
  ["raised unexpected: Missing('row 7',)", {}, 'one hump is no class'],
  ["raised unexpected: DoesNotExist('no such row',)", { error_type: 'DoesNotExist', error_message: 'no such row' }, 'no suffix, but raised'],
  ['NameError (uninitialized constant A::B):', { error_type: 'NameError', error_message: 'uninitialized constant A::B' }, 'Ruby'],
  ['Store::Card::Error (declined):', { error_type: 'Store::Card::Error', error_message: 'declined' }, 'a bare word with its modules'],
  ['Uncaught Error: Call to undefined function f()', { error_type: 'Error', error_message: 'Call to undefined function f()' }, 'the bare class, uncaught'],
  ["Uncaught exception 'App\\Bad\\InvalidThing' with message 'it is bad'", { error_type: 'App\\Bad\\InvalidThing', error_message: 'it is bad' }, 'PHP'],
  ["Uncaught db_exception: Unknown column 'a' in /www/x.php:61", { error_type: 'db_exception', error_message: "Unknown column 'a'" }, 'without file and line'],
  ['Error: connect ECONNREFUSED 127.0.0.1:3000', { error_type: 'ECONNREFUSED', error_message: 'connect ECONNREFUSED 127.0.0.1:3000' }, 'an errno, and a dialled address'],
  ['Error: timeout of 1000ms exceeded', { error_message: 'timeout of 1000ms exceeded' }, 'too particular for a slug'],
  ['Error: connection reset', { error_type: 'connection_reset', error_message: 'connection reset' }, 'a phrase'],
  ['call failed: error: SlowDown: reduce your rate', { error_type: 'SlowDown', error_message: 'reduce your rate' }, 'a code behind error:'],
  ['Status: error Error Type: Runtime.BadEntry', { error_type: 'Runtime.BadEntry' }, 'named'],
  ['failed due to TimeoutError while reading', { error_type: 'TimeoutError' }, 'behind its preposition'],
  ['Unhandled exception. System.InvalidOperationException: bad state', { error_type: 'System.InvalidOperationException', error_message: 'bad state' }, '.NET'],
  ['ValueError: bad value. Took 12ms', { error_type: 'ValueError', error_message: 'bad value', duration_ms: 12 }, 'a sentence that states a field ends the text'],
  ['IOError: disk full attempt=2 node=a', { error_type: 'IOError', error_message: 'disk full', attempt: '2', node: 'a' }, 'pairs end the text'],
  ['AccessDenied: Access Denied status code: 403, request id: M81B9V70', { error_type: 'AccessDenied', error_message: 'Access Denied', http_status: 403, request_id: 'M81B9V70' }, 'named fields end the text'],
  ['0 errors, 2 warnings', {}, 'a count'],
  ['exception handling enabled', {}, 'a modifier'],
  ['registered handler for ValueError, TypeError', {}, 'mentioned only'],
  ['compiling FooException.java', {}, 'a file'],
  ['error while reading the file', {}, 'no class'],
  ['ErrorHandler: ready', {}, 'not the end of the word'],
  ['Uncaught the fish', {}, 'nothing raised'],
  ['payment failed {"exception":"[object] (RuntimeException(code: 7): card declined at /app/cart.php:5)"}', { error_type: 'RuntimeException', error_message: 'card declined' }, 'Monolog: a code behind the class, the place behind the text'],
  ['Rack app: #<ArgumentError: no cart>', { error_type: 'ArgumentError', error_message: 'no cart' }, 'Ruby, inspected'],
];

const REQUESTS: Row[] = [
  ['PATCH /x/5 -> 204 (7 ms)', { http_method: 'PATCH', http_path: '/x/5', http_status: 204, duration_ms: 7 }, 'a duration in brackets is no size'],
  ['GET /healthz: (468.434µs)', { http_method: 'GET', http_path: '/healthz', duration_ms: 0.468434 }, 'punctuation behind the path'],
  ['GET /api/v1/pods responded 200 in 12.34ms', { http_method: 'GET', http_path: '/api/v1/pods', http_status: 200, duration_ms: 12.34 }, 'the verb'],
  ['POST /v1/agents → 200 45ms', { http_method: 'POST', http_path: '/v1/agents', http_status: 200, duration_ms: 45 }, 'an arrow'],
  ['HTTP: POST http://example.com/auth/login?next=1', { http_method: 'POST', http_path: '/auth/login' }, 'a URL and its query'],
  ['Started GET "/" for 10.0.0.7 at noon', { http_method: 'GET', http_path: '/', client_ip: '10.0.0.7' }, 'quotes'],
  ['"GET /x HTTP/1.1" 302 435', { http_method: 'GET', http_path: '/x', http_version: '1.1', http_status: 302, bytes: 435 }, 'as in access logs'],
  ['DELETE 10.0.0.7 /items/4: done', { http_method: 'DELETE', http_path: '/items/4', client_ip: '10.0.0.7' }, 'an address between'],
  ['Completed 404 Not Found in 15ms', { http_status: 404, duration_ms: 15 }, 'a reason phrase'],
  ['Request finished in 2.67ms 200 text/html', { http_status: 200, duration_ms: 2.67 }, 'behind the duration'],
  ['Request /v1/renew (152µs)', { http_path: '/v1/renew', duration_ms: 0.152 }, 'no method'],
  ['upstream answered with status: 503', { http_status: 503 }, 'named'],
  ['took 8ms and returned 401 65 bytes', { duration_ms: 8, http_status: 401, bytes: 65 }, 'status and size'],
  ['[500]: GET /index.php', { http_status: 500, http_method: 'GET', http_path: '/index.php' }, 'before the method'],
  ['GET /x status=200 duration=15ms', { http_method: 'GET', http_path: '/x', http_status: 200, status: '200', duration_ms: 15, duration: '15ms' }, 'pairs'],
  ['API error 429: rate limit', { http_status: 429 }, 'behind error'],
  ['uploaded 52428800 bytes', { bytes: 52_428_800 }, 'a size'],
  ['512 bytes in, 300 bytes out', {}, 'two sizes'],
  ['heap limit 1048576 bytes', {}, 'memory'],
  ['returned 200 rows', {}, 'a count'],
  ['exit status 127', {}, 'a process'],
  ['550 mailbox unavailable', {}, 'another protocol'],
  ['GET request failed', {}, 'no path'],
  ['get /dev/null', {}, 'small letters'],
  ['Now listening on: http://localhost:5000', {}, 'no request'],
  ['mounted on /mnt/data', {}, 'a path without a request'],
  ['see GET? /maybe', {}, 'not beside the path'],
  ['"GET http://a.example/ok?x=1 HTTP/1.1" from 10.1.2.3:4444 - 200 2B in 12ms', { http_method: 'GET', http_path: '/ok?x=1', http_version: '1.1', http_status: 200, client_ip: '10.1.2.3', bytes: 2, duration_ms: 12 }, 'chi'],
  ['Started ServerConnector@65{HTTP/1.1, (http/1.1)}', {}, 'what a server speaks is no request'],
];

const ADDRESSES: Row[] = [
  ['connection to server at "pg-write" (10.20.0.11), port 5432 failed', {}, "a server's address behind its name"],
  ['pg-write now resolves to db-2 (10.20.0.12), timeline 14', {}, 'what a name resolves to'],
  ['Bad password for dani (10.20.0.13)', { client_ip: '10.20.0.13' }, 'an address behind who called'],
  ['client @0x7f 10.20.0.14#51234 (example.com): query: example.com IN A + (10.0.0.53)', { client_ip: '10.20.0.14' }, 'BIND: who asked, not who was asked'],
  ["resolver: connection refused resolving 'a.example/A/IN': 10.20.0.15#53", {}, 'BIND: a server it asked'],
  ['connection from 10.0.0.5 port 22', { client_ip: '10.0.0.5' }, 'from'],
  ['Rejected [::1] from IP: [2001:db8::7]:443', { client_ip: '2001:db8::7' }, 'the named one'],
  ['Failed attempt from ::ffff:10.0.0.5', { client_ip: '10.0.0.5' }, 'IPv4 inside IPv6'],
  ['raft: 10.1.1.5:5825 accepted connection from: 10.1.1.9:26009', { client_ip: '10.1.1.9' }, 'the caller, not itself'],
  ['peer[/10.0.0.6:65394] is ready', { client_ip: '10.0.0.6' }, 'as Java prints a socket'],
  ['from=10.0.0.5:4711', { client_ip: '10.0.0.5', from: '10.0.0.5:4711' }, 'a pair with a port'],
  ['rhost=[::ffff:10.0.0.5]:47414', { client_ip: '10.0.0.5', rhost: '[::ffff:10.0.0.5]:47414' }, 'brackets and port'],
  ['10.130.8.1 - "hello"', { client_ip: '10.130.8.1' }, 'at the start, as in access logs'],
  ['dial tcp 10.0.0.1:5432: connection refused', {}, 'dialled'],
  ['connecting to 10.0.0.1', {}, 'dialled'],
  ['Listening on 0.0.0.0:8080', {}, 'its own'],
  ['Node at 10.9.8.6:5825 entering state', {}, 'a member'],
  ['get http://10.0.0.1/x', {}, 'a URL'],
  ['upgraded to version 1.2.3.4', {}, 'a version'],
  ['agent Chrome/76.0.3809.111', {}, 'a version'],
  ['ratio 1.2.3', {}, 'three parts'],
  ['from 300.1.2.3', {}, 'no address'],
  ['listening on IPv4 interface lo, 127.0.0.1#7307', {}, 'an own interface'],
  ['no longer listening on 10.0.0.7#7307', {}, 'an own socket'],
  ['Listening on auth address 10.0.0.7 port 18120 bound to server inner', {}, 'an own address, a word between'],
  ['Listen normally on 4 lo [fd00::2]:123', {}, 'an own address in brackets'],
  ['socket 0 bound to TCP address 10.0.0.7:8081', {}, 'bound, not called'],
  ['failed to create listening socket for 10.0.0.7: in use', {}, 'for oneself'],
  ['cannot bind socket (in use) for [10.0.0.7:8089]', {}, 'for oneself, in brackets'],
  ['Serving HTTP on 10.0.0.7 port 8080', {}, 'on, and a port'],
  ['no upstream proxy for 10.0.0.7', {}, 'another host, which was looked for'],
  ['found address for 10.0.0.7', {}, 'a name was resolved'],
  ['accepted connection on listener web from 10.0.0.8:4711', { client_ip: '10.0.0.8' }, 'a listener, and who called it'],
  ['rate limit exceeded for 10.0.0.8', { client_ip: '10.0.0.8' }, 'for a peer'],
  ['added interface eth0 ip=10.0.0.7 bcast=10.0.0.255', { ip: '10.0.0.7', bcast: '10.0.0.255' }, 'the address of an interface is a member'],
  ['bridge is assigned with an IP address 172.17.0.0/16', {}, 'a network is nobody'],
  ['denied from 10.0.0.8/4711', { client_ip: '10.0.0.8' }, 'a port behind a slash'],
  ['started with --addr 0.0.0.0:2024', {}, 'any address is none'],
];

const IDS: Row[] = [
  ['START RequestId: b47cde10-029a-11e6-b5d6-1f01b70b94b2 Version: 1', { request_id: 'b47cde10-029a-11e6-b5d6-1f01b70b94b2' }, 'named'],
  ['request b47cde10-029a-11e6-b5d6-1f01b70b94b2 accepted', { request_id: 'b47cde10-029a-11e6-b5d6-1f01b70b94b2' }, 'a UUID'],
  ['X-Request-ID: abc-123', { request_id: 'abc-123' }, 'a header'],
  ['correlation id: c0ffee12', { request_id: 'c0ffee12' }, 'two words'],
  ['[trace_id=abc123 span_id=ghi789] failed', { trace_id: 'abc123', span_id: 'ghi789' }, 'pairs in brackets'],
  ['[shop,6bfd228dc00d216b,8d1e6bfd228dc00d,true] ok', { trace_id: '6bfd228dc00d216b', span_id: '8d1e6bfd228dc00d' }, 'Sleuth'],
  ['sessionId="k3JmN"', { session_id: 'k3JmN' }, 'a quoted pair'],
  ['session=<q7Xab2>', { session_id: 'q7Xab2', session: 'q7Xab2' }, 'angle brackets'],
  ['trace_id= next', {}, 'empty'],
  ['request id missing', {}, 'no id'],
  ['session timeout set to 30 minutes', {}, 'a setting'],
  ['request id: null', {}, 'no value'],
];

const PAIRS: Row[] = [
  ['handled trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331', { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' }, 'ids by their look, under names that mean many things'],
  ['trace=on span=3', { trace: 'on', span: '3' }, 'the same names, and no ids'],
  ['event={"nested":"json"} sent', {}, 'a bracket is no value'],
  ['select u.id from users u where u.id=?', {}, 'a place holder of SQL'],
  ['note: run with `RUST_BACKTRACE=1` to see more', {}, 'code in a sentence'],
  ['"List" url:/api/v1/pods,user-agent:kubectl/v1.28 (linux/amd64) k8s/8d,audit-id:6f1c (total time: 1123ms):', { user_agent: 'kubectl/v1.28 (linux/amd64) k8s/8d', duration_ms: 1123 }, 'klog: an agent in a list'],
  ['at=info method=GET path="/x" service=18ms', { at: 'info', http_method: 'GET', http_path: '/x', path: '/x', service: '18ms' }, 'Heroku: how long it took to serve'],
  ['alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/apt update -y', { user_id: 'alice', TTY: 'pts/0', PWD: '/home/alice', USER: 'root', COMMAND: '/usr/bin/apt update -y' }, 'sudo: who acts stands in front, and the command has blanks'],
  ['bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh', { user_id: 'bob', TTY: 'pts/0', PWD: '/', USER: 'root', COMMAND: '/bin/sh' }, 'sudo, refused'],
  ['started; USER=carol', { user_id: 'carol' }, 'no sudo: the user of a list'],
  ['Request handled for user 8841 in 35ms request_id=6f9619ff-8b86 state=ok region=eu-west-1', { user_id: '8841', duration_ms: 35, request_id: '6f9619ff-8b86', state: 'ok', region: 'eu-west-1' }, 'a tail'],
  ['user bob saved user_id=77', { user_id: '77' }, 'structure beats prose'],
  ['number=33,614,959 age=7m', { number: '33,614,959', age: '7m' }, 'thousands'],
  ['paid order=7 amount=EUR 118.40 via card', { order: '7', amount: 'EUR 118.40' }, 'a currency in front of its amount'],
  ['state=NEW 3 items, amount=EUR 5x', { state: 'NEW', amount: 'EUR' }, 'no currency, and no amount'],
  ['elapsed=1.234 took=0.5', { elapsed: '1.234', duration_ms: 1234, took: '0.5' }, 'seconds'],
  ['took=0.034', { took: '0.034', duration_ms: 34 }, 'three decimals: seconds to the millisecond'],
  ['elapsed=34.1234', { duration_ms: 34.1234 }, 'four: .NET, in milliseconds'],
  ['connection received: host=10.0.0.1 port=33388', { client_ip: '10.0.0.1', host: '10.0.0.1', port: '33388' }, 'a peer, and not the machine that says so'],
  ["connect_tcp.started host='10.0.0.1' port=1", { host: '10.0.0.1', port: '1' }, 'a target'],
  ['(queue=a, depth=3)', { queue: 'a', depth: '3' }, 'in brackets'],
  ['call(a=f(1,2), b="x y")', { a: 'f(1,2)', b: 'x y' }, 'nested and quoted'],
  ['open /x?a=1&b=2', {}, 'a query is no tail'],
  ['if a == b then c => d', {}, 'operators'],
  ['a= b', {}, 'nothing'],
  ['base64 c3R1ZmY==', {}, 'padding'],
  ['msg="login failed for user zoe" code=7', { user_id: 'zoe', message: 'login failed for user zoe', code: '7' }, 'a message inside is read too'],
  ['slow: SELECT * FROM t WHERE id=1 AND state=2 OR (a.b=3) rows=4', { rows: '4' }, 'conditions of SQL are none, what follows is'],
  ["UPDATE carts SET total=5, note='x' WHERE id=7", {}, 'assignments of SQL are none'],
  ['please set timeout=30 retries=2', { timeout: '30', retries: '2' }, 'to set something is no SQL'],
  ["raised exception=X(Y(1, 'z')) code=4", { exception: "X(Y(1, 'z'))", code: '4' }, 'blanks and quotes in brackets'],
  ['peers=(a b c) args=[1, 2] n=3', { peers: '(a b c)', args: '[1, 2]', n: '3' }, 'lists with blanks'],
  ['broken a=(b c=d', { a: '(b', c: 'd' }, 'a bracket that never closes'],
  ["a=(it's b) c=1", { a: "(it's b)", c: '1' }, 'an apostrophe in brackets'],
  ['upload failed error=dial tcp 10.0.0.7:80: connect: refused attempt=3', { error_message: 'dial tcp 10.0.0.7:80: connect: refused', attempt: '3' }, 'an error without quotes goes on to the next pair'],
  ['query failed error=connection refused (os error 111)', { error_message: 'connection refused (os error 111)' }, "and to the line's end"],
  ['upload failed error=EOF closing', { error_message: 'EOF' }, 'a code stands for itself'],
  ['upload failed err=nil again', { err: 'nil' }, 'so does what says that there is none'],
];

const TRACES: Row[] = [
  ['fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/gop/main.go:9 +0x2b4',
    { level: 'error', error_message: 'all goroutines are asleep - deadlock!', stack_trace: 'fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/gop/main.go:9 +0x2b4' }, 'Go: what its runtime died of'],
  ['panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/gop/main.go:9 +0x2b4',
    { level: 'error', error_type: 'panic', error_message: 'assignment to entry in nil map', stack_trace: 'panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/gop/main.go:9 +0x2b4' }, 'Go: what it died of'],
  ["thread 'main' panicked at a.rs:1:30:\nindex out of bounds: the len is 1\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace", { level: 'error', error_type: 'panic', error_message: 'index out of bounds: the len is 1' }, 'Rust: its text is on the second line'],
  ['panic: disk is full\nsee the manual', {}, 'no stack: a person may say so'],
  ['boom\njava.lang.IllegalStateException: bad\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: gone\n\tat x.y(Z.java:2)',
    { level: 'error', error_type: 'java.lang.IllegalStateException', error_message: 'bad', stack_trace: 'java.lang.IllegalStateException: bad\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: gone\n\tat x.y(Z.java:2)', error_cause: 'java.io.IOException: gone' }, 'Java: what was thrown in the end comes first'],
  ['failed\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\npsycopg.errors.QueryCanceled: canceling statement\nCONTEXT:  while updating tuple (1,2)',
    { level: 'error', error_type: 'psycopg.errors.QueryCanceled', error_message: 'canceling statement', stack_trace: 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\npsycopg.errors.QueryCanceled: canceling statement\nCONTEXT:  while updating tuple (1,2)' }, "PostgreSQL's further lines are no classes"],
  ['failed\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\nKeyError: \'k\'\n',
    { level: 'error', error_type: 'KeyError', error_message: "'k'", stack_trace: 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\nKeyError: \'k\'' }, 'Python: it comes last'],
  ['TypeError: x is not a function\n    at f (a.js:1:2)\n    at user bob (b.js:1:2)',
    { level: 'error', error_type: 'TypeError', error_message: 'x is not a function', stack_trace: 'TypeError: x is not a function\n    at f (a.js:1:2)\n    at user bob (b.js:1:2)' }, 'Node: it is the first line, and frames are no prose'],
  ['first line\nuser carol logged in', { user_id: 'carol' }, 'lines without frames are prose'],
  ['Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: \'k\'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 2, in g\nValueError: v',
    { level: 'error', error_type: 'ValueError', error_message: 'v', stack_trace: 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: \'k\'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 2, in g\nValueError: v', error_cause: "KeyError: 'k'" }, 'nothing but a trace: its exception is what a person reads'],
  ['  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 13, in <module>\n  | ExceptionGroup: grp (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------',
    { level: 'error', error_type: 'ExceptionGroup', error_message: 'grp (2 sub-exceptions)', stack_trace: '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 13, in <module>\n  | ExceptionGroup: grp (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------' }, 'a group is the error, not what is in it'],
  ['boom\nE.AException: a\n\tat a.B.c(B.java:1)\nCaused by: e.BException: b\n\tat x.y(Z.java:2)\nCaused by: e.CException: c\n\t... 3 more\nCaused by: [CIRCULAR REFERENCE: E.AException: a]',
    { level: 'error', error_type: 'E.AException', error_message: 'a', stack_trace: 'E.AException: a\n\tat a.B.c(B.java:1)\nCaused by: e.BException: b\n\tat x.y(Z.java:2)\nCaused by: e.CException: c\n\t... 3 more\nCaused by: [CIRCULAR REFERENCE: E.AException: a]', error_cause: 'e.CException: c' }, 'the last cause is what it began with; a reference back is none'],
  ['System.AException: outer\n ---> System.IO.IOException: disk\n   at P.A()\n   --- End of inner exception stack trace ---\n   at P.B()',
    { level: 'error', error_type: 'System.AException', error_message: 'outer', stack_trace: 'System.AException: outer\n ---> System.IO.IOException: disk\n   at P.A()\n   --- End of inner exception stack trace ---\n   at P.B()', error_cause: 'System.IO.IOException: disk' }, '.NET: the inner one'],
  ['Failed\n      System.AException: outer\n       ---> System.IO.IOException: disk\n         at P.A()',
    { level: 'error', error_type: 'System.AException', error_message: 'outer', stack_trace: '      System.AException: outer\n       ---> System.IO.IOException: disk\n         at P.A()', error_cause: 'System.IO.IOException: disk' }, ".NET's console logger indents the whole trace"],
  ["TypeError: outer\n    at f (/a.js:1:2) {\n  [cause]: RangeError: inner\n      at g (/a.js:2:2) {\n    code: 'E'\n  }\n}",
    { level: 'error', error_type: 'TypeError', error_message: 'outer', stack_trace: "TypeError: outer\n    at f (/a.js:1:2) {\n  [cause]: RangeError: inner\n      at g (/a.js:2:2) {\n    code: 'E'\n  }\n}", error_cause: 'RangeError: inner' }, 'Node: without the brace of its properties'],
  ['/app/a.js:12\n  null.foo;\n       ^\n\nTypeError: no foo\n    at f (/app/a.js:12:8)\n\nNode.js v20.20.2',
    { level: 'error', error_type: 'TypeError', error_message: 'no foo', stack_trace: 'TypeError: no foo\n    at f (/app/a.js:12:8)\n\nNode.js v20.20.2' }, 'Node: the place and its line of source are not what a person reads'],
  ['[eval]:1\nthrow 5\n^\n5\n(Use `node --trace-uncaught ...` to show where the exception was thrown)', {}, 'Node: what was thrown is no error'],
  ['query failed Error: refused\n    at f (/a.js:1:2)', { level: 'error', error_type: 'Error', error_message: 'refused', stack_trace: '    at f (/a.js:1:2)' }, 'Node: an error behind the text of the log call'],
  ['query failed\nmain.main\n\t/src/main.go:11\nruntime.main\n\t/go/proc.go:290', { stack_trace: 'main.main\n\t/src/main.go:11\nruntime.main\n\t/go/proc.go:290' }, 'zap: frames without a title'],
  ['a list:\nitem\n\t/usr/share/doc', {}, 'a path is no place'],
  ['select id\n\tfrom orders\n\twhere total > 5', {}, 'a statement over several lines: from is no frame'],
  ['recovered: goroutine 1 [running]:\nmain.main()\n\t/gop/main.go:7 +0x118', { stack_trace: 'main.main()\n\t/gop/main.go:7 +0x118' }, 'Go: a stack in a log line'],
  ['a.js:3\n    throw x\n    ^\n\nError [ERR_X]: no module\n    at f (a.js:1:2)', { level: 'error', error_type: 'Error', error_message: 'no module', stack_trace: 'Error [ERR_X]: no module\n    at f (a.js:1:2)' }, 'Node: a code behind the class'],
  ['slow\n    at src/main.rs:3\n    in shop::handle with user_id: 42', { caller: 'src/main.rs:3', user_id: '42' }, "Rust's tracing, pretty: where it was logged, and no trace"],
  ['--- Logging error ---\nTraceback (most recent call last):\n  File "a.py", line 1, in emit\nTypeError: bad format\nMessage: \'bad %d\'',
    { level: 'error', error_type: 'TypeError', error_message: 'bad format', stack_trace: 'Traceback (most recent call last):\n  File "a.py", line 1, in emit\nTypeError: bad format\nMessage: \'bad %d\'' }, "Python's logging: what it should have said is no class"],
  ['Traceback (most recent call last):\n  File "a.py", line 1, in f\nMessageError: no body',
    { level: 'error', error_type: 'MessageError', error_message: 'no body', stack_trace: 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nMessageError: no body' }, 'a class that begins so is one'],
];

const arena = testArena();
const event = new LogEvent(arena);

function read(line: string): Fields {
  arena.resetScratch();
  const chunk = chunkOf(arena, line);
  event.begin(chunk, 0, chunk.bytes.length);
  extract(chunk, 0, chunk.bytes.length, event);
  return fieldsOf(event) as Fields;
}

const TABLES = { users: USERS, durations: DURATIONS, errors: ERRORS, requests: REQUESTS, addresses: ADDRESSES, ids: IDS, pairs: PAIRS, traces: TRACES };
for (const [name, rows] of Object.entries(TABLES)) {
  t.test(name, async (t) => {
    for (const [line, fields, reason] of rows) t.strictSame(read(line), fields, `${reason}: ${line}`);
  });
}

t.test('durations', async (t) => {
  const rows: [string, number][] = [['35ms', 35], ['1h2m3s', 3_723_000], ['90.951µs', 0.090951], ['1,234 ms', 1234], ['30.0004524s', 30_000.4524], ['12', NaN], ['5 users', NaN], ['5s later', NaN]];
  for (const [text, ms] of rows) {
    const bytes = Buffer.from(text);
    t.strictSame(durationMs(bytes, 0, bytes.length), ms, text);
  }
});

t.test('what the event has is not set again', async (t) => {
  const chunk = chunkOf(arena, 'user bob took 5ms');
  event.begin(chunk, 0, chunk.bytes.length);
  event.span(9, 0, 4);
  extract(chunk, 0, chunk.bytes.length, event);
  t.strictSame(fieldsOf(event), { user_id: 'user', duration_ms: 5 });
});

t.test('any soup of pieces is read to its end, and what is found lies inside it', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
  t.comment(`SEED=${seed}`);
  const random = randomOf(seed);
  const pieces = [...Object.values(TABLES).flat().flatMap(([line]) => line.split(/(?<=[ :=.([])/)), '\n', '\t', '"', '[', ']', '(', ')', '@', '=', '::', '\0', '\xff', 'é'];
  for (let round = 0; round < 20_000; round++) {
    const line = Array.from({ length: 1 + random() % 12 }, () => pieces[random() % pieces.length]).join('');
    read(line);
    for (const field of FIELDS.keys()) {
      if ((event.present & (1 << field)) === 0) continue;
      const [from, to] = [event.fromOf(field), event.toOf(field)];
      if (from < 0 || to <= from || to > Buffer.byteLength(line)) t.fail(`${FIELDS[field]} at ${from} to ${to} of ${JSON.stringify(line)}`);
    }
  }
});

/** mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

// Twice the bytes may take some twice the time, never four times: measured against each other, not against a clock.
t.test('hostile messages are read in linear time', async (t) => {
  const parts = ['[', '(', '"', "'", '<', '1', '1.', '1:', ':', '@', 'a=', 'a="', 'a=<', "a='", 'user ', 'user "', 'a.', 'a.Error', 'Error: ', 'aError(', 'GET /', '/', '\\', 'request id ', 'for ', 'login logged in ', '5ms ',
    'took: 5 ', 'in ', '1m', 'a@', '::', '[a,', '\nat ', '\n', 'raised ', 'XError(\'', 'µ', 'e1e', '-', '_', '1,111'];
  for (const part of parts) {
    let [small, large] = [Infinity, Infinity];
    for (let tries = 0; tries < 30 && !(large < 16 * 6 * small + 20); tries++) { // what is quick is so in one of many tries, however busy the machine is
      small = Math.min(small, timeOf(part, 16 * 1024));
      large = Math.min(large, timeOf(part, 256 * 1024));
    }
    t.ok(large < 16 * 6 * small + 20, `${JSON.stringify(part)}: ${small.toFixed(2)} ms, sixteen times as long ${large.toFixed(2)} ms`);
  }
});

function timeOf(part: string, bytes: number): number {
  const chunk = chunkOf(arena, part.repeat(Math.ceil(bytes / part.length)));
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    arena.resetScratch();
    event.begin(chunk, 0, chunk.bytes.length);
    const begin = performance.now();
    extract(chunk, 0, chunk.bytes.length, event);
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}
