import {
  type McpServer,
  ResourceNotFoundError,
  ResourceTemplate,
} from '@modelcontextprotocol/server'
import { ERROR_CODES } from '@rollcall/protocol'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { toProblem } from '../responses/problem.ts'
import { agentValue } from './agent-summary.ts'
import type { McpCall } from './mcp-call.ts'
import { AGENTS_URI } from './resource-uris.ts'
import { failureText } from './tool.ts'
import { readAgents } from './tools/find-agents.ts'
import { requireAgent } from './tools/get-agent.ts'
import { requireCard } from './tools/get-agent-card.ts'

const JSON_CONTENT = { mimeType: 'application/json' }

/** Offers agents as documents to the client of a call: the list, and one for each agent, which are not listed. */
export function registerResources(server: McpServer, call: McpCall): void {
  const { agents } = call
  const { value: limit } = SERVER_LIMITS.mcpAgents
  server.registerResource(
    'agents',
    AGENTS_URI,
    {
      ...JSON_CONTENT,
      title: 'Live agents',
      description: `The first ${limit} agents that are alive, as find_agents lists them.`,
    },
    async ({ href }) =>
      read(href, call, async () => JSON.stringify(await readAgents({ limit }, call))),
  )
  server.registerResource(
    'agent',
    new ResourceTemplate(`${AGENTS_URI}/{agent_id}`, { list: undefined }),
    { ...JSON_CONTENT, title: 'An agent', description: 'One agent, dead or alive.' },
    async ({ href }, { agent_id: id }) =>
      read(href, call, async () =>
        JSON.stringify(agentValue(await requireAgent(String(id), agents))),
      ),
  )
  server.registerResource(
    'agent_card',
    new ResourceTemplate(`${AGENTS_URI}/{agent_id}/card`, { list: undefined }),
    { ...JSON_CONTENT, title: 'The card of an agent', description: 'As the agent has sent it.' },
    async ({ href }, { agent_id: id }) =>
      read(href, call, async () => (await requireCard(String(id), agents)).text),
  )
}

async function read(uri: string, call: McpCall, text: () => Promise<string>) {
  try {
    return { contents: [{ uri, ...JSON_CONTENT, text: await text() }] }
  } catch (error) {
    const { code } = toProblem(error)
    if (ERROR_CODES[code].status === 404) throw new ResourceNotFoundError(uri)
    throw new Error(failureText(error, call))
  }
}
