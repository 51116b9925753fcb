// Runs the test files, two at a time, and prints `N passed, N failed` last. What is counted are assertions; a file that
// fails without one (a crash, a time-out, a broken plan) counts as one failure. Nothing passed is a failure too: tap
// itself ends with 0 when no test has run.
//   node test/run.mjs              every test/**/*.test.ts
//   node test/run.mjs FILE…        these
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser } from 'tap-parser';
import { stringify } from 'yaml';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const JOBS = 2;
const FILE_TIMEOUT_MS = 480_000;
// What tap writes about itself; any other comment is for whoever reads the run.
const OWN_COMMENT = /^# (?:Subtest|time=|\{ total|No tests|test count|failed \d)/;

process.chdir(ROOT);
const totals = { passed: 0, failed: 0, skipped: 0 };
const queue = process.argv.length > 2 ? process.argv.slice(2) : testFiles();
await Promise.all(Array.from({ length: JOBS }, async () => {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) report(await runFile(file));
}));
if (totals.skipped > 0) console.log(`${totals.skipped} skipped`);
if (totals.passed === 0) console.log('no test has passed: that is a failure');
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

function testFiles() {
  const all = readdirSync('test', { recursive: true }).map((file) => path.join('test', file));
  return all.filter((file) => file.endsWith('.test.ts')).sort();
}

/** Runs one file and gives what came of it. */
function runFile(file) {
  const startedAt = Date.now();
  const result = { file, passed: 0, skipped: 0, failures: [], notes: [], stderr: '', ms: 0 };
  const child = spawn(process.execPath, ['--import=tsx', file], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TAP_TIMEOUT: String(FILE_TIMEOUT_MS / 1000) } });
  const timer = setTimeout(() => {
    result.failures.push({ name: `not done after ${FILE_TIMEOUT_MS / 1000} s` });
    child.kill('SIGKILL');
  }, FILE_TIMEOUT_MS);
  const parser = new Parser();
  listen(result, parser);
  const summary = new Promise((resolve) => parser.on('complete', resolve));
  child.stdout.pipe(parser);
  child.stderr.setEncoding('utf8').on('data', (text) => { result.stderr += text; });
  return new Promise((resolve) => {
    child.on('close', async (code, signal) => {
      clearTimeout(timer);
      const { ok, failures } = await summary;
      if (result.failures.length === 0 && (code !== 0 || !ok)) result.failures.push({ name: `ended with ${signal ?? `code ${code}`}`, diag: failures });
      if (result.failures.length + result.passed + result.skipped === 0) result.failures.push({ name: 'no test ran' });
      resolve({ ...result, ms: Date.now() - startedAt });
    });
  });
}

function listen(result, parser) {
  parser.on('assert', (assert) => count(result, parser, assert));
  parser.on('child', (child) => listen(result, child));
  parser.on('extra', (text) => result.notes.push(text.trimEnd()));
  parser.on('comment', (text) => OWN_COMMENT.test(text.trim()) || result.notes.push(text.trim().replace(/^# /, '')));
}

function count(result, parser, assert) {
  if (assert.closingTestPoint) return; // a subtest: what it asserts is counted already
  if (assert.skip || assert.todo) result.skipped++;
  else if (assert.ok) result.passed++;
  else result.failures.push({ name: `${parser.fullname} > ${assert.name}`.replace(/^ > /, ''), diag: assert.diag });
}

function report({ file, passed, skipped, failures, notes, stderr, ms }) {
  totals.passed += passed;
  totals.failed += failures.length;
  totals.skipped += skipped;
  console.log(`${failures.length === 0 ? 'ok  ' : 'FAIL'} ${file}  ${passed} passed${failures.length === 0 ? '' : `, ${failures.length} failed`}  (${(ms / 1000).toFixed(1)} s)`);
  for (const note of notes) if (note !== '') console.log(indent(note, 2));
  for (const { name, diag } of failures) {
    console.log(`  FAIL ${name}`);
    if (diag) console.log(indent(stringify(diag, { lineWidth: 0 }), 7));
  }
  if (failures.length > 0 && stderr !== '') console.log(indent(stderr, 2));
}

function indent(text, by) {
  return text.trimEnd().split('\n').map((line) => ' '.repeat(by) + line).join('\n');
}
