import type { SecretReaderContext } from './secret-reader.ts';

/** What a static source needs to know. */
export interface StaticSourceContext extends SecretReaderContext {
  /** Names of headers, in lower case, that have a value already. */
  readonly taken: ReadonlySet<string>;
  /** Is told each secret as soon as it is known, so that it can be kept out of logs. */
  readonly onSecret: (secret: string) => void;
}
