import { createCopyButton, h } from './dom.js';
import { contentFields } from './fields.js';
import { indent, writeJson } from './json.js';

/**
 * The replace that writes the experiment as it is now, for the command line and for a client.
 *
 * @param {OpenExperiment} experiment
 */
export function showCode(experiment) {
  return [
    h(
      'p',
      { class: 'hint' },
      'A replace sets all fields: those that are omitted take their default or are cleared. It is refused once the experiment is no longer at this revision. The tags are not part of it.',
    ),
    ...showText('With curl', buildCurl(experiment)),
    ...showText('With GraphQL', buildDocument()),
    ...showText('Variables', indent(writeJson(buildVariables(experiment)))),
  ];
}

/**
 * @param {string} title
 * @param {string} text
 */
function showText(title, text) {
  return [
    h(
      'div',
      { class: 'heading' },
      h('h3', {}, title),
      createCopyButton(() => text),
    ),
    h('pre', { tabindex: 0, role: 'region', 'aria-label': title }, text),
  ];
}

/**
 * The content as the input of a replace.
 *
 * @param {OpenExperiment} experiment
 */
export function toReplaceInput(experiment) {
  return Object.fromEntries(contentFields.map((name) => [name, experiment[name]]));
}

/** @param {OpenExperiment} experiment */
function buildVariables(experiment) {
  return { id: experiment.id, ifRevision: experiment.revision, input: toReplaceInput(experiment) };
}

function buildDocument() {
  return `mutation Replace($id: ID!, $input: ReplaceExperimentInput!, $ifRevision: Int) {
  replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision) {
    __typename
    ... on ReplaceExperimentSuccess {
      experiment { id revision }
      changes { field before after reason }
      warnings { code message path }
    }
    ... on MutationError { code message }
    ... on ValidationError { issues { path message } }
    ... on ConflictError { current { revision } }
  }
}`;
}

/** @param {OpenExperiment} experiment */
function buildCurl(experiment) {
  const input = Object.entries(toReplaceInput(experiment)).map(([name, value]) => [toSnakeCase(name), value]);
  // Single quotes would end the argument of the shell.
  const id = encodeURIComponent(experiment.id).replaceAll("'", '%27');
  return `curl -s -X PUT '${location.origin}/api/v2/experiments/${id}/' \\
  -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -H 'If-Match: "${experiment.revision}"' \\
  --data-binary @- <<'END'
${indent(writeJson(Object.fromEntries(input)))}
END`;
}

/** @param {string} name */
function toSnakeCase(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
