import { describe } from 'vitest';
import type { AtEnd } from '../support/gateway/test-gateway.ts';
import { apiKeyContract } from './contract-api-keys.ts';
import { batchContract } from './contract-batches.ts';
import { changesContract } from './contract-changes.ts';
import { commitContract } from './contract-commits.ts';
import { datasetContract } from './contract-datasets.ts';
import { evaluatorContract } from './contract-evaluators.ts';
import { experimentContract } from './contract-experiments.ts';
import { fieldContract } from './contract-fields.ts';
import { idempotencyContract } from './contract-idempotency.ts';
import { numberedPageContract } from './contract-numbered-pages.ts';
import { organizationContract } from './contract-organizations.ts';
import { pageContract } from './contract-pages.ts';
import { readingContract } from './contract-reading.ts';
import { reviseContract } from './contract-revise.ts';
import { revisionContract } from './contract-revisions.ts';
import { sharingContract } from './contract-sharing.ts';
import { stepContract } from './contract-steps.ts';
import { trashContract } from './contract-trash.ts';

/** Creates an empty database for one test, or for all tests up to a given end, and returns its URL. */
export type NewDatabase = (atEnd?: AtEnd) => string | Promise<string>;

const contracts = {
  experiments: experimentContract,
  'editable fields': fieldContract,
  revisions: revisionContract,
  'idempotency keys': idempotencyContract,
  'writes decided from what is stored': reviseContract,
  'steps and events': stepContract,
  trash: trashContract,
  'index of evaluators': evaluatorContract,
  batches: batchContract,
  'the feed of changes': changesContract,
  datasets: datasetContract,
  'organizations, and writers at the same time': sharingContract,
  pages: pageContract,
  'numbered pages': numberedPageContract,
  'reading within bounds': readingContract,
  'API keys': apiKeyContract,
  organizations: organizationContract,
  'commits that are reported': commitContract,
};

type Part = keyof typeof contracts;

/** The parts of the contract. */
export const parts = Object.keys(contracts) as Part[];

/** The contract of every storage driver. For a variant of a driver, `tested` lists the parts in which it can differ. */
export function storeContract(name: string, newDatabase: NewDatabase, tested: readonly Part[] = parts): void {
  for (const part of tested) {
    describe(`${name}: ${part}`, () => {
      contracts[part](newDatabase);
    });
  }
}
