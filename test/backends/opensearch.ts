import { checks } from './bulk-checks.ts';
import { PRESSURE, pressureCheck } from './pressure-check.ts';
import type { Program } from './prerequisites.ts';
import type { Row } from './row.ts';
import { OPENSEARCH, startOpenSearch, type SearchServer, type Settings } from './search-server.ts';
import { inTemporaryFolder } from './tools.ts';

export const about = [{ server: 'opensearch', version: OPENSEARCH, output: 'elasticsearch' }];
export const needs: readonly Program[] = ['java', 'mvn'];

/** OpenSearch, the real server with its HTTP module. It has no authentication in this build. */
export async function run(): Promise<Row[]> {
  return [...await withServer({}, checks), ...await withServer(PRESSURE, async (server, folder) => [await pressureCheck(server, folder)])];
}

function withServer(settings: Settings, work: (server: SearchServer, folder: string) => Promise<Row[]>): Promise<Row[]> {
  return inTemporaryFolder(async (folder) => {
    const server = await startOpenSearch(folder, settings);
    try {
      return await work(server, folder);
    } finally {
      await server.stop();
    }
  });
}
