import { useQuery } from '@tanstack/react-query'
import { hrefOf } from '../app/location.ts'
import { useRegistry } from '../registry/registry-context.tsx'

/** Milliseconds between two reads. */
const INTERVAL_MS = 10_000
const SHOWN = 24

/** What agents can do, and how many of them are ready for it. */
export function Capabilities() {
  const { client } = useRegistry().session
  const { data } = useQuery({
    queryKey: ['capabilities'],
    queryFn: ({ signal }) =>
      client.api.capabilities({ limit: SHOWN, includeDead: true }, { signal }),
    refetchInterval: INTERVAL_MS,
  })
  const { capabilities = [], complete = true } = data ?? {}
  const counts = capabilities.map((each) => ({ ...each, total: each.alive + each.expired }))
  const most = Math.max(1, ...counts.map(({ total }) => total))
  return (
    <section className="panel" aria-labelledby="capabilities-title">
      <header className="section-head">
        <h2 id="capabilities-title">Capabilities</h2>
        {!complete && <span className="muted">the {SHOWN} most frequent</span>}
      </header>
      {data && counts.length === 0 && <p className="muted">No agent names a capability.</p>}
      <ul className="bars">
        {counts.map(({ name, ready, total }) => (
          <li key={name}>
            <a href={hrefOf('agents', { capability: name })}>
              <span className="bars-name" title={name}>
                {name}
              </span>
              <span className="bars-count number">
                {ready.toLocaleString('en')}{' '}
                <span className="muted">/ {total.toLocaleString('en')} ready</span>
              </span>
              <span className="bars-line" aria-hidden="true">
                <span className="bars-total" style={{ width: `${(100 * total) / most}%` }} />
                <span className="bars-ready" style={{ width: `${(100 * ready) / most}%` }} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
