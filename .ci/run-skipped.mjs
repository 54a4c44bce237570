// Runs the test files in which an earlier run skipped tests, according to its JSON report: after a run without
// services, those that need one. Fails when a test fails or is skipped again.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [, , report = ''] = process.argv;
const readSkipped = () =>
  JSON.parse(readFileSync(report, 'utf8')).testResults.filter(({ assertionResults }) =>
    assertionResults.some(({ status }) => status === 'pending' || status === 'skipped'),
  );

const files = readSkipped().map(({ name }) => name);
if (files.length === 0) throw new Error('The report lists no skipped tests.');

const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const { status } = spawnSync('vitest', ['run', ...files, ...reporters], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
const again = readSkipped().map(({ name }) => name);
if (again.length > 0) throw new Error(`Skipped again, although the services run: ${again.join(', ')}`);
