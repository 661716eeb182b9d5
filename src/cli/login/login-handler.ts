import { createInterface } from 'node:readline';
import type {
  AuthorizationHandler,
  AuthorizationPrompt,
  DevicePrompt,
} from '../../auth/authorization-handler.ts';
import { openBrowser } from '../../auth/browser/open-browser.ts';
import { onAbort } from '../../core/abort.ts';
import type { CommandContext } from '../command-context.ts';
import { tell } from '../command-context.ts';
import { jsonLine } from '../output/json.ts';

/** How the person gets to the page: `open` opens the browser, `print` shows the address, `paste` also reads where it ended. */
export type LoginWay = 'open' | 'print' | 'paste';

/** Longest line that is read, in characters. */
const MAX_LINE = 16 * 1024;

/** Brings the person at this terminal to the page of the authorization server. */
export function loginHandler(context: CommandContext, way: LoginWay): AuthorizationHandler {
  return {
    async authorize(prompt, signal) {
      if (way === 'open' && (await opened(context, prompt))) return undefined;
      show(context, prompt);
      return way === 'paste' ? await pastedLine(context, signal) : undefined;
    },
    device: (prompt) => Promise.resolve(showCode(context, prompt)),
  };
}

async function opened(context: CommandContext, { url, server }: AuthorizationPrompt): Promise<boolean> {
  try {
    await openBrowser(url);
  } catch {
    return false;
  }
  const host = context.terminal.peer(url.host, 120);
  const sentence = `The browser opens ${host}; allow access for "${server}" there. No browser? Ctrl-C, and again with --print.`;
  tell(context, sentence, { event: 'browser', server, host });
  return true;
}

/** The address goes to stdout as it is: taking it for a secret would spoil it. */
function show(context: CommandContext, { url, server, expiresAtMs }: AuthorizationPrompt): void {
  if (context.json) {
    context.terminal.print(
      jsonLine({ authorize: { server, url: url.href, expiresAt: new Date(expiresAtMs).toISOString() } }),
    );
    return;
  }
  context.terminal.note(`Open this address in a browser and allow access for "${server}":`);
  context.terminal.print(url.href);
}

function showCode(
  context: CommandContext,
  { url, completeUrl, code, server, expiresAtMs }: DevicePrompt,
): void {
  const page = (completeUrl ?? url).href;
  const expiresAt = new Date(expiresAtMs).toISOString();
  if (context.json) context.terminal.print(jsonLine({ device: { server, url: page, code, expiresAt } }));
  else {
    context.terminal.note(
      `Open this address on any device, enter the code ${code} and allow access for "${server}":`,
    );
    context.terminal.print(page);
  }
}

async function pastedLine(context: CommandContext, signal: AbortSignal): Promise<string | undefined> {
  tell(context, 'Then paste the address that the browser ends up at, even if it shows an error:', {
    event: 'paste',
  });
  const lines = createInterface({ input: context.io.stdin });
  const release = onAbort(signal, () => lines.close());
  try {
    for await (const line of lines) {
      if (line.trim() !== '') return line.slice(0, MAX_LINE);
    }
    return undefined;
  } finally {
    release();
    lines.close();
  }
}
