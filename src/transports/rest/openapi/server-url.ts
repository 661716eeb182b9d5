import { isRecord } from '../../../config/checks/value-checks.ts';
import { recordAt, textAt } from './data-access.ts';
import { quoted } from './document-fault.ts';
import type { DocumentData } from './read-document.ts';

/** What decides where the requests of operations go. */
export interface ServerFacts {
  /** `url` of the entry. */
  readonly url: URL;
  /** `openapi.server` of the entry. */
  readonly server: string | undefined;
  /** Where the document was fetched; undefined: it is a file. */
  readonly documentUrl: URL | undefined;
}

/** Where paths start, or why there is no such place. */
export type ServerBase = { readonly base: URL } | { readonly problem: string };

/**
 * Where the paths of a document start. Requests carry credentials, so they never leave the origin of `url`: what a document
 * says of other origins is not used.
 *
 * 1. `openapi.server`; 2. `url`, if it has a path; 3. the first server of the document that is of the same origin; 4. `url`.
 */
export function documentBase(servers: readonly unknown[], facts: ServerFacts): ServerBase {
  const { url, server } = facts;
  if (server !== undefined) {
    if (!URL.canParse(server, url.href)) return { problem: 'openapi.server is not a URL' };
    const base = new URL(server, url);
    return base.origin === url.origin
      ? { base }
      : { problem: 'openapi.server is of another origin than url, where the credentials must not go' };
  }
  if (url.pathname !== '/') return { base: url };
  return { base: sameOrigin(servers, facts) ?? url };
}

/** Where the paths of an operation with servers of its own start. */
export function operationBase(servers: readonly unknown[], facts: ServerFacts): ServerBase {
  const base = sameOrigin(servers, facts);
  if (base !== undefined) return { base };
  const [first] = servers;
  const shown = isRecord(first) ? quoted(textAt(first, 'url') ?? '') : '';
  return {
    problem: `its server "${shown}" is of another origin than url, where the credentials must not go`,
  };
}

function sameOrigin(servers: readonly unknown[], { url, documentUrl }: ServerFacts): URL | undefined {
  for (const server of servers) {
    if (!isRecord(server)) continue;
    const filled = filledUrl(server);
    const from = documentUrl ?? url;
    if (filled === undefined || !URL.canParse(filled, from.href)) continue;
    const base = new URL(filled, from);
    if (base.origin === url.origin) return base;
  }
  return undefined;
}

/** The URL of a server with the defaults of its variables. */
function filledUrl(server: DocumentData): string | undefined {
  const variables = recordAt(server, 'variables');
  return textAt(server, 'url')?.replace(/\{([^{}]+)\}/gu, (whole, name: string) => {
    const variable = recordAt(variables, name);
    return textAt(variable, 'default') ?? whole;
  });
}
