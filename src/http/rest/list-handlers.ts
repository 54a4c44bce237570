import { type Actor, authorize } from '../../domain/actor.ts';
import { AnswerBudget } from '../../domain/answer-budget.ts';
import { type Invalid, invalid } from '../../domain/failure.ts';
import { answerLimits, listBodyLimits, maxPageDepth } from '../../domain/limits.ts';
import { findPageStart } from '../../domain/pagination.ts';
import { createIssue } from '../../domain/validation.ts';
import type { Exchange } from '../exchange.ts';
import { createNoRoomError } from '../graphql/answer-limit.ts';
import { chargeResource, toResource } from './experiment-resource.ts';
import { answerFailure, type RestAnswer } from './failures.ts';
import { type Call, findDatasetNames, type Handlers, type RestParts, readObject, takeCallPoints } from './handler.ts';
import { type ListRequest, readListRequest } from './list-request.ts';
import { buildPageLinks } from './page-links.ts';

/** Creates the handlers of lists of experiments and of their summary. GET takes no body. */
export function createListHandlers(parts: RestParts): { onList: Handlers; onSummary: Handlers } {
  const { experiments, answerRoom } = parts;

  /** Reads what a caller asks for, if they may read. */
  async function readRequest({ caller, exchange }: Call, mayHaveBody: boolean) {
    const actor = authorize(caller, 'experiments:read');
    if ('kind' in actor) return actor;
    const body = mayHaveBody && (await hasBody(exchange)) ? await readObject(exchange, listBodyLimits) : {};
    const request = readListRequest(exchange.search, body);
    return request.kind === 'invalid' ? request : { ...request, actor };
  }

  /** Creates the handlers of calls that return up to as many rows as `countRows` says. */
  function createHandlers(
    answer: (call: Call, actor: Actor, request: ListRequest) => Promise<RestAnswer>,
    countRows: (request: ListRequest) => number,
  ): Handlers {
    const handle = async (call: Call, mayHaveBody: boolean) => {
      const request = await readRequest(call, mayHaveBody);
      await takeCallPoints(parts, call.exchange, 'read', request.kind === 'list' ? countRows(request) : 0);
      return request.kind === 'list' ? answer(call, request.actor, request) : answerFailure(request);
    };
    return { GET: (call) => handle(call, false), POST: (call) => handle(call, true) };
  }

  async function answerList(call: Call, actor: Actor, request: ListRequest): Promise<RestAnswer> {
    const { filter, page, size, currentFilters, warnings } = request;
    const count = await experiments.count(actor, filter);
    const skip = findPageStart(page, size, count);
    if (skip === 'tooDeep') return answerFailure(tooDeep);
    const results = skip === 'beyondEnd' ? [] : await readResults(call, actor, request, skip);
    if ('kind' in results) return answerFailure(results);
    const links = buildPageLinks(call, page, size, count);
    const body = { count, ...links, current_filters: currentFilters, results };
    return { status: 200, body: { ...body, ...(warnings.length > 0 && { warnings }) }, needsRoom: true };
  }

  /** The resources of a page, within the budget of one answer. Throws a refusal (503) when other answers leave no room. */
  async function readResults(call: Call, actor: Actor, { filter, order, size }: ListRequest, skip: number) {
    const budget = new AnswerBudget(answerRoom);
    try {
      const page = await experiments.list(actor, { filter, orderBy: order, first: size, skip }, { budget });
      if ('kind' in page) throw new Error('A page without cursors has no bad one.');
      const nodes = page.entries.map(({ node }) => node);
      const names = await findDatasetNames(parts, call, nodes);
      return nodes.map((experiment) => {
        const datasetName = names.get(experiment.datasetId) ?? null;
        chargeResource(budget, experiment, datasetName);
        return toResource(experiment, datasetName);
      });
    } catch (error) {
      if (!budget.refused) throw error;
      if (budget.refused.reason === 'noRoom') throw createNoRoomError();
      return tooLarge;
    } finally {
      budget.restart();
    }
  }

  async function answerSummary(_: Call, actor: Actor, { filter, warnings }: ListRequest): Promise<RestAnswer> {
    const total_count = await experiments.count(actor, filter);
    return { status: 200, body: { total_count, ...(warnings.length > 0 && { warnings }) } };
  }

  return {
    onList: createHandlers(answerList, ({ size }) => size),
    onSummary: createHandlers(answerSummary, () => 0),
  };
}

/** Whether a request has a body to read: a list by POST without a body and a media type has no filters. */
async function hasBody(exchange: Exchange): Promise<boolean> {
  return exchange.header('content-type') !== undefined || (await exchange.readBody()).text() !== '';
}

const tooDeep = refuse(
  'page',
  `pages end after ${maxPageDepth} experiments; the cursors of the GraphQL query experiments go further.`,
);
const tooLarge = refuse(
  'page_size',
  `the answer would be larger than ${answerLimits.one / 1024 / 1024} MiB; ask for a smaller page.`,
);

function refuse(field: string, problem: string): Invalid {
  return invalid([createIssue(['input', field], 'TOO_BIG', problem)]);
}
