import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, command, obtain } from './tools.ts';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.0';
const UNPACK = `${PLUGIN}:unpack`;
const COPY = `${PLUGIN}:copy-dependencies`;

/** Gets a zip of Maven Central and unpacks it; gives the folder that is in it. What is there already is not got again. */
export async function unpacked(artifact: string, folderInZip: string): Promise<string> {
  const cache = cacheFolder('maven');
  const folder = path.join(cache, folderInZip);
  if (existsSync(folder)) return folder;
  const unfinished = path.join(cache, `unfinished-${process.pid}`);
  mkdirSync(unfinished, { recursive: true });
  try {
    await obtain(artifact, () => command('mvn', ['-B', '-q', UNPACK, `-Dartifact=${artifact}`, `-DoutputDirectory=${unfinished}`], { cwd: unfinished }));
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

/** Gets artifacts and all that they need from Maven Central; gives the folder that their jars are in. What is there already is not got again. */
export async function dependencies(name: string, artifacts: readonly string[]): Promise<string> {
  const folder = path.join(cacheFolder('maven'), name);
  if (existsSync(folder)) return folder;
  const unfinished = path.join(cacheFolder('maven'), `unfinished-${process.pid}`);
  mkdirSync(unfinished, { recursive: true });
  try {
    writeFileSync(path.join(unfinished, 'pom.xml'), pom(artifacts));
    await obtain(name, () => command('mvn', ['-B', '-q', COPY, `-DoutputDirectory=${path.join(unfinished, 'jars')}`], { cwd: unfinished }));
    renameSync(path.join(unfinished, 'jars'), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function pom(artifacts: readonly string[]): string {
  const wanted = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>shipper</groupId><artifactId>tests</artifactId><version>1</version><dependencies>${wanted.join('')}</dependencies></project>\n`;
}
