import { useRegistry } from '../registry/registry-context.tsx'
import { CopyButton } from './copy-button.tsx'

/** Shows how a first agent comes into a registry without any. */
export function EmptyRegistry() {
  const { registryUrl } = useRegistry().session
  return (
    <section className="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">No agents yet</h2>
      <p className="muted">Any of these registers the first one. It appears here at once.</p>
      <div className="ways">
        {waysFor(registryUrl).map(({ title, note, code }) => (
          <article className="panel way" key={title}>
            <header>
              <h3>{title}</h3>
              <CopyButton text={code} />
            </header>
            <p className="muted">{note}</p>
            <pre>{code}</pre>
          </article>
        ))}
      </div>
    </section>
  )
}

function waysFor(url: string): readonly { title: string; note: string; code: string }[] {
  return [
    {
      title: 'One HTTP call',
      note: 'From any language. Repeat the heartbeat every 20 s.',
      code: [
        `curl -X POST ${url}/agents/register \\`,
        "  -H 'content-type: application/json' \\",
        `  -d '{"agent_id": "researcher-1", "agent_name": "Researcher",`,
        `       "host": "127.0.0.1", "port": 8000, "capabilities": ["search"]}'`,
        `curl -X POST ${url}/agents/researcher-1/heartbeat`,
      ].join('\n'),
    },
    {
      title: 'Any program',
      note: 'The command registers it, sends heartbeats, and deregisters it when it ends.',
      code: [
        `rollcall run --registry ${url} \\`,
        '  --name researcher --port 8000 --capability search \\',
        '  -- python agent.py',
      ].join('\n'),
    },
    {
      title: 'Python',
      note: 'The client does the same from within the program.',
      code: [
        'from rollcall_client import sync',
        '',
        'agent = sync.join(',
        `    registry_url="${url}",`,
        '    agent_id="researcher-1", agent_name="Researcher",',
        '    port=8000, capabilities=["search"],',
        ')',
      ].join('\n'),
    },
    {
      title: 'TypeScript',
      note: 'The client does the same from within the program.',
      code: [
        "import { AgentRegistryClient } from '@rollcall/client'",
        '',
        'const agent = await AgentRegistryClient.join({',
        `  registryUrl: '${url}',`,
        "  agentId: 'researcher-1', agentName: 'Researcher',",
        "  port: 8000, capabilities: ['search'],",
        '})',
      ].join('\n'),
    },
  ]
}
