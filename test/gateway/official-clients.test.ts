import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../helpers/until.ts';
import {
  cleanGateways,
  connectOfficial,
  EVERYTHING,
  type NotesServer,
  startGateway,
  startNotes,
  type TestGateway,
  textOf,
  UNITS,
} from './gateway-fixture.ts';

cleanGateways(afterAll);

let notes: NotesServer;
let before: TestGateway;

beforeAll(async () => {
  notes = await startNotes();
  before = await startGateway({ units: UNITS, every: EVERYTHING, notes: notes.entry });
});

describe.each(['legacy', 'modern'] as const)(
  'the official client, %s, before servers of both eras',
  (era) => {
    let client: Client;

    beforeEach(async () => {
      client = await connectOfficial(before.url, era);
    });

    it('sees who it talks to and what there is', async () => {
      expect(client.getServerVersion()).toMatchObject({ name: 'signalbox' });
      expect(client.getInstructions()).toMatch(/units: Converts lengths/u);
      const capabilities = client.getServerCapabilities();
      expect(capabilities).toMatchObject({ tools: { listChanged: true }, prompts: {}, resources: {} });
      expect(capabilities?.logging).toBeUndefined();
      const { tools } = await client.listTools();
      const names = tools.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['units__convert', 'every__echo', 'notes__add_note']));
      expect(new Set(names).size).toBe(names.length);
      expect(tools.find(({ name }) => name === 'units__convert')).toMatchObject({
        title: 'Convert a value',
        outputSchema: { type: 'object' },
        annotations: { readOnlyHint: true },
      });
    });

    it('calls tools of every server', async () => {
      const km = await client.callTool({
        name: 'units__convert',
        arguments: { value: 2, from: 'km', to: 'm' },
      });
      expect(km.structuredContent).toEqual({ value: 2000, unit: 'm', text: '2 km = 2000 m' });
      const echo = await client.callTool({ name: 'every__echo', arguments: { message: 'hello' } });
      expect(textOf(echo)).toBe('Echo: hello');
      const note = await client.callTool({
        name: 'notes__add_note',
        arguments: { title: 'new', text: 'some' },
      });
      expect(note.structuredContent).toMatchObject({ title: 'new' });
    });

    it('hears progress under its own token', async () => {
      for (const [name, within] of [
        ['units__conversion_table', (ms: number) => ({ from: 'km', to: 'm', steps: 3, delayMs: ms / 3 })],
        ['notes__count_words', (ms: number) => ({ steps: 3, delayMs: ms / 3 })],
        ['every__trigger-long-running-operation', (ms: number) => ({ duration: ms / 1000, steps: 3 })],
      ] as const) {
        const heard: number[] = [];
        for (let ms = 150; heard.length === 0 && ms < 10_000; ms *= 4) {
          await client.callTool(
            { name, arguments: within(ms) },
            { onprogress: ({ progress }) => heard.push(progress) },
          );
        }
        // The client forgets progress that comes in one chunk with the answer (bridge.test.ts proves what is sent).
        expect(heard[0], name).toBe(1);
      }
    });

    it('cancels a call at the server that works on it', async () => {
      const cancellations = (text: string, line: string): number => text.split(line).length - 1;
      const unitsStderr = (): string =>
        String(before.registry.getServer('units')!.client.diagnostics().transport['stderrTail']);
      const cancel = async (name: string, args: Record<string, unknown>): Promise<void> => {
        const controller = new AbortController();
        const call = client.callTool(
          { name, arguments: args },
          { signal: controller.signal, onprogress: () => controller.abort() },
        );
        await expect(call).rejects.toThrow();
      };
      const inUnits = (): number => cancellations(unitsStderr(), 'conversion_table cancelled');
      const inNotes = (): number => cancellations(notes.stderr(), 'count_words cancelled');
      const [units, others] = [inUnits(), inNotes()];
      await cancel('units__conversion_table', { from: 'km', to: 'm', steps: 100, delayMs: 30 });
      await until('units has cancelled', () => inUnits() === units + 1);
      await cancel('notes__count_words', { steps: 100, delayMs: 30 });
      await until('notes has cancelled', () => inNotes() === others + 1);
    });

    it('reads resources by their own URIs, and through templates', async () => {
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(
        expect.arrayContaining(['units://about', 'notes://all', 'notes://tags']),
      );
      const { resourceTemplates } = await client.listResourceTemplates();
      expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('notes://note/{id}');
      const about = await client.readResource({ uri: 'units://about' });
      expect(about.contents[0]).toMatchObject({ uri: 'units://about', mimeType: 'text/plain' });
      const note = await client.readResource({ uri: 'notes://note/1' });
      expect(JSON.stringify(note.contents)).toContain('Welcome');
    });

    it('gets prompts by their exposed names, and completes arguments', async () => {
      const { prompts } = await client.listPrompts();
      expect(prompts.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['units__explain_conversion', 'notes__summarise_notes']),
      );
      const prompt = await client.getPrompt({
        name: 'units__explain_conversion',
        arguments: { from: 'km', to: 'm' },
      });
      expect(JSON.stringify(prompt.messages)).toContain('1 km is 1000 m');
      const dimension = await client.complete({
        ref: { type: 'ref/resource', uri: 'units://dimension/{name}' },
        argument: { name: 'name', value: 'te' },
      });
      expect(dimension.completion.values).toEqual(['temperature']);
      const department = await client.complete({
        ref: { type: 'ref/prompt', name: 'every__completable-prompt' },
        argument: { name: 'department', value: 'E' },
      });
      expect(department.completion.values).toContain('Engineering');
    });

    it('gets errors as the server wrote them, and its own for what the gateway finds', async () => {
      const failed = await client.callTool({
        name: 'units__convert',
        arguments: { value: 1, from: 'km', to: 'kg' },
      });
      expect(failed.isError).toBe(true);
      expect(textOf(failed)).toContain('Cannot convert');
      // A tool's own failure is a result; a request that its server refuses is an error.
      await expect(client.readResource({ uri: 'notes://note/999' })).rejects.toMatchObject({ code: -32602 });
      await expect(client.callTool({ name: 'units__nothing', arguments: {} })).rejects.toMatchObject({
        code: -32602,
        data: { code: 'UNKNOWN_NAME' },
      });
      await expect(client.callTool({ name: 'nobody', arguments: {} })).rejects.toMatchObject({
        code: -32602,
      });
      await expect(client.getPrompt({ name: 'units__nothing' })).rejects.toMatchObject({ code: -32602 });
      // The client makes one error of the two codes that the revisions have for it.
      await expect(client.readResource({ uri: 'nobody://knows' })).rejects.toMatchObject({
        code: -32602,
        data: { uri: 'nobody://knows' },
      });
    });
  },
);
