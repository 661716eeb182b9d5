import type { ResolvedHttp } from '../../config/http-settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import { redactUrl } from '../../core/redact.ts';

/** A server behind a URL. */
export interface HttpTransportOptions {
  /** The MCP endpoint: http or https, without userinfo. A fragment is dropped. */
  readonly url: string;
  /** Headers of every request. What a message brings itself wins over them. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How the server is reached. Default for each key: {@link HTTP_DEFAULTS}. */
  readonly http?: Partial<ResolvedHttp> | undefined;
}

/** Reads the URL of an endpoint. @throws SignalboxError CONFIG_INVALID */
export function endpointUrl(text: string, server: string): URL {
  const problem = (why: string): SignalboxError =>
    new SignalboxError('CONFIG_INVALID', `the url ${JSON.stringify(redactUrl(text))} ${why}`, { server });
  if (!URL.canParse(text)) throw problem('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw problem('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') {
    throw problem('must not hold credentials; put them into the authorization header');
  }
  url.hash = '';
  return url;
}
