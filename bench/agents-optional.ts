import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Agent } from './agents.ts';
import type { CorpusName } from './corpus.ts';

// These two are not in Debian: they take part where someone has put them on the PATH. Written from their manuals.

/** What is asked of the text corpus: header, user, error, duration, request id and the key=value tail, in one expression. */
const TEXT = String.raw`^(?<time>\S+) (?<level>\w+) \[(?<service>[^\]]+)\] (?<message>.*? user (?<user_id>[\w.-]+)(?:\. Error: (?<error_message>[^.]+))?.*?(?<duration>[\d.]+m?s)\b.*? request_id=(?<request_id>\S+) region=(?<region>\S+) attempt=(?<attempt>\d+))$`;
const NGINX = String.raw`^(?<remote>\S+) (?<ident>\S+) (?<user>\S+) \[(?<time>[^\]]*)\] "(?<method>\S+) (?<path>\S+) (?<proto>[^"]*)" (?<code>\S+) (?<size>\S+) "(?<referer>[^"]*)" "(?<agent>[^"]*)"$`;

/** Fluent Bit: tail with a parser → es. It goes on running: a flush every second would be part of an end by itself. */
export const fluentBit: Agent = {
  name: 'fluent-bit',
  outputs: ['elasticsearch', 'elasticsearch-gzip'],
  endsByItself: false,
  prepare({ directory, corpus, output, port }) {
    const parsers = path.join(directory, 'parsers.conf');
    const config = path.join(directory, 'fluent-bit.conf');
    writeFileSync(parsers, corpus.name === 'json'
      ? '[PARSER]\n    name line\n    format json\n'
      : `[PARSER]\n    name line\n    format regex\n    regex ${corpus.name === 'nginx' ? NGINX : TEXT}\n`);
    writeFileSync(config, `[SERVICE]
    flush 1
    log_level error
    parsers_file ${parsers}
[INPUT]
    name tail
    path ${corpus.path}
    read_from_head on
    parser line
    db ${path.join(directory, 'tail.db')}
    buffer_chunk_size 256k
    buffer_max_size 1m
    mem_buf_limit 64m
[OUTPUT]
    name es
    match *
    host 127.0.0.1
    port ${port}
    index logs
    suppress_type_name on
    generate_id on
    buffer_size false
${output === 'elasticsearch-gzip' ? '    compress gzip\n' : ''}`);
    return ['fluent-bit', '-c', config];
  },
};

const REMAP: Record<CorpusName, string> = {
  json: '. = parse_json!(.message)',
  nginx: `. = parse_regex!(.message, r'${NGINX}')`,
  text: `. = parse_regex!(.message, r'${TEXT}')`,
};

/** Vector: file → remap → elasticsearch. */
export const vector: Agent = {
  name: 'vector',
  outputs: ['elasticsearch', 'elasticsearch-gzip'],
  endsByItself: false,
  prepare({ directory, corpus, output, port }) {
    const config = path.join(directory, 'vector.yaml');
    writeFileSync(config, stringify({
      data_dir: directory,
      sources: { in: { type: 'file', include: [corpus.path], read_from: 'beginning' } },
      transforms: { parse: { type: 'remap', inputs: ['in'], source: REMAP[corpus.name] } },
      sinks: {
        out: {
          type: 'elasticsearch', inputs: ['parse'], endpoints: [`http://127.0.0.1:${port}`], api_version: 'v8', mode: 'bulk',
          bulk: { index: 'logs' }, compression: output === 'elasticsearch-gzip' ? 'gzip' : 'none',
        },
      },
    }));
    return ['vector', '--quiet', '--config', config];
  },
};
