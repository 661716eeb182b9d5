import { isRecord } from '../../../config/checks/value-checks.ts';
import type { HttpMethod } from '../../http/exchange/http-request.ts';
import { flagAt, listAt, recordAt, textAt, valueAt } from './data-access.ts';
import { quoted } from './document-fault.ts';
import { pointerTo } from './json-pointer.ts';
import type { Operation, Parameter } from './operation.ts';
import type { DocumentData } from './read-document.ts';
import { readParameter } from './read-parameter.ts';
import { readRequestBody } from './read-request-body.ts';
import type { References } from './references.ts';

/** Methods that become tools. OPTIONS and TRACE are about HTTP itself. */
const METHODS: Readonly<Record<string, HttpMethod>> = {
  get: 'GET',
  head: 'HEAD',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

/** The operations of a document, in its order, and what could not be read. */
export interface FoundOperations {
  readonly operations: readonly Operation[];
  /** One sentence for each operation that was left out, or was read in part. */
  readonly warnings: readonly string[];
}

/** Reads all operations of a document. One that cannot be used is left out with a warning; the others go on. */
export function findOperations(document: DocumentData, references: References): FoundOperations {
  const operations: Operation[] = [];
  const warnings: string[] = [];
  for (const [key, given] of Object.entries(recordAt(document, 'paths'))) {
    if (!key.startsWith('/')) continue;
    const pointer = pointerTo('', 'paths', key);
    // Some tell operations of one path and method apart by a fragment, which is never sent.
    const [path = ''] = key.split('#');
    const warn = (what: string): void => void warnings.push(`${quoted(pointer)}: ${what}`);
    if (!isUsablePath(path)) {
      warn('was left out: the path has a query, a backslash, a space or dot segments');
      continue;
    }
    const item = references.resolve(given);
    if ('missing' in item) {
      warn(`was left out: ${item.missing}`);
      continue;
    }
    for (const [name, method] of Object.entries(METHODS)) {
      const value = valueAt(item.value, name);
      if (!isRecord(value)) continue;
      const found = readOperation({ path, method, item: item.value, value }, references, (what) =>
        warnings.push(`${quoted(pointerTo(pointer, name))}: ${what}`),
      );
      if (found !== undefined) operations.push(found);
    }
  }
  return { operations, warnings };
}

/** What a URL parser would read as more, or less, than a path. */
function isUsablePath(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what is refused
  if (/[?\\\u0000-\u0020\u007F]/u.test(path)) return false;
  return !path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/iu.test(segment));
}

interface PathMethod {
  readonly path: string;
  readonly method: HttpMethod;
  /** The Path Item Object. */
  readonly item: DocumentData;
  /** The Operation Object. */
  readonly value: DocumentData;
}

function readOperation(
  { path, method, item, value }: PathMethod,
  references: References,
  warn: (what: string) => void,
): Operation | undefined {
  const parameters = readParameters(path, [...listAt(item, 'parameters'), ...listAt(value, 'parameters')], {
    references,
    warn,
  });
  if (parameters === undefined) return undefined;
  const body = readRequestBody(valueAt(value, 'requestBody'), references);
  if (body !== undefined && 'missing' in body) {
    warn(`was left out: of its request body ${body.missing}`);
    return undefined;
  }
  const own = listAt(value, 'servers');
  return {
    id: textAt(value, 'operationId'),
    method,
    path,
    summary: textAt(value, 'summary') ?? textAt(item, 'summary'),
    description: textAt(value, 'description') ?? textAt(item, 'description'),
    tags: listAt(value, 'tags').filter((tag): tag is string => typeof tag === 'string'),
    deprecated: flagAt(value, 'deprecated') ?? false,
    parameters,
    body,
    responses: recordAt(value, 'responses'),
    servers: own.length > 0 ? own : listAt(item, 'servers'),
  };
}

interface ReadContext {
  readonly references: References;
  readonly warn: (what: string) => void;
}

/** Those of the operation win over those of its path. Undefined: one that is needed cannot be read. */
function readParameters(
  path: string,
  given: readonly unknown[],
  { references, warn }: ReadContext,
): readonly Parameter[] | undefined {
  const byName = new Map<string, Parameter>();
  for (const one of given) {
    const parameter = readParameter(one, references);
    if ('missing' in parameter) {
      warn(`was left out: of a parameter ${parameter.missing}`);
      return undefined;
    }
    if (parameter.place === 'path' && !path.includes(`{${parameter.name}}`)) continue;
    byName.set(`${parameter.place} ${parameter.name}`, parameter);
  }
  for (const name of placeholdersOf(path)) {
    // A document that forgets to describe a part of its own path is not worth losing the operation.
    if (!byName.has(`path ${name}`)) byName.set(`path ${name}`, plainPathParameter(name));
  }
  return [...byName.values()];
}

/** The names in the braces of a path template, each once. */
export function placeholdersOf(path: string): readonly string[] {
  return [...new Set([...path.matchAll(/\{([^{}]+)\}/gu)].map(([, name = '']) => name))];
}

function plainPathParameter(name: string): Parameter {
  return {
    name,
    place: 'path',
    required: true,
    style: 'simple',
    explode: false,
    allowReserved: false,
    schema: { type: 'string' },
    description: undefined,
    deprecated: false,
    examples: [],
  };
}
