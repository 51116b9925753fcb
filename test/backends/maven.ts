import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { command, obtained } from './tools.ts';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.0';
const UNPACK = `${PLUGIN}:unpack`;
const COPY = `${PLUGIN}:copy-dependencies`;

/** Gets a zip of Maven Central and unpacks it; gives the folder that is in it. */
export async function unpacked(artifact: string, folderInZip: string): Promise<string> {
  const cache = await obtained(folderInZip, async (folder) => {
    await command('mvn', ['-B', '-q', UNPACK, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`], { cwd: folder });
    await command('chmod', ['-R', 'a+rX', folder]);
  });
  return path.join(cache, folderInZip);
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

/** Gets artifacts and all that they need from Maven Central; gives the folder that their jars are in. */
export async function dependencies(name: string, artifacts: readonly string[]): Promise<string> {
  const cache = await obtained(name, async (folder) => {
    writeFileSync(path.join(folder, 'pom.xml'), pom(artifacts));
    await command('mvn', ['-B', '-q', COPY, `-DoutputDirectory=${path.join(folder, 'jars')}`], { cwd: folder });
  });
  return path.join(cache, 'jars');
}

function pom(artifacts: readonly string[]): string {
  const wanted = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>shipper</groupId><artifactId>tests</artifactId><version>1</version><dependencies>${wanted.join('')}</dependencies></project>\n`;
}
