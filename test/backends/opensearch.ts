import { checks } from './bulk-checks.ts';
import { skippedRow, type Row } from './row.ts';
import { obstacle, OPENSEARCH, startOpenSearch } from './search-server.ts';
import { inTemporaryFolder } from './tools.ts';

/** OpenSearch, the real server with its HTTP module. It has no authentication in this build. */
export async function run(): Promise<Row[]> {
  const missing = obstacle();
  if (missing !== undefined) return [skippedRow('opensearch', OPENSEARCH, 'elasticsearch', missing)];
  return inTemporaryFolder(async (folder) => {
    const server = await startOpenSearch(folder);
    try {
      return await checks(server, folder);
    } finally {
      await server.stop();
    }
  });
}
