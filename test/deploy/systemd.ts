// deploy/shipper.service for real: systemd as PID 1 starts, reloads, restarts and stops it. `npm run test:deploy`
import { chownSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { ROOT } from '../e2e/run-shipper.ts';
import { BulkServer } from '../helpers/bulk-server.ts';
import { freePort, inTemporaryFolder } from '../backends/tools.ts';
import { Lines } from './lines.ts';
import { installMachine, Machine, machineProblem } from './machine.ts';

const UNIT = path.join(ROOT, 'deploy', 'shipper.service');
const LOG = '/var/log/app/app.log';
const ADM = 4; // Debian's group of those who may read logs

t.setTimeout(0); // the runner has a limit

const problem = machineProblem();
if (problem === undefined) await t.test('the unit', (t) => inTemporaryFolder((folder) => theUnit(t, folder)));
else t.pass('skipped', { skip: `the unit was not run: ${problem}` });

async function theUnit(t: Test, folder: string): Promise<void> {
  const server = new BulkServer((request, self) => self.store(request));
  const url = await server.listen();
  const port = await freePort();
  const config = (fields: string) => `inputs: {app: {type: file, paths: ${LOG}, fields: ${fields}}}\noutputs: {search: {type: elasticsearch, url: '${url}'}}\nlisten: 127.0.0.1:${port}\n`;
  const machine = await Machine.boot(prepared(folder, config('{service: one}')));
  try {
    const lines = new Lines(machine.path(LOG), server);
    await starts(t, machine, lines);
    await isConfined(t, machine, port);
    await reloads(t, machine, lines, config);
    await comesBack(t, machine, lines);
    await stops(t, machine, lines, server);
    await refusesWrong(t, machine);
  } finally {
    await machine.powerOff();
    await server.close();
  }
}

/** What the unit's head says is what is done, but for npm. */
function prepared(folder: string, config: string): string {
  const root = installMachine(folder);
  mkdirSync(path.join(root, 'checkout/deploy'), { recursive: true });
  copyFileSync(UNIT, path.join(root, 'checkout/deploy/shipper.service'));
  writeFileSync(path.join(root, 'checkout/shipper.yaml'), config);
  const log = path.join(root, LOG);
  mkdirSync(path.dirname(log));
  writeFileSync(log, '', { mode: 0o640 });
  chownSync(log, 0, ADM);
  return root;
}

async function starts(t: Test, machine: Machine, lines: Lines): Promise<void> {
  const commands = [...readFileSync(UNIT, 'utf8').matchAll(/^# {3}(?!npm)(.+)$/gm)].map(([, command]) => command ?? '');
  t.equal(commands.length, 4);
  for (const command of commands) t.match(await machine.run('sh', '-c', `cd /checkout && ${command}`), { status: 0 }, command);
  t.equal(await show(machine, 'ActiveState'), 'active');
  lines.write(100);
  await lines.arrive();
  lines.check(t, 'what root:adm may read arrives');
}

async function isConfined(t: Test, machine: Machine, port: number): Promise<void> {
  const pid = await show(machine, 'MainPID');
  const status = (await machine.run('cat', `/proc/${pid}/status`)).stdout;
  const uid = (await machine.run('id', '-u', 'shipper')).stdout.trim();
  t.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'), 'it runs as shipper');
  t.match(status, /^CapBnd:\t0+$/m, 'no capability can ever be had');
  t.match(status, /^NoNewPrivs:\t1$/m);
  t.match(status, /^Seccomp:\t2$/m, 'system calls are filtered');
  t.match(await machine.run('nsenter', '-t', pid, '-m', 'sh', '-c', 'touch /etc/x /usr/x /var/log/x'), { status: 1, stdout: /(Read-only file system[^]*){3}/ }, 'nothing but its state can be written');
  t.equal(statSync(machine.path('/var/lib/shipper')).mode & 0o777, 0o700);
  t.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
}

async function reloads(t: Test, machine: Machine, lines: Lines, config: (fields: string) => string): Promise<void> {
  const pid = await show(machine, 'MainPID');
  const file = machine.path('/etc/shipper/shipper.yaml');
  writeFileSync(file, 'inputs: {app: {type: fiel}}\n');
  t.match(await machine.run('systemctl', 'reload', 'shipper'), { status: 0 });
  await logged(machine, 'not reloaded, the old configuration stays at work');
  t.match(await journal(machine), /shipper\.yaml:1:\d+: /, 'the journal says where the mistake is');
  writeFileSync(file, config('{service: two}'));
  t.match(await machine.run('systemctl', 'reload', 'shipper'), { status: 0 });
  await logged(machine, 'reloaded: the new configuration is at work');
  lines.write(10);
  await lines.arrive();
  lines.check(t, 'a reload loses nothing');
  t.equal(await show(machine, 'MainPID'), pid, 'by the same process');
}

async function comesBack(t: Test, machine: Machine, lines: Lines): Promise<void> {
  const pid = await show(machine, 'MainPID');
  await machine.run('kill', '-KILL', pid);
  lines.write(100);
  await lines.arrive();
  lines.check(t, 'killed: started again, and what came meanwhile arrives once');
  t.not(await show(machine, 'MainPID'), pid);
}

async function stops(t: Test, machine: Machine, lines: Lines, server: BulkServer): Promise<void> {
  lines.write(1_000);
  t.match(await machine.run('systemctl', 'stop', 'shipper'), { status: 0 });
  await lines.arrive();
  lines.check(t, 'what was written just before a stop');
  t.equal(await show(machine, 'ExecMainStatus'), '0');
  const { port } = server;
  t.match(await machine.run('systemctl', 'start', 'shipper'), { status: 0 });
  await server.close();
  lines.write(1_000);
  await logged(machine, 'ECONNREFUSED');
  await machine.run('systemctl', 'stop', 'shipper');
  t.equal(await show(machine, 'ExecMainStatus'), '69', 'within its time, and it says that something is left');
  await server.listen(port);
  t.match(await machine.run('systemctl', 'start', 'shipper'), { status: 0 });
  await lines.arrive();
  lines.check(t, 'the next start sends what was left');
}

async function refusesWrong(t: Test, machine: Machine): Promise<void> {
  writeFileSync(machine.path('/etc/shipper/shipper.yaml'), 'inputs: {app: {type: fiel}}\n');
  await machine.run('systemctl', 'restart', 'shipper');
  await machine.run('sh', '-c', 'while systemctl is-active shipper; do sleep 0.1; done');
  t.same([await show(machine, 'ExecMainStatus'), await show(machine, 'ActiveState'), await show(machine, 'NRestarts')], ['78', 'failed', '0'], 'a wrong configuration is not tried again and again');
}

async function show(machine: Machine, property: string): Promise<string> {
  return (await machine.run('systemctl', 'show', 'shipper', '--value', '-p', property)).stdout.trim();
}

/** Waits until its journal says it. */
async function logged(machine: Machine, text: string): Promise<void> {
  while (!(await journal(machine)).includes(text)) await machine.run('sleep', '0.1');
}

async function journal(machine: Machine): Promise<string> {
  return (await machine.run('journalctl', '-u', 'shipper', '-o', 'cat')).stdout;
}
