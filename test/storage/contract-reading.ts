import { expect, test } from 'vitest';
import { AnswerBudget, AnswerRefused } from '../../src/domain/answer-budget.ts';
import { defaultOrder } from '../../src/domain/experiment/query.ts';
import { type Reading, textFields } from '../../src/domain/experiment/reading.ts';
import { answerLimits } from '../../src/domain/limits.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

/** Lists that read only the requested fields, and no more than the budget allows. */
export function readingContract(newDatabase: NewDatabase): void {
  /** Twenty experiments, the last with 20 revisions; each text takes this many bytes. */
  async function openFilledStore(workflowBytes: number) {
    const { experiments } = await openStorageOn(await newDatabase());
    const workflow = json(`[{"p":"${'é'.repeat((workflowBytes - 10) / 2)}"}]`);
    for (let index = 0; index < 20; index++) {
      await experiments.insert(anExperiment({ id: `e${index + 10}`, workflow }), author);
    }
    const last = anExperiment({ id: 'e29', workflow });
    for (let revision = 2; revision <= 20; revision++) {
      await experiments.replace(toReplace(last, { batchSize: revision }));
    }
    const page = (size: number, reading?: Reading) =>
      experiments.list({
        organization: 'acme',
        filter: {},
        order: defaultOrder,
        page: { size, fromEnd: false, after: null, before: null },
        reading,
      });
    const revisions = (count: number, reading?: Reading) =>
      experiments.revisions('acme', [{ experimentId: 'e29', from: 21 - count, to: 20 }], reading);
    return { page, revisions };
  }

  test('with a budget, texts that fit are read as without one, and are charged', async () => {
    const { page, revisions } = await openFilledStore(100_000);
    for (const read of [page, revisions]) {
      for (const count of [1, 16]) {
        const budget = new AnswerBudget();
        expect(await read(count, { budget })).toEqual(await read(count));
        const charged = answerLimits.one - budget.bytesLeft;
        // Charged by at least the number of characters, and at most the bytes.
        expect(charged).toBeGreaterThan(count * 50_000);
        expect(charged).toBeLessThan(count * 101_000);
      }
    }
  });

  test('texts that do not fit are refused, and so is every later read', async () => {
    const { page, revisions } = await openFilledStore(100_000);
    for (const read of [page, revisions]) {
      const budget = new AnswerBudget();
      budget.chargeRead(answerLimits.one - 900_000);
      await expect(read(20, { budget })).rejects.toThrow(AnswerRefused);
      expect(budget.refused?.reason).toBe('tooLarge');
      await expect(read(1, { budget })).rejects.toBe(budget.refused);
    }
  });

  test('the next read may use the rest of the budget', async () => {
    const { page, revisions } = await openFilledStore(100_000);
    const budget = new AnswerBudget();
    budget.chargeRead(answerLimits.one - 350_000);
    await page(1, { budget });
    await revisions(1, { budget });
    await expect(page(10, { budget })).rejects.toThrow(AnswerRefused);
  });

  test('texts that were not requested are not charged, and throw on access', async () => {
    const { page, revisions } = await openFilledStore(100_000);
    const answer = await page(20);
    if ('kind' in answer) throw new Error('a first page has no cursors');
    const wholes = { page: answer.entries.map(({ node }) => node), revisions: await revisions(20) };
    for (const name of textFields.filter((each) => each !== 'workflow')) {
      const budget = new AnswerBudget();
      const reading = { fields: new Set([name]), budget };
      const part = await page(20, reading);
      if ('kind' in part) throw new Error('a first page has no cursors');
      const parts = { page: part.entries.map(({ node }) => node), revisions: await revisions(20, reading) };
      expect(part.entries.map(({ cursor }) => cursor)).toEqual(answer.entries.map(({ cursor }) => cursor));
      for (const kind of ['page', 'revisions'] as const) {
        for (const [index, node] of (parts[kind] as any[]).entries()) {
          const whole = wholes[kind][index] as any;
          expect(name in whole ? node[name] : undefined).toEqual(whole[name]);
          expect([node.revision, node.createdAt]).toEqual([whole.revision, whole.createdAt]);
          expect(() => node.workflow).toThrow(/workflow was not read/);
        }
      }
      expect(answerLimits.one - budget.bytesLeft).toBeLessThan(10_000);
    }
  });

  test('a workflow is counted without being read', async () => {
    const { page, revisions } = await openFilledStore(100_000);
    const reading = { fields: new Set(['workflowCount'] as const), budget: new AnswerBudget() };
    const part = await page(20, reading);
    if ('kind' in part) throw new Error('a first page has no cursors');
    for (const node of [...part.entries.map((entry) => entry.node), ...(await revisions(20, reading))]) {
      expect(node).toMatchObject({ workflowCount: 1 });
    }
  });
}
