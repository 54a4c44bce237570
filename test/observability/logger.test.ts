import * as fc from 'fast-check';
import { symbols } from 'pino';
import { expect, test } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { runs } from '../support/gateway/arbitraries.ts';

test('the line of a request is byte for byte what pino would write', async () => {
  const logger = await createLogger({ level: 'info', isJson: true });
  const lines: string[] = [];
  Object.assign(logger, { [symbols.streamSym]: { write: (line: string) => void lines.push(line) } });
  const text = fc.string({ unit: 'binary' });
  const line = fc.record({
    requestId: text,
    method: text,
    path: text,
    status: fc.integer({ min: 100, max: 599 }),
    ms: fc.double({ min: 0, max: 1e6, noNaN: true }).map((ms) => Math.round(ms * 100) / 100),
    by: fc.option(text, { nil: undefined }),
  });
  fc.assert(
    fc.property(line, (entry) => {
      lines.length = 0;
      logger.logRequest(entry);
      logger.info(entry, 'request');
      const [ours, theirs] = lines.map((written) => written.replace(/"time":"[^"]*"/, '"time":"now"'));
      expect(ours).toBe(theirs);
    }),
    runs(200),
  );
});

test('below its level, no line of a request is written', async () => {
  const logger = await createLogger({ level: 'warn', isJson: true });
  const lines: string[] = [];
  Object.assign(logger, { [symbols.streamSym]: { write: (line: string) => void lines.push(line) } });
  logger.logRequest({ requestId: 'a', method: 'GET', path: '/', status: 200, ms: 1, by: undefined });
  expect(lines).toEqual([]);
});
