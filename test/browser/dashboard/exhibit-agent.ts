import { setTimeout as sleep } from 'node:timers/promises'
import type { RegistryProcess } from '../../e2e/support/registry-process.ts'

/** The agent that is opened: one with everything that an agent can say of itself. */
const EXHIBIT = {
  agent_id: 'papers:eu-1:reader-3',
  agent_name: 'Paper reader',
  host: 'reader-3.papers.example',
  port: 8443,
  url: 'https://reader-3.papers.example/a2a',
  ttl_seconds: 12,
  version: '2.4.1',
  protocol: 'a2a',
  description: 'Reads papers, answers questions about them, and cites the page.',
  capabilities: ['search', 'summarize', 'cite', 'translate'],
  metadata: {
    region: 'eu-1',
    team: 'papers',
    model: { name: 'large-3', context: 200_000 },
    gpu: { count: 2, type: 'l40s' },
    languages: ['en', 'fr', 'de'],
    preview: false,
  },
  card: {
    protocolVersion: '0.3.0',
    name: 'Paper reader',
    description: 'Reads papers, answers questions about them, and cites the page.',
    url: 'https://reader-3.papers.example/a2a',
    version: '2.4.1',
    provider: { organization: 'Papers', url: 'https://papers.example' },
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'cite',
        name: 'Cite',
        description: 'Finds the page of a paper that says so.',
        tags: ['papers', 'citations'],
      },
      {
        id: 'summarize',
        name: 'Summarize',
        description: 'Says in a few sentences what is new in a paper.',
        tags: ['papers'],
      },
    ],
  },
}

/** Registers the exhibit and lets it work, with a maintenance in its history. */
export async function keepExhibit({ http }: RegistryProcess, signal: AbortSignal): Promise<void> {
  const path = `/agents/${EXHIBIT.agent_id}`
  const { status } = await http.send('POST', '/agents/register', EXHIBIT)
  if (status !== 200) throw new Error(`the exhibit was refused: ${status}`)
  await http.send('PUT', `${path}/maintenance`, { reason: 'replacing the disk', by: 'alice' })
  await http.send('DELETE', `${path}/maintenance`)
  for (let beat = 0; !signal.aborted; beat++) {
    const status = beat % 6 < 3 ? 'ready' : 'busy'
    await http.send('POST', `${path}/heartbeat`, { status, load: 0.2 + 0.1 * (beat % 6) })
    await sleep(3000)
  }
}
