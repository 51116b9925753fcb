import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parseAllDocuments } from 'yaml';
import { parseConfig } from '../agent/config/load.ts';
import { ROOT } from './e2e/run-shipper.ts';

const DEPLOY = path.join(ROOT, 'deploy');
const ENV = { POD_NAME: 'app-1', POD_NAMESPACE: 'shop', NODE_NAME: 'node-1', ES_API_KEY: 'secret' };

for (const name of ['sidecar.yaml', 'daemonset.yaml']) {
  t.test(name, (t) => {
    const text = readFileSync(path.join(DEPLOY, name), 'utf8');
    const documents = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; data?: Record<string, string> });
    const config = documents.find(({ kind }) => kind === 'ConfigMap')?.data?.['shipper.yaml'] ?? '';
    const loaded = parseConfig(name, config, ENV);
    t.match(loaded, { ok: true, config: { listen: '0.0.0.0:9598' } }, 'its configuration is right, and the kubelet can ask');
    t.match(text, /allowPrivilegeEscalation: false/);
    t.match(text, /readOnlyRootFilesystem: true/);
    t.match(text, /automountServiceAccountToken: false/, 'it needs nothing of the API server');
    check(t, 'kubernetes-validate', ['--strict', '-k', '1.34.0', path.join(DEPLOY, name)]);
    t.end();
  });
}

t.test('shipper.service', (t) => {
  t.notMatch(readFileSync(path.join(DEPLOY, 'shipper.service'), 'utf8'), /^MemoryDenyWriteExecute=yes/m, 'V8 compiles while it runs');
  check(t, 'systemd-analyze', ['verify', path.join(DEPLOY, 'shipper.service')]);
  t.end();
});

/** Runs a checker that may not be there. */
function check(t: Test, program: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error === undefined) t.equal(status, 0, `${program} ${args.slice(0, -1).join(' ')}: ${stdout}${stderr}`);
  else t.pass('skipped', { skip: `${program} is not installed` });
}
