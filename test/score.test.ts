// Prints how much of the labelled logs is read right, where they are at hand. There is no threshold here: the numbers are for whoever reads the run.
import t from 'tap';
import { scores } from './score/score.ts';

const all = scores();
if (all.length === 0) t.pass('scores', { skip: 'there are no corpora beside the checkout, and SHIPPER_CORPORA names none' });
t.setTimeout(400_000); // the runner has a limit of its own
for (const { name, ok, text } of all) {
  console.log(`${name}\n${text}`);
  t.ok(ok, `the scorer of ${name} has run`);
}
