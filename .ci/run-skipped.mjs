// Runs the tests that an earlier run skipped, according to its JSON report: after a run without services, those that need
// one. To be run with GATEWAY_TEST_REQUIRE: a test that lacks a service then fails instead of being skipped, so what is
// skipped again lacks something else, such as an old Node or a C compiler, and is only listed.
// Fails when a test fails, or when none of the skipped tests runs.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [, , report = ''] = process.argv;

const readTests = () =>
  JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      file,
      name: [...ancestorTitles, title].join(' > '),
      isSkipped: status === 'pending' || status === 'skipped',
    })),
  );
const toId = ({ file, name }) => `${file} > ${name}`;

const tests = readTests();
const skipped = new Map(tests.filter(({ isSkipped }) => isSkipped).map((test) => [toId(test), test]));
if (skipped.size === 0) throw new Error('The report lists no skipped tests.');

// Names what has passed rather than what was skipped, so that a test that exists only where there is a service runs too.
const files = new Set([...skipped.values()].map(({ file }) => file));
const names = new Set([...skipped.values()].map(({ name }) => name));
const passed = tests
  .filter(({ file, name }) => files.has(file) && !names.has(name))
  .map(({ name }) => RegExp.escape(name));
const options = passed.length > 0 ? ['--testNamePattern', `^(?!(?:${[...new Set(passed)].join('|')})$)`] : [];
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const { status } = spawnSync('vitest', ['run', ...files, ...options, ...reporters], { stdio: 'inherit' });
if (status !== 0) process.exit(1);

const again = readTests().filter((test) => test.isSkipped && skipped.has(toId(test)));
if (again.length === skipped.size) throw new Error('None of the skipped tests has run.');
for (const { name } of again) console.log(`Skipped again, for want of something other than a service: ${name}`);
