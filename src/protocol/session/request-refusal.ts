import { JSON_RPC_ERROR } from '../../wire/json-rpc.ts';

/** What a request of the server is answered with instead of a result. Its message goes to the peer. */
export class RequestRefusal extends Error {
  override readonly name: string = 'RequestRefusal';
  /** JSON-RPC error code. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  /** A fault of ours that the peer need not know in detail (F-063). */
  static internal(): RequestRefusal {
    return new RequestRefusal(JSON_RPC_ERROR.internalError, 'the client could not answer');
  }
}
