import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions, symbols } from 'pino';

/** The log of the gateway. */
export interface Logger extends PinoLogger {
  /** Writes the one line of a request. */
  logRequest(line: RequestLine, level: keyof typeof levels): void;
}

/** The levels that the line of a request may have, with pino's numbers for them. */
const levels = { info: 30, debug: 20 } as const;

/** What the log says about a request. Undefined fields are left out. */
export interface RequestLine {
  readonly requestId: string;
  /** The W3C trace that the request belongs to. */
  readonly traceId: string | undefined;
  readonly method: string;
  readonly path: string;
  /** The kind of operation. */
  readonly operation: string;
  readonly operationName: string | undefined;
  readonly status: number;
  /** How long the request took, in milliseconds. */
  readonly ms: number;
  /** The code of the first error, or failure that a caller can expect, in the answer. */
  readonly errorCode: string | undefined;
  readonly organization: string | undefined;
  /** The id of the caller's API key. */
  readonly keyId: string | undefined;
  /** The subject of the caller's token. */
  readonly subject: string | undefined;
}

/** Where pino keeps its destination. */
type WithStream = PinoLogger & { readonly [symbols.streamSym]?: DestinationStream };

/** Paths that are never written to the log. */
const redacted = ['authorization', 'headers.authorization', 'headers.cookie', '*.authorization'];

/**
 * Logs to standard output: as JSON in production, as readable lines elsewhere. No token, key or body is ever logged.
 */
export async function createLogger({ level, isJson }: { level: string; isJson: boolean }): Promise<Logger> {
  const logger: WithStream = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, redact: redacted },
    isJson ? pino.destination({ dest: 1, sync: false }) : await createReadableLines(),
  );
  const logRequest: Logger['logRequest'] = (line, level) => {
    if (!logger.isLevelEnabled(level)) return;
    if (isJson) logger[symbols.streamSym]?.write(toJsonLine(line, levels[level]));
    else logger[level](line, 'request');
  };
  return Object.assign(logger, { logRequest });
}

/** The same line as pino would write. Its serializers and redaction cost a tenth of a read, and have no work here. */
function toJsonLine(line: RequestLine, level: number): string {
  const { requestId, traceId, method, path, operation, operationName, status, ms } = line;
  const { errorCode, organization, keyId, subject } = line;
  return `{"level":${level},"time":"${new Date().toISOString()}","requestId":${JSON.stringify(requestId)}${toMember(
    'traceId',
    traceId,
  )},"method":${JSON.stringify(method)},"path":${JSON.stringify(path)},"operation":${JSON.stringify(operation)}${toMember(
    'operationName',
    operationName,
  )},"status":${status},"ms":${ms}${toMember('errorCode', errorCode)}${toMember('organization', organization)}${toMember(
    'keyId',
    keyId,
  )}${toMember('subject', subject)},"msg":"request"}\n`;
}

/** A member of a JSON object, with a comma before it; nothing when its value is undefined. */
function toMember(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
}

async function createReadableLines(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ colorize: process.stdout.isTTY, translateTime: 'SYS:HH:MM:ss.l', sync: true });
}
