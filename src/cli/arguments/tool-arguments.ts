import { SignalboxError } from '../../core/errors.ts';

/** One `key=value` or `key:=json` of the command line. */
export type GivenArgument =
  | { readonly key: string; readonly text: string }
  | { readonly key: string; readonly json: unknown };

/**
 * Reads `key=value` (text, converted later by the schema of the tool) and `key:=json` (as it stands).
 * @throws SignalboxError INVALID_ARGUMENT
 */
export function parseToolArguments(words: readonly string[]): GivenArgument[] {
  const seen = new Set<string>();
  return words.map((word) => {
    const argument = parseWord(word);
    if (seen.has(argument.key)) {
      throw new SignalboxError(
        'INVALID_ARGUMENT',
        `the argument "${argument.key}" is given twice; keep one of them`,
      );
    }
    seen.add(argument.key);
    return argument;
  });
}

function parseWord(word: string): GivenArgument {
  const equals = word.indexOf('=');
  const isJson = equals > 0 && word[equals - 1] === ':';
  const key = word.slice(0, isJson ? equals - 1 : Math.max(0, equals));
  if (key === '') {
    throw new SignalboxError(
      'INVALID_ARGUMENT',
      `"${word}" is no argument of a tool; write key=value for text and numbers, or key:=json for anything else`,
    );
  }
  const text = word.slice(equals + 1);
  return isJson ? { key, json: parseJson(text, `the value of "${key}"`) } : { key, text };
}

/**
 * Reads all arguments from one JSON object.
 * @param origin what the text is, for the message: `--input`, `stdin`
 * @throws SignalboxError INVALID_ARGUMENT
 */
export function parseInputObject(text: string, origin: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text, origin);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new SignalboxError('INVALID_ARGUMENT', `${origin} must be a JSON object, such as {"key": "value"}`);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw new SignalboxError(
      'INVALID_ARGUMENT',
      `${what} is not valid JSON (${why}); mind the quotes of your shell`,
      {
        cause,
      },
    );
  }
}
