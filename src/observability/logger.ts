import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

/** Paths that are never written to the log. */
const redacted = ['authorization', 'headers.authorization', 'headers.cookie', '*.authorization'];

/**
 * Logs to standard output: as JSON in production, as readable lines elsewhere. No token, key or body is ever logged.
 */
export async function createLogger({ level, isJson }: { level: string; isJson: boolean }): Promise<Logger> {
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, redact: redacted },
    isJson ? pino.destination({ dest: 1, sync: false }) : await createReadableLines(),
  );
}

async function createReadableLines(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ colorize: process.stdout.isTTY, translateTime: 'SYS:HH:MM:ss.l', sync: true });
}
