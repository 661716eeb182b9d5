import { inspect } from 'node:util';
import { REDACTED } from '../core/redact.ts';

/**
 * Text that cannot be printed by accident: as a string, as JSON, in a template, in an error or in `console.log` it is
 * `***`. Only {@link Secret.reveal} gives it away.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Never put it into a message, a log line, an argument of a program or a URL. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
