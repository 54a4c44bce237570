// Takes the pictures of the page for docs/: `npm run screenshots`. Starts a gateway with experiments of its own, and needs
// Chromium. Look at the pictures before you commit them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gateway-screenshots-'));
const gateway = spawn(process.execPath, ['src/gateway.mjs', 'serve'], {
  cwd: repository,
  env: { NODE_ENV: 'development', PORT: '0', DATABASE_URL: `file:${join(folder, 'gateway.db')}` },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [url, key] = await readAddress();
  await createExperiments(url, key);
  await takePictures(url, key);
} finally {
  gateway.kill();
  await once(gateway, 'exit');
  rmSync(folder, { recursive: true });
}

async function readAddress() {
  let text = '';
  for await (const part of gateway.stdout) {
    text += part;
    const [, url, key] = /(http:\S+)\/#key=(\S+)\s/.exec(text) ?? [];
    if (url && key) return [url, key];
  }
  throw new Error('The gateway did not start.');
}

async function createExperiments(url, key) {
  async function mutate(field, variables = {}, types = {}) {
    const declared = Object.entries(types).map(([name, type]) => `$${name}: ${type}`);
    const query = `mutation ${declared.length > 0 ? `(${declared.join()})` : ''} { ${field} { __typename ... on MutationError { message } } }`;
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      // The seed has more digits than a number of JavaScript.
      body: JSON.stringify({ query, variables }).replace('"6687881544318117707"', '6687881544318117707'),
    });
    const answer = await response.text();
    if (answer.includes('"message"')) throw new Error(`${field}: ${answer}`);
  }
  const create = (experimentId, name, datasetId, input = {}) =>
    mutate(
      'createExperiment(input: $input)',
      { input: { experimentId, name, datasetId, ...input } },
      { input: 'CreateExperimentInput!' },
    );
  const update = (input) =>
    mutate('updateExperiment(id: "exp_faq_prompt", input: $input)', { input }, { input: 'UpdateExperimentInput!' });
  const step = (name, id, more = '') => mutate(`${name}Experiment(id: "${id}"${more})`);
  async function run(id, progress, lease) {
    await step('start', id, `, leaseSeconds: ${lease}`);
    await mutate(`reportExperimentProgress(id: "${id}", progress: ${progress})`);
  }

  for (const [id, name] of [
    ['ds_faq', 'FAQ questions 2026'],
    ['ds_tickets', 'Support tickets, Q3'],
    ['ds_clauses', 'Contract clauses'],
    ['ds_reviews', 'Code review comments'],
  ])
    await mutate('registerDataset(input: $input)', { input: { id, name } }, { input: 'RegisterDatasetInput!' });
  const done = [
    ['exp_summaries', 'Summaries in one sentence', 'ds_tickets'],
    ['exp_nightly', 'Nightly quality run', 'ds_faq'],
    ['exp_retrieval_k', 'Retrieval depth: 4, 8 or 16 passages', 'ds_faq'],
    ['exp_temperature_sweep', 'Temperature sweep 0.0 to 1.0', 'ds_faq'],
  ];
  await create('exp_translations', 'Answers in five languages', 'ds_faq');
  await create('exp_guardrails', 'Guardrails for refunds', 'ds_tickets');
  await step('cancel', 'exp_guardrails');
  for (const each of done) await create(...each);
  await create('exp_review_tone', 'Tone of code review comments', 'ds_reviews');
  await create('exp_clause_extraction', 'Clause extraction, German contracts', 'ds_clauses');
  await create('exp_ticket_triage', 'Ticket triage with three labels', 'ds_tickets');
  await create('exp_router', 'Route questions to the smaller model', 'ds_tickets');
  await create('exp_faq_prompt_long', 'FAQ prompt: long answers', 'ds_faq');
  for (const id of [...done.map(([each]) => each), 'exp_faq_prompt_long']) {
    await step('start', id);
    await step('complete', id);
  }
  await run('exp_clause_extraction', 17, 10); // stalled when the pictures are taken
  await step('start', 'exp_ticket_triage');
  await step('fail', 'exp_ticket_triage', ', errorMessage: "The model refused 3 of 120 tickets."');
  await run('exp_router', 78, 300);

  const retrieve = {
    id: 'retrieve',
    type: 'custom',
    config: { index: 'kb-2026-11', top_k: 8, seed: '6687881544318117707' },
  };
  const answer = { id: 'answer', type: 'completion', config: { model: 'gpt-4o-mini', temperature: 0.2 } };
  await create('exp_faq_prompt', 'FAQ prompt: short answers', 'ds_faq', {
    description: 'Compares two system prompts on the questions that customers ask most often.',
    workflow: [retrieve, answer],
    evaluatorIds: ['accuracy', 'tone'],
    batchSize: 50,
    tags: [{ team: 'search' }],
  });
  await run('exp_faq_prompt', 42, 300);
  const warmer = { ...answer, config: { ...answer.config, temperature: 0.7, stop: ['\n\n'] } };
  await update({ workflow: [retrieve, warmer], batchSize: 100 });
  await update({
    workflow: [retrieve, { ...warmer, config: { ...warmer.config, model: 'gpt-4o' } }],
    evaluatorIds: ['accuracy', 'tone', 'grounding'],
  });
  await new Promise((resolve) => setTimeout(resolve, 12_000));
}

async function takePictures(url, key) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  for (const [colorScheme, tab] of [
    ['light', 'history'],
    ['dark', 'run'],
  ]) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme });
    await page.goto(`${url}/?experiment=exp_faq_prompt&tab=${tab}#key=${key}`);
    await page.waitForSelector('.panel :is(.history li, .facts)');
    await page.waitForSelector('#live:text("Live")');
    await page.screenshot({ path: join(repository, `docs/page-${colorScheme}.png`) });
  }
  await browser.close();
}
