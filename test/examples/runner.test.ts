import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';
import { describeRunner } from '../support/process/describe-runner.ts';

/** A slim container has no curl, and Windows may have no bash. */
const hasTools = ['bash', 'curl', 'iconv'].every((tool) => spawnSync(tool, ['--version']).status === 0);
if (!hasTools) console.warn('Without bash, curl and iconv: the tests of examples/runner.sh are skipped.');

describe.runIf(hasTools)('examples/runner.sh', () => {
  describeRunner(['examples/runner.sh'], /^usage: runner\.sh <experiment-id> \[-- <command> \.\.\.\]\n$/);
});
