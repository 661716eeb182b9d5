// The one place below the transports that dresses requests with credentials and deals with 401 and 403.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type {
  CredentialHeaders,
  CredentialRefusal,
  CredentialRequest,
  CredentialSource,
  CredentialVerdict,
} from '../../src/auth/credential-source.ts';
import { SignalboxError } from '../../src/core/errors.ts';
import {
  type ClientOptions,
  checkHttpClients,
  httpClient,
  restClient,
  resultFor,
  sseClient,
} from '../helpers/http-client.ts';
import { openStream, sendJson, sseEvent, startHttpFixture, until } from '../helpers/http-fixture.ts';

checkHttpClients();

/** Tokens `t1`, `t2`, …: a renewal makes the next one, and all that ask for it meanwhile share it. */
class Numbered implements CredentialSource {
  number = 1;
  readonly refusals: CredentialRefusal[] = [];
  readonly asked: CredentialRequest[] = [];
  readonly #verdict: (refusal: CredentialRefusal) => CredentialVerdict['kind'];
  readonly #isSlow: boolean;

  constructor(
    verdict: (refusal: CredentialRefusal) => CredentialVerdict['kind'] = () => 'again',
    isSlow = false,
  ) {
    this.#verdict = verdict;
    this.#isSlow = isSlow;
  }

  headers(request: CredentialRequest): CredentialHeaders | Promise<CredentialHeaders> {
    this.asked.push(request);
    const headers = ['authorization', `Bearer canary-t${this.number}`];
    return this.#isSlow ? new Promise((resolve) => setImmediate(() => resolve(headers))) : headers;
  }

  async refused(refusal: CredentialRefusal): Promise<CredentialVerdict> {
    this.refusals.push(refusal);
    await new Promise((resolve) => setImmediate(resolve));
    const kind = this.#verdict(refusal);
    if (kind === 'again') this.number++;
    const error = new SignalboxError('AUTH_REQUIRED', 'a person has to log in', { server: 'probe' });
    return kind === 'denied' ? { kind, error } : { kind };
  }

  conceal(text: string): string {
    return text.replaceAll(/canary-t\d+/gu, '***');
  }
}

/** Holds what it gives away where everybody can see it. */
const open: CredentialSource & { readonly secret: string } = {
  secret: 'canary-of-source',
  headers: () => ['authorization', 'Bearer canary-of-source'],
  refused: () => Promise.resolve({ kind: 'leave' }),
  conceal: (text) => text,
};

const CHALLENGE = { 'www-authenticate': 'Bearer error="invalid_token", scope="files:read"' };

describe.each([
  ['http', httpClient],
  ['rest', restClient],
  ['sse', async (url: string, options: ClientOptions) => sseClient(url, options)],
])('S18 who prints a transport (%s)', (_kind, client) => {
  it('prints nothing secret of its entry', async () => {
    const headers = { 'x-api-key': 'canary-of-header' };
    const http = { proxy: 'http://me:canary-of-proxy@127.0.0.1:9' };
    const url = 'http://127.0.0.1:9/mcp?api_key=canary-of-query';
    const { transport } = await client(url, { headers, http, credentials: open });
    expect(inspect(transport, { depth: 12 })).not.toContain('canary');
    expect(inspect(open)).toContain('canary');
  });
});

describe('credentials of a source', () => {
  it.each([false, true])('go out with POST, GET stream and DELETE (fetched first: %s)', async (isSlow) => {
    const server = await startHttpFixture((request, response) => {
      if (request.method === 'GET') openStream(response);
      else if (request.method === 'DELETE') response.writeHead(204).end();
      else sendJson(response, resultFor(request.body), 200, { 'mcp-session-id': 's1' });
    });
    const { transport, send } = await httpClient(server.url, {
      credentials: new Numbered(undefined, isSlow),
    });
    await send({ opensSession: true }).result;
    transport.listen?.({});
    await until(() => server.of('GET').length === 1);
    await transport.close();
    expect(server.requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['POST', 'Bearer canary-t1'],
      ['GET', 'Bearer canary-t1'],
      ['DELETE', 'Bearer canary-t1'],
    ]);
  });

  it('F-079 401 then 200: the same request goes out once more, with the same number and other credentials', async () => {
    const server = await startHttpFixture((request, response) => {
      if (request.headers.authorization === 'Bearer canary-t1') sendJson(response, {}, 401, CHALLENGE);
      else sendJson(response, resultFor(request.body, { ok: true }));
    });
    const source = new Numbered();
    const { send } = await httpClient(server.url, { credentials: source, headers: { 'x-own': 'a' } });
    const call = send();
    expect(await call.result).toMatchObject({ result: { ok: true } });
    const [first, second] = server.requests;
    expect(server.requests).toHaveLength(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['x-request-id']).toBe(first?.headers['x-request-id']);
    expect(second?.rawHeaders.filter((name) => name === 'authorization')).toHaveLength(1);
    expect(second?.headers['x-own']).toBe('a');
    expect(call.flushes).toBe(1);
    const [refusal] = source.refusals;
    expect(refusal).toMatchObject({ status: 401, refusals: 1, sent: ['authorization', 'Bearer canary-t1'] });
    expect(refusal?.challenges[0]?.params.get('scope')).toBe('files:read');
  });

  it('F-079 a server that never accepts: as many attempts as the source allows, then its error', async () => {
    const server = await startHttpFixture((_request, response) => sendJson(response, {}, 401, CHALLENGE));
    const source = new Numbered(({ refusals }) => (refusals < 2 ? 'again' : 'denied'));
    const { send } = await httpClient(server.url, { credentials: source });
    expect(await send().failure()).toMatchObject({ code: 'AUTH_REQUIRED', delivered: 'no' });
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['in full', (text: string) => text],
    ['too long to be read', (text: string) => `${text}${' '.repeat(200_000)}`],
  ])('S18 a refusal that stands is told with its words, %s, without what was sent', async (_what, words) => {
    const server = await startHttpFixture((request, response) => {
      const said = words(`unknown credential ${String(request.headers.authorization)}`);
      const challenge = `Bearer error_description="${String(request.headers.authorization)}"`;
      response.writeHead(403, { 'content-type': 'text/plain', 'www-authenticate': challenge });
      response.end(said);
    });
    const { send } = await httpClient(server.url, { credentials: new Numbered(() => 'leave') });
    const error = await send().failure();
    expect(error.code).toBe('FORBIDDEN');
    expect(error.message).toContain('unknown credential Bearer ***');
    expect(JSON.stringify(error)).not.toContain('canary');
  });

  it('S18 a configured credential that the server repeats is left out of the error', async () => {
    const server = await startHttpFixture((request, response) => {
      response.writeHead(500).end(`headers: ${JSON.stringify(request.headers)}`);
    });
    const headers = { authorization: 'Bearer canary-a', 'x-api-key': 'canary-b', 'x-plain': 'kept-value' };
    const { send } = await httpClient(server.url, { headers });
    const error = await send().failure();
    expect(error.message).not.toContain('canary');
    expect(error.message).toContain('kept-value');
  });

  it('a refusal of the stream is asked about, too', async () => {
    const server = await startHttpFixture((request, response) => {
      if (request.headers.authorization === 'Bearer canary-t1') sendJson(response, {}, 401, CHALLENGE);
      else openStream(response);
    });
    const { transport } = await httpClient(server.url, { credentials: new Numbered() });
    transport.listen?.({});
    await until(() => server.of('GET').length === 2);
    expect(server.of('GET').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer canary-t1',
      'Bearer canary-t2',
    ]);
  });

  it('HTTP+SSE has them on the stream and on each message', async () => {
    const server = await startHttpFixture((request, response, fixture) => {
      if (request.headers.authorization === 'Bearer canary-t1') sendJson(response, {}, 401, CHALLENGE);
      else if (request.method === 'GET') {
        openStream(response);
        response.write(sseEvent({ event: 'endpoint', data: `${fixture.origin}/messages` }));
      } else if (request.headers.authorization === 'Bearer canary-t2') sendJson(response, {}, 401, CHALLENGE);
      else sendJson(response, resultFor(request.body));
    });
    const { transport, receiver, send } = sseClient(server.url, { credentials: new Numbered() });
    await transport.open(receiver, new AbortController().signal);
    await send().result;
    expect(server.requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['GET', 'Bearer canary-t1'],
      ['GET', 'Bearer canary-t2'],
      ['POST', 'Bearer canary-t2'],
      ['POST', 'Bearer canary-t3'],
    ]);
  });

  it('a source that has nothing to give keeps the request at home', async () => {
    const server = await startHttpFixture((request, response) => sendJson(response, resultFor(request.body)));
    const credentials: CredentialSource = {
      headers: () => Promise.reject(new SignalboxError('AUTH_REQUIRED', 'no token', { server: 'probe' })),
      refused: () => Promise.resolve({ kind: 'leave' }),
      conceal: (text) => text,
    };
    const { send } = await httpClient(server.url, { credentials });
    expect(await send().failure()).toMatchObject({ code: 'AUTH_REQUIRED', delivered: 'no' });
    expect(server.requests).toHaveLength(0);
  });

  it('a call that is given up while credentials are renewed is not made again', async () => {
    const server = await startHttpFixture((_request, response) => sendJson(response, {}, 401, CHALLENGE));
    let release = (): void => {};
    const source = new Numbered();
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const renew = source.refused.bind(source);
    let isAsked = false;
    source.refused = async (refusal) => {
      isAsked = true;
      await waiting;
      return await renew(refusal);
    };
    const { transport, send } = await httpClient(server.url, { credentials: source });
    const call = send();
    await until(() => isAsked);
    transport.abandon(call);
    release();
    await until(() => source.refusals.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.requests).toHaveLength(1);
  });

  it('S07 F-082 a redirect to another origin is refused, and no credential goes there', async () => {
    const other = await startHttpFixture((_request, response) => sendJson(response, {}));
    const server = await startHttpFixture((_request, response) => {
      response.writeHead(307, { location: other.url }).end();
    });
    const { send } = await httpClient(server.url, { credentials: new Numbered() });
    expect((await send().failure()).code).toBe('REDIRECT_REFUSED');
    expect(other.requests).toHaveLength(0);
  });
});
