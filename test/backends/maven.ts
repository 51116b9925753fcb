import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, command } from './tools.ts';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.0:unpack';

/** Gets a zip of Maven Central and unpacks it; gives the folder that is in it. What is there already is not got again. */
export async function unpacked(artifact: string, folderInZip: string): Promise<string> {
  const cache = cacheFolder('maven');
  const folder = path.join(cache, folderInZip);
  if (existsSync(folder)) return folder;
  const unfinished = path.join(cache, `unfinished-${process.pid}`);
  mkdirSync(unfinished, { recursive: true });
  try {
    await command('mvn', ['-B', '-q', PLUGIN, `-Dartifact=${artifact}`, `-DoutputDirectory=${unfinished}`], { cwd: unfinished });
    await command('chmod', ['-R', 'a+rX', unfinished]);
    renameSync(path.join(unfinished, folderInZip), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/**
 * A copy that a user without rights can read: the cache may lie in the home of root. Links where that can be, which take
 * no time and no room.
 */
export async function readableCopy(folder: string, target: string): Promise<string> {
  const copy = path.join(target, path.basename(folder));
  chmodSync(target, 0o755);
  await command('cp', ['-al', folder, copy]).catch(() => command('cp', ['-a', folder, copy]));
  return copy;
}
