// Instance metadata, version 2, by AWS's own mock of it: region and credentials come from there, events go to a stand-in.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CloudWatchServer } from '../helpers/cloudwatch-server.ts';
import { run as runShipper } from '../e2e/run-shipper.ts';
import type { Program } from './prerequisites.ts';
import { rowOf, type Found, type Row } from './row.ts';
import { command, expect, freePort, inTemporaryFolder, obtained, startServer } from './tools.ts';

const VERSION = '1.13.0';
const MODULE = 'github.com/aws/amazon-ec2-metadata-mock';
const LINES = 500;

const ABOUT = { server: 'amazon-ec2-metadata-mock', version: VERSION, output: 'cloudwatch' };
export const about = [ABOUT];
export const needs: readonly Program[] = ['go'];

export async function run(): Promise<Row[]> {
  const program = await build();
  return inTemporaryFolder(async (folder) => {
    const port = await freePort();
    const mock = await startServer(program, ['--hostname', '127.0.0.1', '--port', String(port), '--imdsv2'], port, folder);
    const logs = new CloudWatchServer(Date.now);
    try {
      const endpoint = await logs.listen();
      return [await rowOf(ABOUT, 'ship', () => ship(`http://127.0.0.1:${port}`, endpoint, logs))];
    } finally {
      await logs.close();
      await mock.stop();
    }
  });
}

/** `go install …@version` needs a list of versions that not every registry has; a module of our own does not. */
async function build(): Promise<string> {
  const folder = await obtained(`imds-${VERSION}`, async (unfinished) => {
    writeFileSync(path.join(unfinished, 'go.mod'), `module tools\ngo 1.22\nrequire ${MODULE} v${VERSION}\n`);
    await command('go', ['build', '-o', 'ec2-metadata-mock', `${MODULE}/cmd/ec2-metadata-mock`], { cwd: unfinished, env: { GOFLAGS: '-mod=mod' } });
  });
  return path.join(folder, 'ec2-metadata-mock');
}

async function ship(metadata: string, endpoint: string, logs: CloudWatchServer): Promise<Found> {
  const stdin = Array.from({ length: LINES }, (_, n) => `INFO line ${n}\n`).join('');
  // No region and no keys: both must come from the instance. Its keys have long expired, and are used all the same.
  const { code, stderr } = await runShipper(['-o', 'cloudwatch=app/instance'], { stdin, env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint } });
  expect(code === 0, `shipper ended with ${code}: ${stderr}`);
  const [request] = logs.requests;
  expect(/Credential=[^/]+\/\d{8}\/us-east-1\/logs\//.test(request?.headers.authorization ?? ''), 'not signed for the region of the instance');
  expect(request?.headers['x-amz-security-token'] !== undefined, 'no session token of the role');
  const readBack = logs.streams.get('app:instance')?.length ?? 0;
  return { sent: LINES, readBack, what: 'region and credentials by IMDSv2' };
}
