#!/usr/bin/env node
/**
 * "notes": notes kept in memory, over Streamable HTTP, built with the official
 * `@modelcontextprotocol/server` and `@modelcontextprotocol/node` packages.
 *
 * Every request of revision 2026-07-28 stands for itself, so the SDK builds one
 * server object per request; the notes live outside of it. A client that opens
 * with `initialize` is served the 2025 revisions, without a session.
 *
 * Environment: PORT (default 3002, 0 picks a free one). Binds 127.0.0.1 only.
 */
import { createServer as createHttpServer } from 'node:http';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  McpServer,
  ResourceNotFoundError,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import * as z from 'zod';

const HOST = '127.0.0.1';
const MAX_NOTES = 1000;

/** id -> { id, title, text, tags } */
const notes = new Map();
let lastId = 0;

function addNote({ title, text, tags = [] }) {
  if (notes.size >= MAX_NOTES)
    throw new Error(`The board is full (${MAX_NOTES} notes). Delete a note first.`);
  lastId += 1;
  const note = { id: String(lastId), title, text, tags };
  notes.set(note.id, note);
  return note;
}

addNote({
  title: 'Welcome',
  text: 'Notes live in memory and are gone when the server stops.',
  tags: ['help'],
});
addNote({
  title: 'Tags',
  text: 'Give list_notes a tag to see only some of the notes.',
  tags: ['help', 'tags'],
});

/** Waits `ms`; resolves false when the request was cancelled meanwhile. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const json = (uri, value) => ({
  contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(value, null, 2) }],
});

/** Tells every open subscription that the set of notes has changed. */
function announceChange() {
  handler.notify.resourcesChanged();
  handler.notify.resourceUpdated('notes://all');
  handler.notify.resourceUpdated('notes://tags');
}

function createServer() {
  const server = new McpServer(
    { name: 'notes', title: 'Notes', version: '1.0.0' },
    {
      capabilities: { resources: { listChanged: true, subscribe: true } },
      instructions: 'A board of short notes, kept in memory.',
    },
  );

  server.registerTool(
    'add_note',
    {
      title: 'Add a note',
      description: 'Adds a note and returns it with its id.',
      inputSchema: z.object({
        title: z.string().min(1).max(200),
        text: z.string().max(10_000),
        tags: z.array(z.string().min(1).max(50)).max(10).optional(),
      }),
      outputSchema: z.object({
        id: z.string(),
        title: z.string(),
        text: z.string(),
        tags: z.array(z.string()),
      }),
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
    },
    (input) => {
      const note = addNote(input);
      announceChange();
      return { ...text(`Added note ${note.id}: ${note.title}`), structuredContent: note };
    },
  );

  server.registerTool(
    'list_notes',
    {
      title: 'List notes',
      description: 'Lists the notes, all or those with a tag.',
      inputSchema: z.object({ tag: z.string().optional() }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ tag }) => {
      const found = [...notes.values()].filter((note) => tag === undefined || note.tags.includes(tag));
      return text(found.map((note) => `${note.id}. ${note.title}: ${note.text}`).join('\n') || 'No notes.');
    },
  );

  server.registerTool(
    'delete_note',
    {
      title: 'Delete a note',
      description: 'Deletes the note with this id.',
      inputSchema: z.object({ id: z.string() }),
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ id }) => {
      const note = notes.get(id);
      if (note === undefined) throw new Error(`There is no note ${id}.`);
      notes.delete(id);
      announceChange();
      return text(`Deleted note ${id}: ${note.title}`);
    },
  );

  server.registerTool(
    'count_words',
    {
      title: 'Count words',
      description:
        'Counts the words of all notes in several passes, reporting progress after each. Can be cancelled.',
      inputSchema: z.object({
        steps: z.int().min(1).max(1000).default(5).describe('Number of passes'),
        delayMs: z.int().min(0).max(60_000).default(200).describe('Pause before each pass, in milliseconds'),
      }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    async ({ steps, delayMs }, ctx) => {
      const { signal } = ctx.mcpReq;
      const progressToken = ctx.mcpReq._meta?.progressToken;
      let words = 0;
      for (let step = 1; step <= steps; step += 1) {
        if (!(await pause(delayMs, signal))) {
          process.stderr.write(`notes: count_words cancelled after ${step - 1} of ${steps} passes\n`);
          throw new Error('cancelled');
        }
        words = [...notes.values()].flatMap((note) => note.text.match(/\S+/g) ?? []).length;
        if (progressToken !== undefined) {
          await ctx.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress: step, total: steps, message: `pass ${step} of ${steps}` },
          });
        }
      }
      return text(`${words} words in ${notes.size} notes`);
    },
  );

  server.registerResource(
    'all',
    'notes://all',
    { title: 'All notes', description: 'Every note, as JSON', mimeType: 'application/json' },
    (uri) => json(uri, [...notes.values()]),
  );

  server.registerResource(
    'tags',
    'notes://tags',
    { title: 'Tags', description: 'Every tag and how many notes carry it', mimeType: 'application/json' },
    (uri) => {
      const counts = new Map();
      for (const tag of [...notes.values()].flatMap((note) => note.tags))
        counts.set(tag, (counts.get(tag) ?? 0) + 1);
      return json(uri, Object.fromEntries(counts));
    },
  );

  server.registerResource(
    'note',
    new ResourceTemplate('notes://note/{id}', {
      list: undefined,
      complete: { id: (value) => [...notes.keys()].filter((id) => id.startsWith(value)) },
    }),
    { title: 'One note', description: 'The note with this id', mimeType: 'application/json' },
    (uri, { id }) => {
      const note = notes.get(id);
      if (note === undefined) throw new ResourceNotFoundError(uri.href);
      return json(uri, note);
    },
  );

  server.registerPrompt(
    'summarise_notes',
    {
      title: 'Summarise notes',
      description: 'Asks for a summary of the notes with a tag',
      argsSchema: z.object({ tag: z.string().describe('Tag of the notes to summarise') }),
    },
    ({ tag }) => {
      const found = [...notes.values()].filter((note) => note.tags.includes(tag));
      const list = found.map((note) => `- ${note.title}: ${note.text}`).join('\n') || '(there are none)';
      return {
        messages: [
          {
            role: 'user',
            content: { type: 'text', text: `Summarise these notes tagged "${tag}":\n${list}` },
          },
        ],
      };
    },
  );

  return server;
}

const report = (error) => process.stderr.write(`notes: ${error.message}\n`);
const handler = createMcpHandler(createServer, { onerror: report });
const handle = toNodeHandler(handler, { onerror: report });
const isAllowedHost = localhostHostValidation();
const isAllowedOrigin = localhostOriginValidation();

const http = createHttpServer((req, res) => {
  if (!isAllowedHost(req, res) || !isAllowedOrigin(req, res)) return;
  if (new URL(req.url ?? '/', `http://${HOST}`).pathname !== '/mcp') {
    res.writeHead(404).end();
    return;
  }
  void handle(req, res);
});

http.on('error', (error) => {
  report(error);
  process.exit(1);
});
http.listen(Number(process.env.PORT ?? 3002), HOST, () => {
  process.stderr.write(`listening on http://${HOST}:${http.address().port}/mcp\n`);
});

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
