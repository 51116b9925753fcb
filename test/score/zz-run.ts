import { streams } from '/tmp/w/learn/test/score/streams.ts';
import { writeFileSync } from 'node:fs';
writeFileSync(process.argv[3]!, streams(process.argv[2]!));
