import { readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema, sdl } from '../src/schema/index.ts';
import { declaredBreakingChanges } from './schema/declared-breaking-changes.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
/** The schema of the last release: what clients have generated their code from. */
const released = read('./schema/released.graphql');

function undeclared(from: string, to: string): string[] {
  const changes = findBreakingChanges(buildSchema(from), buildSchema(to)).map(({ description }) => description);
  return changes.filter((change) => !declaredBreakingChanges.includes(change));
}

describe('schema.graphql', () => {
  test('is what the builder makes: run `npm run schema` and commit it', () => {
    expect(read('../schema.graphql')).toBe(sdl());
  });

  test('breaks no client of the last release, unless the break is declared', () => {
    expect(undeclared(released, sdl())).toEqual([]);
  });

  test('would fail that test for a removed field and for a field made required', () => {
    const withoutRevision = sdl().replace(/^ {2}keyId: ID$/m, '  key: ID');
    const withRequiredName = sdl().replace(/^ {2}name: String$/gm, '  name: String!');
    expect(undeclared(released, withoutRevision)).not.toEqual([]);
    expect(undeclared(released, withRequiredName)).not.toEqual([]);
  });

  test('has every word of the public contract', () => {
    expect(findBreakingChanges(buildSchema(read('./schema/contract.graphql')), buildSchema(sdl()))).toEqual([]);
  });

  test('describes every type, field, argument and enum value', () => {
    const nameless = Object.values(schema.getTypeMap())
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) => {
        const missing = type.description ? [] : [type.name];
        if (isEnumType(type)) missing.push(...undescribed(type.name, type.getValues()));
        if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
          for (const field of Object.values(type.getFields())) {
            missing.push(...undescribed(type.name, [field]));
            if ('args' in field) missing.push(...undescribed(`${type.name}.${field.name}`, field.args));
          }
        }
        return missing;
      });
    expect(nameless).toEqual([]);
  });
});

function undescribed(
  owner: string,
  parts: readonly { name: string; description?: string | null | undefined }[],
): string[] {
  return parts.filter(({ description }) => !description).map(({ name }) => `${owner}.${name}`);
}
