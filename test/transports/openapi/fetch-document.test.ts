import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CredentialSource } from '../../../src/auth/credential-source.ts';
import { HTTP_DEFAULTS, type ResolvedHttp } from '../../../src/config/http-settings.ts';
import { SignalboxError } from '../../../src/core/errors.ts';
import { HttpEndpoint } from '../../../src/transports/http/http-options.ts';
import { PoolCache } from '../../../src/transports/http/pool-cache.ts';
import { documentFetcher } from '../../../src/transports/rest/openapi/fetch-document.ts';
import { type LoadedDocument, loadDocument } from '../../../src/transports/rest/openapi/load-document.ts';
import { checkHttpFixtures, startHttpFixture } from '../../helpers/http-fixture.ts';
import { probeContext } from '../../helpers/transport-probe.ts';

checkHttpFixtures();

interface Setting {
  /** `url` of the entry. */
  readonly url: string;
  readonly document: string;
  readonly maxBytes?: number;
  readonly http?: Partial<ResolvedHttp>;
  readonly signal?: AbortSignal;
}

const credentials: CredentialSource = {
  headers: () => ['authorization', 'Bearer of-the-entry'],
  refused: () => Promise.resolve({ kind: 'leave', details: undefined }),
  conceal: (text: string) => text.replaceAll('of-the-entry', '***'),
};

/** Loads a document as an entry with a header and a login does. */
async function load({ url, document, maxBytes = 10_000, http, signal }: Setting): Promise<LoadedDocument> {
  const context = probeContext();
  const pools = new PoolCache();
  const headers = { 'x-tenant': 'acme' };
  const target = new HttpEndpoint(
    { url, headers, credentials, http: { ...HTTP_DEFAULTS, ...http } },
    context,
    pools,
  );
  await target.open();
  try {
    const reach = { context, target, pools, maxBytes, signal: signal ?? new AbortController().signal };
    return await loadDocument('service', document, maxBytes, documentFetcher(reach));
  } finally {
    await target.release();
    expect(pools.size).toBe(0);
  }
}

async function refusalOf(setting: Setting): Promise<SignalboxError> {
  const error: unknown = await load(setting).catch((thrown: unknown) => thrown);
  expect(SignalboxError.is(error), String(error)).toBe(true);
  return error as SignalboxError;
}

describe('a document behind a URL', () => {
  it('of the origin of the entry is asked for with its headers and its login', async () => {
    const { origin, requests } = await startHttpFixture((_, response) => void response.end('openapi: 3.1.0'));
    const { text, url } = await load({ url: `${origin}/api`, document: `${origin}/openapi.yaml` });
    expect([text, url?.pathname]).toEqual(['openapi: 3.1.0', '/openapi.yaml']);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      headers: { 'x-tenant': 'acme', authorization: 'Bearer of-the-entry' },
    });
  });

  it('of another origin learns nothing of them', async () => {
    const service = await startHttpFixture((_, response) => void response.end());
    const docs = await startHttpFixture((_, response) => void response.end('{}'));
    await load({ url: service.origin, document: `${docs.origin}/openapi.json` });
    expect(service.requests).toEqual([]);
    expect(docs.requests[0]?.headers).not.toHaveProperty('x-tenant');
    expect(docs.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('may have moved within its origin, and not elsewhere', async () => {
    const target = await startHttpFixture((_, response) => void response.end('stolen'));
    const { origin } = await startHttpFixture(({ path }, response) => {
      const location = path === '/here' ? '/there' : path === '/away' ? `${target.origin}/` : undefined;
      if (location === undefined) response.end(path);
      else response.writeHead(302, { location }).end();
    });
    const found = await load({ url: origin, document: `${origin}/here` });
    expect([found.text, found.url?.href]).toEqual(['/there', `${origin}/there`]);
    expect(await refusalOf({ url: origin, document: `${origin}/away` })).toMatchObject({
      code: 'REDIRECT_REFUSED',
    });
    expect(target.requests).toEqual([]);
  });

  it('is not fetched from a private address where the entry forbids that', async () => {
    const docs = await startHttpFixture((_, response) => void response.end('{}'));
    const setting = { url: 'http://service.example/', document: `${docs.origin}/openapi.json` };
    const error = await refusalOf({ ...setting, http: { blockPrivate: true } });
    expect(error.message).toContain('private network');
    expect(docs.requests).toEqual([]);
  });

  it('larger than limits.documentBytes is refused, announced or not', async () => {
    const { origin } = await startHttpFixture(({ path }, response) => {
      if (path === '/announced') response.end('x'.repeat(2000));
      else {
        response.write('x'.repeat(600));
        response.end('x'.repeat(600));
      }
    });
    for (const path of ['/announced', '/streamed']) {
      const error = await refusalOf({ url: origin, document: `${origin}${path}`, maxBytes: 1000 });
      expect(error).toMatchObject({ code: 'BODY_TOO_LARGE' });
      expect(error.message).toContain('limits.documentBytes');
    }
  });

  it.each([
    [401, 'AUTH_REQUIRED', false],
    [403, 'FORBIDDEN', false],
    [404, 'HTTP_ERROR', false],
    [429, 'RATE_LIMITED', true],
    [503, 'HTTP_ERROR', true],
  ])('that is answered with %i fails as %s', async (status, code, retryable) => {
    const { origin } = await startHttpFixture((_, response) => {
      response.writeHead(status).end('no \u001B[31mdocument for of-the-entry');
    });
    const error = await refusalOf({ url: origin, document: `${origin}/openapi.json?key=se-cret-0` });
    expect(error).toMatchObject({ code, retryable, delivered: 'no' });
    expect(error.message).toContain(`the OpenAPI document ${origin}/openapi.json`);
    for (const never of ['of-the-entry', 'se-cret-0', '\u001B']) expect(error.message).not.toContain(never);
  });

  it('that is no text, or is not there, is refused', async () => {
    const { origin } = await startHttpFixture(
      (_, response) => void response.end(Buffer.from([0xff, 0xfe, 0x00])),
    );
    expect((await refusalOf({ url: origin, document: `${origin}/x` })).message).toContain(
      'is not UTF-8 text',
    );
    const gone = await startHttpFixture((_, response) => void response.destroy());
    expect(await refusalOf({ url: origin, document: gone.origin })).toMatchObject({
      code: 'CONNECTION_LOST',
    });
  });

  it('is given up with the attempt to connect', async () => {
    const abort = new AbortController();
    const { origin } = await startHttpFixture(() => abort.abort());
    const error = await refusalOf({ url: origin, document: `${origin}/slow`, signal: abort.signal });
    expect(error.code).toBe('REQUEST_ABORTED');
  });
});

describe('a document in a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-openapi-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const url = 'http://127.0.0.1:9/';

  it('is read, with or without byte order mark', async () => {
    await writeFile(join(folder, 'a.yaml'), '\uFEFFopenapi: 3.1.0');
    expect((await load({ url, document: join(folder, 'a.yaml') })).text).toBe('openapi: 3.1.0');
  });

  it('is refused with its path when it is not there, a folder, or too large', async () => {
    await writeFile(join(folder, 'large'), 'x'.repeat(1001));
    for (const [name, message] of [
      ['none.yaml', 'does not exist'],
      ['.', 'is a folder'],
      ['large', 'at most 1000 are read'],
    ] as const) {
      const document = join(folder, name);
      const error = await refusalOf({ url, document, maxBytes: 1000 });
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { document } });
      expect(error.message).toContain(message);
    }
  });
});
