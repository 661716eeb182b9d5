import type { ServerEntry } from '../../../config/entry.ts';
import type { ResolvedRest } from '../../../config/rest-settings.ts';
import type { ResolvedSettings } from '../../../config/settings.ts';
import { fillPort } from '../../launched-transport.ts';
import type { OpenApiOptions } from './open-service.ts';

/** @param port what `{port}` stands for, where Signalbox starts the service */
export function openApiOptions(
  entry: ServerEntry,
  { openapi, limits, http, auth }: ResolvedSettings,
  port: number | undefined,
): OpenApiOptions | undefined {
  if (openapi === undefined) return undefined;
  const own = Object.keys(entry.headers ?? {}).map((name) => name.toLowerCase());
  if (http.requestIdHeader !== false) own.push(http.requestIdHeader);
  if (auth !== false && auth?.type === 'header') own.push(auth.name.toLowerCase());
  const { document } = openapi;
  return {
    settings: { ...openapi, document: port === undefined ? document : fillPort(document, port) },
    limits,
    ownHeaders: new Set(own),
    readsErrors: entry['x-signalbox']?.rest?.errors?.present !== undefined,
  };
}

/** Of the endpoint map what the entry itself writes: a service with an OpenAPI document has none of the default routes. */
export function routesBeside(entry: ServerEntry, rest: ResolvedRest): ResolvedRest {
  const written = Object.keys(entry['x-signalbox']?.rest?.operations ?? {});
  const operations = Object.fromEntries(
    Object.entries(rest.operations).filter(([name]) => written.includes(name)),
  );
  return { ...rest, operations, session: undefined };
}
