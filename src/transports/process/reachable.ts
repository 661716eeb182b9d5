import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';

/** True if somebody accepts a TCP connection at the host and port of `url` before `signal` fires. */
export function acceptsTcp(url: URL, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/gu, '');
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const socket = connect({ host, port, signal });
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });
}

/** True if a GET of `url` gets an HTTP answer, whatever its status, before `signal` fires. */
export function answersHttp(url: URL, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const get = url.protocol === 'https:' ? httpsRequest : httpRequest;
    // No agent: a pooled connection would outlive the question.
    const request = get(url, { agent: false, signal });
    request.once('response', (response) => {
      resolve(true);
      // The answer may be an event stream without end.
      response.on('error', () => {});
      response.destroy();
    });
    request.on('error', () => resolve(false));
    request.end();
  });
}
