import type { OpenApiSettings } from '../../src/config/openapi-settings.ts';
import { resolveOpenApi } from '../../src/config/openapi-settings.ts';
import type { LogFields, Logger } from '../../src/core/log.ts';
import {
  loadOperations,
  type OperationBook,
  type OperationSource,
} from '../../src/transports/rest/openapi/load-operations.ts';

/** The bounds that an entry has by default. */
export const DOCUMENT_LIMITS: OperationSource['limits'] = {
  documentBytes: 16 * 1024 * 1024,
  items: 10_000,
  schemaBytes: 256 * 1024,
  schemaDepth: 64,
};

/** How {@link operationBook} reads its document. */
export interface BookOptions {
  readonly settings?: Partial<OpenApiSettings>;
  /** `url` of the entry. Default: `http://service.test/`. */
  readonly url?: string;
  readonly ownHeaders?: readonly string[];
  readonly limits?: Partial<OperationSource['limits']>;
  /** Takes in what is warned of. */
  readonly warnings?: string[];
}

/** The tools of a document that was "fetched" from `http://service.test/openapi.json`: an object, or its text. */
export async function operationBook(document: unknown, options: BookOptions = {}): Promise<OperationBook> {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const settings = resolveOpenApi({ document: 'http://service.test/openapi.json', ...options.settings })!;
  return await loadOperations(settings, {
    server: 'service',
    url: new URL(options.url ?? 'http://service.test/'),
    ownHeaders: new Set(options.ownHeaders ?? []),
    logger: collecting(options.warnings ?? []),
    limits: { ...DOCUMENT_LIMITS, ...options.limits },
    fetchDocument: (url) => Promise.resolve({ text, url }),
  });
}

function collecting(warnings: string[]): Logger {
  const ignore = (): void => {};
  return {
    debug: ignore,
    info: ignore,
    warn: (message: string, fields?: LogFields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    error: ignore,
  };
}

/** A whole OpenAPI document around some paths. */
export function openApi(
  paths: unknown,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { openapi: '3.1.0', info: { title: 'Service', version: '1' }, paths, ...more };
}

/** An operation that answers, with what a test is about. */
export function operation(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { responses: { 200: { description: 'fine' } }, ...more };
}
