import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { isBrowserMissing, openPage } from '../../support/http/browser.ts';

const options = { timeout: 90_000 };
const keyName = 'experiment-gateway.key';

async function openGraphiQL(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.waitForSelector('.graphiql-query-editor .view-line');
}

async function openTab(page: Page, name: string): Promise<void> {
  await page.click(`.graphiql-tab-button:text-is("${name}")`);
  await page.waitForSelector(`.graphiql-query-editor :text("${name.replace(' e', 'E')}")`);
}

/** Runs the operation of the open tab and waits until the response pane shows `awaited`. */
async function run(page: Page, awaited: string): Promise<void> {
  await page.click('.graphiql-execute-button');
  await page.waitForSelector(`.graphiql-response :text(${JSON.stringify(awaited)})`);
}

/** The addresses that are not the gateway's. */
const findForeign = (requested: readonly string[], url: string) =>
  requested.filter((address) => !address.startsWith(url) && !/^(data|blob):/.test(address));

test.skipIf(isBrowserMissing)(
  'in GraphiQL a newcomer enters the key once and runs every tab twice (needs Chromium)',
  options,
  async () => {
    const { app, key } = await createTestGateway();
    const url = await app.listen();
    const { page, requested, complaints } = await openPage();
    await openGraphiQL(page, `${url}/graphql`);
    expect(await page.locator('.graphiql-tab-button').allTextContents()).toEqual([
      'Create',
      'Replace',
      'List',
      'Watch',
      'Validation errors',
    ]);

    await openTab(page, 'Create');
    await run(page, 'UNAUTHENTICATED');
    await page.fill('#key', key);
    await page.press('#key', 'Enter');
    for (const round of [1, 2]) {
      await openTab(page, 'Create');
      await run(page, 'CreateExperimentSuccess');
      await openTab(page, 'Replace');
      await run(page, round === 1 ? 'RESET_TO_DEFAULT' : 'STALE_REVISION');
      await openTab(page, 'List');
      await run(page, 'endCursor');
      await openTab(page, 'Watch');
      await run(page, 'PENDING');
      await page.click('.graphiql-execute-button'); // Stop
      await openTab(page, 'Validation errors');
      await run(page, 'MUTUALLY_EXCLUSIVE');
    }
    expect(await page.textContent('#answered')).toMatch(/^HTTP 200 · \d+ ms · request [\w-]{8,}$/);

    await page.click('#bar a:text("Experiments")');
    await page.waitForSelector('.row:has-text("First steps, replaced")');
    expect(findForeign(requested, url)).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'the key of a GraphiQL link leaves the address, survives a reload, is passed on, and is forgotten with a click (needs Chromium)',
  options,
  async () => {
    const { app, key } = await createTestGateway();
    const url = await app.listen();
    const { page, requested, complaints } = await openPage();
    await openGraphiQL(page, `${url}/graphql#key=${encodeURIComponent(key)}`);
    expect(page.url()).toBe(`${url}/graphql`);
    await run(page, 'CreateExperimentSuccess');

    await page.reload();
    await page.waitForSelector('.graphiql-query-editor .view-line');
    expect(await page.textContent('#signed-in')).toContain(key.slice(-4));
    await openTab(page, 'List');
    await run(page, 'endCursor');

    const [opened] = await Promise.all([page.waitForEvent('popup'), page.evaluate('void open("/graphql")')]);
    await opened.waitForSelector('#signed-in:not([hidden])');
    const other = await page.context().newPage();
    await openGraphiQL(other, `${url}/graphql`);
    expect(await other.isVisible('#sign-in')).toBe(true);

    await page.click('#forget');
    expect(await page.evaluate(`sessionStorage.getItem("${keyName}")`)).toBe(null);
    await run(page, 'UNAUTHENTICATED');
    // Following a link within the page loads nothing.
    await page.evaluate(`location.hash = "key=${key}"`);
    await page.waitForSelector('#signed-in:not([hidden])');
    expect(page.url()).toBe(`${url}/graphql`);

    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(key);
    expect(requested.filter((address) => address.includes(key))).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'at 1280 pixels every line of the tabs of GraphiQL and its panes fit, its history is on, and its documentation shows defaults (needs Chromium)',
  options,
  async () => {
    const { app } = await createTestGateway();
    const { page, complaints } = await openPage();
    await openGraphiQL(page, `${await app.listen()}/graphql`);
    for (const name of ['Create', 'Replace', 'List', 'Watch', 'Validation errors']) {
      await openTab(page, name);
      const right = await page.evaluate<number>(
        'document.querySelector(".graphiql-query-editor .monaco-scrollable-element").getBoundingClientRect().right',
      );
      const ends = await page.evaluate<number[]>(
        '[...document.querySelectorAll(".graphiql-query-editor .view-line > span")].map((line) => line.getBoundingClientRect().right)',
      );
      expect(ends.length).toBeGreaterThan(1);
      expect(Math.max(...ends)).toBeLessThan(right);
    }
    const [panes = 0, footer = 0, height = 0] = await page.evaluate<number[]>(
      '[document.querySelector(".graphiql-container").getBoundingClientRect().bottom, document.querySelector("footer").getBoundingClientRect().top, innerHeight]',
    );
    expect(panes).toBeLessThanOrEqual(footer);
    expect(footer).toBeLessThan(height);

    await page.click('[aria-label="Show History"]');
    await page.waitForSelector('.graphiql-history');
    await page.click('[aria-label="Show Documentation Explorer"]');
    await page.fill('.graphiql-doc-explorer-search input', 'ReplaceExperimentInput');
    await page.click('.graphiql-doc-explorer-search-type:text-is("ReplaceExperimentInput")');
    await page.waitForSelector('.graphiql-doc-explorer :text("= 100")');
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'GraphiQL loads its formatter when it formats, and marks mistakes in documents and variables (needs Chromium)',
  options,
  async () => {
    const { app } = await createTestGateway();
    const { page, requested, complaints } = await openPage();
    await openGraphiQL(page, `${await app.listen()}/graphql`);
    const isFormatterLoaded = () => requested.some((address) => address.includes('/formatter.'));
    expect(isFormatterLoaded()).toBe(false);
    await page.click('[aria-label^="Prettify"]');
    await page.waitForSelector('.graphiql-query-editor .view-line:has-text("createExperiment(input: $input,")');
    expect(isFormatterLoaded()).toBe(true);

    const typeBefore = async (line: string, text: string) => {
      await page.click(line);
      await page.keyboard.press('Home');
      await page.keyboard.type(text);
    };
    await typeBefore('.graphiql-query-editor .view-line:has-text("createExperiment(")', 'nothing ');
    await page.waitForSelector('.graphiql-query-editor .squiggly-error');
    await typeBefore('.graphiql-editor-tool .view-line:has-text("input")', '}');
    await page.waitForSelector('.graphiql-editor-tool .squiggly-error');
    // The page itself introspects nothing: the schema is an asset.
    expect(requested.filter((address) => address.endsWith('/graphql'))).toHaveLength(1);
    expect(complaints).toEqual([]);
  },
);
