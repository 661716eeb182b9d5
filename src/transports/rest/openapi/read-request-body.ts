import { isRecord } from '../../../config/checks/value-checks.ts';
import { flagAt, recordAt, textAt, valueAt } from './data-access.ts';
import type { BodyKind, RequestBody } from './operation.ts';
import type { References } from './references.ts';

/** Which media type is chosen where there are several: the one that says most about the values. */
const PREFERENCE: readonly BodyKind[] = ['json', 'form', 'multipart', 'text', 'binary'];

/** Reads a Request Body Object; undefined: the operation has none. */
export function readRequestBody(
  given: unknown,
  references: References,
): RequestBody | undefined | { readonly missing: string } {
  if (given === undefined) return undefined;
  const found = references.resolve(given);
  if ('missing' in found) return found;
  const required = flagAt(found.value, 'required') === true;
  const description = textAt(found.value, 'description');
  const types = Object.entries(recordAt(found.value, 'content')).map(([type, media]) => ({
    type,
    kind: bodyKindOf(type),
    media: isRecord(media) ? media : {},
  }));
  const chosen = types.toSorted((a, b) => PREFERENCE.indexOf(a.kind) - PREFERENCE.indexOf(b.kind))[0];
  if (chosen === undefined) return undefined;
  const { type, kind, media } = chosen;
  return {
    kind,
    type: sentType(type, kind),
    required,
    schema: valueAt(media, 'schema') ?? {},
    description,
    encoding: recordAt(media, 'encoding'),
  };
}

/** How a body of this media type, or range of media types, is written. */
export function bodyKindOf(type: string): BodyKind {
  const [plain = ''] = type.toLowerCase().split(';');
  const name = plain.trim();
  if (/^application\/(?:[\w.+-]+\+)?json$/u.test(name) || name === '*/*' || name === 'application/*')
    return 'json';
  if (name === 'application/x-www-form-urlencoded') return 'form';
  if (name === 'multipart/form-data') return 'multipart';
  if (name.startsWith('text/') || /^application\/(?:[\w.+-]+\+)?(?:xml|yaml)$/u.test(name)) return 'text';
  return 'binary';
}

/** A range names no type, and what does not look like a type is not put into a header. */
function sentType(type: string, kind: BodyKind): string {
  if (!type.includes('*') && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w-]+=[\w.-]+)*$/u.test(type))
    return type;
  if (kind === 'json') return 'application/json';
  return kind === 'text' ? 'text/plain' : 'application/octet-stream';
}
