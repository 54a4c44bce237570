import { symbols } from 'pino';
import type { TestGateway } from './test-gateway.ts';

/** Everything that a gateway logs from now on, line by line. The gateway needs a `LOG_LEVEL`. */
export function readLog({ app }: TestGateway): Record<string, any>[] {
  const lines: Record<string, any>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  Object.assign(app.logger, { [symbols.streamSym]: stream });
  return lines;
}
