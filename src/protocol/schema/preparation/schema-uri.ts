import { sanitizePeerText } from '../../../core/peer-text.ts';
import { UnusableSchema } from '../unusable-schema.ts';

/** Identity of a document that names none. No reference of a peer can mean anything else by it. */
export const DOCUMENT_URI = 'schema://document/';

/** Longer identities could be made to cost much by repeating them. */
const MAX_URI = 4096;

/** A reference, resolved against the identity of the schemas that it stands in. */
export interface SchemaUri {
  readonly uri: string;
  /** Decoded; undefined without `#`. */
  readonly fragment: string | undefined;
}

/** Only computes: nothing is ever fetched (B-5). */
export function resolveSchemaUri(reference: string, base: string): SchemaUri {
  if (reference.length > MAX_URI) throw new UnusableSchema('a reference of the schema is too long');
  try {
    if (reference.startsWith('#')) return { uri: base, fragment: decodeURIComponent(reference.slice(1)) };
    const url = new URL(reference, base);
    const hasFragment = reference.includes('#');
    const fragment = hasFragment ? decodeURIComponent(url.hash.slice(1)) : undefined;
    url.hash = '';
    if (url.href.length <= MAX_URI) return { uri: url.href, fragment };
  } catch {
    // said below
  }
  throw new UnusableSchema(`"${sanitizePeerText(reference, 100)}" is no usable reference of a schema`);
}
