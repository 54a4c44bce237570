// Lists the packages that an installation consists of with their licenses, one a line. Exits 1, and says which, when one is
// not on the list of licenses that allow any use as long as their notices are kept.
import { readProductionLock } from './production.mjs';

const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

const { packages } = readProductionLock();
const refused = [];
for (const [path, { version, license = 'none' }] of Object.entries(packages)) {
  if (path === '') continue;
  const line = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version} ${license}`;
  console.log(line);
  if (!allowed.has(license)) refused.push(line);
}
for (const line of refused) console.error(`This license is not on the list: ${line}`);
process.exitCode = refused.length > 0 ? 1 : 0;
