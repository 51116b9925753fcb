// Builds dist/: kernels (AssemblyScript → .wasm beside their sources and in dist), modules (TypeScript → build/, whose
// constants the portable kernels take), and what is run, the bundles; step by step and only what has changed. `npm run build`.
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './agent/bundle/build.mjs';

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const KERNELS = 'agent/kernel';
const ASC_OPTIONS = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert'];

const PORTABLE = 'agent/kernel/portable';
/** `more`: what it has beside how it is called; `hosts`: what it asks of TypeScript. */
const PORTABLE_KERNELS = [{
  name: 'reader',
  entries: [['parsers/json-members.ts', 'readMembers'], ['parsers/keys.ts', 'useKeys'], ['parsers/pair.ts', 'attach'], ['agent/key-set.ts', 'isFull'], ['agent/key-set.ts', 'addKey'], ['parsers/header/read.ts', 'readHeader'], ['parsers/extract/prose.ts', 'readProse'], ['parsers/extract/prose.ts', 'settleProse'], ['parsers/alone.ts', 'readAlone'], ['parsers/alone.ts', 'listedMembers']],
  more: ['run', 'document'],
  hosts: ['listMembers', 'cutAccess', 'listNested', 'setFromArray', 'valueHasDuplicates', 'belowFirstLine', 'slowDecimal', 'fallbackYear', 'isReadTime', 'fallbackDateMs', 'localOffset', 'offsetAt'],
}];
/** Where their constants and objects lie in the arena's memory. */
const STATIC_START = 1024;

process.chdir(ROOT);
if (existsSync('dist/.tsbuildinfo')) rmSync('dist', { recursive: true }); // modules, as they were built before there were bundles
await buildKernels();
buildTypeScript();
await buildPortable();
await bundle('dist');

async function buildKernels() {
  const target = path.join('dist', KERNELS);
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(path.join(KERNELS, 'assembly'))) {
    if (!file.endsWith('.ts')) continue;
    const source = path.join(KERNELS, 'assembly', file);
    const wasm = path.join(KERNELS, file.replace(/\.ts$/, '.wasm'));
    const parts = source.replace(/\.ts$/, ''); // a folder of the same name, if it has some
    if (isOlder(wasm, source) || (existsSync(parts) && statSync(wasm).mtimeMs < newestIn([parts]))) await compileKernel(source, wasm);
    copyFileSync(wasm, path.join(target, path.basename(wasm)));
  }
}

/** Kernels whose source is TypeScript that runs as it is, too. */
async function buildPortable() {
  const { FIELDS } = await import('./build/agent/fields.js');
  const fields = FIELDS.map((name, index) => `const FIELD_${name}: i32 = ${index};`).join('\n');
  const newest = newestIn(['agent', 'parsers', 'parsers/extract', 'parsers/header', 'parsers/values', 'parsers/columns', PORTABLE]);
  for (const { name, entries, hosts, more } of PORTABLE_KERNELS) {
    const wasm = path.join(KERNELS, `${name}.wasm`);
    if (!existsSync(wasm) || statSync(wasm).mtimeMs < newest) {
      const { translate } = await import(`./${PORTABLE}/translate.mjs`);
      const { source, texts } = await translate(entries, new Set(hosts));
      const parts = [fields, ...['prelude', 'event'].map(portable), source, ...[name, ...more].map(portable)];
      await compileKernel(`${name}.ts`, wasm, ['--memoryBase', String(STATIC_START), '--uncheckedBehavior', 'always'], parts.join('\n'));
      appendFileSync(wasm, customSection('texts', JSON.stringify(texts)));
    }
    copyFileSync(wasm, path.join('dist', wasm));
  }
}

function portable(part) {
  return readFileSync(`${PORTABLE}/${part}.ts`, 'utf8');
}

/** A section of a WebAssembly module that holds a text. */
function customSection(name, text) {
  const content = Buffer.concat([unsigned(Buffer.byteLength(name)), Buffer.from(name + text)]);
  return Buffer.concat([Buffer.of(0), unsigned(content.length), content]);
}

/** LEB128. */
function unsigned(value) {
  return value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value & 127) | 128), unsigned(value >>> 7)]);
}

function newestIn(folders) {
  return Math.max(...folders.flatMap((folder) => readdirSync(folder).map((file) => statSync(path.join(folder, file)).mtimeMs)));
}

/** `text`: the source, if it is in no file. */
async function compileKernel(source, wasm, options = [], text = undefined) {
  // Imported only when needed: loading the compiler alone takes a second.
  const { default: asc } = await import('assemblyscript/asc');
  const readFile = (name, folder) => (name === source && text !== undefined ? text : readOptional(path.join(folder, name)));
  const { error, stdout, stderr } = await asc.main([source, '-o', wasm, ...ASC_OPTIONS, ...options], { readFile });
  process.stdout.write(stdout.toString());
  process.stderr.write(stderr.toString());
  if (error) throw error;
}

function readOptional(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function buildTypeScript() {
  // What tsc remembers lies beside the modules, so that modules that are gone are built anew.
  const options = ['-p', '.', '--incremental', '--tsBuildInfoFile', 'build/.tsbuildinfo'];
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

function isOlder(target, source) {
  return !existsSync(target) || statSync(target).mtimeMs < statSync(source).mtimeMs;
}
