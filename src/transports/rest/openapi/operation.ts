import type { HttpMethod } from '../../http/exchange/http-request.ts';
import type { DocumentData } from './read-document.ts';

/** How the value of a parameter is written (OpenAPI, Parameter Object, `style`). */
export type ParameterStyle =
  | 'simple'
  | 'label'
  | 'matrix'
  | 'form'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'deepObject'
  /** As JSON text: a parameter with `content` instead of `schema`. */
  | 'json';

/** Where a parameter stands in a request. */
export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie';

/** One parameter of an operation, references followed and defaults filled in. */
export interface Parameter {
  /** As the service reads it; a header in lower case. */
  readonly name: string;
  readonly place: ParameterPlace;
  readonly required: boolean;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  /** Query only: reserved characters that do no harm stay as they are. */
  readonly allowReserved: boolean;
  readonly schema: unknown;
  readonly description: string | undefined;
  readonly deprecated: boolean;
  /** Values that the document shows for it. */
  readonly examples: readonly unknown[];
}

/** How a body is written. */
export type BodyKind = 'json' | 'form' | 'multipart' | 'text' | 'binary';

/** The body of a request, in the one media type that is used. */
export interface RequestBody {
  readonly kind: BodyKind;
  /** Media type, as it is sent. */
  readonly type: string;
  readonly required: boolean;
  readonly schema: unknown;
  readonly description: string | undefined;
  /** Encoding Objects by property, for `form` and `multipart`. */
  readonly encoding: DocumentData;
}

/** One operation of a document: a path and a method. */
export interface Operation {
  /** `operationId` as it stands in the document. */
  readonly id: string | undefined;
  readonly method: HttpMethod;
  /** The path template: `/todos/{id}`. */
  readonly path: string;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly deprecated: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: RequestBody | undefined;
  readonly responses: DocumentData;
  /** `servers` of the operation or of its path; empty: those of the document. */
  readonly servers: readonly unknown[];
}
