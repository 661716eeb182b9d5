import { describe, expect, it } from 'vitest';
import type { CredentialSource } from '../../../src/auth/credential-source.ts';
import { deferred } from '../../../src/core/deferred.ts';
import { SignalboxError } from '../../../src/core/errors.ts';
import { HttpEndpoint } from '../../../src/transports/http/http-options.ts';
import { PoolCache } from '../../../src/transports/http/pool-cache.ts';
import { type RestAnswer, RestExchange } from '../../../src/transports/rest/rest-exchange.ts';
import type { RestRequest } from '../../../src/transports/rest/rest-request.ts';
import {
  checkHttpFixtures,
  type HttpFixture,
  type RouteHandler,
  sendJson,
  startHttpFixture,
} from '../../helpers/http-fixture.ts';
import { probeContext } from '../../helpers/transport-probe.ts';

checkHttpFixtures();

interface Setting {
  readonly credentials?: CredentialSource;
  readonly headers?: Record<string, string>;
  readonly bodyBytes?: number;
}

/** One exchange with a server that answers in this way. */
async function exchange(
  handler: RouteHandler,
  request: (fixture: HttpFixture) => Partial<RestRequest>,
  setting: Setting = {},
): Promise<{ answer: RestAnswer; fixture: HttpFixture }> {
  const fixture = await startHttpFixture(handler);
  const { credentials, headers, bodyBytes } = setting;
  const context = probeContext(bodyBytes === undefined ? {} : { limits: { bodyBytes } });
  const target = new HttpEndpoint({ url: fixture.origin, headers, credentials }, context, new PoolCache());
  await target.open();
  const ended = deferred<RestAnswer>();
  const released = deferred<void>();
  try {
    const made = {
      method: 'GET',
      url: new URL(fixture.origin),
      headers: {},
      body: undefined,
      ...request(fixture),
    } as const;
    new RestExchange(target, made, {
      sent: () => {},
      answered: (answer) => ended.resolve(answer),
      broken: (error) => ended.reject(error),
      released: () => released.resolve(),
    }).start();
    const answer = await ended.promise;
    await released.promise;
    return { answer, fixture };
  } finally {
    await target.release();
  }
}

const failure = async (work: Promise<unknown>): Promise<SignalboxError> => {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (SignalboxError.is(error)) return error;
  throw error;
};

describe('RestExchange', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'asks by %s and returns all that came',
    async (method) => {
      const { answer, fixture } = await exchange(
        (_request, response) => sendJson(response, { ok: true }, 201),
        ({ origin }) => ({
          method,
          url: new URL(`${origin}/a/b?c=d`),
          headers: { 'x-own': '1' },
          body:
            method === 'GET' ? undefined : { content: new Uint8Array([123, 125]), type: 'application/json' },
        }),
      );
      expect(answer.status).toBe(201);
      expect(answer.body.toString()).toBe('{"ok":true}');
      const [request] = fixture.requests;
      expect(request).toMatchObject({ method, path: '/a/b?c=d', body: method === 'GET' ? '' : '{}' });
      expect(request?.headers).toMatchObject({ 'x-own': '1', accept: 'application/json, */*;q=0.5' });
      expect(request?.headers['x-request-id']).toBe(answer.requestId);
      expect(request?.headers['content-type']).toBe(method === 'GET' ? undefined : 'application/json');
    },
  );

  it('keeps headers of the entry and credentials before those of the request', async () => {
    const credentials: CredentialSource = {
      headers: () => ['x-api-key', 'the real one'],
      refused: () => Promise.resolve({ kind: 'leave' }),
      conceal: (text) => text,
    };
    const { fixture } = await exchange(
      (_request, response) => sendJson(response, {}),
      () => ({ headers: { 'x-api-key': 'of an argument', 'x-tenant': 'of an argument', 'x-free': 'yes' } }),
      { credentials, headers: { 'X-Tenant': 'ours' } },
    );
    const { rawHeaders, headers } = fixture.requests[0]!;
    expect(headers).toMatchObject({ 'x-api-key': 'the real one', 'x-tenant': 'ours', 'x-free': 'yes' });
    expect(rawHeaders.join()).not.toContain('of an argument');
  });

  it.each([
    ['authorization', 'Bearer x'],
    ['cookie', 'a=b'],
    ['host', 'elsewhere'],
    ['content-length', '0'],
    ['x-request-id', '1'],
    ['x-a', 'b\r\nx-c: d'],
    ['x a', 'secret'],
  ])('sends nothing with the header %s', async (name, value) => {
    let heard = 0;
    const work = exchange(
      () => void heard++,
      () => ({ headers: { [name]: value } }),
    );
    const error = await failure(work);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no' });
    expect(error.message).not.toContain(value);
    expect(heard).toBe(0);
  });

  it('sends nothing to another origin', async () => {
    const error = await failure(
      exchange(
        () => {},
        () => ({ url: new URL('http://127.0.0.1:1/') }),
      ),
    );
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', delivered: 'no' });
  });

  it.each(['announced', 'unannounced'])(
    'F-074 a body beyond limits.bodyBytes (%s) is refused',
    async (how) => {
      const text = JSON.stringify({ text: 'x'.repeat(5000) });
      const work = exchange(
        (_request, response) => {
          response.writeHead(200, how === 'announced' ? { 'content-length': text.length } : {});
          response.end(text);
        },
        () => ({}),
        { bodyBytes: 1000 },
      );
      expect(await failure(work)).toMatchObject({ code: 'BODY_TOO_LARGE', details: { status: 200 } });
    },
  );

  it('F-076 keeps the beginning of an endless refusal, and that of one that breaks off', async () => {
    const long = await exchange(
      (_request, response) => void response.writeHead(500).end('x'.repeat(1_000_000)),
      () => ({}),
    );
    expect([long.answer.status, long.answer.body.length]).toEqual([500, 64 * 1024]);
    const cut = await exchange(
      (_request, response) => {
        response.writeHead(503, { 'content-length': '1000' });
        response.write('busy', () => response.destroy());
      },
      () => ({}),
    );
    expect([cut.answer.status, cut.answer.body.toString()]).toEqual([503, 'busy']);
  });

  it('F-073 an answer of success that breaks off is a lost connection', async () => {
    const work = exchange(
      (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"a":', () => response.destroy());
      },
      () => ({}),
    );
    expect(await failure(work)).toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
  });
});
