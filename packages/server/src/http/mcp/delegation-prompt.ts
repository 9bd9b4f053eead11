import type { McpServer } from '@modelcontextprotocol/server'
import { Capability } from '@rollcall/protocol'
import { object, optional, type Static, text } from '@rollcall/protocol/json-schema'
import { standardSchema } from './tool-schema.ts'

const Arguments = object({
  task: text({ minLength: 1, maxLength: 4000, description: 'What is to be done.' }),
  capability: optional({ ...Capability, description: 'What the agent must be able to do.' }),
})

/** Offers the prompt by which a user lets a model find an agent for a task. */
export function registerDelegationPrompt(server: McpServer): void {
  const config = {
    title: 'Delegate a task',
    description: 'Finds a live agent for a task, and hands the task over.',
    argsSchema: standardSchema(Arguments),
  }
  server.registerPrompt('delegate_task', config, (given) => ({
    messages: [{ role: 'user', content: { type: 'text', text: delegation(given) } }],
  }))
}

function delegation({ task, capability }: Static<typeof Arguments>): string {
  const search =
    capability === undefined
      ? '1. Call list_capabilities to see what agents can do, and choose the capability that the task needs.'
      : `1. The agent must have the capability ${JSON.stringify(capability)}.`
  return [
    'Delegate this task to an agent of the registry:',
    '',
    task,
    '',
    search,
    '2. Call pick_agent with it. If no agent is ready, say so, and list those that are busy with find_agents.',
    '3. If the agent has a card, read it with get_agent_card: it says how to call the agent.',
    '4. Call the agent at its url, if you can; otherwise tell me which agent it is, and how to call it.',
  ].join('\n')
}
