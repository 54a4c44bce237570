import { expect, test } from 'vitest';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { isBrowserMissing } from '../../support/http/browser.ts';
import { browserOptions, create, openGatewayPage, run, waitForRows } from '../../support/http/page.ts';
import { createSqliteDatabase } from '../../support/storage/storage.ts';

test.skipIf(isBrowserMissing)(
  'the page goes on where its stream broke off, loads the list again when the database is another one, and ends with its key (needs Chromium)',
  browserOptions,
  async () => {
    const bootstrap = 'a-key-that-every-gateway-accepts-0123456789';
    const { gateway, url, page, requested } = await openGatewayPage({ BOOTSTRAP_API_KEY: bootstrap });
    const options = { key: bootstrap };
    const name = (text: string) =>
      `mutation { createExperiment(input: { experimentId: "${text}", name: "${text}" }) { __typename } }`;
    await gateway.data(name('first'), {}, options);
    await page.goto(`${url}/#key=${bootstrap}`);
    await waitForRows(page, ['first']);
    await page.waitForSelector('#live:text("Live")');
    await gateway.app.close();
    await page.waitForSelector('#live:text("Reconnecting…")');

    const { port: PORT } = new URL(url);
    const environment = { BOOTSTRAP_API_KEY: bootstrap, PORT };
    const again = await createTestGateway({ ...environment, DATABASE_URL: `file:${gateway.databasePath}` });
    await again.data(name('meanwhile'), {}, options);
    const countLists = () => requested.filter((address) => address === `${url}/graphql`).length;
    await again.app.listen();
    await waitForRows(page, ['meanwhile', 'first']);
    await page.waitForSelector('#live:text("Live")');
    expect(countLists()).toBeGreaterThan(2);

    await again.app.close();
    // Not a copy of the database from which test gateways start: it would continue the stream of the first one.
    const other = await createTestGateway({ ...environment, DATABASE_URL: createSqliteDatabase().url });
    await other.data(name('other'), {}, options);
    await other.app.listen();
    await waitForRows(page, ['other']);

    const { id, secret } = await other.issueKey({ organization: 'default' });
    await page.evaluate(`location.hash = "key=${secret}"`);
    await page.waitForSelector(`#key-end:text("…${secret.slice(-4)}")`);
    await page.waitForSelector('#live:text("Live")');
    await other.revokeKey(id);
    await page.waitForSelector('#key-fault:text("This key is not accepted.")');
    expect(await page.isVisible('#workspace')).toBe(false);
  },
);

const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

test.skipIf(isBrowserMissing)(
  'HTML in the fields of an experiment is shown as text on every tab of the page (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, signIn, complaints, requested } = await openGatewayPage();
    await gateway.data('mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) { __typename } }', {
      input: { id: markup, name: markup },
    });
    const id = `exp ${markup}'";`;
    await create(gateway, {
      experimentId: id,
      name: markup,
      description: markup,
      datasetId: markup,
      evaluatorIds: [markup],
      generationMethod: markup,
      workflow: [{ [markup]: markup, type: markup }],
      tags: [{ [markup]: markup }],
    });
    const { startExperiment } = await gateway.data(
      'mutation ($id: ID!, $message: String!) { startExperiment(id: $id) { __typename } failExperiment(id: $id, errorMessage: $message) { __typename } updateExperiment(id: $id, input: { batchSize: 7 }) { __typename } }',
      { id, message: markup },
    );
    expect(startExperiment.__typename).toBe('StartExperimentSuccess');
    await signIn();
    await waitForRows(page, [markup]);
    await page.click('.row');
    for (const [tab, awaited] of [
      ['Configuration', '.facts'],
      ['History', '.history li + li'],
      ['Run', '.banner.danger'],
      ['Code', 'pre'],
    ] as const) {
      await page.click(`[role=tab]:text("${tab}")`);
      await page.waitForSelector(`.panel ${awaited}:has-text("onerror")`);
      expect(await page.locator('#workspace :is(img, script)').count()).toBe(0);
    }
    await page.click('[role=tab]:text("History")');
    await page.click('[aria-label="Restore revision 1"]');
    await page.waitForSelector('dialog .change');
    await page.keyboard.press('Escape');
    await page.click('.actions button:text("Edit")');
    expect(await page.inputValue('#field-name')).toBe(markup);
    await page.fill('#field-batchSize', '0');
    await page.click('button:text("Save")');
    await page.waitForSelector('#field-batchSize[aria-invalid=true]');
    expect(await page.title()).toBe('Experiment gateway');
    expect(requested.filter((address) => address.endsWith('/x'))).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'the page is operated by the keyboard alone: sign-in, list, tabs, dialog and back (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, url, page, complaints } = await openGatewayPage();
    for (const id of ['a', 'b', 'c']) await create(gateway, { experimentId: id, name: id });
    await run(gateway, 'updateExperiment(id: "b", input: { batchSize: 7 })');
    await page.goto(url);
    await page.waitForSelector('#sign-in:not([hidden])');
    const press = (...keys: string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    const describeFocus = () =>
      page.evaluate<string>(
        '(document.activeElement.getAttribute("role") ?? document.activeElement.tagName) + " " + document.activeElement.textContent',
      );
    await page.keyboard.type(gateway.key);
    await press('Enter');
    await waitForRows(page, ['c', 'b', 'a']);

    for (let presses = 0; presses < 30 && !(await describeFocus()).startsWith('option'); presses++) await press('Tab');
    expect(await describeFocus()).toMatch(/^option c/);
    await press('End', 'ArrowUp');
    expect(await describeFocus()).toMatch(/^option b/);
    expect(await page.getAttribute('.row:nth-child(2)', 'aria-selected')).toBe('false');
    await press('Enter');
    await page.waitForSelector('.title h2:text-is("b")');
    expect(await page.getAttribute('.row:nth-child(2)', 'aria-selected')).toBe('true');

    for (let presses = 0; presses < 30 && !(await describeFocus()).startsWith('tab '); presses++) await press('Tab');
    expect(await describeFocus()).toBe('tab Configuration');
    await press('ArrowRight');
    expect(await describeFocus()).toBe('tab History');
    await page.waitForSelector('[aria-label="Restore revision 1"]');
    await press('Tab', 'Tab');
    expect(await describeFocus()).toBe('BUTTON Restore…');
    await press('Enter');
    await page.waitForSelector('dialog .change');
    expect(await describeFocus()).toBe('BUTTON Cancel');
    await press('Tab');
    expect(await describeFocus()).toBe('BUTTON Restore');
    await press('Escape');
    // The focus returns to where the dialog was opened.
    expect(await describeFocus()).toBe('BUTTON Restore…');
    expect(
      await page.evaluate(
        'getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth',
      ),
    ).toBe('solid2px');
    await page.goBack();
    await page.waitForSelector('.placeholder');
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'at 390 pixels the page shows the list or one experiment, and nothing is wider than the screen (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, signIn, complaints } = await openGatewayPage();
    const long = 'x'.repeat(200);
    await create(gateway, {
      experimentId: `exp_${long}`,
      name: `A name ${long}`,
      description: long,
      datasetId: long,
      evaluatorIds: [long],
      tags: [{ [long]: long }],
      workflow: [{ type: long }],
    });
    await page.setViewportSize({ width: 390, height: 844 });
    await signIn();
    await waitForRows(page, [`A name ${long}`]);
    const measure = () =>
      page.evaluate<number>(
        'Math.max(document.body.scrollWidth, ...[...document.querySelectorAll("#list, #detail")].map((each) => each.scrollWidth))',
      );
    expect(await page.isVisible('#detail')).toBe(false);
    expect(await measure()).toBe(390);
    await page.click('.row');
    for (const [tab, awaited] of [
      ['Configuration', '.facts'],
      ['History', '.change'],
      ['Run', '.run'],
      ['Code', 'pre'],
    ] as const) {
      await page.click(`[role=tab]:text("${tab}")`);
      await page.waitForSelector(`.panel ${awaited}`);
      expect([tab, await measure()]).toEqual([tab, 390]);
    }
    await page.click('.actions button:text("Edit")');
    await page.waitForSelector('.editor');
    expect(await measure()).toBe(390);
    expect(await page.isVisible('#list')).toBe(false);
    await page.click('.back');
    await page.waitForSelector('.row:focus');
    expect(complaints).toEqual([]);
  },
);
