// Bundles the agent's modules, and asks V8 to keep what it makes of them. Loading a module takes Node a quarter of a
// millisecond, and V8 has to read it; a process of an agent has more than 200, and so has each thread.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const BUNDLES = ['agent', 'command-line'];
/** What the program loads of which bundle, when it comes to it. */
const APART = {
  './commands/run.ts': ['agent', 'run'],
  './commands/exec.ts': ['agent', 'exec'],
  './command-line.ts': ['command-line', 'commandLine'],
};
/** What is started beside the program itself, which is found by these files. */
const STARTED = {
  'agent/lanes/lane-thread.js': ['agent', 'laneThread'],
  'agent/command-line-child.js': ['command-line', 'child'],
};
/** What an agent's process and threads must not load: it takes more memory than all of the rest. */
const NOT_IN_AGENT = /node_modules\/(?:zod|yaml|yargs)\//;
/** Packages stay outside where they are loaded only when a configuration wants them. */
const IMPORT_OF_PACKAGE = /\bimport\((?!'\.)/g;

/** Writes the bundles, their caches and the files that start them to `folder`. */
export async function bundle(folder) {
  const target = path.join(folder, 'bundles');
  // What is started is CommonJS, although the sources are not: Node's loader of modules alone takes 5 ms.
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  write(path.join(folder, 'package.json'), `${JSON.stringify({ version, type: 'commonjs' })}\n`);
  await build({ entryPoints: ['agent/bundle/load.ts'], outfile: path.join(target, 'load.js'), ...COMMON });
  await writeProgram(path.join(folder, 'agent/cli.js'));
  for (const [file, [name, use]] of Object.entries(STARTED)) write(path.join(folder, file), `${finder(file)}${loading(name, use)};\n`);
  const changed = [];
  for (const name of BUNDLES) if (await writeBundle(target, name)) changed.push(name);
  if (changed.length > 0) warmUp(target, changed);
}

const COMMON = { bundle: true, format: 'cjs', platform: 'node', target: 'node20', charset: 'ascii', logLevel: 'warning' };

/** What is there before anything else is loaded: it prints the version, and starts the process that reads the configuration. */
async function writeProgram(file) {
  const plugin = edit((text) => Object.entries(APART).reduce((all, [module, bundle]) => all.replaceAll(`import('${module}')`, loading(...bundle)), text)
    .replaceAll('import.meta.url', `require('node:url').pathToFileURL(__filename).href`));
  await build({ entryPoints: ['agent/cli.ts'], outfile: file, banner: { js: finder('agent/cli.js') }, plugins: [plugin], ...COMMON });
  chmodSync(file, 0o755);
}

/** Whether it has changed, or its cache is of another version of V8. */
async function writeBundle(folder, name) {
  // A bundle has one place; a module that looks for a file beside itself gets the place where the build has that file.
  const plugin = edit((text, file) => text.replaceAll('import.meta.url', `(__root + ${JSON.stringify(file.replace(/ts$/, 'js'))})`).replaceAll(IMPORT_OF_PACKAGE, '__import('));
  const { outputFiles, metafile } = await build({ entryPoints: [`agent/bundle/${name}.ts`], write: false, outfile: 'bundle.js', metafile: true, minifyWhitespace: true, minifySyntax: true, plugins: [plugin], define: { 'import.meta.url': '__root' }, alias: { 'string-width': './agent/bundle/string-width.mjs' }, ...COMMON });
  const [{ text }] = outputFiles;
  const [{ inputs }] = Object.values(metafile.outputs);
  const heavy = name === 'agent' ? Object.keys(inputs).find((input) => NOT_IN_AGENT.test(input) && inputs[input].bytesInOutput > 0) : undefined;
  if (heavy !== undefined) throw new Error(`${heavy} is in the bundle of the agent: what it is needed for belongs into a module of its own`);
  const stamp = createHash('sha256').update(text).update(`${process.versions.v8} ${process.arch}`).digest('hex').slice(0, 16);
  write(path.join(folder, `${name}.js`), `/*${stamp}*/(function (exports, require, module, __root, __import) {${text}\n})\n`);
  const cache = path.join(folder, `${name}.cache`);
  return !existsSync(cache) || readFileSync(cache).toString('latin1', 0, stamp.length) !== stamp;
}

/** Changes the text of own modules on their way into a bundle; `change` is given a text and the module's path. */
const edit = (change) => ({
  name: 'edit',
  setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
    const name = path.relative('.', file);
    return name.startsWith('node_modules') ? undefined : { contents: change(readFileSync(file, 'utf8'), name), loader: 'ts' };
  }),
});

/** Lets a built file find the bundles. */
function finder(file) {
  return `const __bundles = require('node:path').join(__dirname, '${path.posix.relative(path.posix.dirname(file), 'bundles')}');\n`;
}

function loading(bundle, use) {
  return `require(__bundles + '/load.js').load(__bundles, '${bundle}', require).exports.${use}()`;
}

function write(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** In a process of its own, as ever: V8 keeps what has been compiled by the time it is asked. */
function warmUp(folder, names) {
  const { status, stderr, error } = spawnSync(process.execPath, ['agent/bundle/warm-up.mjs', folder, ...names], { encoding: 'utf8', input: 'a line\n', stdio: ['pipe', 'ignore', 'pipe'], timeout: 60_000, env: { PATH: process.env.PATH } });
  if (status !== 0) console.error(`no caches: every start takes longer. ${error ?? stderr}`);
}
