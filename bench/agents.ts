import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Corpus, CorpusName } from './corpus.ts';
import { installed } from './pin.ts';
import { fluentBit, vector } from './agents-optional.ts';

export type OutputName = 'elasticsearch' | 'elasticsearch-gzip';

export interface Setting {
  /** Empty, and gone after the run. */
  readonly directory: string;
  readonly corpus: Corpus;
  readonly output: OutputName;
  readonly port: number;
  /** The agent goes on at the end of the files. */
  readonly follow?: boolean;
  /** Options of shipper's configuration beside the usual ones. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A program that tails a file and sends it to Elasticsearch. */
export interface Agent {
  readonly name: string;
  readonly outputs: readonly OutputName[];
  /** Whether it ends when the file has been delivered; else it is ended when the sink has everything. */
  readonly endsByItself: boolean;
  /** Writes the agent's configuration, and gives its command. */
  prepare(setting: Setting): string[];
}

/** shipper as a user runs it: nothing switched off, ids, checkpoints and detection on. */
export const shipper: Agent = {
  name: 'shipper',
  outputs: ['elasticsearch', 'elasticsearch-gzip'],
  endsByItself: true,
  prepare({ directory, corpus, output, port, follow, more }) {
    const config = path.join(directory, 'shipper.yaml');
    const compression = output === 'elasticsearch-gzip' ? 'gzip' : 'none';
    writeFileSync(config, stringify({
      inputs: { app: { type: 'file', paths: [corpus.path] } },
      outputs: { search: { type: 'elasticsearch', url: `http://127.0.0.1:${port}`, compression } },
      state_dir: path.join(directory, 'state'),
      ...more,
    }));
    const cli = path.join(import.meta.dirname, '..', 'dist', 'agent', 'cli.js');
    return [process.execPath, cli, '-c', config, ...(follow === true ? [] : ['--once'])];
  },
};

const RSYSLOG_RULES: Record<Exclude<CorpusName, 'json'>, string> = {
  nginx: 'rule=:%remote:word% %ident:word% %user:word% [%time:char-to:]%] "%method:word% %path:word% %proto:char-to:"%" %code:number% %size:number% "%referer:char-to:"%" "%agent:char-to:"%"',
  text: 'rule=:%time:word% %level:word% [%service:char-to:]%] %message:rest%',
};

/** rsyslog of Debian (`rsyslog`, `rsyslog-elasticsearch`). Of the text corpus it reads the header only; it sends no ids. */
const rsyslog: Agent = {
  name: 'rsyslog',
  outputs: ['elasticsearch'],
  endsByItself: false,
  prepare({ directory, corpus, port }) {
    const work = path.join(directory, 'work');
    const rules = path.join(directory, 'rules');
    const config = path.join(directory, 'rsyslog.conf');
    mkdirSync(work);
    if (corpus.name !== 'json') writeFileSync(rules, `version=2\n${RSYSLOG_RULES[corpus.name]}\n`);
    const parse = corpus.name === 'json' ? 'type="mmjsonparse" cookie=""' : `type="mmnormalize" rulebase="${rules}" useRawMsg="on"`;
    writeFileSync(config, `
global(workDirectory="${work}" maxMessageSize="64k")
module(load="imfile" mode="inotify") module(load="omelasticsearch") module(load="${corpus.name === 'json' ? 'mmjsonparse' : 'mmnormalize'}")
main_queue(queue.type="linkedList" queue.size="200000" queue.dequeueBatchSize="8192" queue.workerThreads="1" queue.workerThreadMinimumMessages="20000")
template(name="e" type="string" string="%$!all-json-plain%")
input(type="imfile" file="${corpus.path}" tag="a" freshStartTail="off" readMode="0" ruleset="m")
ruleset(name="m") {
  action(${parse})
  action(type="omelasticsearch" server="127.0.0.1" serverport="${port}" template="e" searchIndex="logs" searchType="" bulkmode="on" maxbytes="8m" action.resumeretrycount="-1")
}
`);
    return ['rsyslogd', '-n', '-i', path.join(directory, 'pid'), '-f', config];
  },
};

/** shipper, and the others that are installed. */
export function agents(): Agent[] {
  const peers: [string, Agent][] = [['rsyslogd', rsyslog], ['fluent-bit', fluentBit], ['vector', vector]];
  return [shipper, ...peers.filter(([program]) => installed(program)).map(([, agent]) => agent)];
}
