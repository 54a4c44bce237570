// Writes CHANGELOG.md in the form of Keep a Changelog, with its sections in order. With a version, what is under Unreleased
// becomes that release, of today: npm run changelog -- 0.2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { parser, Release } from 'keep-a-changelog';

const path = new URL('../CHANGELOG.md', import.meta.url);
const changelog = parser(readFileSync(path, 'utf8'));
changelog.format = 'markdownlint';
const [, , version] = process.argv;
if (version !== undefined) {
  const unreleased = changelog.releases.find((release) => release.version === undefined);
  if (!unreleased || unreleased.isEmpty()) throw new Error('Nothing is under Unreleased.');
  unreleased.setVersion(version);
  unreleased.setDate(new Date());
  changelog.addRelease(new Release());
}
writeFileSync(path, changelog.toString());
