import type { ResolvedRest } from '../../config/rest-settings.ts';
import type { HttpEndpoint } from '../http/http-options.ts';
import type { MappedServiceOwner } from './map/mapped-service.ts';
import type { TemplateParser } from './map/path-template.ts';

/** What the service of one entry works with. */
export class ServiceContext implements MappedServiceOwner {
  readonly rest: ResolvedRest;
  readonly url: URL;
  readonly parse: TemplateParser;
  readonly #endpoint: HttpEndpoint;

  constructor(rest: ResolvedRest, endpoint: HttpEndpoint, parse: TemplateParser) {
    this.rest = rest;
    this.url = endpoint.url;
    this.parse = parse;
    this.#endpoint = endpoint;
  }

  get server(): string {
    return this.#endpoint.server;
  }

  get errors(): ResolvedRest['errors'] {
    return this.rest.errors;
  }

  conceal(text: string): string {
    return this.#endpoint.conceal(text);
  }

  wallNowMs(): number {
    return this.#endpoint.context.clock.wallNow();
  }

  debug(message: string): void {
    const { server, logger } = this.#endpoint.context;
    logger.debug(message, { event: 'rest.no_route', server });
  }
}
