import { type Actor, authorize } from '../domain/actor.ts';
import type { GatewayContext } from './context.ts';
import { failureError } from './to-graphql-error.ts';

/** The caller of a query, who may read; `requires` has said so before the resolver runs. */
export function reader({ caller }: GatewayContext): Actor {
  const actor = authorize(caller, 'experiments:read');
  if ('kind' in actor) throw failureError(actor);
  return actor;
}
