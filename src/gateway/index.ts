export { GATEWAY_ERROR_CODE } from './answers/rpc-error.ts';
export { Gateway, type GatewayAddress } from './gateway.ts';
export { GATEWAY_LIMITS, type GatewayLimits, type GatewayOptions } from './gateway-options.ts';
export { type ServeStdioOptions, serveStdio } from './stdio/serve-stdio.ts';
