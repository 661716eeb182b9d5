import type { ResolvedOpenApi } from '../../../config/openapi-settings.ts';
import type { ResolvedSettings } from '../../../config/settings.ts';
import type { PoolCache } from '../../http/pool-cache.ts';
import type { TransportContext } from '../../transport-context.ts';
import type { ErrorContext } from '../errors/rest-error.ts';
import type { RestTarget } from '../rest-exchange.ts';
import type { RestService } from '../rest-service.ts';
import { documentFetcher } from './fetch-document.ts';
import { loadOperations } from './load-operations.ts';
import { OperationService } from './operation-service.ts';

/** The OpenAPI part of an entry. */
export interface OpenApiOptions {
  readonly settings: ResolvedOpenApi;
  readonly limits: Pick<
    ResolvedSettings['limits'],
    'documentBytes' | 'items' | 'schemaBytes' | 'schemaDepth'
  >;
  /** Names of the headers that the entry or its login sets, in lower case. */
  readonly ownHeaders: ReadonlySet<string>;
  /** Whether the entry says by what an answer of success is an error. */
  readonly readsErrors: boolean;
}

/** What an OpenAPI service is opened with. */
export interface OpenServiceInput {
  readonly openapi: OpenApiOptions;
  /** What the entry has routes for beside the operations. */
  readonly routes: RestService;
  /** Of the entry. */
  readonly url: URL;
  readonly target: RestTarget;
  readonly context: TransportContext;
  readonly errors: ErrorContext;
  readonly pools: PoolCache;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/**
 * Reads the document, anew for each connection, and serves its operations.
 *
 * @throws SignalboxError why there is no usable document
 */
export async function openOperationService(input: OpenServiceInput): Promise<OperationService> {
  const { openapi, routes, url, target, context, errors, pools, signal } = input;
  const { limits, settings, ownHeaders, readsErrors } = openapi;
  const maxBytes = limits.documentBytes;
  const book = await loadOperations(settings, {
    server: context.server,
    url,
    ownHeaders,
    logger: context.logger,
    limits,
    fetchDocument: documentFetcher({ context, target, pools, maxBytes, signal }),
  });
  return new OperationService({ book, routes, url, context: errors, readsErrors });
}
