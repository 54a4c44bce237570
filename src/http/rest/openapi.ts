import { maxPageDepth } from '../../domain/limits.ts';
import {
  created,
  exampleBodies,
  exampleId,
  exampleList,
  filteredList,
  listBody,
  writtenAnswers,
} from './openapi-examples.ts';
import { describeOperation, headers, idempotencyKey } from './openapi-operations.ts';
import { buildPagingParameters, buildSchemas } from './openapi-schemas.ts';

let document: object | undefined;

/** The OpenAPI 3.1 document of the REST operations, built from the same schemas that validate them. */
export function buildOpenApiDocument(): object {
  document ??= {
    openapi: '3.1.0',
    info: {
      title: 'Experiment gateway',
      version: '2.0.0',
      description:
        'The documented experiment operations. They follow the same rules as the GraphQL mutations and queries. Every path also works without its last slash. The gateway does not keep the results of experiments: the addresses of logs and histograms return 404. If it limits calls (RATE_LIMIT), every answer to a counted call has the headers RateLimit and RateLimit-Policy.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This gateway.' }],
    security: [{ bearer: [] }],
    tags: [{ name: 'experiments', description: 'Named runs of a workflow over a dataset, scored by evaluators.' }],
    paths: {
      '/api/v2/experiments/': {
        get: describeList('listAllExperiments', 'List experiments', 'The same as GET on list/.'),
        post: describeOperation('createExperiment', 'Create an experiment', {
          description:
            'Create an experiment. The same create again succeeds and writes nothing: with an experiment_id as long as the content is the same, with an Idempotency-Key for 24 hours. Unknown fields are ignored, and each is named in a warning.',
          parameters: [idempotencyKey],
          body: { schema: 'CreateExperiment', example: exampleBodies.create },
          success: [
            201,
            'The experiment was created, or already existed.',
            { schema: 'WrittenExperiment', example: writtenAnswers.create },
          ],
          failures: [400, 401, 403, 409, 422],
        }),
      },
      '/api/v2/experiments/list/': {
        get: describeList('listExperiments', 'List experiments by page', depth),
        post: describeOperation('filterExperiments', 'List the experiments that match filters', {
          description: `${filters} The page, its size and the order can be in the body or in the query string, which takes precedence. ${depth}`,
          parameters: buildPagingParameters(),
          body: { schema: 'ListExperiments', example: listBody },
          success: [200, 'One page.', { schema: 'ExperimentList', example: filteredList }],
          failures: [400, 401, 403],
        }),
      },
      '/api/v2/experiments/summary/': {
        get: describeOperation('countExperiments', 'Count experiments', {
          success: [200, 'The number of experiments.', { schema: 'ExperimentSummary', example: { total_count: 1 } }],
          failures: [400, 401, 403],
        }),
        post: describeOperation('countFilteredExperiments', 'Count the experiments that match filters', {
          description: `Takes the same body as the list; only its filters matter. ${filters}`,
          body: { schema: 'ListExperiments', example: { filters: listBody.filters } },
          success: [200, 'The number of experiments.', { schema: 'ExperimentSummary', example: { total_count: 1 } }],
          failures: [400, 401, 403],
        }),
      },
      '/api/v2/experiments/{experiment_id}/': {
        parameters: [
          {
            name: 'experiment_id',
            in: 'path',
            required: true,
            description: 'Experiment ID returned as id in experiment responses.',
            schema: { type: 'string', minLength: 1, maxLength: 255 },
            example: exampleId,
          },
        ],
        get: describeOperation('getExperiment', 'Retrieve an experiment', {
          description: 'Retrieve an experiment. HEAD returns the same headers without a body.',
          success: [200, 'The experiment.', { schema: 'Experiment', example: created }],
          failures: [401, 403, 404],
        }),
        put: describeOperation('replaceExperiment', 'Replace an experiment', {
          description:
            'Replace every editable field. Omitted and null fields take their documented default or are cleared; an omitted name stays. Tags are never touched. Unknown fields are ignored, and each is named in a warning.',
          body: { schema: 'ReplaceExperiment', example: exampleBodies.replace },
          isConditional: true,
          success: [200, 'Updated experiment.', { schema: 'WrittenExperiment', example: writtenAnswers.replace }],
          failures: [400, 401, 403, 404, 409, 412],
        }),
        patch: describeOperation('updateExperiment', 'Update an experiment', {
          description:
            'Change only the fields that are present. Null clears a field that may be empty. add_tags and remove_tags change the tags without overwriting those of others; neither can be combined with tags. Unknown fields are ignored, and each is named in a warning.',
          body: { schema: 'UpdateExperiment', example: exampleBodies.update },
          isConditional: true,
          success: [200, 'Updated experiment.', { schema: 'WrittenExperiment', example: writtenAnswers.update }],
          failures: [400, 401, 403, 404, 409, 412],
        }),
        delete: describeOperation('deleteExperiment', 'Delete an experiment', {
          isConditional: true,
          description:
            'Move an experiment to the trash. The GraphQL mutation restoreExperiment brings it back for as long as the trash keeps it.',
          success: [204, 'The experiment is in the trash.'],
          failures: [400, 401, 403, 404, 412],
        }),
      },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or a dashboard JWT.' },
      },
      headers,
      schemas: buildSchemas(),
    },
  };
  return document;
}

const filters =
  'At most 3 values in all may be searched for by iexact, contains, icontains, startswith and endswith. iexact and icontains ignore case in every script. Times are RFC 3339, or a date alone; without an offset they are in UTC.';
const depth = `A page beyond the end has no results. A page with results must lie within the first ${maxPageDepth} experiments of the list: the cursors of the GraphQL query experiments go further.`;

function describeList(id: string, summary: string, description: string): object {
  return describeOperation(id, summary, {
    description,
    parameters: buildPagingParameters(),
    success: [200, 'One page.', { schema: 'ExperimentList', example: exampleList }],
    failures: [400, 401, 403],
  });
}
