import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type ResolvedHttp, resolveHttp, type TlsSettings } from '../../src/config/http-settings.ts';
import { checkHttpClients, EXCHANGES, sseClient } from '../helpers/http-client.ts';
import { until } from '../helpers/http-fixture.ts';
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

interface HttpsState {
  url: string;
  requests: number;
  /** Common names of the certificates that clients showed. */
  readonly clients: unknown[];
  readonly protocols: unknown[];
}

async function httpsServer(options: ServerOptions): Promise<HttpsState> {
  const state: HttpsState = { url: '', requests: 0, clients: [], protocols: [] };
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket;
    state.clients.push(socket.getPeerCertificate().subject?.CN);
    state.protocols.push(socket.getProtocol());
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

const withTls = (tls: TlsSettings): { http: ResolvedHttp } => ({ http: resolveHttp({ tls }) });

const HOUR_MS = 3_600_000;
const ago = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);

describe.each(EXCHANGES)(
  'F-094 %s: TLS faults are named, not retried and not delivered',
  (_kind, openClient) => {
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
      const { send } = await openClient(server.url, trusted ? withTls({ ca: certificate.cert }) : {});
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
      const { send } = await openClient(raw.url.replace('http:', 'https:'));
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
      const { send } = await openClient(server.url, withTls({ ca: certificate.cert }));
      await expect(send({ id: 1 }).result).resolves.toMatchObject({ id: 1 });
    });
  },
);

describe.each(EXCHANGES)('%s: http.tls', (_kind, openClient) => {
  const server = testCertificate('localhost');
  const client = testCertificate('client.example');
  const encrypted = createPrivateKey(client.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary-pass' })
    .toString();
  const mutual = { ...server, requestCert: true, rejectUnauthorized: true, ca: client.cert };

  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  function file(name: string, text: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-tls-'));
    folders.push(folder);
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  }

  it.each([
    ['as PEM', client.key, undefined],
    ['with an encrypted key', encrypted, 'canary-pass'],
  ])(
    'F-094 a client certificate %s is shown to a server that asks for one',
    async (_how, key, passphrase) => {
      const https = await httpsServer(mutual);
      const { send } = await openClient(
        https.url,
        withTls({ ca: server.cert, cert: client.cert, key, passphrase }),
      );
      await expect(send({ id: 1 }).result).resolves.toMatchObject({ id: 1 });
      expect(https.clients).toEqual(['client.example']);
    },
  );

  it('F-094 without one the request of a client does not get through', async () => {
    const https = await httpsServer(mutual);
    const { send } = await openClient(https.url, withTls({ ca: server.cert }));
    // Servers on Node.js only hang up; those that say why make it a TLS_ERROR.
    await expect(send().failure()).resolves.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(https.requests).toBe(0);
  });

  it('files are read for each connection, so a renewed one takes effect; HTTP+SSE has them too', async () => {
    const https = await httpsServer(mutual);
    const files = {
      ca: file('ca.pem', testCertificate('localhost').cert),
      cert: file('cert.pem', client.cert),
      key: file('key.pem', client.key),
    };
    const { send } = await openClient(https.url, withTls(files));
    await expect(send().failure()).resolves.toMatchObject({ code: 'TLS_ERROR' });
    writeFileSync(files.ca, server.cert);
    const renewed = await openClient(https.url, withTls(files));
    await expect(renewed.send({ id: 1 }).result).resolves.toMatchObject({ id: 1 });
    const sse = sseClient(https.url, withTls(files));
    // The server opens no event stream, but it lets the client in.
    await expect(sse.transport.open(sse.receiver, new AbortController().signal)).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
    });
    expect(https.clients).toEqual(['client.example', 'client.example']);
  });

  it.each([
    ['TLSv1.3', 'TLSv1.2', false],
    ['TLSv1.2', 'TLSv1.2', true],
    ['TLSv1.3', 'TLSv1.3', true],
  ] as const)('F-094 minVersion %s with a server of %s: %s', async (minVersion, maxVersion, works) => {
    const https = await httpsServer({ ...server, maxVersion });
    const { send } = await openClient(https.url, withTls({ ca: server.cert, minVersion }));
    const call = send({ id: 1 });
    if (works) await expect(call.result).resolves.toMatchObject({ id: 1 });
    else
      await expect(call.failure()).resolves.toMatchObject({
        code: 'TLS_ERROR',
        retryable: false,
        delivered: 'no',
      });
    expect(https.protocols).toEqual(works ? [maxVersion] : []);
  });

  it('serverName is asked for, and looked for in the certificate', async () => {
    const other = testCertificate('mcp.example');
    const https = await httpsServer(other);
    const named = await openClient(https.url, withTls({ ca: other.cert, serverName: 'mcp.example' }));
    await expect(named.send({ id: 1 }).result).resolves.toMatchObject({ id: 1 });
    const unnamed = await openClient(https.url, withTls({ ca: other.cert }));
    await expect(unnamed.send().failure()).resolves.toMatchObject({ code: 'TLS_ERROR' });
  });

  const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  it.each<[string, TlsSettings, string, RegExp]>([
    ['a missing file', { ca: join(tmpdir(), 'signalbox-none', 'ca.pem') }, 'ca', /ca\.pem\) does not exist/u],
    ['a folder', { ca: tmpdir() }, 'ca', /is a folder/u],
    ['a key in the place of a certificate', { ca: client.key }, 'ca', /holds no certificate in PEM form/u],
    ['a damaged certificate', { ca: damaged }, 'ca', /holds a damaged certificate \(ERR_/u],
    [
      'a certificate in the place of a key',
      { cert: client.cert, key: client.cert },
      'key',
      /cannot be read/u,
    ],
    [
      'the key of another',
      { cert: client.cert, key: server.key },
      'key',
      /is not the key of the certificate/u,
    ],
    ['an encrypted key', { cert: client.cert, key: encrypted }, 'key', /then set "passphrase"/u],
    [
      'a wrong passphrase',
      { cert: client.cert, key: encrypted, passphrase: 'canary-2' },
      'key',
      /is "passphrase" right/u,
    ],
  ])('%s fails as CONFIG_INVALID, names its key and tells no secret', async (_what, tls, key, words) => {
    for (const open of [() => openClient('https://127.0.0.1:1/', withTls(tls)), () => openSse(tls)]) {
      const error = await open().then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error).toMatchObject({
        code: 'CONFIG_INVALID',
        details: { key: `x-signalbox.http.tls.${key}` },
      });
      expect(error?.message).toMatch(words);
      expect(JSON.stringify(error)).not.toMatch(/canary|BEGIN/u);
    }
  });

  function openSse(tls: TlsSettings): Promise<void> {
    const { transport, receiver } = sseClient('https://127.0.0.1:1/', withTls(tls));
    return transport.open(receiver, new AbortController().signal);
  }

  it('an open that is aborted or destroyed while files are read leaves nothing', async () => {
    const tls = { ca: file('ca.pem', server.cert) };
    const aborted = sseClient('https://127.0.0.1:1/', withTls(tls));
    const controller = new AbortController();
    const opening = aborted.transport.open(aborted.receiver, controller.signal);
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    const destroyed = sseClient('https://127.0.0.1:1/', withTls(tls));
    const other = destroyed.transport.open(destroyed.receiver, new AbortController().signal);
    destroyed.transport.destroy();
    await expect(other).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await Promise.all([aborted, destroyed].map(({ pools }) => until(() => pools.size === 0)));
  });
});
