import { SignalboxError } from '../../core/errors.ts';

/** A place in a text. Line and column count from 1; a column counts UTF-16 units. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** What a {@link fileError} knows besides its message. */
export interface FileErrorInit extends Partial<TextPlace> {
  readonly key?: string;
  readonly cause?: unknown;
}

/** A fault of a config file as a whole: none of its servers can be used. */
export function fileError(file: string, message: string, init: FileErrorInit = {}): SignalboxError {
  const { cause, ...place } = init;
  const where =
    place.line === undefined
      ? file
      : `${file}:${place.line}${place.column === undefined ? '' : `:${place.column}`}`;
  return new SignalboxError('CONFIG_INVALID', `${where}: ${message}`, { cause, details: { file, ...place } });
}
