import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import { hrefOf } from '../app/location.ts'
import { formatRate } from '../components/durations.ts'
import { EmptyRegistry } from '../components/empty-registry.tsx'
import { Sparkline } from '../components/sparkline.tsx'
import { StatusBadge } from '../components/status-badge.tsx'
import { nodesIn, type PulseSample, ratesOf } from '../registry/fleet-pulse.ts'
import { useHealth } from '../registry/queries.ts'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'
import { AboutToLapse } from './about-to-lapse.tsx'
import { Capabilities } from './capabilities.tsx'
import { JustLapsed } from './just-lapsed.tsx'
import { LatestChanges } from './latest-changes.tsx'

/** The fleet at a glance. */
export function FleetView() {
  const { samples, isForbidden } = useValue(useRegistry().pulse.pulse)
  const { data: health } = useHealth()
  const total = health?.registered_agents
  return (
    <main className="fleet" id="content">
      <h1 className="visually-hidden">Fleet</h1>
      <section className="tiles" aria-label="Agents by status">
        <article className="tile hero">
          <p className="tile-name">Alive</p>
          <p className="tile-value">{health ? health.active_agents.toLocaleString('en') : '–'}</p>
          <p className="muted">
            {total === undefined ? '\u00a0' : `of ${total.toLocaleString('en')} registered`}
          </p>
          <Composition latest={samples.at(-1)} />
        </article>
        {isForbidden ? (
          <p className="notice">
            Your token sees only some agents, so the counts by status and rates, which are about all
            of them, are not shown.
          </p>
        ) : (
          <PulseTiles samples={samples} />
        )}
      </section>
      {total === 0 ? (
        <EmptyRegistry />
      ) : (
        <div className="fleet-panels">
          <div className="fleet-late">
            <AboutToLapse />
            <JustLapsed />
          </div>
          <Capabilities />
          <LatestChanges />
        </div>
      )}
    </main>
  )
}

/** The shares of the statuses. */
function Composition({ latest }: { latest: PulseSample | undefined }) {
  return (
    <div className="composition" aria-hidden="true">
      {latest &&
        VIEW_STATUSES.map((status) => (
          <span
            key={status}
            className={`status-${status}`}
            style={{ flexGrow: latest.agents[status] }}
          />
        ))}
    </div>
  )
}

function PulseTiles({ samples }: { samples: readonly PulseSample[] }) {
  const latest = samples.at(-1)
  const nodes = nodesIn(samples)
  return (
    <>
      {VIEW_STATUSES.map((status) => (
        <StatusTile key={status} status={status} samples={samples} latest={latest} />
      ))}
      <RateTile
        name="heartbeats/s"
        rates={ratesOf(samples, 'heartbeats')}
        note={nodes > 1 ? `of one node; ${nodes} respond` : undefined}
      />
      <RateTile name="changes/s" rates={ratesOf(samples, 'transitions')} />
    </>
  )
}

function StatusTile(props: {
  status: ViewStatus
  samples: readonly PulseSample[]
  latest: PulseSample | undefined
}) {
  const { status, samples, latest } = props
  const count = latest?.agents[status]
  const isZero = count === 0
  return (
    <a
      className={`tile status-${status}${isZero ? ' zero' : ''}`}
      href={hrefOf('agents', { status })}
    >
      <p className="tile-name">
        <StatusBadge status={status} />
      </p>
      <p className="tile-value">{count?.toLocaleString('en') ?? '–'}</p>
      <Sparkline
        values={samples.map(({ agents }) => agents[status])}
        label={`${status} over the last minutes`}
      />
    </a>
  )
}

function RateTile(props: { name: string; rates: readonly number[]; note?: string | undefined }) {
  const { name, rates, note } = props
  const latest = rates.at(-1)
  return (
    <article className="tile rate">
      <p className="tile-name">{name}</p>
      {note !== undefined && <p className="tile-note">{note}</p>}
      <p className="tile-value">{latest === undefined ? '–' : formatRate(latest)}</p>
      <Sparkline values={rates} label={`${name} over the last minutes`} />
    </article>
  )
}
