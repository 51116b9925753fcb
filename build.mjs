// Builds dist/: kernels (AssemblyScript → .wasm beside their sources and in dist), then TypeScript, step by step and only
// what has changed. `npm run build`.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const KERNELS = 'agent/kernel';
const ASC_OPTIONS = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert'];

process.chdir(ROOT);
await buildKernels();
buildTypeScript();
chmodSync('dist/agent/cli.js', 0o755);

async function buildKernels() {
  const target = path.join('dist', KERNELS);
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(path.join(KERNELS, 'assembly'))) {
    if (!file.endsWith('.ts')) continue;
    const source = path.join(KERNELS, 'assembly', file);
    const wasm = path.join(KERNELS, file.replace(/\.ts$/, '.wasm'));
    if (isOlder(wasm, source)) await compileKernel(source, wasm);
    copyFileSync(wasm, path.join(target, path.basename(wasm)));
  }
}

async function compileKernel(source, wasm) {
  // Imported only when needed: loading the compiler alone takes a second.
  const { default: asc } = await import('assemblyscript/asc');
  const { error, stdout, stderr } = await asc.main([source, '-o', wasm, ...ASC_OPTIONS]);
  process.stdout.write(stdout.toString());
  process.stderr.write(stderr.toString());
  if (error) throw error;
}

function buildTypeScript() {
  // What tsc remembers lies in dist, so that a dist that is gone is built anew.
  const options = ['-p', '.', '--incremental', '--tsBuildInfoFile', 'dist/.tsbuildinfo'];
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

function isOlder(target, source) {
  return !existsSync(target) || statSync(target).mtimeMs < statSync(source).mtimeMs;
}
