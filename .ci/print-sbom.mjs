// Prints what an installation consists of as a CycloneDX document. `npm sbom --omit dev` in this folder would leave out every
// package that a development dependency needs too, such as graphql, so npm sees a folder with the production part alone.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProductionLock, readProductionManifest } from './production.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'sbom-'));
const manifest = readProductionManifest();
// npm names the document after the folder.
const folder = join(temporary, manifest.name);
mkdirSync(folder);
writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(readProductionLock()));
const options = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'];
const { status } = spawnSync('npm', options, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
rmSync(temporary, { recursive: true });
process.exitCode = status ?? 1;
