import { SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';

/** Longest pointer or quotation of a document in a message, in characters. */
const MAX_QUOTED = 200;

/** Which document a message is about. */
export interface DocumentPlace {
  /** Name of the server. */
  readonly server: string;
  /** Its file or URL as people may read it: without credentials. */
  readonly shown: string;
}

/** What is wrong with a document, and where in it. */
export interface DocumentFault {
  /** The second half of a sentence about the document. */
  readonly message: string;
  /** JSON pointer (RFC 6901) to what is wrong. Default: the document as a whole. */
  readonly pointer?: string | undefined;
  readonly line?: number | undefined;
  readonly cause?: unknown;
}

/** CONFIG_INVALID for a document that cannot be used: it names the file or URL, and the pointer or line in it. */
export function documentError({ server, shown }: DocumentPlace, fault: DocumentFault): SignalboxError {
  const { message, pointer, line, cause } = fault;
  const at = pointer === undefined ? '' : ` at ${quoted(pointer)}`;
  const onLine = line === undefined ? '' : ` on line ${line}`;
  return new SignalboxError(
    'CONFIG_INVALID',
    `the OpenAPI document ${quoted(shown)} ${message}${at}${onLine}`,
    {
      server,
      cause,
      details: {
        document: quoted(shown),
        ...(pointer === undefined ? {} : { pointer: quoted(pointer) }),
        ...(line === undefined ? {} : { line }),
      },
    },
  );
}

/** Text of a document for a message: bounded, and safe to print. */
export function quoted(text: string): string {
  return sanitizePeerText(text, MAX_QUOTED);
}
