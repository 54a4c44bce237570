import { h } from './dom.js';
import { createFacts, showIds, showJson, showValue } from './facts.js';
import { readNodes } from './json.js';

/**
 * The content of an experiment, to read.
 *
 * @param {OpenExperiment} experiment
 * @param {(tag: string) => void} onTag A tag was chosen as the filter of the list.
 */
export function showConfiguration(experiment, onTag) {
  const { datasetId, datasetName, evaluatorIds, evaluatorWorkflowIds, clonedFromId } = experiment;
  const dataset = datasetName === null ? showValue(datasetId) : [datasetName, ' ', h('code', {}, datasetId)];
  const evaluators =
    evaluatorWorkflowIds.length > 0
      ? /** @type {const} */ (['Evaluator workflows', showIds(evaluatorWorkflowIds)])
      : /** @type {const} */ (['Evaluators', showIds(evaluatorIds)]);
  const workflow = readNodes(experiment.workflow.text);
  const tasks = workflow.kind === 'list' ? workflow.entries.length : 0;
  return [
    createFacts([
      ['Description', h('span', { class: 'prose' }, showValue(experiment.description))],
      ['Dataset', ...[dataset].flat()],
      evaluators,
      ['Tags', showTags(experiment.tags, onTag)],
      ['Batch size', experiment.batchSize.toLocaleString('en')],
      ['Concurrency', experiment.concurrency.toLocaleString('en')],
      ['Tracing', experiment.enableTracing ? 'on' : 'off'],
      ['Span workflow name', h('code', {}, experiment.spanWorkflowName)],
      ['Generation method', showValue(experiment.generationMethod)],
      clonedFromId === null
        ? null
        : ['Cloned from', h('code', {}, clonedFromId), `, revision ${experiment.clonedFromRevision}`],
    ]),
    h('h3', {}, `Workflow (${tasks === 1 ? '1 task' : `${tasks} tasks`})`),
    tasks === 0 ? h('p', { class: 'hint' }, 'The workflow has no tasks.') : showJson(experiment.workflow, 'Workflow'),
  ];
}

/**
 * @param {ExactJson} tags
 * @param {(tag: string) => void} onTag
 */
function showTags(tags, onTag) {
  const list = readNodes(tags.text);
  const entries = list.kind === 'list' ? list.entries : [];
  if (entries.length === 0) return showValue(null);
  const members = entries.flatMap((entry) => (entry.kind === 'object' ? Array.from(entry.members) : []));
  return h(
    'span',
    { class: 'ids' },
    members.map(([key, node]) => {
      const value = node.text.startsWith('"') ? String(JSON.parse(node.text)) : node.text;
      // The filter compares simple values only.
      const filter = node.kind === 'leaf' && value !== '' ? `${key}=${value}` : key;
      const label = `${key}: ${value}`;
      const title = `Show the experiments with ${filter}`;
      return h('button', { type: 'button', class: 'tag', title, onclick: () => onTag(filter) }, label);
    }),
  );
}
