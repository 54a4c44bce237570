import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isBrowserMissing } from '../../support/http/browser.ts';
import {
  browserOptions,
  create,
  isInView,
  openGatewayPage,
  run,
  waitForChanges,
  waitForRows,
} from '../../support/http/page.ts';

const workflow = '[{"type":"completion","10":1,"9":6687881544318117707,"config":{"temperature":0.20}}]';

/** Creates an experiment whose workflow has numbers and keys that a browser's own JSON would change. */
async function openExperiment() {
  const opened = await openGatewayPage();
  const { gateway } = opened;
  const response = await gateway.fetch('/api/v2/experiments/', {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: `{"experiment_id":"exp","name":"Prompts","batch_size":25,"evaluator_ids":["accuracy"],"tags":[{"team":"search"}],"workflow":${workflow}}`,
  });
  expect(response.status).toBe(201);
  const read = async () =>
    (await gateway.fetch('/api/v2/experiments/exp/', { headers: authorization(gateway.key) })).text();
  await opened.signIn('?experiment=exp');
  await opened.page.waitForSelector('.actions button:text("Edit")');
  return { ...opened, read };
}

const authorization = (key: string) => ({ authorization: `Bearer ${key}` });

test.skipIf(isBrowserMissing)(
  'on the page an edit changes what was edited to the last digit, and shows issues beside their fields (needs Chromium)',
  browserOptions,
  async () => {
    const { page, read, complaints, findForeign } = await openExperiment();
    await page.click('.actions button:text("Edit")');
    expect(await page.inputValue('#field-workflow')).toContain('"9": 6687881544318117707');
    await page.fill('#field-batchSize', 'many');
    await page.fill('#field-tags', '[{"team":"search"},]');
    await page.click('button:text("Save")');
    await page.waitForSelector('#field-batchSize-fault:text("Enter a whole number.")');
    await page.waitForSelector('#field-tags-fault:text("This is not valid JSON")');
    await page.fill('#field-batchSize', '0');
    await page.fill('#field-tags', '[{"team":"search"},{"build":18446744073709551615}]');
    await page.fill('#field-evaluatorWorkflowIds', 'wf_1');
    await page.click('button:text("Save")');
    for (const name of ['batchSize', 'evaluatorIds', 'evaluatorWorkflowIds']) {
      await page.waitForSelector(`#field-${name}[aria-invalid=true]`);
      expect(await page.textContent(`#field-${name}-fault`)).not.toBe('');
    }
    await page.fill('#field-batchSize', '');
    await page.fill('#field-evaluatorWorkflowIds', '');
    const text = await page.inputValue('#field-workflow');
    await page.fill('#field-workflow', text.replace('0.20', '0.70'));
    await page.focus('#field-name'); // at the top of the form
    await page.click('button:text("Preview changes")');
    const expected = [
      'workflow[0].config.temperature was 0.20 is now 0.70',
      'Batch size back to the default was 25 is now 100',
      'tags[1] added is now {"build":18446744073709551615}',
    ];
    await waitForChanges(page, '.editor', expected);
    expect(await isInView(page, '.editor .change')).toBe(true);
    expect(await read()).toContain('"revision":1}');
    await page.click('button:text("Save")');
    await waitForChanges(page, '.banner.success', expected);
    const stored = await read();
    expect(stored).toContain(workflow.replace('0.20', '0.70'));
    expect(stored).toContain('[{"team":"search"},{"build":18446744073709551615}]');
    expect(complaints).toEqual([]);
    expect(findForeign()).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'when someone else saves or deletes during an edit on the page, both sides are shown and no edit is lost (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, complaints } = await openExperiment();
    await page.click('.actions button:text("Edit")');
    await page.fill('#field-name', 'Mine');
    await page.fill('#field-workflow', workflow.replace('0.20', '0.5'));
    await run(gateway, 'updateExperiment(id: "exp", input: { name: "Theirs", batchSize: 50 })');
    await page.waitForSelector('.editor [role=status]:has-text("Revision 2 was saved in the meantime.")');
    expect(await isInView(page, '.editor [role=status] .banner')).toBe(true);
    await page.click('button:text("Save")');
    await page.waitForSelector('.conflict');
    expect(await page.locator('.conflict tbody tr').allTextContents()).toEqual([
      'NameMineTheirs',
      'Batch sizenot edited by you2550',
      'workflow[0].config.temperature0.50.20',
    ]);
    expect((await gateway.data('{ experiment(id: "exp") { name } }')).experiment.name).toBe('Theirs');

    await page.click('button:text("Keep my edits on top of revision 2")');
    expect(await page.inputValue('#field-batchSize')).toBe('50');
    await page.click('button:text("Save")');
    await waitForChanges(page, '.banner.success', [
      'Name was Theirs is now Mine',
      'workflow[0].config.temperature was 0.20 is now 0.5',
    ]);
    await page.click('.actions button:text("Edit")');
    await page.fill('#field-name', 'Kept');
    await run(gateway, 'deleteExperiment(id: "exp")');
    await page.waitForSelector('.editor [role=status]:has-text("The experiment was deleted in the meantime.")');
    await page.click('button:text("Save")');
    await page.waitForSelector('.editor [role=alert]:has-text("There is no experiment with this id.")');
    await run(gateway, 'restoreExperiment(id: "exp")');
    await page.click('button:text("Save")');
    await waitForChanges(page, '.banner.success', ['Name was Mine is now Kept']);
    await page.click('.actions button:text("Edit")');
    await page.fill('#field-name', 'Not kept');
    page.once('dialog', (dialog) => void dialog.dismiss());
    await page.click('.views button:text("Trash")');
    expect(await page.inputValue('#field-name')).toBe('Not kept');
    page.once('dialog', (dialog) => void dialog.accept());
    await page.click('.views button:text("Trash")');
    await page.waitForSelector('.empty:has-text("The trash is empty.")');
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'the history on the page shows who changed what, and restores a revision after a preview (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, read, complaints } = await openExperiment();
    const { secret: named } = await gateway.issueKey({ name: 'nightly CI' });
    const update = `mutation ($w: [JSONObject!]) { updateExperiment(id: "exp", input: { workflow: $w, description: "Why", evaluatorIds: [] }) { __typename } }`;
    await gateway.data(
      update,
      { w: [{ type: 'prompt' }, { type: 'completion', config: { temperature: 1 } }] },
      { key: named },
    );
    await page.click('[role=tab]:text("History")');
    await page.waitForSelector('.history li:first-child:has-text("nightly CI")');
    await waitForChanges(page, '.history li:first-child', [
      'Description was none is now Why',
      'workflow[0].type was "completion" is now "prompt"',
      'workflow[0]["10"] removed was 1',
      'workflow[0]["9"] removed was 6687881544318117707',
      'workflow[0].config removed was {"temperature":0.20}',
      'workflow[1] added is now {"type":"completion","config":{"temperature":1}}',
      'Evaluator ids removed was accuracy',
    ]);
    await page.click('[aria-label="Restore revision 1"]');
    await waitForChanges(page, 'dialog', [
      'Description cleared was Why is now none',
      'workflow[0].type was "prompt" is now "completion"',
      'workflow[0]["10"] added is now 1',
      'workflow[0]["9"] added is now 6687881544318117707',
      'workflow[0].config added is now {"temperature":0.20}',
      'workflow[1] removed was {"type":"completion","config":{"temperature":1}}',
      'Evaluator ids added is now accuracy',
    ]);
    expect(await read()).toContain('"revision":2}');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.click('[aria-label="Restore revision 1"]');
    await page.click('dialog button:text-is("Restore")');
    await page.waitForSelector('#notice:text("Revision 1 is restored, as revision 3.")');
    await page.waitForSelector('.history li:first-child:has-text("Revision 3")');
    expect(await page.evaluate('document.activeElement.id')).toBe('panel');
    expect(await read()).toContain(workflow);
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'the code on the page replaces the experiment with what it contains, by a shell and by GraphQL (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, complaints } = await openExperiment();
    await page.click('[role=tab]:text("Code")');
    const texts = await page.locator('.panel pre').allTextContents();
    const [command = '', document = '', variables = ''] = texts;
    const env = { ...process.env, KEY: gateway.key };
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env });
    expect(stdout).toContain(workflow);
    expect(JSON.parse(stdout)).toMatchObject({ revision: 1, changes: [], warnings: [] });
    await run(gateway, 'updateExperiment(id: "exp", input: { workflow: [], batchSize: 1 })');
    const refused = await promisify(execFile)('sh', ['-c', command], { env });
    expect(JSON.parse(refused.stdout)).toHaveProperty('detail');
    const body = `{"query":${JSON.stringify(document)},"variables":${variables.replace('"ifRevision": 1', '"ifRevision": 2')}}`;
    const headers = { ...authorization(gateway.key), 'content-type': 'application/json' };
    const answer = await (await gateway.fetch('/graphql', { method: 'POST', headers, body })).text();
    expect(answer).toContain(workflow);
    expect(JSON.parse(answer).data.replaceExperiment.changes).toHaveLength(2);
    expect(complaints).toEqual([]);
  },
);

test.skipIf(isBrowserMissing)(
  'an experiment is moved to the trash on the page, looked at there, and restored (needs Chromium)',
  browserOptions,
  async () => {
    const { gateway, page, complaints } = await openExperiment();
    await create(gateway, { experimentId: 'other', name: 'Other' });
    await page.click('button:text("Move to trash")');
    await page.waitForSelector('dialog:has-text("For 30 days, it can be restored")');
    await page.click('dialog button:text-is("Move to trash")');
    await page.waitForSelector('#notice:text("Prompts is in the trash.")');
    await waitForRows(page, ['Other']);
    await page.waitForSelector('.placeholder:has-text("choose from the list")');
    await expect.poll(() => page.evaluate('document.activeElement.className')).toBe('row');
    await page.click('.views button:text("Trash")');
    await waitForRows(page, ['Prompts']);
    await page.click('.row');
    await page.waitForSelector('.in-trash:has-text("permanently deleted in 30 days")');
    expect(await page.locator('.actions button').allTextContents()).toEqual(['Restore']);
    await page.click('[role=tab]:text("History")');
    await page.waitForSelector('.history li:has-text("Revision 1"):not(:has(button))');
    await page.click('.actions button:text("Restore")');
    await page.waitForSelector('#notice:text("Prompts is restored.")');
    // It is shown where it is now.
    await waitForRows(page, ['Other', 'Prompts']);
    await page.waitForSelector('.actions button:text("Edit")');
    expect(await page.evaluate('document.activeElement.id')).toBe('detail');
    await page.click('.views button:text("Trash")');
    await page.waitForSelector('.empty:has-text("The trash is empty.")');
    expect(complaints).toEqual([]);
  },
);
