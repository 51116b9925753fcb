import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pem } from '../helpers/tls-server.ts';
import { KafkaPeer } from './kafka-peer.ts';
import { dependencies } from './maven.ts';
import { command, freePort, startServer, type Running } from './tools.ts';

export const KAFKA = '4.4.0';
/** A user who may do nothing but what the test allows, by SASL over TLS; it may be logged in by all mechanisms. */
export const USER = { name: 'shipper', password: 'correct-horse' };

/** A message, as Kafka's own client reads it. */
export interface Message {
  readonly partition: number;
  readonly key: string;
  readonly id: string;
  readonly value: Record<string, unknown>;
}

/** One broker that is its own controller (KRaft). */
export class KafkaBroker {
  readonly address: string;
  readonly secureAddress: string;
  readonly #folder: string;
  readonly #jars: string;
  readonly #port: number;
  readonly #peer: KafkaPeer;
  #server: Running | undefined;

  private constructor(folder: string, jars: string, port: number, securePort: number) {
    this.#folder = folder;
    this.#jars = jars;
    this.#port = port;
    this.address = `127.0.0.1:${port}`;
    this.secureAddress = `127.0.0.1:${securePort}`;
    this.#peer = new KafkaPeer(jars, this.address);
  }

  static async start(folder: string): Promise<KafkaBroker> {
    const jars = path.join(await dependencies(`kafka-${KAFKA}`, [`org.apache.kafka:kafka_2.13:${KAFKA}`, 'org.slf4j:slf4j-simple:1.7.36']), '*');
    const [port, securePort, controllerPort] = [await freePort(), await freePort(), await freePort()];
    writeFileSync(path.join(folder, 'server.properties'), properties(folder, port, securePort, controllerPort));
    const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${USER.name},password=${USER.password}]`]);
    await command('java', ['-Xmx128m', '-cp', jars, 'kafka.tools.StorageTool', 'format', '-t', 'abcdefghijklmnopqrstuw', '-c', path.join(folder, 'server.properties'), ...scram]);
    const broker = new KafkaBroker(folder, jars, port, securePort);
    await broker.begin();
    return broker;
  }

  async begin(): Promise<void> {
    this.#server = await startServer('java', ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', this.#jars, 'kafka.Kafka', path.join(this.#folder, 'server.properties')], this.#port, this.#folder);
  }

  async stop(): Promise<void> {
    await this.#peer.stop();
    await this.#server?.stop();
  }

  /** It ends without a word. */
  async die(): Promise<void> {
    this.#server?.signal('SIGKILL');
    await this.#server?.ended;
  }

  /** It takes connections, as the kernel does that for it, and answers nothing. */
  freeze(): void {
    this.#server?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#server?.signal('SIGCONT');
  }

  /** What KafkaPeer.java does; gives the lines that it prints. */
  peer(...words: string[]): Promise<string[]> {
    return this.#peer.ask(...words);
  }

  async read(topic: string): Promise<Message[]> {
    return (await this.peer('read', topic)).map((line) => {
      const [partition, key = '', id = '', value = ''] = line.split('\t');
      return { partition: Number(partition), key: decoded(key), id: decoded(id), value: JSON.parse(decoded(value)) as Record<string, unknown> };
    });
  }

  log(): string {
    return readFileSync(path.join(this.#folder, 'java.log'), 'utf8');
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

function properties(folder: string, port: number, securePort: number, controllerPort: number): string {
  writeFileSync(path.join(folder, 'server.pem'), pem('server-key') + pem('server'));
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  const all: Record<string, string | number> = {
    'process.roles': 'broker,controller', 'node.id': 1, 'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`, 'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},SASL_SSL://127.0.0.1:${securePort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SASL_SSL://127.0.0.1:${securePort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT', 'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${plain} required user_${USER.name}="${USER.password}";`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${scram} required;`, 'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${scram} required;`,
    'ssl.keystore.type': 'PEM', 'ssl.keystore.location': path.join(folder, 'server.pem'),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users': 'User:ANONYMOUS',
    'offsets.topic.replication.factor': 1, 'transaction.state.log.replication.factor': 1, 'transaction.state.log.min.isr': 1,
    'auto.create.topics.enable': 'false', 'log.dirs': path.join(folder, 'data'),
  };
  return Object.entries(all).map(([name, value]) => `${name}=${value}\n`).join('');
}
