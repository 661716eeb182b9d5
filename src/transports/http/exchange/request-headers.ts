import { validateHeaderName, validateHeaderValue } from 'node:http';
import { concealed } from '../../../auth/conceal.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { isSecretName } from '../../../core/redact.ts';
import type { TransportContext } from '../../transport-context.ts';
import { ACCEPTED_CODINGS } from './body-decoder.ts';

/** Headers that belong to HTTP or to the protocol: what a user configures under these names is not sent (S08). */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// An absent Accept-Encoding would allow every coding (RFC 9110, 12.5.3). Streams are asked for as they are: middleware
// that packs tends to hold events back until it has enough of them.
const PLAIN = ['accept-encoding', 'identity'] as const;
const PACKED = ['accept-encoding', ACCEPTED_CODINGS] as const;
const POST = ['accept', 'application/json, text/event-stream', 'content-type', 'application/json'] as const;
const POST_PLAIN = [...POST, ...PLAIN] as const;
const POST_PACKED = [...POST, ...PACKED] as const;
const STREAM_HEAD = ['accept', 'text/event-stream', ...PLAIN] as const;

/** Builds the header arrays of requests. Of a client it keeps what the user configured, and nothing else. */
export class RequestHeaders {
  /** What is configured: names, in lower case, and values in turn. */
  readonly #user: readonly string[];
  /** Whether answers to a POST may be packed. */
  readonly #isPacked: boolean;

  /** @param user checked: no name twice, and none that the protocol sets */
  private constructor(user: readonly string[], isPacked: boolean) {
    this.#user = user;
    this.#isPacked = isPacked;
  }

  static readonly #bare = { packed: new RequestHeaders([], true), plain: new RequestHeaders([], false) };

  /**
   * Those for an entry: of all entries without headers of their own the same ones.
   *
   * @param compression whether answers to a POST may be packed
   * @throws SignalboxError CONFIG_INVALID for a name or value that HTTP does not allow
   */
  static of(
    headers: Readonly<Record<string, string>> | undefined,
    context: TransportContext,
    compression: boolean,
  ): RequestHeaders {
    const user = headers === undefined ? [] : checked(headers, context);
    if (user.length > 0) return new RequestHeaders(user, compression);
    return compression ? RequestHeaders.#bare.packed : RequestHeaders.#bare.plain;
  }

  /** Text of the peer without the secrets among these headers (S18). */
  conceal(text: string): string {
    const secrets: string[] = [];
    for (let at = 0; at < this.#user.length; at += 2) {
      if (!isSecretName(this.#user[at]!)) continue;
      const value = this.#user[at + 1]!;
      // Of `Bearer abc` the second word is the secret.
      const word = /^[A-Za-z][\w-]*\s+(\S.*)$/u.exec(value)?.[1];
      secrets.push(value, ...(word === undefined ? [] : [word]));
    }
    return concealed(text, secrets);
  }

  post(own: Readonly<Record<string, string>> | undefined, sessionId: string | undefined): string[] {
    return this.#build(this.#isPacked ? POST_PACKED : POST_PLAIN, own, sessionId);
  }

  /** For a GET that opens an event stream. */
  stream(
    own: Readonly<Record<string, string>> | undefined,
    sessionId: string | undefined,
    lastEventId: string | undefined,
  ): string[] {
    const list = this.#build(STREAM_HEAD, own, sessionId);
    // An empty id resets the position: there is nothing to resume from. Ids are UTF-8, headers are bytes.
    if (lastEventId !== undefined && lastEventId !== '') {
      list.push('last-event-id', Buffer.from(lastEventId, 'utf8').toString('latin1'));
    }
    return list;
  }

  /**
   * For a request of any method. What is configured wins over what the request brings, whose values may be those of
   * arguments.
   *
   * @param type content type of its body; undefined without one
   */
  plain(own: Readonly<Record<string, string>>, accept: string, type: string | undefined): string[] {
    const list = ['accept', accept, ...(this.#isPacked ? PACKED : PLAIN), ...this.#user];
    if (type !== undefined) list.push('content-type', type);
    for (const [name, value] of Object.entries(own)) if (!this.#has(name)) list.push(name, value);
    return list;
  }

  /** For the DELETE that ends a session. */
  end(own: Readonly<Record<string, string>> | undefined, sessionId: string): string[] {
    return this.#build(PLAIN, own, sessionId);
  }

  #build(
    head: readonly string[],
    own: Readonly<Record<string, string>> | undefined,
    sessionId: string | undefined,
  ): string[] {
    const list = head.slice();
    let isOverridden = false;
    for (const name in own) if (this.#has(name)) isOverridden = true;
    if (isOverridden) list.push(...this.#userWithout(own!));
    else if (this.#user.length > 0) list.push(...this.#user);
    for (const name in own) list.push(name, own[name]!);
    if (sessionId !== undefined) list.push('mcp-session-id', sessionId);
    return list;
  }

  #has(name: string): boolean {
    for (let at = 0; at < this.#user.length; at += 2) if (this.#user[at] === name) return true;
    return false;
  }

  /** What a message brings itself wins over what is configured: a token provider over a static token (S08). */
  #userWithout(own: Readonly<Record<string, string>>): string[] {
    // A value stands behind its name.
    return this.#user.filter((_, at, user) => !Object.hasOwn(own, user[at - (at % 2)]!));
  }
}

function checked(headers: Readonly<Record<string, string>>, { server, logger }: TransportContext): string[] {
  const kept = new Map<string, string>();
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      // The value may be a secret: only the name is told.
      throw new SignalboxError(
        'CONFIG_INVALID',
        `the header ${JSON.stringify(given)} has a name or a value that HTTP does not allow; correct the entry`,
        { server, details: { header: given } },
      );
    }
    if (RESERVED.has(name) || name.startsWith('mcp-')) {
      logger.warn('a configured header was left out: the protocol sets it', { server, header: name });
    } else kept.set(name, value);
  }
  // A copy has no room to spare, which is kept for as long as the client lives.
  return [...kept].flat().slice();
}
