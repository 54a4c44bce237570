import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { peer } from './listening.ts';
import { type Answer, createOperations } from './rest.ts';

/** The documented REST operations on plain node:http: the least that a server in this language can do. */
const { port, store } = peer();
const operations = createOperations(store);
const mostBytes = 2 * 1024 * 1024;
const collection = '/api/v2/experiments/';

createServer((request, response) => {
  const { method, headers } = request;
  const [path = '', query] = (request.url ?? '').split('?', 2);
  if (!path.startsWith(collection)) return send(response, nowhere);
  const id = decodeURIComponent(path.slice(collection.length).replace(/\/$/, ''));
  if (method === 'PUT' && id !== '') {
    return collect(request, response, (body) =>
      send(response, operations.replace(store.caller(headers.authorization), id, body, headers['if-match'])),
    );
  }
  if (method !== 'GET') return send(response, nowhere);
  const caller = store.caller(headers.authorization);
  if (id !== '') return send(response, operations.find(caller, id));
  const search = new URLSearchParams(query);
  send(response, operations.list(caller, search.get('first'), search.get('after')));
}).listen(port, '127.0.0.1');

const nowhere: Answer = { status: 404, body: { detail: 'There is nothing here.' } };

function collect(request: IncomingMessage, response: ServerResponse, use: (body: unknown) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= mostBytes) chunks.push(chunk);
  });
  request.on('end', () => {
    if (size > mostBytes) return send(response, { status: 413, body: { detail: 'The body is too large.' } });
    let body: unknown;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString());
    } catch {
      return send(response, { status: 400, body: { detail: 'The body is no JSON.' } });
    }
    use(body);
  });
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
