import type { Dispatcher } from 'undici';
import { parseChallenges } from '../../../auth/challenge.ts';
import type { CredentialRefusal } from '../../../auth/credential-source.ts';
import { REFUSAL_BYTES } from './refusal.ts';
import { joinedHeader, type ResponseHeaders } from './response-headers.ts';

/** True for the statuses that other credentials may change. */
export function isCredentialRefusal(status: number): status is 401 | 403 {
  return status === 401 || status === 403;
}

/** A refusal that is kept back until it is known whether the request is made again. */
export class HeldRefusal {
  readonly controller: Dispatcher.DispatchController;
  readonly status: 401 | 403;
  readonly headers: ResponseHeaders;
  readonly chunks: Buffer[] = [];
  /** False once somebody was told of it. */
  isHeld = true;
  /** What the source of the credentials has to say about it. */
  details: Readonly<Record<string, unknown>> | undefined;
  #bytes = 0;

  constructor(controller: Dispatcher.DispatchController, status: 401 | 403, headers: ResponseHeaders) {
    this.controller = controller;
    this.status = status;
    this.headers = headers;
  }

  /** False once there is more than anybody reads. */
  push(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > REFUSAL_BYTES) return false;
    this.chunks.push(chunk);
    return true;
  }

  /** What the source of the credentials is told. */
  facts(of: Pick<CredentialRefusal, 'request' | 'sent' | 'refusals'>): CredentialRefusal {
    const { status, headers } = this;
    return { ...of, status, headers, challenges: parseChallenges(joinedHeader(headers, 'www-authenticate')) };
  }
}
