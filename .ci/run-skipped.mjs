// Runs the tests that an earlier run skipped, by its JSON report: after a run without services, those that need one.
// So every test runs once, whichever machine it needs, and none can be forgotten.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [, , report = ''] = process.argv;
const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
const files = [];
const names = new Set();
for (const { name: file, assertionResults } of testResults) {
  const skipped = assertionResults.filter(({ status }) => status === 'pending' || status === 'skipped');
  if (skipped.length > 0) files.push(file);
  for (const { fullName } of skipped) names.add(fullName);
}
if (files.length === 0) throw new Error('The report names no test that was skipped.');

console.log(`${names.size} tests in ${files.length} files were skipped.`);
const pattern = `^(${[...names].map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})$`;
const { status } = spawnSync('vitest', ['run', ...files, '--testNamePattern', pattern], { stdio: 'inherit' });
process.exitCode = status ?? 1;
