// Runs the test files in which an earlier run skipped tests, according to its JSON report: after a run without
// services, those that need one. To be run with GATEWAY_TEST_REQUIRE: a test that lacks a service then fails instead of
// being skipped, so what is skipped again lacks something else, such as an old Node or a C compiler, and is only listed.
// Fails when a test fails, or when none of the skipped tests runs.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [, , report = ''] = process.argv;

const readSkipped = () =>
  JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'pending' || status === 'skipped')
      .map(({ fullName }) => ({ file, fullName })),
  );

const skipped = readSkipped();
if (skipped.length === 0) throw new Error('The report lists no skipped tests.');

const files = [...new Set(skipped.map(({ file }) => file))];
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const { status } = spawnSync('vitest', ['run', ...files, ...reporters], { stdio: 'inherit' });
if (status !== 0) process.exit(1);

const again = readSkipped();
if (again.length === skipped.length) throw new Error('None of the skipped tests has run.');
for (const { fullName } of again) console.log(`Skipped again, for want of something other than a service: ${fullName}`);
