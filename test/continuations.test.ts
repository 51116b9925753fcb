import t from 'tap';
import { CLOSED } from '../agent/records/record-cutter.ts';
import { continuations } from '../parsers/continuations/index.ts';
import { PARSERS } from '../parsers/index.ts';
import { LaneRig, streamOf, untiled } from './helpers/lane-rig.ts';

/** Records in the order of their stream. Most traces are what the runtimes wrote, with frames left out. */
const STREAMS: readonly (readonly [string, readonly string[]])[] = [
  ['Java: suppressed, causes, a message over two lines, circular', [
    '2026-11-25 16:38:31,001 ERROR [main] com.x.A - failed\njava.lang.RuntimeException: outer\n\tat A.main(A.java:7)\n\tSuppressed: java.io.IOException: closing\n\t\t... 8 more\nCaused by: java.lang.IllegalStateException: bad state\nsecond line\n\tat A.f(A.java:3)\n\t... 8 more',
    '2026-11-25 16:38:31,002 INFO [main] com.x.A - next',
  ]],
  ['Java on stderr, without headers', [
    'a plain line',
    'java.lang.IllegalStateException: bad state\nsecond line\n\tat A.f(A.java:3)\n\tat A.main(A.java:10)',
    'java.lang.Exception: c1\n\tat A.main(A.java:9)\nCaused by: java.lang.Exception: c2\n\t... 8 more\nCaused by: [CIRCULAR REFERENCE: java.lang.Exception: c1]',
    'after',
    'Exception in thread "worker-1" java.lang.RuntimeException: in thread\n\tat A.lambda$main$0(A.java:13)',
    'Exception in thread "main" java.lang.IllegalStateException: bad state\nsecond line\n\tat A.f(A.java:3)',
  ]],
  ['an exception that no frames follow keeps its line to itself', ['java.lang.IllegalStateException: bad', 'done', 'TypeError: x', 'going on', 'Error: y']],
  ['key=value: a line of pairs is a record whatever its first key; text below one still belongs to it', [
    'level=info ts=2026-11-25T16:38:31Z msg=started',
    'logger=context t=2026-11-25T16:38:31Z level=info msg="a \\"b\\" c" userId=1',
    'method=GET path=/ status=200',
    'time="2026-11-25T16:38:31Z" level=error msg=failed\nof two lines',
    'ts=2026-11-25T16:38:31Z msg=end',
    '2026-11-25 16:38:31 INFO settings:\na=1 b=2\nc=3 d=4',
  ]],
  ['Python: an exception is the end of its traceback whatever its class is called', ['ERROR:shop:query failed\nTraceback (most recent call last):\n  File "a.py", line 5, in <module>\npsycopg2.errors.UndefinedColumn: column "nope" does not exist\nLINE 1: select nope\n               ^', 'a line of its own', 'INFO:shop:going on']],
  ['Python: a warning below a traceback is none of its text', ['2026-11-25 16:38:31,001 ERROR shop failed\nTraceback (most recent call last):\n  File "a.py", line 5, in <module>\nZeroDivisionError: division by zero', '/app/a.py:7: DeprecationWarning: old api\n  warnings.warn("old api")', 'plain print']],
  ["Django's server: a request is one line, and what stands below is not its text", ['[25/Nov/2026 16:38:31] "GET /a HTTP/1.1" 200 10', 'Not Found: /b', '[25/Nov/2026 16:38:32] "GET /b HTTP/1.1" 404 20', 'Internal Server Error: /c', 'Traceback (most recent call last):\n  File "a.py", line 3, in c\nValueError: bad', '[25/Nov/2026 16:38:33] "GET /c HTTP/1.1" 500 30']],
  ['java.util.logging: time and place, level and text below', ['Nov 25, 2026 4:38:31 PM A main\nINFO: hello', 'Nov 25, 2026 4:38:31 PM A main\nWARNING: multi\nline', 'Nov 25, 2026 4:38:31 PM A main\nSEVERE: failed\njava.lang.RuntimeException: outer\n\tat A.main(A.java:7)', 'Nov 25, 2026 4:38:32 PM A main\nINFO: end']],
  ["Python: what logging reports of itself is none of the line's before it", [
    'WARNING:shop:slow', '--- Logging error ---',
    'Traceback (most recent call last):\n  File "a.py", line 1, in emit\nTypeError: not all arguments converted\nCall stack:\n  File "b.py", line 2, in <module>', "Message: 'bad %d'", "Arguments: ('x',)",
  ]],
  ['slf4j-simple: a thread and a level in front of a trace', [
    '[main] ERROR org.acme.Shop - order failed\njava.lang.IllegalStateException: no cart\n\tat Shop.main(Shop.java:4)\nCaused by: java.io.IOException: gone\n\t... 1 more',
    '[main] INFO org.acme.Shop - next',
  ]],
  ['tinylog: time and place, level and text below', ['2026-11-25 16:38:31 [main] shop.Cart.total()\nINFO: up', '2026-11-25 16:38:31 [main] shop.Cart.pay()\nERROR: failed: java.lang.RuntimeException: boom\n\tat Cart.pay(Cart.java:5)', '2026-11-25 16:38:32 [main] shop.Cart.total()\nWARN: slow']],
  ['on stderr below a log line: warnings and what a shell says are records of their own', [
    '2026-11-25 16:38:31 INFO up', '(node:77) Warning: leak', '2026-11-25 16:38:31 INFO up', 'run.sh: line 3:    77 Segmentation fault      (core dumped) ./shop', '2026-11-25 16:38:32 INFO up', 'Killed',
  ]],
  ['a request of uWSGI, and a time in hexadecimal, begin a record', [
    '2026-11-25 16:38:31 INFO up', '[pid: 77|app: 0|req: 1/3] 1.2.3.4 () {28 vars in 314 bytes} [Sun Nov 22 10:00:00 2026] GET /a => generated 5 bytes in 12 msecs (HTTP/1.1 200) 2 headers in 88 bytes (1 switches on core 0)', '6a1b2c3d.075bca00 0x7f00a1 slapd starting',
  ]],
  ['Python: chained, twice', [
    'Traceback (most recent call last):\n  File "a.py", line 5, in <module>\n    try: f(1)\n         ^^^^\nKeyError: 1\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "a.py", line 6, in <module>\nValueError: outer',
    'Traceback (most recent call last):\n  File "a.py", line 9, in <module>\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 10, in <module>\nRuntimeError: during',
    'between',
  ]],
  ['Python: a group, a syntax error, a thread, a destructor', [
    'between',
    '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 13, in <module>\n  | ExceptionGroup: grp (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------',
    'plain line',
    'Traceback (most recent call last):\n  File "t.py", line 1\n    x = = 1\n        ^\nSyntaxError: invalid syntax',
    'Exception in thread Thread-1 (f):\nTraceback (most recent call last):\n  File "threading.py", line 1045, in _bootstrap_inner\nKeyError: 2',
    'a.py:19: UserWarning: old\n  warnings.warn("old")',
    'Exception ignored in: <function Foo.__del__ at 0x7f6f76583600>\nTraceback (most recent call last):\n  File "a.py", line 21, in __del__\nOSError: del',
  ]],
  ['Python logging: the trace of a log call is its own; one below a line that speaks of no trouble is not', [
    '2026-11-25 16:38:29,921 INFO root: starting',
    '2026-11-25 16:38:29,921 ERROR root: failed\nsecond line\nTraceback (most recent call last):\n  File "a.py", line 25, in <module>\nKeyError: 3',
    '2026-11-25 16:38:29,921 WARNING root: multi\nline\ntext',
    '2026-11-25 16:38:29,921 INFO root: going on',
    'Traceback (most recent call last):\n  File "a.py", line 29, in <module>\nKeyError: 4',
  ]],
  ['Python logging: a program that dies of the exception it has logged; the two tracebacks are two records', [
    '2026-11-25 16:38:29,921 ERROR root: failed\nTraceback (most recent call last):\n  File "a.py", line 4, in <module>\nKeyError: 3',
    'Traceback (most recent call last):\n  File "a.py", line 6, in <module>\nKeyError: 3',
    'plain',
    'ERROR:root:failed\nTraceback (most recent call last):\n  File "a.py", line 4, in <module>\nKeyError: 3',
    'Traceback (most recent call last):\n  File "a.py", line 6, in <module>\nKeyError: 3',
    '2026-11-25 16:38:29,922 ERROR root: failed\nTraceback (most recent call last):\n  File "a.py", line 4, in <module>\nValueError: of\ntwo lines',
    'Traceback (most recent call last):\n  File "a.py", line 6, in <module>\nRuntimeError: gone',
    '2026-11-25 16:38:30,000 ERROR root: a group\n  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 4, in <module>\n  | ExceptionGroup: grp (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File "a.py", line 2, in f\n    | ValueError: a\n    +------------------------------------',
    '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 6, in <module>\n  | ExceptionGroup: grp (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------',
    '2026-11-25 16:38:31,000 INFO root: starting',
    '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 8, in <module>\n  | ExceptionGroup: grp (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------',
  ]],
  ['Python logging: tracebacks that a line announces are one record', [
    '2026-11-25 16:38:29,921 ERROR root: failed\nTraceback (most recent call last):\n  File "a.py", line 2, in <module>\nKeyError: 1\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "a.py", line 4, in <module>\nValueError: outer\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 6, in <module>\nRuntimeError: during',
    'Traceback (most recent call last):\n  File "a.py", line 8, in <module>\nRuntimeError: during',
    'ERROR:root:failed\nTraceback (most recent call last):\n  File "a.py", line 4, in <module>\nValueError: outer\n\nDuring handling of the above exception, another exception occurred:\n\n  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 6, in <module>\n  | ExceptionGroup: grp (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------',
    '2026-11-25 16:38:30,000 ERROR root: in a worker\nmultiprocessing.pool.RemoteTraceback: \n"""\nTraceback (most recent call last):\n  File "a.py", line 5, in worker\nKeyError: 1\n"""\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "a.py", line 9, in <module>\nKeyError: 1',
    'Traceback (most recent call last):\n  File "a.py", line 9, in <module>\nKeyError: 1',
  ]],
  ['a level alone is a header too', ['INFO:     Application startup complete.', 'ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1', 'INFO:     Shutting down', 'a plain line']],
  ['Node: causes and properties', [
    'server listening on 3000',
    "Error: outer problem\n    at Object.<anonymous> (/a.js:3:11)\n    ... 4 lines matching cause stack trace ...\n    at node:internal/main/run_main_module:28:49 {\n  [cause]: TypeError: inner\n      at Object.<anonymous> (/a.js:3:61) {\n    code: 'EINNER'\n  }\n}",
    'next line',
    "Error: multi\nline message\n    at Object.<anonymous> (/a.js:6:29) {\n  code: 'ECONN',\n  address: '::1'\n}",
    "{\n  a: 1,\n  nested: { b: [ 1, 2, 3 ] }\n}",
    'AggregateError: several\n    at f (/a.js:8:15) {\n  [errors]: [\n    Error: one\n        at f (/a.js:8:35),\n    Error: two\n        at f (/a.js:8:53)\n  ]\n}',
    '(node:5773) [DEP0001] DeprecationWarning: deprecated thing\n(Use `node --trace-deprecation ...` to show where the warning was created)',
    "/a.js:12\nsetTimeout(() => { null.foo; }, 10);\n                        ^\n\nTypeError: Cannot read properties of null (reading 'foo')\n    at Timeout._onTimeout (/a.js:12:25)\n\nNode.js v20.20.2",
    '[eval]:1\nthrow 5\n^\n5\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v20.20.2',
  ]],
  ['Go: panics, one after another, goroutines between blank lines, a stack in a log line', [
    '2026/11/25 16:38:30 starting up',
    '2026/11/25 16:38:30 recovered: goroutine 1 [running]:\nruntime/debug.Stack()\n\t/usr/local/go/src/runtime/debug/stack.go:26 +0x5e\nmain.main()\n\t/gop/main.go:7 +0x118',
    'panic: one\n\ttwo\n\ngoroutine 1 [running]:\nmain.boom(...)\n\t/gop/main.go:3\nmain.main()\n\t/gop/main.go:9 +0x2b4\nexit status 2',
    'panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/gop/main.go:9 +0x2b4',
    'fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [sync.WaitGroup.Wait]:\nsync.(*WaitGroup).Wait(0xa18b9a040a0)\n\t/usr/local/go/src/sync/waitgroup.go:206 +0x85\n\ngoroutine 18 [select (no cases)]:\nmain.main.func1()\n\t/gop/main.go:10 +0xf\ncreated by main.main in goroutine 1\n\t/gop/main.go:10 +0x311',
    '2026/11/25 16:38:30 fatal thing',
  ]],
  ['Go: registers below the last goroutine, frames of machine code', [
    'SIGQUIT: quit\nPC=0x494981 m=0 sigcode=0\n\ngoroutine 1 [running]:\nmain.main()\n\t/gop/main.go:9 +0x2b4\n\nrax    0x0\nrip    0x494981\nrflags 0x286\ncs     0x33\nfs     0x0',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n\n 1: 0xaaa3f6 node::OOMErrorHandler [node]\n10: 0x10b7fb4 v8::internal::FactoryBase [node]\n11: 0x1297c5f  [node]',
    'next',
  ]],
  ['Node: an event that nobody handles', [
    "node:events:502\n      throw er; // Unhandled 'error' event\n      ^\n\nError: listen EADDRINUSE\n    at Server.setupListenHandle (node:net:1907:16)\nEmitted 'error' event on Server instance at:\n    at emitErrorNT (node:net:1944:8) {\n  code: 'EADDRINUSE'\n}\n\nNode.js v20.20.2",
    'plain',
  ]],
  ["the JVM's own crash, a dump of its threads", [
    'plain',
    '#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007ffa28ce9f14\n#',
    '2026-11-25 18:52:11\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15):\n\nThreads class SMR info:\n_java_thread_list=0x00007f271c0c7800, length=2, elements={\n0x00007f27b8017ea0, 0x00007f27b80f85d0\n}\n\n"main" #1 prio=5 waiting on condition\n   java.lang.Thread.State: TIMED_WAITING (sleeping)\n\tat J.main(J.java:6)\n\n"Signal Dispatcher" #4 daemon prio=9\n\nJNI global refs: 15, weak refs: 0',
    '2026-11-25 18:52:12 INFO on',
  ]],
  ["the journal's export: up to a blank line, whatever its lines look like", [
    '__CURSOR=s=c902;i=1\n__REALTIME_TIMESTAMP=1795341600000123\nMESSAGE\n\u0007\0\0\0\0\0\0\0two\nrow\n_PID=77',
    '__CURSOR=s=c902;i=2\n__REALTIME_TIMESTAMP=1795341600000124\nMESSAGE=2026-11-22 10:00:00 INFO up\n_PID=77',
  ]],
  ["the journal, verbose", ['Sun 2026-11-22 10:00:00.000123 UTC [s=c902;i=1]\n    _PID=77\n    MESSAGE=one', 'Sun 2026-11-22 10:00:01.000123 UTC [s=c902;i=2]\n    _PID=77\n    MESSAGE=two\n            rows']],
  ['indented lines side by side', ['  <-- GET /a', '  --> GET /a 200 3ms', '  Error: boom\n      at /a.js:21:118']],
  ['a level behind a blank line', ['ℹ hi', ' ERROR  refused\n    at f (a.js:1:2)', '✔ built']],
  ["zerolog's console: hour and minute alone", ['6:31PM INF login ok\n  below', '6:31PM DBG tick', '12:05AM WRN next']],
  ['Ruby: places, source lines, causes, Rails', [
    "I, [2026-11-25T16:38:32.119190 #5967]  INFO -- : hello",
    "E, [2026-11-25T16:38:32.119256 #5967] ERROR -- : undefined method `foo' for nil\n\ndef f; nil.foo; end\n          ^^^^ (NoMethodError)\na.rb:3:in `f'\na.rb:4:in `<main>'",
    "I, [2026-11-25T16:38:32.119190 #5967]  INFO -- : on",
  ]],
  ['Ruby on stderr', [
    'plain',
    "a.rb:6:in `rescue in <main>': outer (ArgumentError)\n\tfrom a.rb:6:in `<main>'\na.rb:3:in `f': undefined method `foo' for nil:NilClass (NoMethodError)\n\ndef f; nil.foo; end\n          ^^^^\n\tfrom a.rb:6:in `<main>'",
    'plain 2',
    " NoMethodError (undefined method `x' for nil):\n  app/controllers/books_controller.rb:69:in `f'\n  app/controllers/books_controller.rb:75:in `g'",
  ]],
  ['.NET: inner exceptions, console pairs', [
    'info: Microsoft.Hosting.Lifetime[14]\n      Now listening on: http://localhost:5000',
    'fail: App.Worker[0]\n      Failed\n      System.InvalidOperationException: x\n         at App.Worker.Run() in /app/Worker.cs:line 7',
    'info: App[0]\n      on',
    'Unhandled exception. System.AggregateException: One or more errors occurred. (boom)\n ---> System.InvalidOperationException: boom\n   at P.Main() in /app/P.cs:line 5\n   --- End of inner exception stack trace ---\n--- End of stack trace from previous location ---\n   at P.<Main>()',
    'plain',
  ]],
  ['PHP: with and without a log header', [
    '[25-Nov-2026 16:38:32 UTC] PHP Warning:  Undefined variable $u in /a.php on line 6',
    '[25-Nov-2026 16:38:32 UTC] PHP Fatal error:  Uncaught InvalidArgumentException: bad arg in /a.php:3\nStack trace:\n#0 /a.php(9): f()\n#1 {main}\n\nNext RuntimeException: outer in /a.php:9\nStack trace:\n#0 {main}\n  thrown in /a.php on line 9',
    '[25-Nov-2026 16:38:33 UTC] after',
    'PHP Fatal error:  Uncaught InvalidArgumentException: bad arg in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php on line 9',
    'PHP Warning:  Undefined variable $u in /a.php on line 6',
  ]],
  ['Rust: the message below, notes, backtraces', [
    'starting',
    "thread 'worker' (6022) panicked at a.rs:2:105:\nassertion `left == right` failed: numbers differ\n  left: 1\n right: 2\nstack backtrace:\n   0: __rustc::rust_begin_unwind\n             at /rustc/library/std/src/panicking.rs:689:5\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
    'went on',
    "thread 'main' panicked at a.rs:1:30:\nindex out of bounds: the len is 1 but the index is 7\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
    'after',
  ]],
  ['Dart, Perl, Lua, C++', [
    "Unhandled exception:\nInstance of 'MyError'\n#0      main.<anonymous closure> (file:///a.dart:15:20)\n#1      main (file:///a.dart:15:3)",
    'careful at a.pl line 1.\n\tmain::f(1, "x") called at a.pl line 1\n\tmain::g() called at a.pl line 1',
    'warned',
    "lua: a.lua:1: boom\nstack traceback:\n\t[C]: in function 'error'\n\ta.lua:1: in main chunk",
    "terminate called after throwing an instance of 'std::runtime_error'\n  what():  cpp boom",
    'next',
  ]],
  ['PostgreSQL: tabs and indent continue; what has a prefix of its own does not', [
    '2026-11-25 10:14:25.411 UTC [21767] ERROR:  syntax error at or near "FROMM"',
    '2026-11-25 10:14:25.411 UTC [21767] STATEMENT:  SELECT name\n\tFROMM users\n\tWHERE id = 1',
    '2026-11-25 10:14:35.987 UTC [21775] LOG:  automatic vacuum of table "public.sessions": index scans: 1\n        pages: 1000 removed',
  ]],
  ['MySQL slow log', [
    '# Time: 2026-11-25T10:00:00.000000Z\n# User@Host: root[root] @ localhost []  Id:     8\n# Query_time: 10.000180  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nSET timestamp=1764087600;\nSELECT SLEEP(10)\n FROM dual;',
    '# Time: 2026-11-25T10:01:00.000000Z\n# User@Host: root[root] @ localhost []  Id:     8\nuse shop;\nSELECT 1;',
  ]],
  ['JSON over lines', ['{\n  "a": 1,\n  "b": {\n    "c": "}"\n  }\n}', '{"x":1}', '[\n  1,\n  { "y": 2 }\n]', 'text', '{"cut": [1,', '{"whole":true}', '{\n"flat": {\n"c": 1 }\n}', '{ "z":\n  2 }']],
  ['dumps behind a header line', [
    '2026-11-25T10:00:00Z INFO configuration:\nserver:\n  port: 80\n  hosts:\n    - a\nlog: {}',
    '2026-11-25T10:00:01Z DEBUG running\nSELECT a,\n       b\n  FROM t\n)',
    '2026-11-25T10:00:02Z ERROR -\n\n****\nAPPLICATION FAILED TO START\n****\n\nDescription:\n\nPort 8080 is in use.',
    '2026-11-25T10:00:03Z INFO done',
    'Thank you for flying.',
  ].slice(0, 4)],
  ['a blank line ends what has a header', ['2026-11-25T10:00:00Z INFO ready', 'server started', 'ignoring files']],
  ['padded levels', [' INFO 2026-11-25 10:00:00 a', ' WARN 2026-11-25 10:00:01 b\n  detail', 'ERROR 2026-11-25 10:00:02 c', ' INFO 2026-11-25 10:00:03 d']],
  ['colours', ['\x1b[32mINFO\x1b[0m 2026-11-25 10:00:00 a', '\x1b[31mERROR\x1b[0m 2026-11-25 10:00:01 b\n\x1b[31mfailed\x1b[0m', '\x1b[32mINFO\x1b[0m 2026-11-25 10:00:02 c']],
  ['plain text that speaks of errors', ['This is not an exception.', 'It sounds tympanic: a word which means like a drum.', 'Log started: 2026-11-25  16:29:40', 'Selecting previously unselected package x.', 'Warning: low', 'Caused by nobody']],
];

/** Streams whose records are joined by more than one line end. */
const SEPARATORS: Readonly<Record<string, string>> = { 'a blank line ends what has a header': '\n\n', 'a level behind a blank line': '\n\n', "the journal's export: up to a blank line, whatever its lines look like": '\n\n' };

t.test('records of streams', async (t) => {
  for (const [name, records] of STREAMS) {
    const bytes = Buffer.from(records.join(SEPARATORS[name] ?? '\n') + '\n');
    const whole = new LaneRig().records(streamOf(bytes));
    t.same(whole.map(({ text }) => text), records, name);
    t.equal(untiled(bytes, whole), undefined, `${name}: every byte in its place`);
    for (const perTurn of [1, 7, 64]) t.same(new LaneRig().records(streamOf(bytes), perTurn).map(({ offset }) => offset), whole.map(({ offset }) => offset), `${name}: ${perTurn} bytes at a time`);
  }
});

/** Records, and what a person reads of them. */
const MESSAGES: readonly (readonly [string, string, string])[] = [
  ['2026-11-25 16:38:31,001 ERROR [main] a.B - failed\njava.lang.RuntimeException: outer\n\tat A.main(A.java:7)', 'failed', 'the log call, not its trace'],
  ['java.lang.RuntimeException: outer\nsecond\n\tat A.main(A.java:7)', 'java.lang.RuntimeException: outer\nsecond', 'the exception where there is no other text'],
  ['Traceback (most recent call last):\n  File "a.py", line 2, in g\nValueError: v', 'ValueError: v', 'Python names it last'],
  ['  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 13, in <module>\n  | ExceptionGroup: grp (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------', 'ExceptionGroup: grp (1 sub-exception)', 'the group, not what is in it'],
  ['2026/11/25 16:38:30 recovered: goroutine 1 [running]:\nmain.main()\n\t/gop/main.go:7 +0x118', 'recovered: goroutine 1 [running]:', 'Go'],
  ['fail: App.Worker[0]\n      Failed\n      System.InvalidOperationException: x\n         at App.Worker.Run() in /app/Worker.cs:line 7', 'Failed', '.NET: its trace begins with the exception'],
];

t.test('messages of joined records', async (t) => {
  for (const [text, message, reason] of MESSAGES) t.same(new LaneRig().records(streamOf(`${text}\n`)).map(({ fields }) => fields['message']), [message], reason);
});

/** Examples that are ambiguous below a header: text, a text of pairs, an exception, what a compiler said. */
const MAY_CONTINUE = /^(?:a=1|Error: |==> |Fatal error: |fatal error: |terminate called |psql: |doveconf: |cart\.rb:|main\.c:|ld\.so: |LibScan |0: : )/;

t.test('a line that a parser knows begins a record, whatever stands before it', async (t) => {
  const lines = PARSERS.filter(({ name }) => name !== 'plain').flatMap(({ examples }) => examples).filter(({ event, line }) => event !== undefined && !line.includes('\n')).map(({ line }) => line);
  for (const line of lines.filter((line) => !MAY_CONTINUE.test(line))) {
    const before = lines.find((other) => joins(other, line));
    t.equal(before, undefined, line);
  }
});

function joins(before: string, line: string): boolean {
  const bytes = Buffer.from(`${before}\n${line}`);
  const end = Buffer.byteLength(before);
  const state = continuations.begin(bytes, 0, end);
  return state !== CLOSED && continuations.join(state, bytes, 0, end + 1, bytes.length, 0) >= 0;
}
