import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  PothosSchemaError,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { authorize, type Scope } from '../domain/actor.ts';
import { type Failure, unauthenticated } from '../domain/failure.ts';
import type { GatewayContext } from './context.ts';
import { toGraphQLError } from './to-graphql-error.ts';

/** What a field requires of its caller: a scope, or nothing but that a credential, if they send one, is valid. */
export type Requirement = Scope | 'anyone';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      permission: PermissionPlugin<Types>;
    }
    export interface FieldOptions<
      // biome-ignore lint/correctness/noUnusedVariables: merged interfaces have equal parameters
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** Checked before the arguments. Every field of `Query` and `Subscription` must set it. */
      requires?: Requirement;
    }
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>;

/**
 * Checks what a field requires (R1) before its arguments are checked. A subscription is checked once, before it starts.
 * Nothing is kept per request: `@pothos/plugin-scope-auth` caches its results in a `WeakMap` by request, which makes
 * the garbage collector promote whole requests into the old generation (a quarter of the CPU of a read).
 */
class PermissionPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    if ((field.kind === 'Query' || field.kind === 'Subscription') && !field.pothosOptions.requires)
      throw new PothosSchemaError(
        `${field.parentType}.${field.name} has no \`requires\`: state what it requires of its caller.`,
      );
    return field;
  }

  override wrapResolve(resolve: Resolver<Types>, field: PothosOutputFieldConfig<Types>): Resolver<Types> {
    return field.kind === 'Subscription' ? resolve : guard(resolve, field.pothosOptions.requires);
  }

  override wrapSubscribe(
    subscribe: Resolver<Types> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> | undefined {
    return subscribe && guard(subscribe, field.pothosOptions.requires);
  }
}

function guard<Types extends SchemaTypes>(
  resolve: Resolver<Types>,
  requirement: Requirement | undefined,
): Resolver<Types> {
  if (!requirement) return resolve;
  return (parent, args, context, info) => {
    const failure = findFailure(context as GatewayContext, requirement);
    if (failure) throw toGraphQLError(failure);
    return resolve(parent, args, context, info);
  };
}

function findFailure({ caller, isRefused }: GatewayContext, requirement: Requirement): Failure | undefined {
  if (requirement === 'anyone') return isRefused ? unauthenticated() : undefined;
  const actor = authorize(caller, requirement);
  return 'kind' in actor ? actor : undefined;
}

const pluginName = 'permission';

SchemaBuilder.registerPlugin(pluginName, PermissionPlugin);

export default pluginName;
