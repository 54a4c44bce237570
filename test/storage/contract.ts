import { describe } from 'vitest';
import { apiKeyContract } from './contract-api-keys.ts';
import { datasetContract } from './contract-datasets.ts';
import { experimentContract } from './contract-experiments.ts';
import { pageContract } from './contract-pages.ts';
import { readingContract } from './contract-reading.ts';
import { revisionContract } from './contract-revisions.ts';
import { sharingContract } from './contract-sharing.ts';
import { stepContract } from './contract-steps.ts';

/** Makes an empty database of its own for a test, and answers its URL. */
export type NewDatabase = () => string | Promise<string>;

const parts = {
  experiments: experimentContract,
  revisions: revisionContract,
  'steps and events': stepContract,
  datasets: datasetContract,
  'organizations, and writers at the same time': sharingContract,
  pages: pageContract,
  'reading within bounds': readingContract,
  'API keys': apiKeyContract,
};

/** What every storage driver does, whatever is below it. */
export function storeContract(name: string, newDatabase: NewDatabase): void {
  for (const [part, contract] of Object.entries(parts)) {
    describe(`${name}: ${part}`, () => {
      contract(newDatabase);
    });
  }
}
