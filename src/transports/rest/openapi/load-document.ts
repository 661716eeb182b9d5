import { resolve } from 'node:path';
import { readBoundedText } from '../../../config/file/read-text.ts';
import { isDocumentUrl } from '../../../config/openapi-settings.ts';
import { redactUrl } from '../../../core/redact.ts';
import { type DocumentPlace, documentError } from './document-fault.ts';

/** A document as text, and where it was found. */
export interface LoadedDocument {
  readonly text: string;
  readonly place: DocumentPlace;
  /** Undefined for a file. After redirects the URL that answered. */
  readonly url: URL | undefined;
}

/**
 * Fetches a document.
 *
 * @throws SignalboxError why it could not be had
 */
export type FetchDocument = (
  url: URL,
  place: DocumentPlace,
) => Promise<{ readonly text: string; readonly url: URL }>;

/**
 * Reads the document from its file, or fetches it.
 *
 * @throws SignalboxError CONFIG_INVALID for a file that cannot be read, or what `fetchDocument` throws
 */
export async function loadDocument(
  server: string,
  document: string,
  maxBytes: number,
  fetchDocument: FetchDocument,
): Promise<LoadedDocument> {
  if (isDocumentUrl(document)) {
    const place = { server, shown: redactUrl(document) };
    if (!URL.canParse(document)) throw documentError(place, { message: 'has no usable address' });
    const { text, url } = await fetchDocument(new URL(document), place);
    return { text, place, url };
  }
  const path = resolve(document);
  const place = { server, shown: path };
  const read = await readBoundedText(path, maxBytes);
  if (typeof read === 'string') return { text: withoutMark(read), place, url: undefined };
  throw documentError(place, { message: read.fault, cause: read.cause });
}

/** Without the byte order mark that some editors put before everything. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
