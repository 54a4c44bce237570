import { expect, test } from 'vitest';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';

test('smoke', async () => {
  const gateway = await createTestGateway();
  await gateway.data(mutations.create, { input: { experimentId: 'a' } });
  const { experiments } = await gateway.data('{ experiments { changesCursor nodes { id } } }');
  await gateway.data(mutations.create, { input: { experimentId: 'b', tags: [{ team: 'x' }] } });
  await gateway.data(mutations.delete, { id: 'a' });
  const stream = await openStream(
    gateway,
    `subscription { experimentsChanged(since: "${experiments.changesCursor}", filter: {tag: {key: "team"}}) { kind experimentId cursor experiment { id name workflow tags revisions { totalCount nodes { revision } } } } }`,
  );
  console.log(JSON.stringify(await stream.next()));
  console.log(JSON.stringify(await stream.next()));
  await gateway.data(mutations.create, { input: { experimentId: 'c', tags: [{ team: 'x' }] } });
  console.log(JSON.stringify(await stream.next()));
  await gateway.data(mutations.update, { id: 'c', input: { tags: [] } });
  console.log(JSON.stringify(await stream.next()));
  await gateway.data(mutations.delete, { id: 'c', permanently: true });
  console.log(JSON.stringify(await stream.next()));
});
