// Kafka: one broker, read back by Kafka's own client. It keeps no ids, but it keeps account of a producer that is running.
import { cpSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { flat } from '../../outputs/dialects/flat.ts';
import { partitionOf } from '../../outputs/kafka/partition.ts';
import { run as runShipper, start, until, type Ended, type Running } from '../e2e/run-shipper.ts';
import { pemFile } from '../helpers/tls-server.ts';
import { KafkaBroker, KAFKA, USER, type Message } from './kafka-server.ts';
import { delivered } from './metrics.ts';
import type { Program } from './prerequisites.ts';
import { refusedUntil } from './refusal.ts';
import { rowOf, type Found, type Row } from './row.ts';
import { countRight, sampleEvents, SAMPLES } from './samples.ts';
import { expect, freePort, inTemporaryFolder } from './tools.ts';

type Check = (broker: KafkaBroker, folder: string, topic: string) => Promise<Found>;

const MANY = 40_000;
const FEW = 100;

const ABOUT = { server: 'kafka', version: KAFKA, output: 'kafka' };
export const about = [ABOUT];
export const needs: readonly Program[] = ['java', 'mvn'];

export async function run(): Promise<Row[]> {
  return inTemporaryFolder(async (folder) => {
    const broker = await KafkaBroker.start(folder);
    const rows: Row[] = [];
    try {
      for (const check of [samples, manyRecords, frozen, frozenAndKilled, killed, tooLarge, unknownTopic, login, forbidden] satisfies Check[]) {
        const own = path.join(folder, check.name);
        mkdirSync(own);
        rows.push(await rowOf(ABOUT, check.name, () => check(broker, own, check.name)));
      }
      return rows;
    } finally {
      await broker.stop();
    }
  });
}

/** Fields under their names and with their types. A run that knows nothing of the first stores all again, under the same ids. */
async function samples(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await broker.peer('create', topic, '3');
  const expected = await sampleEvents();
  const config = configuration(folder, broker.address, topic, SAMPLES);
  const nowhere = configuration(folder, '127.0.0.1:1', topic, SAMPLES, '', 'drain_timeout: 1s', 'nowhere.yaml');
  const before = await runShipper(['--once', '-c', nowhere, '--state-dir', path.join(folder, 'before')]);
  expect(before.code === 69, before.stderr);
  const state = path.join(folder, 'state');
  cpSync(path.join(folder, 'before'), state, { recursive: true, filter: (source) => !lstatSync(source).isSocket() });
  await ship(config, state);
  const stored = await broker.read(topic);
  expect(stored.length === expected.length, `${expected.length} sent, ${stored.length} read back`);
  await ship(config, path.join(folder, 'before'));
  const all = await broker.read(topic);
  expect(new Set(all.map(({ id }) => id)).size === stored.length, 'a repeat has another id');
  return { what: 'samples: names, types; a repeat has the same id', sent: expected.length, readBack: countRight(expected, stored.map(({ value }) => value), flat), replayAdded: all.length - stored.length };
}

/** Each source in one partition, the one that Kafka's own producer would choose, in its order. */
async function manyRecords(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  const partitions = 6;
  await broker.peer('create', topic, String(partitions));
  const files = Array.from({ length: 8 }, (_, at) => lines(folder, MANY / 8, `app-${at}.log`, `app-${at}`));
  await ship(configuration(folder, broker.address, topic, files), path.join(folder, 'state'));
  const stored = await broker.read(topic);
  expect(new Set(stored.map(({ id }) => id)).size === stored.length && stored.length === MANY, `${MANY} sent, ${stored.length} read back`);
  let inOrder = 0;
  for (const [key, messages] of groups(stored)) {
    const offsets = messages.map(({ id }) => Number(id.split('-').at(-2)));
    expect(messages.every(({ partition }) => partition === partitionOf(Buffer.from(key), partitions)), `${key} lies in several partitions`);
    if (offsets.every((offset, at) => at === 0 || offset > (offsets[at - 1] ?? 0))) inOrder += messages.length;
  }
  return { what: 'many records of 8 sources: their partitions, their order', sent: MANY, readBack: inOrder };
}

/** SIGSTOP for longer than an answer may take: what was sent is stored when it goes on, and comes again. */
async function frozen(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await broker.peer('create', topic, '1');
  const running = await following(broker, folder, topic);
  broker.freeze();
  try {
    write(running, FEW, 2 * FEW);
    await until(() => /does not answer; whether the batch is stored is not known: it goes again under the same number/.test(running.stderr()), 'a message');
  } finally {
    broker.thaw();
  }
  write(running, 2 * FEW, 3 * FEW);
  running.child.stdin.end();
  whole(await running.ended);
  return { what: 'frozen by SIGSTOP: told, nothing lost, nothing twice', sent: 3 * FEW, readBack: once(await broker.read(topic)) };
}

/** The same, and shipper is killed before an answer comes: the next run delivers what lies in the disk buffer; it may be there twice, and is known by its id. */
async function frozenAndKilled(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await broker.peer('create', topic, '1');
  const running = await following(broker, folder, topic);
  broker.freeze();
  try {
    write(running, FEW, 2 * FEW);
    await until(() => /does not answer/.test(running.stderr()), 'a message');
    running.child.kill('SIGKILL');
    await running.ended;
  } finally {
    broker.thaw();
  }
  whole(await runShipper(['-c', path.join(folder, 'shipper.yaml'), '--state-dir', path.join(folder, 'state')]));
  const stored = await broker.read(topic);
  return { what: 'frozen, and shipper killed: nothing lost, repeats known by their ids', sent: 2 * FEW, readBack: new Set(stored.map(({ id }) => id)).size };
}

/** The broker dies, and another process takes its place. */
async function killed(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await broker.peer('create', topic, '1');
  const running = await following(broker, folder, topic);
  await broker.die();
  write(running, FEW, 2 * FEW);
  await until(() => /nothing listens there/.test(running.stderr()), 'a message');
  await broker.begin();
  running.child.stdin.end();
  whole(await running.ended);
  return { what: 'killed and started again: nothing lost, nothing twice', sent: 2 * FEW, readBack: once(await broker.read(topic)) };
}

async function tooLarge(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await broker.peer('create', topic, '1');
  await broker.peer('set', topic, 'max.message.bytes', '20000');
  const file = lines(folder, 2_000);
  writeFileSync(file, `2026-11-22T11:00:00Z WARN ${'long '.repeat(10_000)}\n`, { flag: 'a' });
  const ended = await runShipper(['--once', '-c', configuration(folder, broker.address, topic, [file], 'compression: none'), '--state-dir', path.join(folder, 'state')]);
  expect(ended.code === 0 && /2000 delivered, 1 dead-lettered/.test(ended.stderr) && /MESSAGE_TOO_LARGE/.test(ended.stderr), ended.stderr);
  return { what: 'MESSAGE_TOO_LARGE: halved until it fits, one refused', sent: 2_000, readBack: once(await broker.read(topic)) };
}

async function unknownTopic(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await untilPutRight(configuration(folder, broker.address, topic, [lines(folder, FEW)]), folder, /UNKNOWN_TOPIC_OR_PARTITION.*everything is kept/, () => broker.peer('create', topic, '2'));
  return { what: 'UNKNOWN_TOPIC_OR_PARTITION: blocked, all kept', sent: FEW, readBack: once(await broker.read(topic)) };
}

/** By each mechanism, over TLS with an authority of our own; at first with a wrong password. */
async function login(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await broker.peer('create', topic, '1');
  await broker.peer('allow', USER.name, topic);
  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'];
  for (const mechanism of mechanisms) {
    const own = path.join(folder, mechanism);
    mkdirSync(own);
    const password = path.join(own, 'password');
    writeFileSync(password, 'hunter2\n');
    const config = configuration(own, broker.secureAddress, topic, [lines(own, FEW)], secured(mechanism, password));
    const stderr = await untilPutRight(config, own, /SASL_AUTHENTICATION_FAILED.*everything is kept/, () => writeFileSync(password, `${USER.password}\n`));
    expect(!stderr.includes('hunter2') && !stderr.includes(USER.password), 'a secret was shown');
  }
  return { what: 'SASL over TLS, each mechanism: blocked, and goes on with the new password', sent: mechanisms.length * FEW, readBack: once(await broker.read(topic)) };
}

async function forbidden(broker: KafkaBroker, folder: string, topic: string): Promise<Found> {
  await broker.peer('create', topic, '1');
  const password = path.join(folder, 'password');
  writeFileSync(password, USER.password);
  const config = configuration(folder, broker.secureAddress, topic, [lines(folder, FEW)], secured('scram-sha-512', password));
  const tried = await runShipper(['validate', '--connect', '-c', config]);
  expect(tried.code === 69 && /: (permission|index): /.test(tried.stderr), `validate --connect: ${tried.stderr}`); // without any right the topic is not even seen
  await untilPutRight(config, folder, /TOPIC_AUTHORIZATION_FAILED.*everything is kept/, () => broker.peer('allow', USER.name, topic));
  return { what: 'TOPIC_AUTHORIZATION_FAILED: blocked, all kept', sent: FEW, readBack: once(await broker.read(topic)) };
}

function secured(mechanism: string, password: string): string {
  return `tls: true, ca_file: "${pemFile('ca')}", mechanism: ${mechanism}, username: ${USER.name}, password_file: "${password}"`;
}

/** Gives what was said. */
function untilPutRight(config: string, folder: string, told: RegExp, putRight: () => unknown): Promise<string> {
  return refusedUntil(['--once', '-c', config, '--state-dir', path.join(folder, 'state')], told, putRight);
}

/** A shipper that reads a pipe, and has delivered the first few lines. */
async function following(broker: KafkaBroker, folder: string, topic: string): Promise<Running> {
  const listen = `127.0.0.1:${await freePort()}`;
  const config = path.join(folder, 'shipper.yaml');
  writeFileSync(config, `inputs:\n  app: {type: stdin}\noutputs:\n  queue: {type: kafka, brokers: "${broker.address}", topic: ${topic}, timeout: 2s, batch: {events: 30, age: 10ms}}\nlisten: ${listen}\n`);
  const running = start(['-c', config, '--state-dir', path.join(folder, 'state')]);
  write(running, 0, FEW);
  await delivered(listen, FEW);
  return running;
}

function write(running: Running, from: number, to: number): void {
  running.child.stdin.write(Array.from({ length: to - from }, (_, n) => `INFO line ${from + n} of größer ☃\n`).join(''));
}

function lines(folder: string, number: number, name = 'app.log', about = 'app'): string {
  const file = path.join(folder, name);
  writeFileSync(file, Array.from({ length: number }, (_, n) => `2026-11-22T10:00:${String(n % 60).padStart(2, '0')}Z INFO ${about} line ${n} of größer ☃ "quoted" ${'x'.repeat(n % 200)}\n`).join(''));
  return file;
}

function configuration(folder: string, broker: string, topic: string, files: readonly string[], output = '', setting = '', name = 'shipper.yaml'): string {
  const file = path.join(folder, name);
  writeFileSync(file, `inputs:\n  app: {type: file, paths: ${JSON.stringify(files)}}\noutputs:\n  queue: {type: kafka, brokers: "${broker}", topic: ${topic}${output === '' ? '' : `, ${output}`}}\n${setting}\n`);
  return file;
}

async function ship(config: string, state: string): Promise<void> {
  whole(await runShipper(['--once', '-c', config, '--state-dir', state]));
}

function whole({ code, stderr }: Ended): void {
  expect(code === 0 && !/[1-9]\d* (dead-lettered|pending|dropped)/.test(stderr), `shipper ended with ${code}: ${stderr}`);
}

/** How many there are, if none is there twice. */
function once(messages: readonly Message[]): number {
  expect(new Set(messages.map(({ id }) => id)).size === messages.length, `${messages.length} messages have only ${new Set(messages.map(({ id }) => id)).size} ids`);
  return messages.length;
}

function groups(messages: readonly Message[]): Map<string, Message[]> {
  const all = new Map<string, Message[]>();
  for (const message of messages) {
    const group = all.get(message.key);
    if (group === undefined) all.set(message.key, [message]);
    else group.push(message);
  }
  return all;
}
