import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { isBrowserMissing, openPage } from '../../support/http/browser.ts';

/** Pastes the key into the headers pane, as the page asks. The editor closes quotes and braces itself. */
async function pasteKey(page: Page, key: string): Promise<void> {
  await page.click('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(`{"Authorization": "Bearer ${key}`);
}

/** Runs the operation of a tab and waits until the response pane shows `awaited`. */
async function runTab(page: Page, name: string, key: string, awaited: string): Promise<void> {
  await page.click(`.graphiql-tab-button:text-is("${name}")`);
  await page.waitForSelector(`.graphiql-query-editor :text("${name}")`);
  await pasteKey(page, key);
  await page.click('.graphiql-execute-button');
  await page.waitForSelector(`.graphiql-response :text(${JSON.stringify(awaited)})`);
}

test.skipIf(isBrowserMissing)(
  'in GraphiQL a newcomer pastes the key, creates, replaces and sees a validation error (needs Chromium)',
  { timeout: 90_000 },
  async () => {
    const { app, key } = await createTestGateway();
    const url = await app.listen();
    const { page, requested, complaints } = await openPage();
    await page.goto(`${url}/graphql`);
    await page.waitForSelector('.graphiql-query-editor .view-line');

    await runTab(page, 'Create', key, 'CreateExperimentSuccess');
    await runTab(page, 'Replace', key, 'ReplaceExperimentSuccess');
    await runTab(page, 'AValidationError', key, 'MUTUALLY_EXCLUSIVE');

    expect(requested.filter((address) => !address.startsWith(url) && !/^(data|blob):/.test(address))).toEqual([]);
    expect(complaints).toEqual([]);
  },
);
