/**
 * Preload (`node --import ./loopback-only.mjs server.js`) for servers that have no
 * option for the address to bind: a `listen(port)` without a host binds 127.0.0.1
 * instead of every network interface.
 */
import { Server } from 'node:net';

const HOST = '127.0.0.1';
const listen = Server.prototype.listen;

Server.prototype.listen = function listenOnLoopback(first, ...rest) {
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first));
  if (isPort && typeof rest[0] !== 'string') {
    if (rest[0] == null) rest.shift(); // listen(port, undefined, ...)
    return listen.call(this, first, HOST, ...rest);
  }
  if (typeof first === 'object' && first !== null && first.port !== undefined && first.host === undefined) {
    return listen.call(this, { ...first, host: HOST }, ...rest);
  }
  return listen.call(this, first, ...rest);
};
