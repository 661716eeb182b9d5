import { isUtf8 } from 'node:buffer';
import { firstHeader } from '../../http/exchange/response-headers.ts';
import { answerError } from '../../http/unusable-answer.ts';
import type { RestAnswer } from '../rest-exchange.ts';

/** What the body of an answer holds, by its content type. */
export type RestContent =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string; readonly mimeType: string }
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly mimeType: string };

/** Text that does not call itself so. */
const TEXT =
  /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:xml|yaml|x-yaml|javascript|x-ndjson|jsonl|toml|sql|graphql)$)/u;
const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json$/u;

/**
 * Reads the body of an answer of success.
 *
 * @throws SignalboxError BAD_RESPONSE if it says that it is JSON, and is not
 */
export function restContent(answer: RestAnswer, server: string): RestContent {
  const { body, status, requestId } = answer;
  if (body.length === 0) return { kind: 'nothing' };
  const { essence, charset } = contentType(answer);
  if (JSON_TYPE.test(essence)) {
    const value = parsed(textOf(body, charset));
    if (value !== undefined) return { kind: 'json', value };
    const message = 'the answer says that it is JSON, and is not; the service or a proxy before it is broken';
    throw answerError('BAD_RESPONSE', message, { server, status, requestId });
  }
  if (essence === '') return guessed(body);
  if (TEXT.test(essence)) return { kind: 'text', text: textOf(body, charset), mimeType: essence };
  return { kind: 'bytes', bytes: body, mimeType: essence };
}

/** The JSON of a refusal, whatever its content type; undefined if it is none. */
export function refusalJson({ body }: RestAnswer): unknown {
  return parsed(body.toString('utf8'));
}

/** A service that does not say what it sends: JSON, text or bytes, whatever it can be. */
function guessed(body: Buffer): RestContent {
  if (!isUtf8(body)) return { kind: 'bytes', bytes: body, mimeType: 'application/octet-stream' };
  const text = textOf(body, undefined);
  const value = parsed(text);
  return value === undefined ? { kind: 'text', text, mimeType: 'text/plain' } : { kind: 'json', value };
}

function contentType({ headers }: RestAnswer): { essence: string; charset: string | undefined } {
  const [essence = '', ...parameters] = (firstHeader(headers, 'content-type') ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  return { essence: essence.trim(), charset: charset?.slice('charset='.length).replaceAll('"', '').trim() };
}

/** Without BOM; invalid bytes are replaced. A charset that nobody knows is read as UTF-8. */
function textOf(body: Buffer, charset: string | undefined): string {
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The JSON of an answer that has to be some. @throws SignalboxError BAD_RESPONSE */
export function jsonOf(content: RestContent, answer: RestAnswer, server: string): unknown {
  if (content.kind === 'json') return content.value;
  const type = content.kind === 'nothing' ? 'nothing' : content.mimeType.slice(0, 80);
  throw answerError(
    'BAD_RESPONSE',
    `the service answered with ${JSON.stringify(type)} instead of JSON; check the route`,
    {
      server,
      status: answer.status,
      requestId: answer.requestId,
    },
  );
}
