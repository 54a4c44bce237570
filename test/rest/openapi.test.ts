import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect, test } from 'vitest';
import { world } from '../support/world.ts';

async function openApi() {
  const { fetch } = await world();
  const response = await fetch('/api/v2/openapi.json');
  expect(response.status).toBe(200);
  return response.json();
}

test('the OpenAPI document passes the linter with its recommended rules, examples included', async () => {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      'no-invalid-media-type-examples': 'error',
      'no-invalid-schema-examples': 'error',
      'no-path-trailing-slash': 'off',
    },
  });
  const problems = await lintFromString({ source: JSON.stringify(await openApi()), config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
});

test('the five operations stand in it, each with an example and the bounds that judge it', async () => {
  const { openapi, paths, components } = await openApi();
  expect(openapi).toMatch(/^3\.1\./);
  const operations = Object.entries<any>(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method} ${path}`),
  );
  expect(operations.toSorted()).toEqual([
    'delete /api/v2/experiments/{experiment_id}/',
    'get /api/v2/experiments/{experiment_id}/',
    'patch /api/v2/experiments/{experiment_id}/',
    'post /api/v2/experiments/',
    'put /api/v2/experiments/{experiment_id}/',
  ]);
  const { properties } = components.schemas.ReplaceExperiment;
  expect(properties.batch_size).toMatchObject({ default: 100 });
  expect(JSON.stringify(properties.batch_size)).toContain('"maximum":10000');
  expect(JSON.stringify(properties.name)).toContain('"maxLength":255');
  expect(properties.tags).toBeUndefined();
  expect(components.schemas.UpdateExperiment.properties.batch_size.default).toBeUndefined();
});
