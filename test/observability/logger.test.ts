import * as fc from 'fast-check';
import { symbols } from 'pino';
import { expect, test } from 'vitest';
import { createLogger, type RequestLine } from '../../src/observability/logger.ts';
import { runs } from '../support/gateway/arbitraries.ts';

const aLine: RequestLine = {
  requestId: 'a',
  traceId: undefined,
  method: 'GET',
  path: '/',
  operation: 'other',
  operationName: undefined,
  status: 200,
  ms: 1,
  errorCode: undefined,
  organization: undefined,
  keyId: undefined,
  subject: undefined,
};

test('the line of a request is byte for byte what pino would write', async () => {
  const logger = await createLogger({ level: 'debug', isJson: true });
  const lines: string[] = [];
  Object.assign(logger, { [symbols.streamSym]: { write: (line: string) => void lines.push(line) } });
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  const optional = fc.option(text, { nil: undefined });
  const line = fc.record({
    requestId: text,
    method: text,
    path: text,
    status: fc.integer({ min: 100, max: 599 }),
    ms: fc.double({ min: 0, max: 1e6, noNaN: true }).map((ms) => Math.round(ms * 100) / 100),
    traceId: optional,
    operation: text,
    operationName: optional,
    errorCode: optional,
    organization: optional,
    keyId: optional,
    subject: optional,
  });
  fc.assert(
    fc.property(line, fc.constantFrom('info', 'debug'), (entry, level) => {
      lines.length = 0;
      logger.logRequest(entry, level);
      logger[level]({ ...aLine, ...entry }, 'request');
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
  logger.logRequest(aLine, 'info');
  expect(lines).toEqual([]);
});
