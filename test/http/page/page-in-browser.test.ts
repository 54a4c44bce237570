import { expect, test } from 'vitest';
import { isBrowserMissing } from '../../support/http/browser.ts';
import { browserOptions, create, openGatewayPage, run, waitForRows } from '../../support/http/page.ts';

test.skipIf(isBrowserMissing)(
  'on the page a newcomer signs in, creates the first experiment with the command shown, and sees its run move (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, url, page, complaints, findForeign } = await openGatewayPage();
    await page.goto(url);
    await page.click('#sign-in button');
    await page.waitForSelector('#key-fault:text("Enter a key.")');
    await page.fill('#key', 'sk_wrong');
    await page.press('#key', 'Enter');
    await page.waitForSelector('#key-fault:text("not accepted")');
    await page.fill('#key', gateway.key);
    await page.press('#key', 'Enter');
    await page.waitForSelector('#organization:text("acme")');

    const command = await page.textContent('.empty pre');
    expect(command).toContain(`curl -s ${url}/api/v2/experiments/`);
    await create(gateway, { experimentId: 'first', name: 'My first experiment' });
    await page.waitForSelector('.row:has-text("My first experiment"):has-text("Pending")');
    await run(gateway, 'startExperiment(id: "first")');
    for (const progress of [20, 62.5]) {
      await run(gateway, `reportExperimentProgress(id: "first", progress: ${progress})`);
      await page.waitForSelector(`.row .status:text("Running ${Math.floor(progress)} %")`);
      expect(await page.evaluate('document.querySelector(".row progress").value')).toBe(progress);
    }
    await page.waitForSelector('.chip:has-text("Running") .count:text("1")');
    await run(gateway, 'completeExperiment(id: "first")');
    await page.waitForSelector('.row .status:text("Completed")');
    await page.waitForSelector('.chip:has-text("Completed") .count:text("1")');
    expect(findForeign()).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'the key of a link to the page leaves the address, survives a reload, signs in to GraphiQL too, and is forgotten with a click (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, url, page, requested, complaints } = await openGatewayPage();
    await page.goto(`${url}/#key=${encodeURIComponent(gateway.key)}`);
    await page.waitForSelector('#organization:text("acme")');
    expect(page.url()).toBe(`${url}/`);
    await page.reload();
    await page.waitForSelector(`#key-end:text("…${gateway.key.slice(-4)}")`);
    await page.goto(`${url}/graphql`);
    await page.waitForSelector('#signed-in:not([hidden])');
    await page.goto(url);
    await page.click('#forget');
    await page.waitForSelector('#sign-in:not([hidden])');
    expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain(gateway.key);
    await page.evaluate(`location.hash = "key=${gateway.key}"`);
    await page.waitForSelector('#organization:text("acme")');
    expect(page.url()).toBe(`${url}/`);
    expect(requested.filter((address) => address.includes(gateway.key))).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'the list of the page is searched, filtered by status and tag, ordered and paged, and its address keeps all that (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, url, page, complaints } = await openGatewayPage();
    for (const [id, name, tags] of [
      ['a', 'Alpha', [{ team: 'search', level: 1 }]],
      ['b', 'Beta', [{ team: 'ads', level: '1' }]],
      ['c', 'Alphabet', []],
    ] as const)
      await create(gateway, { experimentId: id, name, tags });
    await run(gateway, 'startExperiment(id: "a")');
    await page.goto(`${url}/#key=${gateway.key}`);
    await waitForRows(page, ['Alphabet', 'Beta', 'Alpha']);
    await page.selectOption('#list select', 'name');
    await waitForRows(page, ['Alpha', 'Alphabet', 'Beta']);
    await page.fill('[aria-label="Search by name or id"]', 'alpha');
    await waitForRows(page, ['Alpha', 'Alphabet']);
    await page.click('.chip:has-text("Running")');
    await waitForRows(page, ['Alpha']);
    // The counts beside the statuses are those without the filter by status.
    expect(await page.locator('.chip').allTextContents()).toEqual([
      'All2',
      'Pending1',
      'Running1',
      'Completed0',
      'Failed0',
      'Cancelled0',
    ]);
    expect(new URL(page.url()).search).toBe('?search=alpha&status=RUNNING&order=name');
    await page.reload();
    await waitForRows(page, ['Alpha']);
    // The list is watched with its filters: what no longer matches leaves it, and what matches enters it.
    await run(gateway, 'startExperiment(id: "c")');
    await waitForRows(page, ['Alpha', 'Alphabet']);
    await run(gateway, 'cancelExperiment(id: "a")');
    await waitForRows(page, ['Alphabet']);
    await page.fill('[aria-label="Search by name or id"]', 'none');
    await page.click('button:text("Clear the filters")');
    await waitForRows(page, ['Alpha', 'Alphabet', 'Beta']);
    for (const [tag, names] of [
      ['team', ['Alpha', 'Beta']],
      ['team=ads', ['Beta']],
      ['level=1', ['Alpha', 'Beta']],
    ] as const) {
      await page.fill('[aria-label^="Filter by tag"]', tag);
      await waitForRows(page, names);
    }
    await page.fill('[aria-label^="Filter by tag"]', '');
    await page.fill('[aria-label="Search by name or id"]', 'b');
    await waitForRows(page, ['Alphabet', 'Beta']);

    for (let index = 0; index < 60; index++) await create(gateway, { name: `Paged ${String(index).padStart(2, '0')}` });
    await page.fill('[aria-label="Search by name or id"]', 'paged');
    await page.click('.more:has-text("50 of 60")');
    await waitForRows(
      page,
      Array.from({ length: 60 }, (_, index) => `Paged ${String(index).padStart(2, '0')}`),
    );
    expect(await page.isVisible('.more')).toBe(false);
    expect(complaints).toEqual([]);
  },
);
