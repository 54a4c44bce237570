import { buildOpenApiDocument } from '../../../src/http/rest/openapi.ts';
import { ownId } from '../schema/slots.ts';

/** A request of a REST operation. */
export interface RestRequest {
  readonly method: string;
  /** Below `/api/v2/experiments/`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Record<string, string>;
}

/** A documented operation with a valid request. */
export interface RestOperation {
  readonly name: string;
  readonly request: RestRequest;
}

/** A place in a request that takes a text: a parameter, or a property of the body at any depth. */
export interface RestSlot {
  /** Where it is: `PUT {experiment_id}/ body.dataset_id`. */
  readonly name: string;
  /** The name of the parameter or property, with the field of a filter: `filters.id`. */
  readonly leaf: string;
  build(value: string): RestRequest;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema: Schema;
}

interface Documented {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

/** What the slots need of our OpenAPI document. */
interface Document {
  readonly paths: Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const document = buildOpenApiDocument() as Document;
const base = '/api/v2/experiments/';
const resolve = (schema: Schema): Schema =>
  schema.$ref ? (document.components.schemas[schema.$ref.replace('#/components/schemas/', '')] ?? {}) : schema;

function listDocumented() {
  return Object.entries(document.paths).flatMap(([path, { parameters: shared = [], ...operations }]) =>
    Object.entries<Documented>(operations).map(([method, { parameters: own = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path: path.slice(base.length),
      parameters: [...shared, ...own],
      body: requestBody && resolve(requestBody.content['application/json'].schema),
    })),
  );
}

/** Every documented operation, with an empty body where it takes one. */
export function listRestOperations(): RestOperation[] {
  return listDocumented().map(({ method, path, body }) => ({
    name: `${method} ${path}`,
    request: { method, path: path.replace('{experiment_id}', ownId), body: body && {} },
  }));
}

/** Every place of every documented operation that takes a text. */
export function findRestSlots(): RestSlot[] {
  return listDocumented().flatMap(({ method, path, parameters, body }): RestSlot[] => {
    const name = `${method} ${path}`;
    const valid: RestRequest = { method, path: path.replace('{experiment_id}', ownId), body: body && {} };
    const slots: RestSlot[] = [];
    for (const parameter of parameters.filter(({ schema }) => schema.type === 'string')) {
      const build = (value: string) => buildWithParameter(parameter, value, valid, path);
      slots.push({ name: `${name} ${parameter.in} ${parameter.name}`, leaf: parameter.name, build });
    }
    for (const { leaf, toBody } of findProperties(body)) {
      const build = (value: string) => ({ ...valid, body: toBody(value) });
      slots.push({ name: `${name} body.${leaf}`, leaf, build });
    }
    return slots;
  });
}

/** A request with a value in one parameter. `template` is its path with the names of parameters. */
function buildWithParameter(
  { in: place, name }: { in: string; name: string },
  value: string,
  request: RestRequest,
  template: string,
): RestRequest {
  if (place === 'path') return { ...request, path: template.replace(`{${name}}`, encodeURIComponent(value)) };
  if (place === 'query') return { ...request, path: `${request.path}?${new URLSearchParams([[name, value]])}` };
  return { ...request, headers: { [name]: value } };
}

interface Property {
  readonly leaf: string;
  toBody(value: string): Record<string, unknown>;
}

/** The properties of a body that take a text or a list of texts, and the conditions of its filters. */
function findProperties(schema: Schema = {}): Property[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]): Property[] => {
    if (name === 'filters')
      return Object.keys(resolve(property).properties ?? {}).map((field) => ({
        leaf: `filters.${field}`,
        toBody: (value) => ({ filters: { [field]: { operator: 'in', value: [value] } } }),
      }));
    const types = new Set([property.type].flat());
    if (types.has('string')) return [{ leaf: name, toBody: (value) => ({ [name]: value }) }];
    const isTextList = types.has('array') && [property.items?.type].flat().includes('string');
    return isTextList ? [{ leaf: name, toBody: (value) => ({ [name]: [value] }) }] : [];
  });
}
