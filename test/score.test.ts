// How much of the labelled logs is read right, where they are at hand: each score is held to what it was.
import t from 'tap';
import { scores } from './score/score.ts';

/** In per cent, a little below what was measured. To be raised with it; lowered only with a reason in the commit. */
const FLOORS: Readonly<Record<string, number>> = { 'dev.jsonl': 97.7, 'prose/dev.jsonl': 98.3, 'multiline/manifest.jsonl': 99.9 };

const all = scores();
if (all.length === 0) t.pass('scores', { skip: 'there are no corpora beside the checkout, and SHIPPER_CORPORA names none' });
t.setTimeout(400_000); // the runner has a limit of its own
for (const { name, ok, text, percent } of all) {
  console.log(`${name}\n${text}`);
  t.ok(ok, `the scorer of ${name} has run`);
  t.ok(percent >= (FLOORS[name] ?? 0), `${name}: ${percent} % is not below ${FLOORS[name] ?? 0} %`);
}
