import { SignalboxError } from '../../../core/errors.ts';

/** Where variables are looked up: `process.env`, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, if one is to be used. The environment is read only where the entry says so (F-098).
 *
 * @param setting `x-signalbox.http.proxy`
 * @throws SignalboxError CONFIG_INVALID for a variable that names no http or https proxy; its value is not quoted
 */
export function proxyFor(
  url: URL,
  setting: string | false,
  environment: Environment,
  server: string,
): URL | undefined {
  if (setting === false) return undefined;
  if (setting !== 'env') return new URL(setting);
  const kind = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const names = [kind, kind.toUpperCase()];
  // A CGI server fills HTTP_PROXY from the header "Proxy" of whoever calls it (CVE-2016-5385).
  if (kind === 'http_proxy' && environment['REQUEST_METHOD'] !== undefined) names.pop();
  const name = names.find((candidate) => (environment[candidate] ?? '') !== '');
  const value = name === undefined ? undefined : environment[name];
  if (name === undefined || value === undefined) return undefined;
  if (isExempt(url, environment['no_proxy'] ?? environment['NO_PROXY'] ?? '')) return undefined;
  // Many people write host:port, which the URL parser would take for a scheme.
  const text = /^[a-z][a-z\d+.-]*:\/\//iu.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  throw new SignalboxError(
    'CONFIG_INVALID',
    `the variable ${name} names no http or https proxy; correct it, or set "x-signalbox.http.proxy" to false`,
    { server, details: { variable: name } },
  );
}

/** Whether a list like `localhost, .corp.example, 10.0.0.1:8080` or `*` names the host of a URL. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list
    .toLowerCase()
    .split(/[\s,]+/u)
    .some((item) => {
      if (item === '') return false;
      if (item === '*') return true;
      const [, name = item, ownPort] = /^(.*?)(?::(\d+))?$/u.exec(bracketed(item)) ?? [];
      if (ownPort !== undefined && ownPort !== port) return false;
      const domain = name.replace(/^\*?\./u, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}

/** IPv6 addresses stand in brackets in URLs, and mostly without them in lists. */
function bracketed(item: string): string {
  return !item.startsWith('[') && item.split(':').length > 2 ? `[${item}]` : item;
}
