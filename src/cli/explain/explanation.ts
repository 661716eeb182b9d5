import type { FilePlace } from '../../config/entry-error.ts';
import type { ExplainedValue } from '../../config/explain/explain-entry.ts';
import type { ErrorFacts } from '../report-error.ts';
import type { OtherHost } from './other-hosts.ts';

/** Everything that is told of one server. Its values may hold secrets, which the redaction of the command knows. */
export interface Explanation {
  readonly server: string;
  readonly file: string;
  /** How the file was found. */
  readonly chosen: 'option' | 'nearest';
  readonly place: FilePlace;
  readonly values: readonly ExplainedValue[];
  readonly error: ErrorFacts | undefined;
  readonly hosts: readonly OtherHost[];
}
