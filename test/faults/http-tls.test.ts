import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveHttp } from '../../src/config/http-settings.ts';
import { checkHttpClients, httpClient, sseClient } from '../helpers/http-client.ts';
import { startRawHttp } from '../helpers/raw-http.ts';
import { type TestCertificate, testCertificate } from '../helpers/test-certificate.ts';

checkHttpClients();
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function httpsServer(certificate: TestCertificate): Promise<{ url: string; requests: number }> {
  const state = { url: '', requests: 0 };
  const server = createServer(certificate, (request, response) => {
    state.requests++;
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
  server.on('tlsClientError', () => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `https://localhost:${(server.address() as AddressInfo).port}/mcp`;
  return state;
}

const HOUR_MS = 3_600_000;
const ago = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);

describe('F-094 TLS faults are named, not retried and not delivered', () => {
  const cases: readonly (readonly [string, TestCertificate, boolean, RegExp])[] = [
    ['a self-signed certificate', testCertificate('localhost'), false, /SELF_SIGNED|UNABLE_TO_VERIFY/u],
    ['an expired certificate', testCertificate('localhost', ago(3), ago(2)), true, /CERT_HAS_EXPIRED/u],
    [
      'a certificate that is not valid yet',
      testCertificate('localhost', ago(-1), ago(-2)),
      true,
      /CERT_NOT_YET_VALID/u,
    ],
    ['a certificate for another host', testCertificate('other.example'), true, /ALTNAME_INVALID/u],
  ];
  it.each(cases)('%s', async (_name, certificate, trusted, reason) => {
    const server = await httpsServer(certificate);
    const { send } = await httpClient(
      server.url,
      trusted ? { http: resolveHttp({ tls: { ca: certificate.cert } }) } : {},
    );
    const error = await send({ id: 1 }).failure();
    expect(error).toMatchObject({ code: 'TLS_ERROR', retryable: false, delivered: 'no' });
    expect(error.details['reason']).toMatch(reason);
    expect(error.message).toMatch(reason);
    expect(server.requests).toBe(0);
  });

  it('a server without TLS behind an https URL', async () => {
    const raw = await startRawHttp([{ send: 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n' }], {
      immediate: true,
    });
    const { send } = await httpClient(raw.url.replace('http:', 'https:'));
    await expect(send().failure()).resolves.toMatchObject({ code: 'TLS_ERROR', retryable: false });
  });

  it('the same holds for HTTP+SSE', async () => {
    const server = await httpsServer(testCertificate('localhost'));
    const { transport, receiver } = sseClient(server.url);
    await expect(transport.open(receiver, new AbortController().signal)).rejects.toMatchObject({
      code: 'TLS_ERROR',
      retryable: false,
    });
  });

  it('a trusted certificate for the right host is accepted', async () => {
    const certificate = testCertificate('localhost');
    const server = await httpsServer(certificate);
    const { send } = await httpClient(server.url, { http: resolveHttp({ tls: { ca: certificate.cert } }) });
    await expect(send({ id: 1 }).result).resolves.toMatchObject({ id: 1 });
  });
});
