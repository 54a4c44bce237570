import { type Attack, each, manyKeysMs, post, rest, times } from '../attack.ts';
import { refusedList } from './rest-lists.ts';

/** Lists and objects that are far longer than any limit, and what is at the limits. */
export const longLists: readonly Attack[] = [
  {
    name: 'lists of a million entries where 100 are accepted',
    safe: { status: [200, 400], body: /BAD_USER_INPUT|ValidationError|"TOO_MANY"/, maxTurnMs: manyKeysMs },
    shapes: {
      'unknown fields of an input': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{${times(100_000, (i) => `"nam${i}":1`, ',')}}}}`,
        ),
      'ids of a batch': () =>
        post(
          `{"query":"mutation ($ids: [ID!]!) { deleteExperiments(ids: $ids) { __typename } }","variables":{"ids":[${'1,'.repeat(900_000)}1]}}`,
        ),
      'ids of an update': () =>
        post(
          `{"query":"mutation ($ids: [ID!]!) { updateExperiments(ids: $ids, input: {}) { __typename } }","variables":{"ids":[${'"",'.repeat(600_000)}""]}}`,
        ),
      'items of a batch': () =>
        post(
          `{"query":"mutation ($items: [ReplaceExperimentItem!]!) { replaceExperiments(items: $items) { __typename } }","variables":{"items":[${'{"id":"x","input":{}},'.repeat(4_500)}{"id":"x","input":{}}]}}`,
        ),
      'items of a wrong type': () =>
        post(
          `{"query":"mutation ($items: [ReplaceExperimentItem!]!) { replaceExperiments(items: $items) { __typename } }","variables":{"items":[${'1,'.repeat(900_000)}1]}}`,
        ),
      evaluators: () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"evaluatorIds":[${'1,'.repeat(900_000)}1]}}}`,
        ),
      'empty evaluators': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"evaluatorIds":[${'"",'.repeat(600_000)}""]}}}`,
        ),
      tags: () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"tags":[${'{},'.repeat(9_900)}{}]}}}`,
        ),
      'tags of a wrong type': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{"addTags":[${'1,'.repeat(900_000)}1]}}}`,
        ),
      'an unknown field beside a workflow with a hundred thousand keys': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{${times(10, (i) => `"nam${i}":1`, ',')},"workflow":{${times(100_000, (i) => `"w${i}":1`, ',')}}}}}`,
        ),
      'an object with a hundred thousand keys as an id': () =>
        post(
          `{"query":"mutation ($ids: [ID!]!) { deleteExperiments(ids: $ids) { __typename } }","variables":{"ids":[{${times(100_000, (i) => `"i${i}":1`, ',')}}]}}`,
        ),
      'objects of 900 keys each': () =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i) { __typename } }","variables":{"i":{${times(150, (i) => `"u${i}":{${times(900, (j) => `"k${j}":1`, ',')}}`, ',')}}}}`,
        ),
      'numbers as the conditions of a filter': () =>
        post(
          `{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"and":[${'1,'.repeat(900_000)}1]}}}`,
        ),
      'statuses of a filter': () =>
        post(
          `{"query":"query ($f: ExperimentFilter) { experiments(filter: $f) { totalCount } }","variables":{"f":{"status":[${'"NONE",'.repeat(250_000)}"NONE"]}}}`,
        ),
    },
  },
  {
    name: 'variables of a subscription that are far too large',
    safe: { status: [200, 400], body: /"BAD_USER_INPUT"/, maxTurnMs: manyKeysMs },
    shapes: each(
      {
        'unknown fields of a filter': () => `{${times(100_000, (i) => `"s${i}":1`, ',')}}`,
        'ids of a filter': () => `{"ids":[${'1,'.repeat(900_000)}1]}`,
        'an id': () => `{"datasetId":{${times(100_000, (i) => `"d${i}":1`, ',')}}}`,
      },
      (value) =>
        post(
          `{"query":"subscription ($f: ExperimentFilter) { experimentsChanged(filter: $f) { cursor } }","variables":{"f":${value()}}}`,
          { accept: 'text/event-stream' },
        ),
    ),
  },
  {
    name: 'lists of a million entries over REST',
    safe: refusedList,
    shapes: {
      evaluators: () => rest('PATCH', 'exp_victim/', `{"evaluator_ids":[${'1,'.repeat(900_000)}1]}`),
      'empty evaluators': () => rest('PATCH', 'exp_victim/', `{"evaluator_ids":[${'"",'.repeat(600_000)}""]}`),
      tags: () => rest('PATCH', 'exp_victim/', `{"tags":[${'1,'.repeat(900_000)}1]}`),
      workflow: () => rest('PUT', 'exp_victim/', `{"workflow":[${'null,'.repeat(350_000)}null]}`),
    },
  },
  {
    name: 'the body of a REST list with a hundred thousand values',
    safe: { status: 400, body: /"body":\["The body holds more than 10000 values\."\]/ },
    shapes: {
      'unknown filters': () => rest('POST', 'list/', `{"filters":{${times(100_000, (i) => `"f${i}":1`, ',')}}}`),
      values: () =>
        rest('POST', 'list/', `{"filters":{"name":{"operator":"in","value":[${'"",'.repeat(600_000)}""]}}}`),
      'unknown names': () => rest('POST', 'list/', `{${times(50_000, (i) => `"u${i}":1`, ',')}}`),
      'of a summary': () => rest('POST', 'summary/', `{"filters":{"id":{"value":[${'1,'.repeat(900_000)}1]}}}`),
    },
  },
  {
    name: 'workflows and tags at and beyond their limits',
    safe: {
      status: [200, 400],
      body: /"ValidationError"|"UpdateExperimentSuccess"|"ExperimentPreview"/,
      maxTurnMs: manyKeysMs,
    },
    shapes: each(
      {
        '33 levels': () => `"workflow":[${'{"a":'.repeat(33)}1${'}'.repeat(33)}]`,
        '900 levels': () => `"workflow":[${'{"a":'.repeat(900)}1${'}'.repeat(900)}]`,
        '1 MiB': () => `"workflow":[{"a":"${'x'.repeat(1024 * 1024)}"}]`,
        '9,990 objects': () => `"workflow":[{"a":[${'{},'.repeat(9_990 - 10)}{}]}]`,
        '100 tasks': () => `"workflow":[${'{"type":"completion","config":{"temperature":9,"n":-1}},'.repeat(99)}{}]`,
        '1,000 keys of tags': () => `"tags":[{${times(1_000, (i) => `"k${i}":1`, ',')}}]`,
        '1,001 keys of tags': () => `"tags":[{${times(1_001, (i) => `"k${i}":1`, ',')}}]`,
        '64 KiB of tags': () => `"tags":[{"k":"${'x'.repeat(65_520)}"}]`,
        '60,000 keys of a task': () => `"workflow":[{${times(60_000, (i) => `"k${i}":1`, ',')}}]`,
        'keys that are numbers': () => `"workflow":[{${times(60_000, (i) => `"${i}":1.0`, ',')}}]`,
        'long numbers': () => `"workflow":[{"a":[${`${'9'.repeat(30)},`.repeat(30_000)}1]}]`,
        'repeated keys': () => `"workflow":[{${'"k":1.0,'.repeat(100_000)}"k":2}]`,
        'repeated keys of objects': () => `"workflow":[{${'"k":{"a":1.0},'.repeat(9_000)}"k":2}]`,
        escapes: () => `"workflow":[{"a":"${'\\u0041'.repeat(150_000)}"}]`,
        spaces: () => `"workflow":[{"a":1.0${' '.repeat(1_500_000)}}]`,
      },
      (member) =>
        post(
          `{"query":"mutation ($i: UpdateExperimentInput!) { updateExperiment(id: \\"exp_victim\\", input: $i, dryRun: true) { __typename } }","variables":{"i":{${member()}}}}`,
        ),
    ),
  },
];
