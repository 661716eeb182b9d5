import { isDocumentUrl } from '../openapi-settings.ts';
import { type Findings, kindOf } from './findings.ts';
import { address, PORT_PLACEHOLDER } from './http-checks.ts';
import { type Check, flag, group, isRecord, listOf, shaped, someText } from './value-checks.ts';

/** A file or a URL. Of a URL only its scheme is ever quoted: its query may hold a credential. */
const document: Check = shaped(someText.shape, (value, at, findings) => {
  if (typeof value !== 'string') {
    return findings.problem(at, `is ${kindOf(value)}; write a file like "openapi.yaml" or a URL`);
  }
  if (isDocumentUrl(value)) return address(value, at, findings);
  if (/^[a-z][a-z\d+.-]+:\/\//iu.test(value)) {
    return findings.problem(at, 'is neither an http or https URL nor the path of a file');
  }
  return someText(value, at, findings);
});

const server: Check = shaped(someText.shape, (value, at, findings) =>
  typeof value === 'string' && /^\/(?!\/)[^?#\s]*$/u.test(value) ? value : address(value, at, findings),
);

/** A filter that lets nothing through is a mistake rather than a wish. */
const names: Check = shaped({ type: 'array', items: someText.shape, minItems: 1 }, (value, at, findings) =>
  Array.isArray(value) && value.length === 0
    ? findings.problem(at, 'is empty, so that there would be no tools; remove the key')
    : listOf(someText)(value, at, findings),
);

/** What `openapi` may hold. */
export const OPENAPI_KEYS: Readonly<Record<string, Check>> = {
  document,
  tags: names,
  operations: names,
  exclude: listOf(someText),
  server,
  deprecated: flag,
  outputSchemas: flag,
  strict: flag,
};

const openapiKeys = group(OPENAPI_KEYS, {
  url: '"document"',
  file: '"document"',
  path: '"document"',
  spec: '"document"',
  operationIds: '"operations"',
  include: '"operations"',
  serverUrl: '"server"',
  baseUrl: '"server"',
  outputSchema: '"outputSchemas"',
  validate: '"strict"',
});

/** The OpenAPI document that the tools of a REST service come from: its place alone, or an object. */
export const openapi: Check = shaped(
  { anyOf: [document.shape, openapiKeys.shape] },
  (value, at, findings) => {
    if (typeof value === 'string') return document(value, at, findings);
    if (!isRecord(value)) {
      return findings.problem(at, `is ${kindOf(value)}; write a file, a URL or an object with "document"`);
    }
    const result = openapiKeys(value, at, findings);
    if (value['document'] === undefined) {
      findings.problem([...at, 'document'], 'is missing; write the file or the URL of the OpenAPI document');
    }
    return result;
  },
);

/** Operations of an endpoint map that an OpenAPI document takes the place of. */
const BROUGHT: ReadonlySet<string> = new Set(['initialize', 'tools/list', 'tools/call', 'end']);

/** What `openapi` is worth beside the other keys of an entry. */
export function checkOpenApi(
  kind: string | undefined,
  own: Readonly<Record<string, unknown>>,
  findings: Findings,
): void {
  const value = own['openapi'];
  if (value === undefined) return;
  const at = ['x-signalbox', 'openapi'];
  if (kind !== undefined && kind !== 'rest') {
    findings.problem(at, 'needs "type": "rest" on the entry: only a REST service has such a document');
    return;
  }
  const rest = isRecord(own['rest']) ? own['rest'] : {};
  for (const [name, route] of Object.entries(isRecord(rest['operations']) ? rest['operations'] : {})) {
    if (!BROUGHT.has(name) || route === false || route === null) continue;
    const what = 'stands beside "openapi", which brings the tools of the service; remove one of them';
    findings.problem(['x-signalbox', 'rest', 'operations', name], what);
  }
  const place = isRecord(value) ? value['document'] : value;
  const launch = isRecord(own['launch']) ? own['launch'] : undefined;
  if (typeof place === 'string' && place.includes(PORT_PLACEHOLDER) && launch?.['port'] === undefined) {
    findings.problem(
      isRecord(value) ? [...at, 'document'] : at,
      'contains {port}, which only "x-signalbox.launch.port" fills in; set that to "auto"',
    );
  }
}
