import { readFileSync } from 'node:fs';
import type { Arena } from '../arena.ts';

const compiled = new Map<string, WebAssembly.Module>();

/** The kernels that this thread has compiled, for others. */
export function compiledKernels(): ReadonlyMap<string, WebAssembly.Module> {
  return compiled;
}

/** Kernels that another thread has compiled: what V8 knows of them is shared, too. */
export function useCompiled(kernels: ReadonlyMap<string, WebAssembly.Module>): void {
  for (const [name, module] of kernels) compiled.set(name, module);
}

/** An instance of the kernel `name` over a memory, that of an arena as a rule; `host`: what it asks of TypeScript. Each is compiled once per process. */
export function instantiate(name: string, { memory }: Pick<Arena, 'memory'>, host: Record<string, unknown> = {}): Record<string, unknown> {
  return new WebAssembly.Instance(moduleOf(name), { env: { memory, abort: () => undefined }, host }).exports;
}

/** The name of a rule that a kernel has as a number. */
export function ruleText(number: number): string {
  texts ??= textsOf('reader');
  return texts[number] ?? '';
}

let texts: readonly string[] | undefined;

/** The texts of a kernel that was made of TypeScript, which the build puts into a section of their own. */
function textsOf(name: string): readonly string[] {
  const [section] = WebAssembly.Module.customSections(moduleOf(name), 'texts');
  return section === undefined ? [] : (JSON.parse(Buffer.from(section).toString()) as string[]);
}

function moduleOf(name: string): WebAssembly.Module {
  let module = compiled.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(new URL(`./${name}.wasm`, import.meta.url)));
    compiled.set(name, module);
  }
  return module;
}
