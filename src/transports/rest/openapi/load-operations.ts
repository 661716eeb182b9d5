import type { ResolvedOpenApi } from '../../../config/openapi-settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import type { Logger } from '../../../core/log.ts';
import type { RestRequest } from '../rest-request.ts';
import { buildRequest } from './build-request.ts';
import { checkDocument, type OpenApiRevision } from './check-document.ts';
import { listAt, recordAt, textAt } from './data-access.ts';
import { type DocumentPlace, documentError, quoted } from './document-fault.ts';
import { findOperations } from './find-operations.ts';
import { type FetchDocument, loadDocument } from './load-document.ts';
import type { Operation } from './operation.ts';
import { isWanted } from './operation-filter.ts';
import { outputSchema } from './output-schema.ts';
import { type DocumentData, readDocument } from './read-document.ts';
import { References } from './references.ts';
import type { SchemaSize } from './schema-converter.ts';
import { documentBase, operationBase, type ServerFacts } from './server-url.ts';
import { toolInput } from './tool-input.ts';
import { toolNames } from './tool-name.ts';
import { toolAnnotations, toolDescription, toolTitle } from './tool-text.ts';
import { securityHint, Unsettable } from './unsettable.ts';

/** Warnings about one document that are logged; the rest is counted. */
const MAX_WARNINGS = 20;
/** Longest title and version of a document, in characters. */
const MAX_INFO = 200;

/** A tool as `tools/list` has it. */
export interface OperationTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, boolean>>;
}

/** An operation of a REST service as a tool. */
export interface RestOperation {
  readonly tool: OperationTool;
  /**
   * The request that calls it.
   * @throws SignalboxError INVALID_ARGUMENT for arguments that no request can be made of; nothing was sent
   */
  request(args: Readonly<Record<string, unknown>>): RestRequest;
}

/** The tools that an OpenAPI document describes. */
export interface OperationBook {
  readonly tools: readonly OperationTool[];
  find(name: string): RestOperation | undefined;
  /** `info` of the document, bounded and filtered. */
  readonly title: string | undefined;
  readonly version: string | undefined;
  readonly description: string | undefined;
  /** Which credentials the document asks for; for a hint to people, never for a login. */
  readonly securityHint: string | undefined;
}

/** What {@link loadOperations} needs to know beside the settings. */
export interface OperationSource {
  /** Name of the server. */
  readonly server: string;
  /** `url` of the entry, `{port}` filled in. */
  readonly url: URL;
  /** Names of the headers that the entry or its login sets, in lower case. */
  readonly ownHeaders: ReadonlySet<string>;
  readonly logger: Logger;
  /** `documentBytes`, `items`, `schemaBytes`, `schemaDepth` of the limits. */
  readonly limits: Readonly<Record<'documentBytes' | 'items' | 'schemaBytes' | 'schemaDepth', number>>;
  readonly fetchDocument: FetchDocument;
}

/**
 * Reads an OpenAPI document and makes a tool of each of its operations that the settings let through.
 *
 * @throws SignalboxError CONFIG_INVALID for a document that cannot be used, with file or URL and pointer; or why it could not
 * be fetched
 */
export async function loadOperations(
  settings: ResolvedOpenApi,
  source: OperationSource,
): Promise<OperationBook> {
  const { server, limits, logger } = source;
  const { text, place, url } = await loadDocument(
    server,
    settings.document,
    limits.documentBytes,
    source.fetchDocument,
  );
  const data = await readDocument(text, limits.documentBytes, place);
  const { revision, fault } = await checkDocument(data, place);
  if (fault !== undefined && settings.strict) {
    const message = `${fault.message} (openapi.strict: false uses what can be read)`;
    throw documentError(place, { ...fault, message });
  }
  const warnings = fault === undefined ? [] : [`${quoted(fault.pointer ?? '')}: ${fault.message}`];
  const maker = new OperationMaker({ data, revision, place, documentUrl: url, settings, source });
  const operations = maker.make(warnings);
  for (const warning of warnings.slice(0, MAX_WARNINGS)) {
    logger.warn('a part of an OpenAPI document is not used', {
      server,
      document: quoted(place.shown),
      warning,
    });
  }
  if (warnings.length > MAX_WARNINGS) {
    const more = warnings.length - MAX_WARNINGS;
    logger.warn('more parts of an OpenAPI document are not used', {
      server,
      document: quoted(place.shown),
      more,
    });
  }
  return bookOf(data, maker.references, operations);
}

function bookOf(
  data: DocumentData,
  references: References,
  operations: ReadonlyMap<string, RestOperation>,
): OperationBook {
  const info = recordAt(data, 'info');
  const infoText = (key: string): string | undefined => {
    const text = textAt(info, key);
    return text === undefined ? undefined : quoted(text).slice(0, MAX_INFO);
  };
  return {
    tools: [...operations.values()].map(({ tool }) => tool),
    find: (name) => operations.get(name),
    title: infoText('title'),
    version: infoText('version'),
    description: infoText('description'),
    securityHint: securityHint(data, references),
  };
}

interface MakerInput {
  readonly data: DocumentData;
  readonly revision: OpenApiRevision;
  readonly place: DocumentPlace;
  readonly documentUrl: URL | undefined;
  readonly settings: ResolvedOpenApi;
  readonly source: OperationSource;
}

/** Makes the tools of one document. */
class OperationMaker {
  readonly references: References;
  readonly #input: MakerInput;
  readonly #unsettable: Unsettable;
  readonly #facts: ServerFacts;

  constructor(input: MakerInput) {
    const { data, documentUrl, settings, source } = input;
    this.#input = input;
    this.references = new References(data);
    this.#unsettable = new Unsettable(data, this.references, { headers: source.ownHeaders, url: source.url });
    this.#facts = { url: source.url, server: settings.server, documentUrl };
  }

  /** @param warnings takes in what is left out, and why */
  make(warnings: string[]): ReadonlyMap<string, RestOperation> {
    const { data, place, settings, source } = this.#input;
    const found = findOperations(data, this.references);
    warnings.push(...found.warnings);
    // All are named before some are chosen, so that a filter renames nothing.
    const names = toolNames(found.operations);
    const wanted = found.operations.flatMap((operation, index) => {
      const name = names[index]!;
      return isWanted(operation, name, settings) ? [{ operation, name }] : [];
    });
    if (wanted.length > source.limits.items) {
      const message = `describes ${wanted.length} operations that the filters let through, more than limits.items allows`;
      throw documentError(place, { message, pointer: '/paths' });
    }
    if (wanted.length === 0)
      warnings.push(`no operation is let through by the filters of ${found.operations.length}`);
    const base = documentBase(listAt(data, 'servers'), this.#facts);
    if ('problem' in base) {
      throw new SignalboxError('CONFIG_INVALID', base.problem, { server: source.server });
    }
    const operations = new Map<string, RestOperation>();
    for (const { operation, name } of wanted) {
      const own = operation.servers.length === 0 ? base : operationBase(operation.servers, this.#facts);
      if ('base' in own) operations.set(name, this.#operation(operation, name, own.base));
      else warnings.push(`${operation.method} ${quoted(operation.path)}: was left out: ${own.problem}`);
    }
    return operations;
  }

  #operation(operation: Operation, name: string, base: URL): RestOperation {
    const { revision, settings, source } = this.#input;
    const { references } = this;
    const unsettable = this.#unsettable;
    const size: SchemaSize = { maxBytes: source.limits.schemaBytes, maxDepth: source.limits.schemaDepth };
    const input = toolInput(operation, { references, revision, size, unsettable });
    const output = settings.outputSchemas
      ? outputSchema(operation.responses, { references, revision, size })
      : undefined;
    const title = toolTitle(operation);
    const plan = {
      server: source.server,
      tool: name,
      operation,
      arguments: input.arguments,
      base,
      references,
      unsettable,
    };
    return {
      tool: {
        name,
        ...(title === undefined ? {} : { title }),
        description: toolDescription(operation),
        inputSchema: input.schema,
        ...(output === undefined ? {} : { outputSchema: output }),
        annotations: toolAnnotations(operation.method),
      },
      request: (args) => buildRequest(plan, args),
    };
  }
}
