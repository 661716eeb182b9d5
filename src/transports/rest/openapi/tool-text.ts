import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { HttpMethod } from '../../http/exchange/http-request.ts';
import type { Operation } from './operation.ts';

/** Longest title and description of a tool, in characters. */
const MAX_TITLE = 200;
const MAX_DESCRIPTION = 4000;

/** The title of a tool: the summary of its operation. */
export function toolTitle({ summary }: Operation): string | undefined {
  const title = summary === undefined ? '' : sanitizePeerText(summary, MAX_TITLE);
  return title === '' ? undefined : title;
}

/** What a tool does: the description of its operation, else its summary, else method and path. */
export function toolDescription({ method, path, summary, description, deprecated }: Operation): string {
  const clean = cleanLines(description ?? '') || cleanLines(summary ?? '') || `${method} ${cleanLines(path)}`;
  return deprecated ? `Deprecated. ${clean}` : clean;
}

/** Lines stay lines: descriptions are Markdown. */
function cleanLines(text: string): string {
  const lines = text.slice(0, MAX_DESCRIPTION * 2).split(/\r?\n/u);
  const clean = lines
    .map((line) => `${/^ */u.exec(line)?.[0] ?? ''}${sanitizePeerText(line, MAX_DESCRIPTION)}`.trimEnd())
    .join('\n')
    .trim();
  return clean.length > MAX_DESCRIPTION ? `${clean.slice(0, MAX_DESCRIPTION - 1).trimEnd()}…` : clean;
}

/** What the method says of the effect of an operation (RFC 9110, 9.2). */
export function toolAnnotations(method: HttpMethod): Readonly<Record<string, boolean>> {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return { readOnlyHint: true };
    case 'PUT':
    case 'DELETE':
      return { readOnlyHint: false, destructiveHint: true, idempotentHint: true };
    case 'PATCH':
      return { readOnlyHint: false, destructiveHint: true, idempotentHint: false };
    default:
      return { readOnlyHint: false, idempotentHint: false };
  }
}
