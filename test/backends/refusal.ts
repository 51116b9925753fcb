import { start, until, type Ended, type Options, type Running } from '../e2e/run-shipper.ts';
import { expect } from './tools.ts';

// Between two tries shipper waits for a while when a person has to act. SIGTERM ends the wait: it tries at once, and then
// as long as it may take to end.

/** Runs shipper until a person was told what is wrong, and ends it: it keeps everything. Gives what it said. */
export async function refused(args: readonly string[], told: RegExp, options: Options = {}): Promise<string> {
  const { code, stderr } = await ended(await whenTold(args, told, '1s', options));
  expect(code === 69 && /\d+ pending/.test(stderr), `ended with ${code}: ${stderr}`);
  return stderr;
}

/** Runs shipper until a person was told what is wrong and has put it right: everything is delivered. Gives what it said. */
export async function refusedUntil(args: readonly string[], told: RegExp, putRight: () => unknown, options: Options = {}): Promise<string> {
  const running = await whenTold(args, told, '10m', options);
  await putRight();
  const { code, stderr } = await ended(running);
  expect(code === 0 && !/[1-9]\d* (dead-lettered|pending|dropped)/.test(stderr), `ended with ${code}: ${stderr}`);
  return stderr;
}

async function whenTold(args: readonly string[], told: RegExp, timeout: string, { env, ...options }: Options): Promise<Running> {
  const running = start(args, { ...options, env: { ...env, SHIPPER_DRAIN_TIMEOUT: '10m', SHIPPER_SHUTDOWN_TIMEOUT: timeout } });
  running.child.stdin.end();
  await Promise.race([until(() => told.test(running.stderr()), String(told)), running.ended.then(({ stderr }) => { throw new Error(`it ended: ${stderr}`); })]);
  return running;
}

function ended(running: Running): Promise<Ended> {
  running.child.kill('SIGTERM');
  return running.ended;
}
