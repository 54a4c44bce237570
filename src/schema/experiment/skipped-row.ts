import type { Skipped } from '../../domain/experiment/write-batch.ts';
import { builder } from '../builder.ts';

/** A member of the result of each mutation that has a batch; only batches return it. */
export const SkippedRow = builder.objectRef<Skipped>('SkippedRow').implement({
  description:
    'An experiment of a batch that has nothing wrong with it, but was not written because another one failed. Mutations of a single experiment never return it.',
  fields: (t) => ({
    experimentId: t.exposeID('id', { description: 'The id of the experiment.' }),
    message: t.exposeString('message', { description: 'A human-readable explanation of why it was not written.' }),
  }),
});
