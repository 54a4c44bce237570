import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { isBrowserMissing } from '../../support/http/browser.ts';
import { browserOptions, create, openGatewayPage, run, waitForRows } from '../../support/http/page.ts';

/** The names of what the run tab says. */
const readFacts = (page: Page) => page.locator('.facts dt').allTextContents();

test.skipIf(isBrowserMissing)(
  'the run tab of the page says what there is to say about a run, and shows the last output of one that failed line by line (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, signIn, complaints } = await openGatewayPage();
    await signIn();
    await page.waitForSelector('.placeholder:text-is("An experiment that you choose from the list opens here.")');
    await create(gateway, { experimentId: 'a', name: 'A' });
    await page.click('.row');
    await page.click('[role=tab]:text("Run")');
    expect(await readFacts(page)).toEqual(['Attempt', 'Created', 'Last change']);
    await run(gateway, 'startExperiment(id: "a", leaseSeconds: 60)');
    await page.waitForSelector('.facts :text("expires in")');
    expect(await readFacts(page)).toEqual(['Attempt', 'Uses revision', 'Started', 'Lease', 'Created', 'Last change']);
    await run(gateway, 'failExperiment(id: "a", errorMessage: "Exited with 3.\\nstep 1\\n  step 2")');
    await page.waitForSelector('.panel .banner.danger');
    expect(await readFacts(page)).toEqual([
      'Attempt',
      'Used revision',
      'Started',
      'Ended',
      'Duration',
      'Created',
      'Last change',
    ]);
    const shown = await page.locator('.panel .banner.danger').innerText();
    expect(shown).toBe('The run failed. Exited with 3.\nstep 1\n  step 2');
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'what the page says after an edit names the place of each warning, and goes when a newer revision comes (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, signIn, complaints } = await openGatewayPage();
    await create(gateway, { experimentId: 'a', name: 'A' });
    await signIn('?experiment=a');
    await page.click('.actions button:text("Edit")');
    await page.fill('#field-evaluatorIds', 'tone\ntone');
    await page.fill('#field-workflow', '[{"type":"completion","config":{"temperature":3}}]');
    await page.click('button:text("Save")');
    await page.waitForSelector('.banner.success');
    expect(await page.locator('.saved .warning').allTextContents()).toEqual([
      'Evaluator ids: repeated entries are kept once; 2 were sent, 1 is kept.',
      'workflow[0].config.temperature: 3 is outside the documented range 0 to 2.',
    ]);
    await run(gateway, 'updateExperiment(id: "a", input: { batchSize: 7 })');
    await page.waitForSelector('.meta:has-text("revision 3")');
    expect(await page.textContent('.saved')).toBe('');
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'with TRASH_DAYS=0 the page says that what is deleted cannot be restored (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, signIn, complaints } = await openGatewayPage({ TRASH_DAYS: '0' });
    for (const id of ['a', 'b']) await create(gateway, { experimentId: id, name: id.toUpperCase() });
    await signIn('?experiment=a');
    await page.click('.actions button:text-is("Delete")');
    await page.waitForSelector('dialog:has-text("A and its history cannot be restored.")');
    await page.click('dialog button:text-is("Delete permanently")');
    await page.waitForSelector('#notice:text("A is permanently deleted.")');
    await waitForRows(page, ['B']);
    await page.waitForSelector('.placeholder:has-text("choose from the list")');
    expect(complaints).toEqual([]);
  },
);
