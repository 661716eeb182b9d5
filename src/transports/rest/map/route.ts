import type { ResolvedOperation, ResolvedRest } from '../../../config/rest-settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import type { RestBody, RestRequest } from '../rest-request.ts';
import { PathTemplate, type TemplateParser, UnusableValue } from './path-template.ts';
import { asTexts, partValue } from './request-parts.ts';

/** The service that routes belong to. */
export interface RouteOwner {
  readonly server: string;
  /** `url` of the entry, where they begin. */
  readonly url: URL;
  readonly rest: Pick<ResolvedRest, 'session'>;
  readonly parse: TemplateParser;
}

/** Most services keep to the usual routes: their templates are read once for all of them. */
const templates: WeakMap<ResolvedOperation, PathTemplate> = new WeakMap();

/** One operation of an endpoint map, ready to make requests. */
export class Route {
  readonly operation: ResolvedOperation;
  readonly #service: RouteOwner;

  constructor(operation: ResolvedOperation, service: RouteOwner) {
    this.operation = operation;
    this.#service = service;
  }

  /** True for a status that means success. */
  expects(status: number): boolean {
    const { expect } = this.operation;
    return expect === undefined ? status >= 200 && status < 300 : expect.includes(status);
  }

  /**
   * The request for these parameters.
   *
   * @param sessionId of the session that is open; undefined: none
   * @throws SignalboxError INVALID_ARGUMENT if a parameter cannot stand where the map wants it
   */
  request(params: Readonly<Record<string, unknown>>, sessionId: string | undefined): RestRequest {
    const source = { ...params, sessionId };
    const { server } = this.#service;
    try {
      const body = this.#body(source, sessionId);
      const headers = this.#headers(source, sessionId);
      const inBody = body?.hasSession === true;
      const url = this.#url(source, sessionId, inBody);
      return { method: this.operation.method, url, headers, body: body?.body };
    } catch (error) {
      if (!(error instanceof UnusableValue)) throw error;
      throw new SignalboxError('INVALID_ARGUMENT', `the request was not sent: ${error.message}`, { server });
    }
  }

  get #path(): PathTemplate {
    const { operation } = this;
    let template = templates.get(operation);
    if (template === undefined) {
      template = new PathTemplate(operation.path, this.#service.parse);
      templates.set(operation, template);
    }
    return template;
  }

  #url(source: Readonly<Record<string, unknown>>, sessionId: string | undefined, inBody: boolean): URL {
    const { url: base, rest } = this.#service;
    const { session } = rest;
    const expanded = this.#path.expand(source);
    const start = expanded.startsWith('/') ? base.pathname.replace(/\/$/u, '') : base.pathname;
    const url = new URL(`${base.origin}${start}${expanded}`);
    // The last word on it: what a reader of URLs makes of the path is what the template says, to the letter.
    if (url.pathname !== `${start}${expanded.split('?', 1)[0]}`) {
      throw new UnusableValue('the path would be read as another one');
    }
    const query = new URLSearchParams(url.search);
    for (const [name, part] of Object.entries(this.operation.query)) {
      query.delete(name);
      for (const text of asTexts(partValue(part, source))) query.append(name, text);
    }
    // What the entry says and the session come last: no argument stands in for them.
    for (const name of new Set(base.searchParams.keys())) {
      query.delete(name);
      for (const text of base.searchParams.getAll(name)) query.append(name, text);
    }
    if (sessionId !== undefined && (session?.in === 'query' || session?.in === 'auto')) {
      query.delete(session.name);
      if (!inBody) query.append(session.name, sessionId);
    }
    url.search = query.toString();
    return url;
  }

  #headers(source: Readonly<Record<string, unknown>>, sessionId: string | undefined): Record<string, string> {
    const headers = Object.create(null) as Record<string, string>;
    for (const [name, part] of Object.entries(this.operation.headers)) {
      const texts = asTexts(partValue(part, source));
      // A header is bytes: what is beyond Latin-1 goes as UTF-8, as everywhere else.
      if (texts.length > 0)
        headers[name.toLowerCase()] = Buffer.from(texts.join(', '), 'utf8').toString('latin1');
    }
    const { session } = this.#service.rest;
    if (session?.in === 'header' && sessionId !== undefined) headers[session.name] = sessionId;
    return headers;
  }

  #body(
    source: Readonly<Record<string, unknown>>,
    sessionId: string | undefined,
  ): { readonly body: RestBody; readonly hasSession: boolean } | undefined {
    const { body: part } = this.operation;
    const { session } = this.#service.rest;
    if (part === false) return undefined;
    let value = partValue(part, source);
    if (value === undefined) return undefined;
    let hasSession = false;
    if (sessionId !== undefined && (session?.in === 'body' || session?.in === 'auto')) {
      hasSession = isObject(value);
      if (isObject(value)) value = { ...value, [session.name]: sessionId };
      else if (session.in === 'body') {
        throw new UnusableValue('the body is no object, and cannot carry the session');
      }
    }
    return { body: { content: JSON.stringify(value), type: 'application/json' }, hasSession };
  }
}
