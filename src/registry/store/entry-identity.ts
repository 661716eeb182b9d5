import { createHash } from 'node:crypto';
import type { ServerEntry } from '../../config/entry.ts';
import { isDocumentUrl } from '../../config/openapi-settings.ts';
import { launchHash } from '../../transports/process/consent/launch-hash.ts';
import { maskedArgs, shownUrl } from '../servers/entry-secrets.ts';

/**
 * Tells whether an entry still leads to the server that something was kept of: a hash of what is started or called,
 * with which names of variables and headers, and of which tools are offered. A new token is the same entry.
 *
 * @param entry as `parseEntry` returns it
 */
export function entryIdentity(entry: ServerEntry): string {
  const own = entry['x-signalbox'] ?? {};
  const { launch } = own;
  const shown: ServerEntry = {
    ...entry,
    url: entry.url === undefined ? undefined : shownUrl(entry.url),
    args: shownArgs(entry.args),
    'x-signalbox': {
      ...own,
      launch: launch === undefined ? undefined : { ...launch, args: shownArgs(launch.args) },
    },
  };
  const headers = Object.keys(entry.headers ?? {}).map((name) => name.toLowerCase());
  const facts = [
    launchHash(shown),
    entry.type ?? null,
    headers.toSorted(),
    own.protocol ?? null,
    entry.enabledTools ?? null,
    entry.disabledTools ?? null,
    ...documentOf(own.openapi),
  ];
  // The version comes first: should more belong to it one day, nothing old matches by accident.
  return `1-${createHash('sha256').update(JSON.stringify(facts)).digest('hex')}`;
}

/** Nothing for an entry without one, so that what was kept of such entries stays theirs. */
function documentOf(openapi: NonNullable<ServerEntry['x-signalbox']>['openapi']): unknown[] {
  if (openapi === undefined) return [];
  const given = typeof openapi === 'string' ? { document: openapi } : openapi;
  const { document } = given;
  return [{ ...given, document: isDocumentUrl(document) ? shownUrl(document) : document }];
}

function shownArgs(args: readonly string[] | undefined): readonly string[] | undefined {
  return args === undefined ? undefined : maskedArgs(args).map(({ shown }) => shown);
}
